"""Footprints burned into a mask."""

from __future__ import annotations

import numpy as np

from citytwin.kernels.footprint_raster import footprint_mask
from citytwin.kernels.scanline import GridWindow

GRID = GridWindow(x_min=-10.0, y_max=20.0, cell_m=2.5, row0=2, col0=-4)
SHAPE = (12, 15)


def fill(polygons):
    """Burn polygons (lists of rings) into a fresh mask."""
    rings = [np.asarray(r, dtype=float) for p in polygons for r in p]
    ring_offsets = np.cumsum([0] + [len(r) for r in rings])
    polygon_offsets = np.cumsum([0] + [len(p) for p in polygons])
    mask = np.zeros(SHAPE, dtype=np.uint8)
    footprint_mask(np.concatenate(rings), ring_offsets, polygon_offsets, GRID, mask)
    return mask


def centres():
    """Coordinates of all pixel centres."""
    x = GRID.x_min + (GRID.col0 + np.arange(SHAPE[1]) + 0.5) * GRID.cell_m
    y = GRID.y_max - (GRID.row0 + np.arange(SHAPE[0]) + 0.5) * GRID.cell_m
    return np.meshgrid(x, y)


def rectangle(x0, y0, x1, y1):
    """Closed ring of a rectangle."""
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)]


def test_overlapping_footprints_unite_and_holes_stay_open():
    """Parity is counted inside one polygon only: overlap of two polygons stays covered."""
    one = [rectangle(-15, -10, 5, 10), rectangle(-12, -7, -3, 3)]
    two = [rectangle(0, -5, 12, 12)]
    x, y = centres()
    in_one = (x > -15) & (x < 5) & (y > -10) & (y < 10)
    in_one &= ~((x > -12) & (x < -3) & (y > -7) & (y < 3))
    in_two = (x > 0) & (x < 12) & (y > -5) & (y < 12)
    assert np.array_equal(fill([one, two]), (in_one | in_two).astype(np.uint8))


def test_winding_and_closing_vertex_do_not_matter():
    """Clockwise or not, closed or not: the same cells."""
    ring = rectangle(-15, -10, 5, 10)
    expected = fill([[ring]])
    assert expected.sum() == 64
    assert np.array_equal(fill([[ring[::-1]]]), expected)
    assert np.array_equal(fill([[ring[:-1]]]), expected)


def test_not_finite_and_empty_rings_burn_nothing():
    """A NaN vertex spoils its own polygon only."""
    bad = [(-15, -10), (np.nan, 0), (5, 10)]
    assert fill([[bad], [[(0, 0)]]]).sum() == 0
    assert fill([[bad], [rectangle(-15, -10, 5, 10)]]).sum() == 64
