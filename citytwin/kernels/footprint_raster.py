"""Cells covered by flat polygons: the mask of footprints, water or land use."""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels.scanline import GridWindow, check_offsets, flag_edges, is_place


@njit(cache=True, nogil=True)
def footprint_mask(
    xy: np.ndarray,
    ring_offsets: np.ndarray,
    polygon_offsets: np.ndarray,
    window: GridWindow,
    mask: np.ndarray,
) -> None:
    """Set to 1 every cell whose centre lies in a polygon.

    Even-odd over the rings of one polygon (holes stay open), union over polygons, half-open
    at edges. A polygon with a coordinate that is not finite, or beyond 1e9 m,
    burns nothing.

    Parameters
    ----------
    xy
        Vertices, shape (n_vertex, 2) or (n_vertex, 3), float64 [m]; a third column is ignored.
    ring_offsets
        Offsets of rings into ``xy``, shape (n_ring + 1,), int64.
    polygon_offsets
        Offsets of polygons into the rings, shape (n_polygon + 1,), int64.
    window
        Place of the mask in its grid.
    mask
        Shape (ny, nx), uint8. Cells inside become 1, others keep their value. Changed in place.

    Raises
    ------
    ValueError
        When offsets lead outside their arrays.
    """
    check_offsets(ring_offsets, xy.shape[0])
    check_offsets(polygon_offsets, ring_offsets.size - 1)
    ny, nx = mask.shape
    flags = np.zeros((ny, nx + 1), dtype=np.uint8)
    for p in range(polygon_offsets.size - 1):
        rings = ring_offsets[polygon_offsets[p] : polygon_offsets[p + 1] + 1]
        placed = True
        for v in range(rings[0], rings[-1]):
            placed = placed and is_place(xy[v, 0]) and is_place(xy[v, 1])
        if not placed:
            continue
        row_start, row_stop, col_start, col_last = flag_edges(
            xy[:, 0], xy[:, 1], rings, window, flags
        )
        for row in range(row_start, row_stop):
            inside = 0
            for col in range(col_start, col_last):
                inside ^= flags[row, col]
                flags[row, col] = 0
                if inside != 0:
                    mask[row, col] = 1
            flags[row, col_last] = 0
