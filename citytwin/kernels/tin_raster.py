"""Terrain heights from the triangles of a TIN."""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels.plane_raster import BURNABLE, fit_plane, plane_height
from citytwin.kernels.scanline import GridWindow, column_x, edge_column, first_row_below, row_y


@njit(cache=True, nogil=True)
def burn_triangles(corners: np.ndarray, window: GridWindow, height: np.ndarray) -> int:
    """Burn the triangles of a TIN into a height raster, keeping the highest.

    Same rules as `citytwin.kernels.plane_raster.burn_planes`: pixel centre, half-open edges,
    plane through the three corners clamped to their z-range, walls burn nothing. Triangles may
    come in any order. An indexed TIN is passed as ``vertices[triangles]``.

    Parameters
    ----------
    corners
        Shape (n_triangle, 3, 3), float64 [m]: triangle, corner, (x, y, z).
    window
        Place of the raster in its grid.
    height
        Shape (ny, nx), float32 [m]; NaN where nothing is known yet. Changed in place.

    Returns
    -------
    int
        Number of triangles that are vertical, degenerate or not finite, and so burned nothing.
    """
    ny, nx = height.shape
    whole = np.array([0, 3], dtype=np.int64)
    skipped = 0
    for t in range(corners.shape[0]):
        corner = corners[t]
        plane = fit_plane(corner, whole)
        if plane.kind != BURNABLE:
            skipped += 1
            continue
        y_low = min(corner[0, 1], corner[1, 1], corner[2, 1])
        y_high = max(corner[0, 1], corner[1, 1], corner[2, 1])
        for row in range(first_row_below(window, y_high, ny), first_row_below(window, y_low, ny)):
            y = row_y(window, row)
            # A row that a triangle crosses has exactly two crossings.
            col_start = nx
            col_stop = 0
            for a in range(3):
                b = a + 1 if a < 2 else 0
                if (corner[a, 1] > y) == (corner[b, 1] > y):
                    continue
                low, high = (b, a) if corner[a, 1] > y else (a, b)
                col = edge_column(
                    window,
                    row,
                    nx,
                    (corner[low, 0], corner[low, 1]),
                    (corner[high, 0], corner[high, 1]),
                )
                col_start = min(col_start, col)
                col_stop = max(col_stop, col)
            for col in range(col_start, col_stop):
                z = np.float32(plane_height(plane, column_x(window, col), y))
                if not height[row, col] >= z:
                    height[row, col] = z
    return skipped
