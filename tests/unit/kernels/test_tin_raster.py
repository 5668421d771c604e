"""Triangles of a TIN burned into a terrain raster."""

from __future__ import annotations

import numpy as np

from citytwin.kernels.scanline import GridWindow
from citytwin.kernels.tin_raster import burn_triangles

GRID = GridWindow(x_min=-31.0, y_max=-7.0, cell_m=2.0, row0=-3, col0=5)
SHAPE = (17, 23)


def surface(x, y):
    """Return a tilted plane."""
    return 3.0 + 0.25 * x - 0.125 * y


def tin(rng, bounds, n):
    """Delaunay triangles over a rectangle, heights on one plane."""
    from scipy.spatial import Delaunay

    x0, y0, x1, y1 = bounds
    inner = rng.uniform((x0, y0), (x1, y1), (n, 2))
    inner[: n // 2] = np.round(inner[: n // 2])  # many vertices on pixel centres and edges
    xy = np.r_[inner, [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]]
    xy = np.unique(xy, axis=0)
    return np.c_[xy, surface(xy[:, 0], xy[:, 1])][Delaunay(xy).simplices]


def centres():
    """Coordinates of all pixel centres."""
    x = GRID.x_min + (GRID.col0 + np.arange(SHAPE[1]) + 0.5) * GRID.cell_m
    y = GRID.y_max - (GRID.row0 + np.arange(SHAPE[0]) + 0.5) * GRID.cell_m
    return np.meshgrid(x, y)


def test_plane_is_reproduced_without_gaps():
    """A TIN of a plane gives the plane at each pixel inside, and nothing outside."""
    bounds = (-14.0, -29.0, 17.0, -5.0)
    height = np.full(SHAPE, np.nan, dtype=np.float32)
    skipped = burn_triangles(tin(np.random.default_rng(1), bounds, 80), GRID, height)
    x, y = centres()
    # Half-open: a centre on the west edge is in, on the east edge out; on the south edge
    # in, on the north edge out.
    inside = (x >= bounds[0]) & (x < bounds[2]) & (y >= bounds[1]) & (y < bounds[3])
    assert skipped == 0
    assert np.array_equal(np.isfinite(height), inside)
    np.testing.assert_allclose(height[inside], surface(x, y)[inside], atol=1e-5)


def test_each_pixel_belongs_to_one_triangle():
    """Triangles that share edges and vertices never burn a pixel twice."""
    triangles = tin(np.random.default_rng(2), (-14.0, -29.0, 17.0, -5.0), 40)
    count = np.zeros(SHAPE, dtype=int)
    for triangle in triangles:
        one = np.full(SHAPE, np.nan, dtype=np.float32)
        burn_triangles(triangle[None], GRID, one)
        count += np.isfinite(one)
    assert set(np.unique(count)) == {0, 1}


def test_any_tiling_gives_the_same_bits():
    """A window of the grid holds the very bits of the whole raster."""
    triangles = tin(np.random.default_rng(3), (-20.0, -40.0, 25.0, 0.0), 60)
    triangles[:, :, 2] += np.random.default_rng(4).normal(0, 3, triangles.shape[:2])
    whole = np.full(SHAPE, np.nan, dtype=np.float32)
    burn_triangles(triangles, GRID, whole)
    part = np.full((6, 9), np.nan, dtype=np.float32)
    burn_triangles(triangles, GRID._replace(row0=GRID.row0 + 5, col0=GRID.col0 + 11), part)
    assert part.tobytes() == whole[5:11, 11:20].tobytes()


def test_useless_triangles_are_counted():
    """Vertical, empty and NaN triangles burn nothing and are counted."""
    vertical = [(0, -10, 0), (5, -10, 0), (5, -10, 5)]
    empty = [(0, -10, 0)] * 3
    nan = [(0, -10, np.nan), (5, -10, 0), (5, -20, 0)]
    height = np.full(SHAPE, np.nan, dtype=np.float32)
    assert burn_triangles(np.array([vertical, empty, nan], dtype=float), GRID, height) == 3
    assert np.isnan(height).all()
