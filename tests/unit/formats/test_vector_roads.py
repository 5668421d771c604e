"""Roads from vector files."""

from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citytwin.errors import CityTwinError, SourceError
from citytwin.formats.vector_roads import FORMAT, VectorRoadParams
from citytwin.model.steps import Dataset
from citytwin.model.tables import ROADS
from citytwin.store.tables import conform

X0, Y0 = -44_300.0, -94_200.0
STRIP = shapely.box(X0, Y0, X0 + 50, Y0 + 4)
NAMED = {
    "id_column": "rid",
    "name_column": "name",
    "function_column": "kind",
    "level_column": "level",
    "width_column": "width",
}


def frame(*geometry, crs="EPSG:6677", **columns):
    """Roads with the columns of the tests."""
    count = len(geometry)
    known = {
        "rid": [f"r{n}" for n in range(count)],
        "name": ["中央通り", *[None] * (count - 1)],
        "kind": ["local"] * count,
        "level": [0] * count,
        "width": [4.0] * count,
    }
    return gpd.GeoDataFrame({**known, **columns}, geometry=list(geometry), crs=crs)


def write(folder, roads, name):
    """Write a frame in the format of the name."""
    path = folder / name
    if name.endswith(".parquet"):
        roads.to_parquet(path)
    else:
        driver = {"gpkg": "GPKG", "sqlite": "SQLite", "geojson": "GeoJSON", "fgb": "FlatGeobuf"}
        roads.to_file(path, driver=driver[name.rpartition(".")[2]])
    return path


def read(path, source=None, **params):
    """The roads of a file by their schema, and the result."""
    data = Dataset("roads", path.parent, (path,), "EPSG:6677", "Asia/Tokyo", source)
    decoded = FORMAT.read(data, VectorRoadParams(**params))
    return conform(ROADS, decoded.tables[ROADS], "EPSG:6677"), decoded


@pytest.mark.parametrize("name", ["a.gpkg", "a.sqlite", "a.fgb", "a.parquet"])
def test_polygons_come_as_they_are(tmp_path, name):
    """Every format gives the same row: id, name, class, width, level, area."""
    roads, decoded = read(write(tmp_path, frame(STRIP, level=[1]), name), **NAMED)
    row = roads.iloc[0]
    assert (row["road_id"], row["name"], row["function"]) == ("r0", "中央通り", "local")
    assert (row["width_m"], row["level"], row["source"]) == (4.0, 1, name)
    assert row["geometry"].geom_type == "MultiPolygon"
    assert row["geometry"].area == pytest.approx(200.0)
    assert decoded.rejects == ()


def test_degrees_of_geojson_are_placed(tmp_path):
    """GeoJSON is longitude, latitude; the road lands where it was (to 1 cm: 9 decimals)."""
    path = write(tmp_path, frame(STRIP).to_crs(4326), "a.geojson")
    roads, _ = read(path, id_column="rid")
    assert roads.geometry.iloc[0].bounds == pytest.approx(STRIP.bounds, abs=0.01)


def test_lines_get_their_width(tmp_path):
    """A line of 50 m with a width of 4 m covers 200 m2; without a width the default counts."""
    line = shapely.LineString([(X0, Y0), (X0 + 50, Y0)])
    path = write(tmp_path, frame(line, line, width=[4.0, np.nan]), "a.gpkg")
    roads, _ = read(path, width_column="width", line_width_m=6.0)
    assert roads.geometry.area.tolist() == [pytest.approx(200.0), pytest.approx(300.0)]
    assert roads["width_m"].isna().tolist() == [False, True]


def test_lines_without_width_are_told(tmp_path):
    """No width anywhere: the line is set aside with the remedy, no width is invented."""
    line = shapely.LineString([(X0, Y0), (X0 + 50, Y0)])
    roads, decoded = read(write(tmp_path, frame(line, STRIP), "a.gpkg"))
    assert len(roads) == 1
    assert [(r.code, "line_width_m" in r.message) for r in decoded.rejects] == [("no-width", True)]


def test_ended_records_are_left_out(tmp_path):
    """A register keeps what no longer exists: rows with an end date are not roads of today."""
    ended = frame(STRIP, STRIP, ended=[None, "2016-01-01"])
    roads, _ = read(write(tmp_path, ended, "a.gpkg"), id_column="rid", ended_column="ended")
    assert roads["road_id"].tolist() == ["r0"]


def test_rows_are_numbered_where_no_id_is_named(tmp_path):
    """Without an id column the number of the row identifies the road."""
    roads, _ = read(write(tmp_path, frame(STRIP, STRIP), "a.gpkg"))
    assert roads["road_id"].tolist() == ["a.gpkg:1", "a.gpkg:2"]


def test_faulty_geometries(tmp_path):
    """A bow-tie is mended to its 50 m2 x 2, an empty geometry and a point are told."""
    tie = shapely.Polygon([(X0, Y0), (X0 + 20, Y0 + 10), (X0 + 20, Y0), (X0, Y0 + 10)])
    roads, decoded = read(
        write(tmp_path, frame(tie, None, shapely.Point(X0, Y0)), "a.gpkg"), id_column="rid"
    )
    assert roads["road_id"].tolist() == ["r0"]
    assert roads.geometry.is_valid.all()
    assert roads.geometry.area.tolist() == [pytest.approx(100.0)]
    assert [(r.record, r.code) for r in decoded.rejects] == [
        ("r1", "no-geometry"),
        ("r2", "no-geometry"),
    ]


def test_a_spike_costs_its_road(tmp_path):
    """A vertex outside the area of the CRS sets its road aside."""
    spiked = shapely.Polygon([*STRIP.exterior.coords[:-1], (9e6, Y0)])
    roads, decoded = read(write(tmp_path, frame(spiked, STRIP), "a.gpkg"), id_column="rid")
    assert roads["road_id"].tolist() == ["r1"]
    assert [r.code for r in decoded.rejects] == ["spike"]


def test_a_column_that_is_not_there(tmp_path):
    """A misspelt column is refused with the names that exist."""
    path = write(tmp_path, frame(STRIP), "a.gpkg")
    with pytest.raises(SourceError, match=r"no column 'nme'.*rid, name, kind"):
        read(path, name_column="nme")


def test_a_layer_that_is_not_there(tmp_path):
    """A misspelt layer is refused."""
    with pytest.raises(SourceError, match="nope"):
        read(write(tmp_path, frame(STRIP), "a.gpkg"), layer="nope")


def test_the_crs(tmp_path):
    """No CRS: refused, unless the user gives one; degrees that are none: refused."""
    path = write(tmp_path, frame(STRIP, crs=None), "a.parquet")
    with pytest.raises(SourceError, match="coordinate reference system"):
        read(path)
    roads, _ = read(path, source="EPSG:6677")
    assert roads.geometry.iloc[0].bounds == STRIP.bounds
    text = json.dumps(
        {
            "type": "FeatureCollection",
            "features": [
                {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(STRIP)}
            ],
        }
    )
    (tmp_path / "b.geojson").write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match="outside the area"):
        read(tmp_path / "b.geojson")


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
    write(tmp_path, frame(STRIP), "real.gpkg")
    path = tmp_path / "a.gpkg"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"^a\.gpkg: "):
        read(path)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
@pytest.mark.parametrize("name", ["sound.parquet", "sound.geojson", "sound.fgb"])
def test_damaged_files_are_met_calmly(tmp_path, name, data):
    """Bytes changed or cut anywhere: roads, or a CityTwinError."""
    roads = frame(STRIP)
    path = tmp_path / name
    if not path.exists():
        write(tmp_path, roads.to_crs(4326) if "json" in name else roads, name)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    damaged = tmp_path / f"damaged{path.suffix}"
    damaged.write_bytes(bytes(content[: data.draw(st.integers(1, len(content)))]))
    try:
        read(damaged, id_column="rid", level_column="level")
    except CityTwinError:
        return
