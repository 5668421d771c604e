"""Culverts, underpasses and walls from vector files; what is none is set aside and told."""

from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from pydantic import ValidationError

from citytwin.formats.vector_hydraulic_structures import FORMAT
from citytwin.model.steps import Dataset
from citytwin.model.tables import DEFECTS, HYDRAULIC_STRUCTURES
from citytwin.store.tables import conform

X0, Y0 = -44_300.0, -94_200.0
DRIVERS = {"gpkg": "GPKG", "geojson": "GeoJSON", "fgb": "FlatGeobuf"}


def line(*places):
    """A line by metres from a corner."""
    return shapely.LineString([(X0 + x, Y0 + y, *z) for x, y, *z in places])


STRAIGHT = line((0, 0), (30, 0))


@pytest.fixture
def read(tmp_path):
    """Writes features to a file and reads them."""

    def run(geometry, *, name="a.gpkg", crs="EPSG:6677", columns=None, **params):
        frame = gpd.GeoDataFrame(columns or {}, geometry=list(geometry), crs="EPSG:6677")
        path = tmp_path / name
        frame.to_crs(crs).to_file(path, driver=DRIVERS[name.rpartition(".")[2]])
        data = Dataset("works", tmp_path, (path,), "EPSG:6677", "Asia/Tokyo")
        decoded = FORMAT.read(data, FORMAT.params(**params))
        rows = conform(HYDRAULIC_STRUCTURES, decoded.tables[HYDRAULIC_STRUCTURES], "EPSG:6677")
        return rows, decoded

    return run


@pytest.mark.parametrize("name", ["a.gpkg", "a.geojson", "a.fgb"])
def test_a_culvert_with_all_that_is_known(read, name):
    """Numbers as written, also as text; the line in the CRS of the city, without heights."""
    crs = "EPSG:4326" if name.endswith("geojson") else "EPSG:6677"
    columns = {"no": ["C-7"], "w": [2.5], "h": ["1.8"], "up": [3.25], "down": [2.75]}
    rows, decoded = read(
        [line((0, 0, 9), (30, 0, 9))], name=name, crs=crs, columns=columns, kind="culvert",
        id_column="no", width_column="w", height_column="h",
        start_level_column="up", end_level_column="down",
    )  # fmt: skip
    row = rows.iloc[0]
    assert row.drop(["geometry", "inlet"]).tolist() == [
        "C-7",
        "culvert",
        2.5,
        1.8,
        3.25,
        2.75,
        name,
    ]
    assert shapely.hausdorff_distance(row["geometry"], STRAIGHT) < 1e-3
    assert not row["geometry"].has_z
    assert decoded.rejects == ()


def test_kinds_by_a_column(read):
    """Words of any case; another word is told with what would do."""
    columns = {"art": ["Wall", "underpass", "tunnel", None]}
    rows, decoded = read([STRAIGHT] * 4, columns=columns, kind_column="art")
    assert rows["kind"].tolist() == ["wall", "underpass"]
    assert [(r.record, r.code) for r in decoded.rejects] == [
        ("a.gpkg:3", "range"),
        ("a.gpkg:4", "range"),
    ]
    assert "'tunnel', not culvert, underpass or wall" in decoded.rejects[0].message
    assert len(decoded.tables[DEFECTS]) == 2


def test_what_is_no_line_is_set_aside(read):
    """Areas, points, lines without a length; several lines with levels at ends of none."""
    shapes = [
        shapely.box(X0, Y0, X0 + 5, Y0 + 5),
        shapely.Point(X0, Y0),
        shapely.LineString([(X0, Y0), (X0, Y0)]),
        shapely.MultiLineString([line((0, 0), (5, 0)), line((9, 9), (20, 9))]),
        STRAIGHT,
    ]
    columns = {"top": [4.0] * 5}
    rows, decoded = read(
        shapes, columns=columns, kind="wall", start_level_column="top", end_level_column="top"
    )
    assert rows["structure_id"].tolist() == ["a.gpkg:5"]
    assert [r.record for r in decoded.rejects] == [f"a.gpkg:{k}" for k in (1, 2, 3, 4)]
    assert {r.code for r in decoded.rejects} == {"no-line"}


def test_several_lines_of_one_record_without_levels(read):
    """Those that join are one; the others are rows of their own."""
    parts = [line((0, 0), (5, 0)), line((5, 0), (9, 4)), line((20, 0), (30, 0))]
    rows, _ = read([shapely.MultiLineString(parts)], kind="wall", columns={"h": [1.0]},
                   height_column="h")  # fmt: skip
    assert len(rows) == 2
    assert rows["structure_id"].is_unique
    assert rows.geometry.length.sum() == pytest.approx(15 + 32**0.5)


@pytest.mark.parametrize(
    ("column", "value"),
    [("width", 250.0), ("width", -1.0), ("height", 0.0), ("start_level", 99_999.0),
     ("end_level", -9999.0), ("height", "tall")],
)  # fmt: skip
def test_values_that_none_can_have(read, column, value):
    """A mistaken unit or a code for no value is told with the column and the value met."""
    columns = {"v": [value, None]}
    rows, decoded = read(
        [STRAIGHT, STRAIGHT], columns=columns, kind="culvert", **{f"{column}_column": "v"}
    )
    assert len(rows) == 1
    assert [r.code for r in decoded.rejects] == ["range"]
    assert str(value).removesuffix(".0") in decoded.rejects[0].message


@pytest.mark.parametrize("params", [{}, {"kind": "wall", "kind_column": "art"}])
def test_the_kind_must_be_said_once(params):
    """Neither and both are mistakes of the configuration."""
    with pytest.raises(ValidationError, match="give either kind or kind_column"):
        FORMAT.params(**params)


def test_inlets_of_culverts_by_a_column(read):
    """A pipe is as wide as high; an inlet that nobody knows, and a pipe that is none, are told."""
    said = ["pipe_metal_mitered", "box_wingwalls_parallel", None, "trumpet", "pipe_beveled_45"]
    columns = {"in": said, "w": [None, 2.0, 2.0, 2.0, 2.0], "h": [0.9, 1.0, 1.0, 1.0, 1.0]}
    rows, decoded = read(
        [STRAIGHT] * 5, columns=columns, kind="culvert",
        inlet_column="in", width_column="w", height_column="h",
    )  # fmt: skip
    assert rows["inlet"].fillna("").tolist() == ["pipe_metal_mitered", "box_wingwalls_parallel", ""]
    assert rows["width_m"].tolist() == [0.9, 2.0, 2.0]
    one, other = (reject.message for reject in decoded.rejects)
    assert "in is 'trumpet', not one of box_headwall_chamfered," in one
    assert "a pipe is 2 m wide and 1 m high" in other
    with pytest.raises(ValidationError, match="pipe_metal_mitered"):
        FORMAT.params(kind="culvert", inlet="pipe_metal_mitred")
