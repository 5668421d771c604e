"""How high two solids stand into each other above a place."""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels.plane_raster import BURNABLE, fit_plane, plane_height


@njit(cache=True, nogil=True)
def crossings(
    xyz: np.ndarray, rings: np.ndarray, polygons: np.ndarray, x: float, y: float, out: np.ndarray
) -> int:
    """Heights at which a vertical line passes through the polygons of a shell.

    The line is inside a polygon by the even-odd rule over all its rings (Shimrat 1962).

    Parameters
    ----------
    xyz
        Shape (n_vertex, 3): coordinates, closing vertices left out [m].
    rings
        Shape (n_ring + 1,): first vertex of each ring (int64).
    polygons
        Shape (n_polygon + 1,): first ring of each polygon of the shell (int64).
    x, y
        Place of the line [m].
    out
        Shape (n_polygon,): filled with the heights, lowest first [m].

    Returns
    -------
    int
        Number of crossings.
    """
    found = 0
    for p in range(len(polygons) - 1):
        inside = False
        for r in range(polygons[p], polygons[p + 1]):
            before = rings[r + 1] - 1
            for v in range(rings[r], rings[r + 1]):
                above, was_above = xyz[v, 1] > y, xyz[before, 1] > y
                if above != was_above:
                    share = (y - xyz[v, 1]) / (xyz[before, 1] - xyz[v, 1])
                    if x < xyz[v, 0] + share * (xyz[before, 0] - xyz[v, 0]):
                        inside = not inside
                before = v
        if inside:
            plane = fit_plane(xyz, rings[polygons[p] : polygons[p + 1] + 1])
            if plane.kind == BURNABLE:
                out[found] = plane_height(plane, x, y)
                found += 1
    out[:found].sort()
    return found


@njit(cache=True, nogil=True)
def common_height(one: np.ndarray, other: np.ndarray) -> float:
    """Length of a vertical line that lies in both of two closed shells [m].

    Parameters
    ----------
    one, other
        Shape (n,) each: heights at which the line enters and leaves the shell, lowest first [m];
        where their number is odd the line runs along a wall, and nothing is said.
    """
    if len(one) % 2 or len(other) % 2:
        return 0.0
    total = 0.0
    for i in range(0, len(one), 2):
        for j in range(0, len(other), 2):
            total += max(0.0, min(one[i + 1], other[j + 1]) - max(one[i], other[j]))
    return total
