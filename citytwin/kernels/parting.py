"""When closing cells part the ends of a road."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def parting_time(
    minutes: NDArray[np.float32], inside: NDArray[np.uint8], ends: NDArray[np.int64]
) -> float:
    """Time from which no connected set of open cells reaches all ends.

    The bottleneck of the best connection (Hu 1961, The maximum capacity route problem,
    Operations Research 9(6), 898-900), found as in Kruskal (1956): cells are joined with their
    eight neighbours, those that stay open longest first, until one set holds every end.

    Parameters
    ----------
    minutes
        Shape (ny, nx), float32: time at which a cell closes [min]; NaN when it never does.
    inside
        Shape (ny, nx), uint8: 1 on the cells of the road.
    ends
        Shape (ny, nx), int64: bit k is set on the cells of the k-th end.

    Returns
    -------
    float
        Time [min]; NaN when the ends stay connected, or never were.
    """
    ny, nx = minutes.shape
    wanted = np.int64(0)
    cells = np.empty(minutes.size, dtype=np.int64)
    keys = np.empty(minutes.size, dtype=np.float64)
    number = 0
    for y in range(ny):
        for x in range(nx):
            if inside[y, x] != 0:
                wanted |= ends[y, x]
                cells[number] = y * nx + x
                keys[number] = -np.inf if np.isnan(minutes[y, x]) else -minutes[y, x]
                number += 1
    root = np.full(minutes.size, -1, dtype=np.int64)
    reached = np.zeros(minutes.size, dtype=np.int64)
    for place in np.argsort(keys[:number]):
        cell = cells[place]
        y, x = cell // nx, cell % nx
        root[cell] = cell
        reached[cell] = ends[y, x]
        for v in range(max(0, y - 1), min(ny, y + 2)):
            for u in range(max(0, x - 1), min(nx, x + 2)):
                if root[v * nx + u] < 0:
                    continue
                ours, other = _root(root, cell), _root(root, v * nx + u)
                if ours != other:
                    root[other] = ours
                    reached[ours] |= reached[other]
        if reached[_root(root, cell)] == wanted:
            return np.nan if keys[place] == -np.inf else -keys[place]
    return np.nan


@njit(cache=True, nogil=True)
def _root(root: NDArray[np.int64], cell: int) -> int:
    while root[cell] != cell:
        root[cell] = root[root[cell]]
        cell = root[cell]
    return cell
