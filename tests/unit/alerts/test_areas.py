"""Polygons of warned cells hold every one of them."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Transformer

from citytwin.alerts.areas import MOST_CORNERS, MOST_POLYGONS, polygons_of, whole
from citytwin.model.grid import GridSpec

GRID = GridSpec("EPSG:6677", -44500.0, -93700.0, 2.5, 37, 53)
DEGREES = Transformer.from_crs("EPSG:6677", "EPSG:4326")  # latitude first


@st.composite
def masks(draw: st.DrawFn) -> np.ndarray:
    """Noise of any density with a few blocks in it."""
    dice = np.random.default_rng(draw(st.integers(0, 10_000)))
    mask = dice.random(GRID.shape) < draw(st.sampled_from([0.0, 0.002, 0.05, 0.5, 1.0]))
    for _ in range(draw(st.integers(0, 3))):
        row, col = dice.integers(0, 30), dice.integers(0, 45)
        mask[row : row + 9, col : col + 7] = True
    return mask


@given(masks())
def test_every_warned_cell_lies_within(mask: np.ndarray) -> None:
    """Corners of each cell, turned into degrees by PROJ itself, lie in some polygon."""
    rings = polygons_of(mask, GRID)
    assert len(rings) <= MOST_POLYGONS
    polygons = [shapely.Polygon([(lon, lat) for lat, lon in ring]) for ring in rings]
    for ring, polygon in zip(rings, polygons, strict=True):
        assert ring[0] == ring[-1]
        assert 4 <= len(ring) <= MOST_CORNERS
        assert polygon.is_valid
        assert polygon.exterior.is_ccw
    rows, cols = np.nonzero(mask)
    area = shapely.union_all(polygons)
    for dy, dx in ((0, 0), (0, 1), (1, 0), (1, 1)):
        north = GRID.y_max - (rows + dy) * GRID.cell_m
        east = GRID.x_min + (cols + dx) * GRID.cell_m
        lat, lon = DEGREES.transform(north, east)  # axes of EPSG:6677: north, east
        assert shapely.contains_xy(area, lon, lat).all()


def test_nothing_warned_has_no_polygon() -> None:
    """And no empty one."""
    assert polygons_of(np.zeros(GRID.shape, bool), GRID) == ()


def test_a_block_is_warned_with_little_around_it() -> None:
    """50 m x 25 m on a grid of 2.5 m: at most two cells more on each side."""
    mask = np.zeros(GRID.shape, bool)
    mask[10:20, 10:30] = True
    (ring,) = polygons_of(mask, GRID)
    plane = Transformer.from_crs("EPSG:4326", "EPSG:6677")
    north, east = plane.transform(*np.array(ring).T)
    area = shapely.Polygon(np.column_stack([east, north])).area
    assert 50 * 25 <= area <= 60 * 35


def test_the_whole_city() -> None:
    """Four corners, closed, latitude first, within a millionth of a degree of PROJ."""
    (ring,) = whole(GRID)
    assert len(ring) == 5
    lat, lon = DEGREES.transform(GRID.y_max, GRID.x_min)
    assert min(abs(a - lat) + abs(b - lon) for a, b in ring) < 2e-6
    assert ring[0][0] == pytest.approx(35.1, abs=0.2)
