"""Building outlines with heights: columns, rule of heights, places, faults."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from citytwin.errors import CityTwinError, SourceError
from citytwin.formats.footprints.format import FORMAT, FootprintParams
from citytwin.formats.footprints.lengths import UnreadableLengthError, metres_of
from citytwin.formats.footprints.usual import UsualHeights
from citytwin.formats.vector.files import kind_of
from citytwin.model.steps import Dataset
from citytwin.model.tables import BUILDINGS, SURFACES
from citytwin.store.tables import conform

X0, Y0 = -44_300.0, -94_200.0
HOME = "EPSG:6677"
HOUSE = shapely.box(X0, Y0, X0 + 10, Y0 + 6)
NAMED = {
    "id_column": "bid",
    "height_column": "h",
    "storeys_column": "floors",
    "ground_column": "ground",
    "roof_column": "roof",
    "usage_column": "use",
}
DRIVERS = {
    "gpkg": "GPKG",
    "sqlite": "SQLite",
    "geojson": "GeoJSON",
    "fgb": "FlatGeobuf",
    "shp": "ESRI Shapefile",
}


def frame(*geometry, crs=HOME, **columns):
    """Buildings with the columns of the tests."""
    count = len(geometry)
    known = {
        "bid": [f"b{n}" for n in range(count)],
        "h": [12.0] * count,
        "floors": [4] * count,
        "ground": [3.5] * count,
        "roof": [np.nan] * count,
        "use": ["住宅"] * count,
    }
    return gpd.GeoDataFrame({**known, **columns}, geometry=list(geometry), crs=crs)


def write(folder, buildings, name):
    """Write a frame in the format of the name."""
    path = folder / name
    if name.endswith(".parquet"):
        buildings.to_parquet(path)
    else:
        buildings.to_file(path, driver=DRIVERS[path.suffix[1:]])
    return path


def read(*paths, source=None, **params):
    """Buildings and surfaces of files by their schemas, and the result."""
    data = Dataset("buildings", paths[0].parent, paths, HOME, "Asia/Tokyo", source)
    decoded = FORMAT.read(data, FootprintParams(**params))
    tables = [conform(t, decoded.tables[t], HOME) for t in (BUILDINGS, SURFACES)]
    return *tables, decoded


def said(decoded):
    """Notes in English by severity."""
    return [(note.severity, note.en) for note in decoded.notes]


@pytest.mark.parametrize("name", ["a.gpkg", "a.sqlite", "a.fgb", "a.parquet", "a.shp"])
def test_a_house_becomes_a_block(tmp_path, name):
    """Every format gives the same row: 12 m on ground at 3.5 m, six faces."""
    buildings, surfaces, decoded = read(write(tmp_path, frame(HOUSE), name), **NAMED)
    row = buildings.iloc[0]
    assert (row["building_id"], row["lod"], row["source"]) == ("b0", "0", name)
    assert (row["ground_z_m"], row["roof_z_m"], row["height_m"]) == (3.5, 15.5, 12.0)
    assert (row["measured_height_m"], row["storeys"], row["usage"]) == (12.0, 4, "住宅")
    assert row["defects"] == "height-recorded"
    assert row["geometry"].area == pytest.approx(60.0)
    assert surfaces["semantic"].value_counts().to_dict() == {"wall": 4, "ground": 1, "roof": 1}
    assert decoded.rejects == ()


def test_degrees_of_geojson_are_placed(tmp_path):
    """GeoJSON is longitude, latitude; the house lands where it was (to 1 cm: 9 decimals)."""
    path = write(tmp_path, frame(HOUSE).to_crs(4326), "a.geojson")
    buildings, _, _ = read(path, **NAMED)
    assert buildings.geometry.iloc[0].bounds == pytest.approx(HOUSE.bounds, abs=0.01)


# --- heights -------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("values", "height", "defects"),
    [
        ({"h": [9.0]}, 9.0, "height-recorded"),
        ({"h": [np.nan], "roof": [20.5]}, 17.0, "height-recorded"),
        ({"h": [np.nan]}, 12.8, "height-from-storeys"),
        ({"h": [0.0]}, 12.8, "height-from-storeys"),
        ({"h": [-9999.0]}, 12.8, "height-from-storeys"),
        ({"h": [-1.0]}, 12.8, "height-from-storeys"),
        ({"h": [5000.0]}, 12.8, "measured-height-absurd,height-from-storeys"),
        ({"h": [-3.0]}, 12.8, "measured-height-absurd,height-from-storeys"),
        ({"h": [np.inf], "floors": [0]}, None, "height-unknown"),
        ({"h": [np.nan], "floors": [9999]}, None, "height-unknown"),
        ({"h": ["12 m"]}, 12.0, "height-recorded"),
        ({"h": ["40 ft"]}, 12.192, "height-recorded"),
        ({"h": ["tall"]}, 12.8, "height-from-storeys"),
    ],
)
def test_the_rule_of_heights(tmp_path, values, height, defects):
    """Recorded, else roof minus ground (20.5 - 3.5), else 4 storeys of 3.2 m, else unknown."""
    path = write(tmp_path, frame(HOUSE, **values), "a.parquet")
    buildings, _, decoded = read(path, **NAMED, storey_m=3.2, unknown_height="flat")
    row = buildings.iloc[0]
    assert row["defects"] == defects
    if height is None:
        assert np.isnan(row["height_m"])
        assert buildings["height_from"].isna().all()
        assert ("loss", "1 buildings have no known height and count as flat") in said(decoded)
    else:
        assert row["height_m"] == pytest.approx(height)
        by_storeys = "height-from-storeys" in defects
        assert row["height_from"] == ("storeys" if by_storeys else "attribute")
    assert [r.code for r in decoded.rejects] == ["height-unreadable"] * (values["h"] == ["tall"])


def test_the_roof_gives_the_ground_where_only_the_height_is_known(tmp_path):
    """Roof at 20 m, 12 m high: the foot is at 8 m."""
    path = write(tmp_path, frame(HOUSE, ground=[np.nan], roof=[20.0]), "a.parquet")
    row = read(path, **NAMED)[0].iloc[0]
    assert (row["ground_z_m"], row["roof_z_m"], row["height_m"]) == (8.0, 20.0, 12.0)


@pytest.mark.parametrize("ground", [np.nan, -9999.0, 1e6])
def test_ground_that_is_not_known_is_marked(tmp_path, ground):
    """As in every outline without a height."""
    row = read(write(tmp_path, frame(HOUSE, ground=[ground]), "a.parquet"), **NAMED)[0].iloc[0]
    assert "ground-unknown" in row["defects"].split(",")
    assert ("elevation-absurd" in row["defects"]) == (ground == 1e6)
    assert row["height_m"] == 12.0


def row_of_houses(count, start=0.0):
    """Houses 20 m apart."""
    return [shapely.box(X0 + x, Y0, X0 + x + 10, Y0 + 6) for x in start + 20.0 * np.arange(count)]


def test_houses_without_height_get_the_median_of_their_region(tmp_path):
    """Eleven houses of 5 to 15 m near by: 10 m. Far away the median of all sixteen counts.

    Far away there are five towers of 50 m, too few to speak for their region: of 5, ..., 15 and
    five times 50 the median is the mean of the eighth and ninth, 12.5 m.
    """
    near, far = row_of_houses(12), row_of_houses(6, start=5000.0)
    heights = [*map(float, range(5, 16)), np.nan, *[50.0] * 5, np.nan]
    path = write(tmp_path, frame(*near, *far, h=heights, floors=[None] * 18), "a.gpkg")
    buildings, _, decoded = read(path, **NAMED)
    assumed = buildings[buildings["defects"] == "height-assumed"]
    assert assumed["building_id"].tolist() == ["b11", "b17"]
    assert assumed["height_m"].tolist() == [10.0, 12.5]
    assert assumed["measured_height_m"].isna().all()
    told = (
        "2 buildings record neither height nor storeys and have the median height of their region"
    )
    assert ("fallback", told) in said(decoded)


def test_a_few_heights_speak_for_nobody(tmp_path):
    """Nine known heights are too few: the tenth house stays flat, and is told."""
    heights = [*[8.0] * 9, np.nan]
    path = write(tmp_path, frame(*row_of_houses(10), h=heights, floors=[None] * 10), "a.gpkg")
    row = read(path, **NAMED)[0].iloc[-1]
    assert row["defects"] == "height-unknown"


def test_usual_heights_pass_over_what_has_no_place():
    """Places that are not finite neither count nor fail."""
    usual = UsualHeights(100.0)
    x = np.array([np.inf, np.nan, *[5.0] * 10])
    usual.add(x, np.zeros(12), np.array([99.0, 99.0, *[4.0] * 10]))
    usual.finish()
    assert usual.at(np.array([7.0, np.inf]), np.array([7.0, 7.0])) == [4.0, 4.0]


@pytest.mark.parametrize(
    ("value", "unit", "metres"),
    [
        (12, "m", 12.0),
        (100.0, "ft", 30.48),
        ("12,5", "m", 12.5),
        ("12.5m", "ft", 12.5),
        ("40'", "m", 12.192),
        ("12'6\"", "m", 3.81),
        (" 3 metres ", "m", 3.0),
        (None, "m", None),
        ("", "m", None),
        (float("nan"), "m", None),
        (10**400, "m", None),
    ],
)
def test_lengths(value, unit, metres):
    """Bare numbers in the unit declared; texts with a unit of their own in that."""
    expected = None if metres is None else pytest.approx(metres)
    assert metres_of(value, unit) == expected


@pytest.mark.parametrize("value", ["tall", "12;13", "1e3", "12 km", "9" * 400, "~5", True])
def test_what_is_no_length(value):
    """Told, not guessed."""
    with pytest.raises(UnreadableLengthError):
        metres_of(value, "m")


def test_feet_are_declared_or_refused(tmp_path):
    """A column that speaks of feet is refused until the unit is declared, either way."""
    path = write(tmp_path, frame(HOUSE, HEIGHT_FT=[100.0]), "a.parquet")
    with pytest.raises(SourceError, match=r"feet in the column 'HEIGHT_FT'.*height_unit"):
        read(path, height_column="HEIGHT_FT")
    row = read(path, height_column="HEIGHT_FT", height_unit="ft")[0].iloc[0]
    assert row["height_m"] == pytest.approx(30.48)
    row = read(path, height_column="HEIGHT_FT", height_unit="m")[0].iloc[0]
    assert row["height_m"] == 100.0


# --- well-known data sets ------------------------------------------------------------------------
def overture(count=1):
    """Columns of an Overture building, as its Parquet files have them."""
    return {
        "id": [f"08b2a{n}" for n in range(count)],
        "height": [8.5] * count,
        "num_floors": [2] * count,
        "min_height": [None] * count,
        "subtype": ["residential"] * count,
        "class": ["house"] * count,
        "names": [{"primary": "家"}] * count,
        "is_underground": [False] * count,
    }


def test_overture(tmp_path):
    """Recognised by its columns, which is told; its identifier outlives a release."""
    columns = overture(4)
    columns["class"][1] = None
    columns["min_height"][2] = 3.0
    columns["is_underground"][3] = True
    places = gpd.GeoDataFrame(columns, geometry=row_of_houses(4), crs=HOME).to_crs(4326)
    path = tmp_path / "a.parquet"
    places.to_parquet(path)
    buildings, _, decoded = read(path)
    assert buildings["building_id"].tolist() == ["08b2a0", "08b2a1", "08b2a2"]
    assert buildings["stable_key"].tolist() == buildings["building_id"].tolist()
    assert buildings["usage"].tolist() == ["house", "residential", "house"]
    assert buildings["height_m"].tolist() == [8.5] * 3
    assert ["underside-ignored" in d for d in buildings["defects"]] == [False, False, True]
    notes = dict(reversed(said(decoded)))
    assert any("read as those of Overture: id = id" in note.en for note in decoded.notes)
    assert "1 buildings below the ground are left out" in [n.en for n in decoded.notes]
    assert "fallback" in notes


@pytest.mark.parametrize("name", ["a.gpkg", "a.sqlite", "a.fgb", "a.parquet"])
def test_columns_that_carry_nothing_else(tmp_path, name):
    """They are attributes, in the order of the file; what is null says nothing."""
    more = {"built": pd.to_datetime(["1984-05-06", None]), "note": ["井", None], "code": [7, 8]}
    path = write(tmp_path, frame(*row_of_houses(2), **more), name)
    found = map(json.loads, read(path, **NAMED)[0]["attributes"])
    first, second = sorted(found, key=lambda one: one["code"])  # FlatGeobuf sorts by place
    assert list(first) == ["built", "note", "code"]
    assert first["built"].startswith("1984-05-06")
    assert (first["note"], first["code"], second) == ("井", 7, {"code": 8})


def test_attributes_of_overture(tmp_path):
    """Structures stay structures; the column that served as fallback only stays too."""
    places = gpd.GeoDataFrame(overture(1), geometry=row_of_houses(1), crs=HOME).to_crs(4326)
    path = tmp_path / "a.parquet"
    places.to_parquet(path, write_covering_bbox=True)
    row = read(path)[0].iloc[0]
    assert json.loads(row["attributes"]) == {"subtype": "residential", "names": {"primary": "家"}}
    assert (row["lods"], row["height_from"]) == ("0", "attribute")


def test_openstreetmap(tmp_path):
    """Tags are texts; ``yes`` is no usage."""
    columns = {
        "@id": ["way/1", "way/2"],
        "building": ["yes", "school"],
        "height": ["9.5 m", None],
        "building:levels": [None, "3"],
    }
    path = write(tmp_path, gpd.GeoDataFrame(columns, geometry=row_of_houses(2), crs=HOME), "a.gpkg")
    buildings, _, _ = read(path)
    assert buildings["building_id"].tolist() == ["way/1", "way/2"]
    assert buildings["height_m"].tolist() == [9.5, 9.0]
    assert buildings["usage"].isna().tolist() == [True, False]


def test_3dbag(tmp_path):
    """Elevations of ground and roof; the 70th percentile is what its LOD1.2 uses."""
    columns = {
        "identificatie": ["NL.IMBAG.Pand.1"],
        "b3_h_maaiveld": [1.25],
        "b3_h_dak_50p": [8.0],
        "b3_h_dak_70p": [9.25],
        "b3_bouwlagen": [3],
    }
    path = write(tmp_path, gpd.GeoDataFrame(columns, geometry=[HOUSE], crs=HOME), "a.gpkg")
    row = read(path)[0].iloc[0]
    assert (row["ground_z_m"], row["roof_z_m"], row["height_m"]) == (1.25, 9.25, 8.0)
    assert row["stable_key"] == "NL.IMBAG.Pand.1"


def test_what_the_user_names_counts_before_what_is_recognised(tmp_path):
    """And recognition can be switched off."""
    places = gpd.GeoDataFrame({**overture(), "mine": [20.0]}, geometry=[HOUSE], crs=HOME)
    path = write(tmp_path, places.drop(columns="names"), "a.gpkg")
    assert read(path, height_column="mine")[0]["height_m"].tolist() == [20.0]
    buildings, _, decoded = read(path, detect=False)
    assert buildings["building_id"].tolist() == ["a.gpkg:1"]
    assert buildings["defects"].tolist() == ["ground-unknown,height-unknown"]
    assert not any("read as those" in text for _, text in said(decoded))


def test_a_column_that_is_not_there(tmp_path):
    """A misspelt column is refused with the names that exist."""
    path = write(tmp_path, frame(HOUSE), "a.gpkg")
    with pytest.raises(SourceError, match=r"no column 'hight'.*bid, h, floors"):
        read(path, height_column="hight")


# --- geometry ------------------------------------------------------------------------------------
def test_several_parts_and_holes(tmp_path):
    """A multipolygon is one building: 60 m2 with a court of 4 m2, and an annexe of 9 m2."""
    court = shapely.Polygon(HOUSE.exterior, [shapely.box(X0 + 2, Y0 + 2, X0 + 4, Y0 + 4).exterior])
    both = shapely.MultiPolygon([court, shapely.box(X0 + 20, Y0, X0 + 23, Y0 + 3)])
    buildings, surfaces, _ = read(write(tmp_path, frame(both), "a.gpkg"), **NAMED)
    assert buildings.geometry.area.tolist() == [pytest.approx(65.0)]
    # Two floors, two roofs, and a wall for each of 4 + 4 + 4 edges.
    assert surfaces["semantic"].value_counts().to_dict() == {"wall": 12, "ground": 2, "roof": 2}


def test_faulty_geometries(tmp_path):
    """A bow-tie is mended to 2 x 50 m2; empty, point and spike are told; the rest is read."""
    tie = shapely.Polygon([(X0, Y0), (X0 + 20, Y0 + 10), (X0 + 20, Y0), (X0, Y0 + 10)])
    spiked = shapely.Polygon([*HOUSE.exterior.coords[:-1], (X0 + 90_000, Y0)])
    shapes = [tie, None, shapely.Point(X0, Y0), shapely.Polygon(), spiked, HOUSE]
    buildings, _, decoded = read(write(tmp_path, frame(*shapes), "a.parquet"), **NAMED)
    assert buildings["building_id"].tolist() == ["b0", "b5"]
    assert buildings.geometry.is_valid.all()
    assert buildings.geometry.area.tolist() == [pytest.approx(100.0), pytest.approx(60.0)]
    codes = {(r.record.split()[0], r.code) for r in decoded.rejects}
    assert codes >= {(f"b{n}", "no-geometry") for n in (1, 2, 3, 4)}
    assert ("b4", "spike") in codes
    assert any(severity == "loss" for severity, _ in said(decoded))


def test_broken_wkb_costs_its_row(tmp_path):
    """A geometry of three bytes is told; its neighbour is read."""
    whole = pq.read_table(write(tmp_path, frame(HOUSE, HOUSE), "a.parquet"))
    shapes = pa.array([b"\x01\x03\x00", whole["geometry"][1].as_py()], type=pa.binary())
    place = whole.schema.get_field_index("geometry")
    broken = whole.set_column(place, whole.schema.field(place), shapes)
    pq.write_table(broken, tmp_path / "b.parquet")
    buildings, _, decoded = read(tmp_path / "b.parquet", **NAMED)
    assert buildings["building_id"].tolist() == ["b1"]
    assert [r.code for r in decoded.rejects] == ["no-geometry"]


@pytest.mark.parametrize(
    ("use", "ground"), [("ignored", None), ("ground", 7.0), ("roof", 7.0 - 12.0)]
)
def test_heights_of_vertices(tmp_path, use, ground):
    """A polygon at 7 m: unused and told, or its foot, or its roof."""
    path = write(tmp_path, frame(shapely.force_3d(HOUSE, 7.0), ground=[None]), "a.gpkg")
    buildings, _, decoded = read(path, **NAMED, geometry_z=use)
    row = buildings.iloc[0]
    assert ("ground-unknown" in row["defects"]) == (ground is None)
    if ground is not None:
        assert row["ground_z_m"] == ground
    told = "heights of vertices of 1 buildings are not used (see `geometry_z`)"
    assert (told in [n.en for n in decoded.notes]) == (use == "ignored")


def test_duplicates(tmp_path):
    """The same building in two tiles stands once; another one with its id is kept beside it."""
    other = shapely.box(X0 + 50, Y0, X0 + 60, Y0 + 6)
    one = write(tmp_path, frame(HOUSE, bid=["x"]), "1.gpkg")
    two = write(tmp_path, frame(HOUSE, other, bid=["x", "x"]), "2.gpkg")
    buildings, _, decoded = read(one, two, **NAMED)
    assert buildings["building_id"].tolist() == ["x", "x#2"]
    assert [r.code for r in decoded.rejects] == ["duplicate", "duplicate-id"]


@pytest.mark.parametrize("name", ["a.gpkg", "a.parquet", "a.geojson"])
def test_bounds(tmp_path, name):
    """Only buildings that touch the box, whatever the CRS of the file."""
    houses = frame(*row_of_houses(50))
    path = write(tmp_path, houses if name == "a.gpkg" else houses.to_crs(4326), name)
    box = (X0 + 205.0, Y0 + 1, X0 + 245.0, Y0 + 2)
    buildings, _, _ = read(path, **NAMED, bounds=box)
    assert buildings["building_id"].tolist() == ["b10", "b11", "b12"]


def test_overture_boxes_are_used(tmp_path):
    """Rows whose own box lies elsewhere are not even decoded: a wrong box hides its row."""
    houses = frame(*row_of_houses(3)).to_crs(4326)
    path = tmp_path / "a.parquet"
    houses.to_parquet(path, write_covering_bbox=True)
    box = (X0 - 5, Y0 - 5, X0 + 65, Y0 + 5)
    assert len(read(path, **NAMED, bounds=box)[0]) == 3
    table = pq.read_table(path)
    moved = [{**row, "xmin": 0.0, "xmax": 0.0} for row in table["bbox"].to_pylist()[:1]]
    moved += table["bbox"].to_pylist()[1:]
    place = table.schema.get_field_index("bbox")
    kind = table.schema.field(place)
    pq.write_table(table.set_column(place, kind, pa.array(moved, type=kind.type)), path)
    assert read(path, **NAMED, bounds=box)[0]["building_id"].tolist() == ["b1", "b2"]


def test_rows_come_in_batches(tmp_path, monkeypatch):
    """Rows are numbered through, whatever the size of a batch."""
    monkeypatch.setattr("citytwin.formats.footprints.batches._ROWS", 4)
    for name in ("a.gpkg", "a.parquet"):
        path = write(tmp_path, frame(*row_of_houses(10)), name)
        buildings, _, _ = read(path, height_column="h")
        assert buildings["building_id"].tolist() == [f"{name}:{n}" for n in range(1, 11)]


# --- files ---------------------------------------------------------------------------------------
def test_the_crs(tmp_path):
    """No CRS: refused, unless the user gives one; metres called degrees: refused."""
    path = write(tmp_path, frame(HOUSE, crs=None), "a.parquet")
    with pytest.raises(SourceError, match="coordinate reference system"):
        read(path, **NAMED)
    assert read(path, source=HOME, **NAMED)[0].geometry.iloc[0].bounds == HOUSE.bounds
    text = {"type": "FeatureCollection", "features": []}
    text["features"].append(
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(HOUSE)}
    )
    (tmp_path / "b.geojson").write_text(json.dumps(text), encoding="utf-8")
    with pytest.raises(SourceError, match="outside the area"):
        read(tmp_path / "b.geojson")


ADDRESSES = [
    '{"type": "link", "properties": {"href": "http://127.0.0.1:9/x"}}',
    '{"type": "URL", "properties": {"url": "http://127.0.0.1:9/x"}}',
    '{"t\\u0079pe": "l\\u0069nk", "properties": {"href": "http://127.0.0.1:9/x"}}',
]


@pytest.mark.parametrize("crs", ADDRESSES)
def test_no_address_is_fetched(tmp_path, crs):
    """GDAL would fetch the CRS of such a file; it is refused before GDAL sees it."""
    path = tmp_path / "a.geojson"
    for name in ("crs", "c\\u0072s"):
        text = f'{{"type": "FeatureCollection", "{name}": {crs}, "features": []}}'
        path.write_text(text, encoding="utf-8")
        with pytest.raises(SourceError, match="not fetched"):
            read(path)


def test_links_in_attributes_do_no_harm(tmp_path):
    """Only a CRS that is an address is refused, not the word in other places."""
    text = (
        '{"type": "FeatureCollection", "crs": {"type": "name", "properties": {"name": "EPSG:4326"}},'
        '"features": [{"type": "Feature", "properties": {"url": "link"}, "geometry": null}]}'
    )
    (tmp_path / "a.geojson").write_text(text, encoding="utf-8")
    assert kind_of(tmp_path / "a.geojson") == "geojson"


def test_companions_of_a_shapefile_are_no_files_of_their_own(tmp_path):
    """A folder gives .shp, .dbf, .prj: one file is read; without .dbf it has no columns."""
    path = write(tmp_path, frame(HOUSE), "a.shp")
    files = sorted(f for f in tmp_path.iterdir() if f.suffix in (".shp", ".dbf", ".shx", ".prj"))
    buildings, _, decoded = read(*files, **NAMED)
    assert (len(buildings), decoded.rejects) == (1, ())
    path.with_suffix(".dbf").unlink()
    with pytest.raises(SourceError, match="no column"):
        read(path, **NAMED)


VIRTUAL = (
    "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>real.gpkg</SrcDataSource>"
    "</OGRVRTLayer></OGRVRTDataSource>"
)


@pytest.mark.parametrize(
    "content",
    [b"", b"id,x,y\n1,2,3\n", VIRTUAL.encode(), b"SQLite format 3\x00", b"PAR1", b"{", b"fgb\x03"],
)
def test_only_known_kinds_are_opened(tmp_path, content):
    """Virtual files that name others, and damaged ones, are refused with the name of the file."""
    write(tmp_path, frame(HOUSE), "real.gpkg")
    path = tmp_path / "a.gpkg"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"^a\.gpkg: "):
        read(path)


def test_parquet_without_geometry_is_refused(tmp_path):
    """A plain table, and one whose geometry is not WKB."""
    pd.DataFrame({"a": [1]}).to_parquet(tmp_path / "a.parquet")
    with pytest.raises(SourceError, match="without geometry"):
        read(tmp_path / "a.parquet")
    frame(HOUSE).to_parquet(tmp_path / "b.parquet", geometry_encoding="geoarrow")
    with pytest.raises(SourceError, match="WKB"):
        read(tmp_path / "b.parquet")


def test_a_broken_file_is_set_aside(tmp_path):
    """The others go on."""
    one = write(tmp_path, frame(HOUSE), "1.gpkg")
    (tmp_path / "2.gpkg").write_bytes(one.read_bytes()[:5000])
    buildings, _, decoded = read(one, tmp_path / "2.gpkg", **NAMED)
    assert len(buildings) == 1
    assert [(r.source, r.code) for r in decoded.rejects] == [("2.gpkg", "file-refused")]


@pytest.mark.parametrize(
    "wrong", [{"storey_m": 0.0}, {"bounds": (1.0, 0.0, 0.0, 1.0)}, {"geometry_z": "top"}]
)
def test_parameters_are_checked(wrong):
    """Storeys have a height; a box has a width."""
    with pytest.raises(ValidationError):
        FootprintParams(**wrong)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
@pytest.mark.parametrize(
    "name", ["sound.parquet", "sound.geojson", "sound.fgb", "sound.gpkg", "sound.shp"]
)
def test_damaged_files_are_met_calmly(tmp_path, name, data):
    """Bytes changed or cut anywhere: buildings, or a CityTwinError."""
    path = tmp_path / name
    if not path.exists():
        houses = frame(HOUSE)
        write(tmp_path, houses.to_crs(4326) if "json" in name else houses, name)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = tmp_path / f"damaged{path.suffix}"
    damaged.write_bytes(bytes(content[: data.draw(st.integers(1, len(content)))]))
    try:
        read(damaged)
    except CityTwinError:
        return
