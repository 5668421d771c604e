"""Whether a ring crosses, touches or folds back onto itself."""

from __future__ import annotations

import numpy as np
from numba import njit

SIMPLE, UNDECIDED = -1, -2
"""What :func:`first_crossing` answers when it names no vertex."""

_FEW = 48
_MOST_PAIRS = 20_000_000
_ROUNDING = 3.3306690738754716e-16
"""Bound of the error of a signed area in double precision (Shewchuk 1997, ccwerrboundA)."""


@njit(cache=True, nogil=True, forceinline=True)
def side(uv: np.ndarray, a: int, b: int, c: int) -> int:
    """On which side of a line a point lies: 1 left, -1 right, 0 within rounding on it.

    Parameters
    ----------
    uv
        Shape (n, 2): points in a plane [m].
    a, b, c
        The line from a to b, and the point (int64).
    """
    left = (uv[b, 0] - uv[a, 0]) * (uv[c, 1] - uv[a, 1])
    right = (uv[b, 1] - uv[a, 1]) * (uv[c, 0] - uv[a, 0])
    area = left - right
    if abs(area) <= _ROUNDING * (abs(left) + abs(right)):
        return 0
    return 1 if area > 0.0 else -1


@njit(cache=True, nogil=True, forceinline=True)
def signed_area(uv: np.ndarray) -> float:
    """Area of a ring, positive where it runs anticlockwise (Meister 1769) [m2].

    Parameters
    ----------
    uv
        Shape (n, 2): vertices of the ring in its plane, closing vertex left out [m].
    """
    total = 0.0
    for i in range(1, len(uv) - 1):
        total += (uv[i, 0] - uv[0, 0]) * (uv[i + 1, 1] - uv[0, 1])
        total -= (uv[i + 1, 0] - uv[0, 0]) * (uv[i, 1] - uv[0, 1])
    return 0.5 * total


@njit(cache=True, nogil=True, forceinline=True)
def first_crossing(uv: np.ndarray) -> int:
    """Edge of a ring that meets another one elsewhere than at the vertex they share.

    A ring is simple when no two edges have more in common; the test is exact up to rounding
    (segments: Cormen et al. 2009, section 33.1).

    Parameters
    ----------
    uv
        Shape (n, 2): vertices of the ring in its plane, n > 2, closing vertex left out [m].

    Returns
    -------
    int
        First vertex of the edge; SIMPLE where there is none; UNDECIDED where the ring is so
        long and winding that the search was given up.
    """
    n = len(uv)
    for i in range(n):
        if _folds_back(uv, (i + n - 1) % n, i, (i + 1) % n):
            return i
    if n <= _FEW:
        for i in range(n - 2):
            for j in range(i + 2, n - (1 if i == 0 else 0)):
                if _meet(uv, i, i + 1, j, (j + 1) % n):
                    return i
        return SIMPLE
    return int(_sweep(uv))


@njit(cache=True, nogil=True)
def _sweep(uv: np.ndarray) -> int:
    """Compare edges whose ranges overlap along the longer side of the ring's box."""
    n = len(uv)
    wide = np.ptp(uv[:, 0]) >= np.ptp(uv[:, 1])
    along = uv[:, 0] if wide else uv[:, 1]
    low = np.empty(n)
    for i in range(n):
        low[i] = min(along[i], along[(i + 1) % n])
    order = np.argsort(low)
    pairs = 0
    for a in range(n):
        i = order[a]
        high = max(along[i], along[(i + 1) % n])
        for b in range(a + 1, n):
            j = order[b]
            if low[j] > high:
                break
            pairs += 1
            near = abs(i - j)
            if near > 1 and near < n - 1 and _meet(uv, i, (i + 1) % n, j, (j + 1) % n):
                return int(min(i, j))
        if pairs > _MOST_PAIRS:
            return UNDECIDED
    return SIMPLE


@njit(cache=True, nogil=True, forceinline=True)
def _meet(uv: np.ndarray, p: int, q: int, r: int, s: int) -> bool:
    """Whether two closed segments have a point in common."""
    for k in range(2):
        if max(uv[p, k], uv[q, k]) < min(uv[r, k], uv[s, k]):
            return False
        if max(uv[r, k], uv[s, k]) < min(uv[p, k], uv[q, k]):
            return False
    if side(uv, p, q, r) * side(uv, p, q, s) > 0:
        return False
    return bool(side(uv, r, s, p) * side(uv, r, s, q) <= 0)


@njit(cache=True, nogil=True, forceinline=True)
def _folds_back(uv: np.ndarray, before: int, at: int, after: int) -> bool:
    """Whether the edge out of a vertex runs back along the edge into it."""
    if side(uv, before, at, after) != 0:
        return False
    forward = 0.0
    for k in range(2):
        forward += (uv[at, k] - uv[before, k]) * (uv[after, k] - uv[at, k])
    return forward <= 0.0
