"""Vertices of one building that lie within a tolerance of each other become one.

Spatial hashing (Teschner et al., 2003): space is cut into cells twice the tolerance wide, so that
all that is near a vertex lies in its own cell or in the neighbours on its nearer sides.
"""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def snap_vertices(
    xyz: np.ndarray, starts: np.ndarray, tolerance_m: float, same_as: np.ndarray
) -> None:
    """Give each vertex the first vertex of its group that lies within a tolerance of it.

    A vertex is compared with the vertices kept so far, not with those merged into them: a row of
    vertices does not shrink to one.

    Parameters
    ----------
    xyz
        Shape (n_vertex, 3): finite coordinates [m].
    starts
        Shape (n_group + 1,): first vertex of each group, such as a building (int64).
    tolerance_m
        Distance below which vertices are the same [m].
    same_as
        Shape (n_vertex,), int64: filled with the vertex that each one is the same as (integers).
    """
    most = 1
    for g in range(len(starts) - 1):
        most = max(most, starts[g + 1] - starts[g])
    size = 2
    while size < 2 * most:
        size *= 2
    slots = np.zeros(size, dtype=np.int64)
    cells = np.empty((most, 3), dtype=np.int64)
    beside = np.empty(3, dtype=np.int64)
    for g in range(len(starts) - 1):
        first, count = starts[g], starts[g + 1] - starts[g]
        size = 2
        while size < 2 * count:
            size *= 2
        slots[:size] = 0
        for v in range(count):
            for k in range(3):
                place = xyz[first + v, k] / (2.0 * tolerance_m)
                whole = np.floor(place)
                cells[v, k] = np.int64(whole)
                beside[k] = -1 if place - whole < 0.5 else 1
            same_as[first + v] = first + _first_near(
                xyz, first, v, tolerance_m, slots[:size], cells, beside
            )


@njit(cache=True, nogil=True, forceinline=True)
def _first_near(
    xyz: np.ndarray,
    first: int,
    v: int,
    tolerance_m: float,
    slots: np.ndarray,
    cells: np.ndarray,
    beside: np.ndarray,
) -> int:
    """Kept vertex near a vertex, in its own cell or in one beside it; else itself, now kept."""
    mask = len(slots) - 1
    free = -1
    for corner in range(8):
        x = cells[v, 0] + (beside[0] if corner & 1 else 0)
        y = cells[v, 1] + (beside[1] if corner & 2 else 0)
        z = cells[v, 2] + (beside[2] if corner & 4 else 0)
        slot = _hash(x, y, z) & mask
        while slots[slot]:
            other = slots[slot] - 1
            if cells[other, 0] == x and cells[other, 1] == y and cells[other, 2] == z:
                square = 0.0
                for k in range(3):
                    square += (xyz[first + other, k] - xyz[first + v, k]) ** 2
                if square < tolerance_m * tolerance_m:
                    return int(other)
            slot = (slot + 1) & mask
        if corner == 0:
            free = slot
    slots[free] = v + 1
    return v


@njit(cache=True, nogil=True, forceinline=True)
def _hash(x: int, y: int, z: int) -> int:
    mixed = np.int64(x) * 73856093 ^ np.int64(y) * 19349663 ^ np.int64(z) * 83492791
    return int(mixed ^ (mixed >> 17))
