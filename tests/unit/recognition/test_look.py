"""Which format reads which file: by name, by content, and never by opening what a file names."""

from __future__ import annotations

import json
import time

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from rasterio.transform import from_origin

from citytwin.errors import ConfigError, SourceError
from citytwin.model.tables import BUILDINGS, ROADS
from citytwin.recognition.files import look_at_places
from citytwin.recognition.look import Look
from citytwin.recognition.plane import lies_off, plane_crs
from citytwin.recognition.sources import sources_of
from citytwin.recognition.themes import given_by
from tests.unit.formats import gml_documents as gml

BOX = gml.building(gml.lod1(gml.box(gml.X0, gml.Y0, gml.X0 + 10, gml.Y0 + 6, 112.0, 116.0)))
ROAD = '<tran:Road gml:id="r1"/>'
RELIEF = '<dem:ReliefFeature gml:id="t1"/>'
JAPAN = "http://www.opengis.net/def/crs/EPSG/0/6697"


def look(path):
    """What a look at one file tells."""
    (found,) = look_at_places([path])
    return found.look


def formats(path):
    """Names of the formats that read a file."""
    return [use.format_name for use in look(path).uses]


def test_names_of_plateau(tmp_path):
    """The theme in the name decides, whatever the features; bridges serve roads as well."""
    for theme, wanted in [
        ("bldg", ["citygml"]),
        ("dem", ["citygml_relief"]),
        ("tran", ["citygml_roads"]),
        ("brid", ["citygml_bridges", "citygml_roads"]),
        ("luse", ["citygml_land_use"]),
        ("tnm", ["citygml_hazards"]),
    ]:
        path = tmp_path / f"53394525_{theme}_6697_op.gml"
        path.write_text(gml.city_model(BOX))
        assert sorted(formats(path)) == wanted


@pytest.mark.parametrize("name", ["LoD2_32_690_5336.gml", "city.xml", "export.citygml"])
def test_content_where_the_name_says_nothing(tmp_path, name):
    """The features of the first members tell the formats; those that no format reads are named."""
    path = tmp_path / name
    path.write_text(gml.city_model(BOX, RELIEF, "<core:CityFurniture/>"))
    assert formats(path) == ["citygml", "citygml_relief"]
    assert look(path).unread == ("CityFurniture",)
    assert look(path).crs == "EPSG:25832"
    lon, lat = look(path).lonlat  # by the first position: the Envelope of the document is 0 0 0
    assert (lon, lat) == pytest.approx((8.436, 49.097), abs=2e-3)


def test_a_theme_behind_many_members(tmp_path):
    """A road behind more than the part that is looked at is still found."""
    path = tmp_path / "big.gml"
    path.write_text(gml.city_model(BOX, f"<!--{'x' * 6_000_000}-->", ROAD))
    assert formats(path) == ["citygml", "citygml_roads"]


@pytest.mark.parametrize("encoding", ["utf-16", "shift_jis", "utf-8-sig"])
def test_encodings(tmp_path, encoding):
    """Any encoding that the readers read is looked into."""
    path = tmp_path / "a.gml"
    codec = encoding.replace("-sig", "")
    path.write_bytes(gml.city_model(BOX).replace("UTF-8", codec).encode(encoding))
    assert formats(path) == ["citygml"]


def test_hostile_and_broken_files(tmp_path):
    """A DTD, a page, a cut file and an empty one are refused at once, each with its reason."""
    bomb = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'
    for name, content, reason in [
        ("dtd.gml", bomb, "document type"),
        ("page.gml", "<html><body>404</body></html>", "root element is <html>"),
        ("cut.gml", gml.city_model(BOX)[:900], "not well-formed"),
        ("empty.gml", "", "is empty"),
        ("other.gml", "no markup at all", "is no GeoPackage"),
        ("feed.json", '{"hourly": {}}', "neither CityJSON nor GeoJSON"),
    ]:
        path = tmp_path / name
        path.write_text(content)
        begin = time.monotonic()
        assert reason in look(path).fault
        assert not look(path).uses
        assert time.monotonic() - begin < 2.0


def test_folders_pass_over_what_lies_beside(tmp_path):
    """Code lists, schemas and textures are no models, unless somebody names them."""
    tile = gml.write(tmp_path, gml.city_model(BOX))
    lists = tmp_path / "codelists" / "Building_usage.xml"
    lists.parent.mkdir()
    lists.write_text("<Dictionary/>")
    picture = tile.parent / "tile_appearance" / "roof.tif"
    picture.parent.mkdir()
    picture.write_bytes(b"II*\0")
    assert [file.path for file in look_at_places([tmp_path])] == [tile]
    assert look_at_places([tmp_path])[0].root == tmp_path
    assert look(lists).stray


def test_cityjson(tmp_path):
    """CityJSON is known by its type, whatever the name; its CRS and place stand in the text."""
    path = tmp_path / "city.json"
    model = {
        "type": "CityJSON",
        "version": "2.0",
        "CityObjects": {},
        "vertices": [],
        "transform": {"scale": [1, 1, 1], "translate": [85000.0, 447000.0, 0]},
        "metadata": {
            "referenceSystem": "https:\\/\\/www.opengis.net\\/def\\/crs\\/EPSG\\/0\\/7415"
        },
    }
    path.write_text(json.dumps(model).replace("\\\\", "\\"))
    assert formats(path) == ["cityjson"]
    assert look(path).crs == "EPSG:7415"
    assert look(path).lonlat == pytest.approx((4.37, 52.01), abs=0.01)


def test_cityjson_with_its_type_at_the_end(tmp_path):
    """Keys sorted by name put the type behind all objects, however many there are."""
    path = tmp_path / "city.json"
    path.write_text('{"CityObjects": {"a": "%s"}, "type": "CityJSON"}' % ("x" * 9_000_000))
    assert formats(path) == ["cityjson"]


def test_vector_files(tmp_path):
    """Footprints are known by their columns or their name; other areas are not taken for them."""
    frame = gpd.GeoDataFrame(
        {"identificatie": ["1"], "bouwjaar": [1990]},
        geometry=[shapely.box(85000, 447000, 85010, 447010)],
        crs="EPSG:28992",
    )
    frame.to_file(tmp_path / "a.gpkg")
    frame[["geometry"]].to_file(tmp_path / "buildings_delft.geojson", driver="GeoJSON")
    frame[["geometry"]].to_file(tmp_path / "waterdeel.gpkg")
    assert formats(tmp_path / "a.gpkg") == ["footprints"]
    assert formats(tmp_path / "buildings_delft.geojson") == ["footprints"]
    assert "neither named nor built" in look(tmp_path / "waterdeel.gpkg").fault
    assert look(tmp_path / "a.gpkg").lonlat == pytest.approx((4.37, 52.01), abs=0.01)


def write_raster(path, dtype, count=1):
    """A raster of 2 x 2 cells near Delft."""
    place = {"crs": "EPSG:28992", "transform": from_origin(85000, 447000, 1, 1)}
    with rasterio.open(
        path, "w", driver="GTiff", height=2, width=2, count=count, dtype=dtype, **place
    ) as raster:
        raster.write(np.ones((count, 2, 2), dtype=dtype))


def test_rasters(tmp_path):
    """The name tells terrain from surface; a picture is no raster of heights."""
    write_raster(tmp_path / "dtm_1m.tif", "float32")
    write_raster(tmp_path / "city_dsm.tif", "float32")
    write_raster(tmp_path / "dsm_photo.tif", "uint8", 3)
    write_raster(tmp_path / "tile_12.tif", "float32")
    roles = {
        name: look(tmp_path / name).uses[0].params.role for name in ("dtm_1m.tif", "city_dsm.tif")
    }
    assert roles == {"dtm_1m.tif": "terrain_raster", "city_dsm.tif": "surface_raster"}
    assert look(tmp_path / "dsm_photo.tif").stray
    assert "neither by its name" in look(tmp_path / "tile_12.tif").fault


def test_roads_take_the_bridges_of_their_data_set(tmp_path):
    """Bridges go with the roads; alone they make no source of roads."""
    (tmp_path / "1_brid_6697.gml").write_text(gml.city_model('<brid:Bridge gml:id="x"/>'))
    alone = sources_of(look_at_places([tmp_path]), given_by(None))
    assert [source.name for source in alone] == ["citygml_bridges"]
    (tmp_path / "1_tran_6697.gml").write_text(gml.city_model(ROAD))
    both = sources_of(look_at_places([tmp_path]), given_by(None))
    held = {source.name: [path.name for path in source.files] for source in both}
    assert held["citygml_roads"] == ["1_brid_6697.gml", "1_tran_6697.gml"]


def test_themes():
    """Themes name tables; a slip is told with the nearest name."""
    assert set(given_by(["bldg", "tran"])) >= {BUILDINGS, ROADS}
    assert BUILDINGS not in given_by(["tran"])
    with pytest.raises(ConfigError, match="bldg"):
        given_by(["bldgs"])


@pytest.mark.parametrize(
    ("crs", "lonlat", "plane"),
    [
        ("EPSG:6697", (139.7, 35.7), "EPSG:6677"),  # Tokyo: zone IX
        ("EPSG:6697", (135.5, 34.7), "EPSG:6674"),  # Osaka: zone VI
        ("EPSG:32654", (139.7, 35.7), "EPSG:6677"),  # UTM gives way to the plane zone in Japan
        ("EPSG:2451", (139.7, 35.7), "EPSG:2451"),  # zone IX of JGD2000 is one
        ("EPSG:7415", (4.37, 52.0), "EPSG:28992"),
        ("EPSG:4326", (11.6, 48.1), "EPSG:32632"),
        ("EPSG:3857", (11.6, 48.1), "EPSG:32632"),
        ("EPSG:4326", (151.2, -33.9), "EPSG:32756"),
        (None, None, None),
    ],
)
def test_the_plane(crs, lonlat, plane):
    """Plane zone in Japan, own projected CRS, else UTM."""
    assert plane_crs([Look(crs=crs, lonlat=lonlat)]) == plane


def test_the_zone_of_a_municipality(tmp_path):
    """The code in a file, or else in the name of its data set, tells the zone."""
    code = "<uro:city>17206</uro:city>"
    document = gml.city_model(
        gml.building(code), srs_name=JAPAN, corners=("36.3 136.3 0", "36.4 136.4 0")
    )
    path = gml.write(tmp_path / "a", document, "5436_bldg_6697.gml")
    assert look(path).municipality == "17206"
    assert plane_crs([look(path)]) == "EPSG:6675"
    named = tmp_path / "17206_kaga-shi_city_2023_citygml_1_op"
    plain = gml.write(named, document.replace(code, ""), "5436_bldg_6697.gml")
    assert plane_crs([look(plain)]) == "EPSG:6675"


def test_far_off_a_plane():
    """Sapporo does not belong into the zone of Tokyo."""
    assert lies_off(Look(lonlat=(141.35, 43.06)), "EPSG:6677")
    assert not lies_off(Look(lonlat=(139.0, 35.3)), "EPSG:6677")


def test_nothing_there(tmp_path):
    """A place without any file is an error with the place."""
    with pytest.raises(SourceError, match="nowhere"):
        look_at_places([tmp_path / "nowhere"])


def test_writers_of_capitals(tmp_path):
    """Suffixes in capitals are found; what macOS writes beside each file is not."""
    for name in ("B.GML", "c.CityGML", "._B.GML", "d.XML"):
        gml.write(tmp_path, gml.city_model(BOX), name)
    found = [file.path.name for file in look_at_places([tmp_path])]
    assert found == ["B.GML", "c.CityGML", "d.XML"]


@pytest.mark.parametrize(
    ("name", "head", "kind"),
    [
        ("city.7z", b"7z\xbc\xaf\x27\x1c\x00\x04", "7z"),
        ("city.rar", b"Rar!\x1a\x07\x01\x00", "RAR"),
        ("city.tar", b"udx/".ljust(257, b"\0") + b"ustar\x0000", "tar"),
        ("city.tgz", b"\x1f\x8b\x08\x00", "gzip"),
        ("city.lzh", b"\x19\xc3-lh5-", "LZH"),
        ("city.gml", b"(\xb5/\xfd\x04", "Zstandard"),
    ],
)
def test_archives_that_are_not_read(tmp_path, name, head, kind):
    """They are named with what to do, in a folder of models as well as alone."""
    (tmp_path / name).write_bytes(head + bytes(100))
    gml.write(tmp_path, gml.city_model(BOX), "tile.gml")
    seen = {file.path.name: file.look for file in look_at_places([tmp_path])}
    assert f"is a {kind} archive" in seen[name].fault
    assert "as zip" in seen[name].fault
    assert not seen[name].stray
    assert seen["tile.gml"].uses


def test_a_tile_without_features(tmp_path):
    """It is nothing to miss in a folder; a model of unknown features is."""
    assert look(gml.write(tmp_path, gml.city_model(), "a.gml")).stray
    odd = gml.city_model('<x:Kiosk xmlns:x="https://example.com/x"/>')
    assert not look(gml.write(tmp_path, odd, "b.gml")).stray


@pytest.mark.parametrize("name", ["EPSG:2263", "urn:ogc:def:crs,crs:EPSG::2263,crs:EPSG::6360"])
def test_a_crs_in_feet(tmp_path, name):
    """It is known, in CityGML and CityJSON; the reader brings plane and heights into metres."""
    path = gml.write(tmp_path, gml.city_model(BOX, srs_name=name), "a.gml")
    assert (look(path).crs, look(path).fault) == ("EPSG:2263", "")
    model = {"type": "CityJSON", "CityObjects": {}, "metadata": {"referenceSystem": name}}
    path = tmp_path / "a.city.json"
    path.write_text(json.dumps(model))
    assert (look(path).crs, look(path).fault) == ("EPSG:2263", "")


def test_a_crs_that_is_named_but_not_known(tmp_path):
    """The message says which."""
    path = gml.write(tmp_path, gml.city_model(BOX, srs_name="urn:foo:bar"), "a.gml")
    assert "urn:foo:bar" in look(path).fault


def test_sequence_without_its_first_line(tmp_path):
    """Its vertices cannot be scaled; it is missed all the same."""
    path = tmp_path / "a.city.jsonl"
    path.write_text('{"type": "CityJSONFeature", "id": "a", "CityObjects": {}, "vertices": []}\n')
    assert "without its first line" in look(path).fault
    assert not look(path).stray


def test_the_place_of_parquet(tmp_path):
    """Its first geometry says it."""
    path = tmp_path / "buildings.parquet"
    frame = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.box(11.5, 48.1, 11.6, 48.2)])
    frame.set_crs(4326).to_parquet(path)
    assert look(path).lonlat == pytest.approx((11.5, 48.1))


def test_what_was_made_of_a_model_is_no_model(tmp_path):
    """Tables written into the folder of the files are not read as footprints."""
    tile = gml.write(tmp_path, gml.city_model(BOX))
    frame = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.box(0, 0, 9, 9)], crs=25832)
    for name in ("out/buildings.parquet", ".work/out/deep/buildings.parquet"):
        (tmp_path / name).parent.mkdir(parents=True)
        frame.to_parquet(tmp_path / name)
    (tmp_path / "out" / "citymodel.json").write_text("{}")
    assert [file.path for file in look_at_places([tmp_path])] == [tile]
    assert len(look_at_places([tmp_path / "out"])) == 2  # asked for
