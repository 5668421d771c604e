"""Ranges of rows of vector files: together they are the file, each read on its own."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import shapely
from footprint_files import HOME, X0, Y0, frame, write
from hypothesis import given
from hypothesis import strategies as st

from citytwin.formats import vector_roads
from citytwin.formats.footprints.format import FORMAT, FootprintParams
from citytwin.formats.vector.row_ranges import row_ranges, rows_of
from citytwin.model.steps import Dataset
from citytwin.model.tables import BUILDINGS, ROADS, SURFACES

LOW, HIGH = [9.0] * 12, [15.0] * 10
"""Of 22 known heights the median is 9."""
NAMED = FootprintParams(id_column="bid", height_column="h", ground_column="ground")


def row_of_houses():
    """23 houses in a row, all in one region; the last records no height."""
    shapes = [shapely.box(X0 + 20 * n, Y0, X0 + 20 * n + 10, Y0 + 6) for n in range(23)]
    return frame(*shapes, h=[*LOW, *HIGH, np.nan])


def in_parts(data, params, step):
    """Decoded pieces of the only file, cut into five ranges."""
    path = data.files[0]
    shares = 3 if path.suffix == ".parquet" else 1
    ranges = step.ranges(path, shares * path.stat().st_size // 5 + 1)
    assert len(ranges) == 5
    return [step.read(replace(data, part=one), params) for one in ranges]


@pytest.mark.parametrize("name", ["a.gpkg", "a.sqlite", "a.fgb", "a.parquet"])
def test_ranges_of_footprints_are_the_file(tmp_path, name):
    """Every house once, in order, numbered and raised as in the whole file.

    The last range knows heights of 15 m alone; the house without one still has the median of the
    whole file.
    """
    path = tmp_path / name
    if name.endswith(".parquet"):
        row_of_houses().to_parquet(path, row_group_size=4)
    else:
        write(tmp_path, row_of_houses(), name)
    data = Dataset("town", tmp_path, (path,), HOME, "Asia/Tokyo")
    parts = in_parts(data, NAMED, FORMAT)
    whole = FORMAT.read(data, NAMED)
    for table in (BUILDINGS, SURFACES):
        pieces = pd.concat([part.tables[table] for part in parts], ignore_index=True)
        pd.testing.assert_frame_equal(pd.DataFrame(pieces), pd.DataFrame(whole.tables[table]))
    buildings = pd.concat([part.tables[BUILDINGS] for part in parts])
    assert sorted(buildings["building_id"]) == sorted(f"b{n}" for n in range(23))
    heights = dict(zip(buildings["building_id"], buildings["height_m"], strict=True))
    assert heights == {f"b{n}": h for n, h in enumerate([*LOW, *HIGH, 9.0])}


@pytest.mark.parametrize("name", ["a.gpkg", "a.fgb"])
def test_ranges_of_roads_are_the_file(tmp_path, name):
    """Roads without ids are numbered through."""
    path = write(tmp_path, row_of_houses(), name)
    data = Dataset("roads", tmp_path, (path,), HOME, "Asia/Tokyo")
    params = vector_roads.VectorRoadParams()
    parts = in_parts(data, params, vector_roads.FORMAT)
    roads = pd.concat([part.tables[ROADS] for part in parts])
    assert roads["road_id"].tolist() == [f"{name}:{n + 1}" for n in range(23)]
    assert roads.geometry.area.sum() == pytest.approx(23 * 60.0)


def test_what_cannot_be_entered_in_the_middle_is_read_as_a_whole(tmp_path):
    """GeoJSON is parsed from its beginning; what is no vector file is for its reader to refuse."""
    assert row_ranges(write(tmp_path, row_of_houses().to_crs(4326), "a.geojson"), 100) is None
    (tmp_path / "b.gpkg").write_bytes(b"nothing")
    assert row_ranges(tmp_path / "b.gpkg", 100) is None


@given(st.integers(1, 10**12), st.integers(0, 10**9), st.lists(st.floats(0, 1), max_size=9))
def test_rows_of_neighbouring_ranges_meet(size, rows, cuts):
    """Wherever a file is cut, every row is in one range."""
    edges = [0, *sorted(int(cut * size) for cut in cuts), size]
    found = [rows_of((a, b), size, rows) for a, b in itertools.pairwise(edges)]
    assert found[0].first == 0
    assert all(a.first + a.count == b.first for a, b in itertools.pairwise(found))
    assert found[-1].first + found[-1].count == rows
