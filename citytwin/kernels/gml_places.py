"""Places and boxes of buildings: every place once for the transform, extents to check against.

Plain bookkeeping of coordinates; thresholds as in the element-wise reader.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels.borrowing import borrowing

_SLOTS = 1 << 13


@njit(cache=True, nogil=True)
def distinct_places(points: np.ndarray, places: np.ndarray, index: np.ndarray) -> int:
    """List the places of vertices; one that was met shortly before is not listed again.

    Walls, ground and roof of a building share their places, so a small memory suffices.

    Parameters
    ----------
    points
        Shape (n, 3): vertices [m or degrees].
    places
        Shape (n, 2): filled with the first two coordinates of each place [m or degrees].
    index
        Shape (n,), int32: filled with the place of each vertex (integers).

    Returns
    -------
    int
        Number of places.
    """
    bits, listed = points.view(np.int64), places.view(np.int64)
    memory = np.full(_SLOTS, -1, dtype=np.int32)
    count = 0
    for i in range(len(points)):
        a, b = bits[i, 0], bits[i, 1]
        # The last bits of a decimal number are as good as random.
        slot = (a ^ (a >> 21) ^ (a >> 45) ^ (b << 3) ^ (b >> 17) ^ (b >> 44)) & (_SLOTS - 1)
        known = memory[slot]
        if known >= 0 and listed[known, 0] == a and listed[known, 1] == b:
            index[i] = known
            continue
        listed[count, 0] = a
        listed[count, 1] = b
        memory[slot] = count
        index[i] = count
        count += 1
    return count


@borrowing
def boxes(xyz: np.ndarray, starts: np.ndarray, low: np.ndarray, high: np.ndarray) -> None:
    """Lowest and highest coordinates of groups of vertices.

    Parameters
    ----------
    xyz
        Shape (n, 3): vertices [m].
    starts
        Shape (n_group + 1,): first vertex of each group (int64).
    low, high
        Shape (n_group, 3): filled; infinite for empty groups [m].
    """
    for g in range(len(starts) - 1):
        for k in range(3):
            smallest, largest = np.inf, -np.inf
            for i in range(starts[g], starts[g + 1]):
                smallest = min(smallest, xyz[i, k])
                largest = max(largest, xyz[i, k])
            low[g, k] = smallest
            high[g, k] = largest
