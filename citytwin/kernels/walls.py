"""Walls of buildings from the rings of their footprints."""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels.scanline import check_offsets


@njit(cache=True, nogil=True)
def ring_walls(
    xy: np.ndarray, ring_offsets: np.ndarray, polygon_offsets: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Walls of footprints, turned so that the outside is on the right.

    Parameters
    ----------
    xy
        Vertices, shape (n_vertex, 2), float64 [m].
    ring_offsets
        Offsets of rings into ``xy``, shape (n_ring + 1,), int64.
    polygon_offsets
        Offsets of polygons into the rings, shape (n_polygon + 1,), int64; the first ring of
        a polygon is its outer one. Rings may be closed or not, and wound either way.

    Returns
    -------
    walls : numpy.ndarray
        Segments (x0, y0, x1, y1), shape (n_wall, 4), float64 [m].
    polygon : numpy.ndarray
        Polygon of each wall, shape (n_wall,), int64.

    Raises
    ------
    ValueError
        When offsets lead outside their arrays.
    """
    check_offsets(ring_offsets, xy.shape[0])
    check_offsets(polygon_offsets, ring_offsets.size - 1)
    walls = np.empty((xy.shape[0], 4))
    owner = np.empty(xy.shape[0], dtype=np.int64)
    n = 0
    for p in range(polygon_offsets.size - 1):
        for ring in range(polygon_offsets[p], polygon_offsets[p + 1]):
            begin, end = ring_offsets[ring], ring_offsets[ring + 1]
            twice_area = 0.0
            for a in range(begin, end):
                b = a + 1 if a + 1 < end else begin
                xa, ya = xy[a, 0] - xy[begin, 0], xy[a, 1] - xy[begin, 1]
                xb, yb = xy[b, 0] - xy[begin, 0], xy[b, 1] - xy[begin, 1]
                twice_area += xa * yb - xb * ya
            outer = ring == polygon_offsets[p]
            forward = (twice_area > 0.0) == outer
            for a in range(begin, end):
                b = a + 1 if a + 1 < end else begin
                if xy[a, 0] == xy[b, 0] and xy[a, 1] == xy[b, 1]:
                    continue
                first, second = (a, b) if forward else (b, a)
                walls[n, 0], walls[n, 1] = xy[first, 0], xy[first, 1]
                walls[n, 2], walls[n, 3] = xy[second, 0], xy[second, 1]
                owner[n] = p
                n += 1
    return walls[:n], owner[:n]
