"""Cells that a line passes: those that shapely says it crosses, each beside the one before."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from citytwin.model.line_cells import line_cells

PLACES = st.tuples(st.floats(-3.0, 9.0), st.floats(-3.0, 9.0))


def cells(*places):
    """Cells of a line of (row, column)."""
    rows, cols = np.array(places, dtype=np.float64).T
    return list(zip(*(found.tolist() for found in line_cells(rows, cols)), strict=True))


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ([(0.5, 0.5), (0.5, 3.2)], [(0, 0), (0, 1), (0, 2), (0, 3)]),
        ([(0.5, 0.5), (2.9, 0.5)], [(0, 0), (1, 0), (2, 0)]),
        ([(0.25, 0.5), (1.75, 1.25)], [(0, 0), (1, 0), (1, 1)]),
        ([(0.5, 0.5), (1.5, 1.75)], [(0, 0), (0, 1), (1, 1)]),
        ([(0.5, 1.5), (0.5, -0.5)], [(0, 1), (0, 0), (0, -1)]),
    ],
)
def test_by_hand(places, expected):
    """Along a row, along a column, past corners on either side, against the columns."""
    assert cells(*places) == expected


def test_through_a_corner():
    """From (0, 0) to (1, 1) the line comes through a cell beside the corner."""
    assert cells((0.5, 0.5), (1.5, 1.5)) == [(0, 0), (1, 0), (1, 1)]


@given(st.lists(PLACES, min_size=2, max_size=4))
def test_every_cell_crossed_and_each_beside_the_last(places):
    """No cell that the line crosses for more than a hair is missing; steps go over sides."""
    line = shapely.LineString([(col, row) for row, col in places])
    found = cells(*places)
    for (row, col), (row_next, col_next) in pairwise(found):
        assert abs(row_next - row) + abs(col_next - col) <= 1
    for row in range(-4, 10):
        for col in range(-4, 10):
            inside = line.intersection(shapely.box(col, row, col + 1, row + 1).buffer(-1e-6))
            if inside.length > 1e-6:
                assert (row, col) in found
