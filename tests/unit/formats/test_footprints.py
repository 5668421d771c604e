"""Building outlines: geometry, places, files."""

from __future__ import annotations

import json

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import shapely
from footprint_files import HOME, HOUSE, NAMED, X0, Y0, frame, read, row_of_houses, said, write
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from citytwin.errors import CityTwinError, SourceError
from citytwin.formats.footprints.format import FootprintParams
from citytwin.formats.vector.files import kind_of


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
