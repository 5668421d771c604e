"""Columns of lists: one buffer of numbers, cut into rows by offsets."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from citytwin.model import tables as t
from citytwin.model.ragged import (
    FLOAT_LISTS,
    INT_LISTS,
    Faces,
    faces_of_rows,
    flattened,
    list_column,
    taken,
)
from citytwin.store.placed import Places, read_rows, write_placed
from citytwin.store.tables import conform, row_boxes, row_digests

NUMBERS = np.array([0.0, 0, 5, 4, 0, 6, 4, 3, 7, 1, 1, 8, 2, 1, 8, 2, 2, 9, 1, 9, 9])
"""A triangle, nothing, and a square, as x y z."""
OFFSETS = np.array([0, 9, 9, 21])


def test_rows_are_cut_and_joined_without_a_copy() -> None:
    """The numbers of the column are those that were given, in their own memory."""
    column = list_column(NUMBERS, OFFSETS)
    assert column.dtype == FLOAT_LISTS
    assert column.tolist() == [NUMBERS[:9].tolist(), [], NUMBERS[9:].tolist()]
    values, offsets = flattened(column)
    assert np.shares_memory(values, NUMBERS)
    assert offsets.tolist() == OFFSETS.tolist()
    assert list_column(np.array([3, 4], dtype=np.int32), np.array([0, 1, 2])).dtype == INT_LISTS


@pytest.mark.parametrize(
    ("cut", "numbers", "offsets"),
    [
        (slice(1, 3), NUMBERS[9:], [0, 0, 12]),
        (slice(0, 0), [], [0]),
        ([2, 0], [*NUMBERS[9:], *NUMBERS[:9]], [0, 12, 21]),
    ],
)
def test_cuts_of_a_column_begin_at_zero(cut, numbers, offsets) -> None:
    """Slices and rows in another order."""
    values, found = flattened(list_column(NUMBERS, OFFSETS).iloc[cut])
    assert values.tolist() == list(numbers)
    assert found.tolist() == offsets


def test_pieces_of_a_column_are_joined() -> None:
    """As after a concatenation of tables."""
    column = list_column(NUMBERS, OFFSETS)
    values, offsets = flattened(pd.concat([column.iloc[1:], column], ignore_index=True))
    assert values.tolist() == [*NUMBERS[9:], *NUMBERS]
    assert offsets.tolist() == [0, 0, 12, 21, 21, 33]


def test_surfaces_become_faces() -> None:
    """A face with a hole is one polygon of two rings."""
    xyz = list_column(np.arange(30.0), np.array([0, 9, 30]))
    rings = list_column(np.array([3, 4, 3], dtype=np.int32), np.array([0, 1, 3]))
    faces = faces_of_rows(xyz, rings, np.array([7, 5], dtype=np.int32))
    assert faces.xyz.tolist() == np.arange(30.0).reshape(-1, 3).tolist()
    assert faces.ring_offsets.tolist() == [0, 3, 7, 10]
    assert faces.polygon_offsets.tolist() == [0, 1, 3]
    assert faces.owners.tolist() == [7, 5]


def surfaces(xyz: object) -> pd.DataFrame:
    """A table of three surfaces."""
    texts = {name: ["a", "b", "c"] for name in ("surface_id", "building_id", "lod", "semantic")}
    sizes = [[3], [], [4]]
    return conform(t.SURFACES, pd.DataFrame({**texts, "xyz": xyz, "ring_sizes": sizes}), "")


def test_polygons_are_taken_in_an_order_of_ones_own() -> None:
    """A triangle, a square with a hole of three corners, and an empty one; one taken twice."""
    xyz = np.arange(30.0).reshape(10, 3)
    offsets = np.array([0, 3, 7, 10]), np.array([0, 1, 3, 3])
    faces = Faces(xyz, *offsets, np.array([4, 5, 6], dtype=np.int32))
    made = taken(faces, np.array([1, 2, 0, 1]))
    corners = [*range(3, 10), *range(3), *range(3, 10)]
    assert made.xyz[:, 0].tolist() == [3.0 * corner for corner in corners]
    assert made.ring_offsets.tolist() == [0, 4, 7, 10, 14, 17]
    assert made.polygon_offsets.tolist() == [0, 2, 2, 3, 5]
    assert made.owners.tolist() == [5, 6, 4, 5]
    nothing = taken(faces, np.empty(0, dtype=np.int64))
    assert nothing.xyz.shape == (0, 3)
    assert nothing.polygon_offsets.tolist() == [0]


def test_arrays_of_any_kind_come_into_the_one_form(tmp_path) -> None:
    """From lists and arrays; back from the disk the same."""
    plain = surfaces([NUMBERS[:9], [], NUMBERS[9:].tolist()])
    assert plain["xyz"].dtype == FLOAT_LISTS
    assert plain["ring_sizes"].dtype == INT_LISTS
    pd.testing.assert_frame_equal(plain, surfaces(list_column(NUMBERS, OFFSETS)))
    file = write_placed(tmp_path, tmp_path / "s.parquet", plain, Places.of(t.SURFACES, plain))
    pd.testing.assert_frame_equal(read_rows(tmp_path, [file], t.SURFACES), plain)


def test_boxes_are_those_of_the_points() -> None:
    """A row without any lies nowhere."""
    boxes = row_boxes(t.SURFACES, surfaces(list_column(NUMBERS, OFFSETS)))
    np.testing.assert_array_equal(boxes, [[0, 0, 4, 3], [np.nan] * 4, [1, 1, 2, 9]])


def test_digests_see_every_number_and_its_place() -> None:
    """A changed number, two exchanged ones, and a border between rows that moves."""
    first = row_digests(surfaces(list_column(NUMBERS, OFFSETS)))
    changed, swapped = NUMBERS.copy(), NUMBERS.copy()
    changed[20] = np.nextafter(9.0, 10.0)
    swapped[[0, 2]] = swapped[[2, 0]]
    for values, offsets, differ in (
        (changed, OFFSETS, [False, False, True]),
        (swapped, OFFSETS, [True, False, False]),
        (NUMBERS, np.array([0, 9, 12, 21]), [False, True, True]),
    ):
        other = row_digests(surfaces(list_column(values, offsets)))
        assert (first != other).tolist() == differ
