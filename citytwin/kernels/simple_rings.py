"""Whether a ring crosses, touches or folds back onto itself, and whether its ears lie flat."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

SIMPLE, UNDECIDED = -1, -2
"""What :func:`first_crossing` answers when it names no vertex."""

_FEW = 48
_MOST_PAIRS = 20_000_000
_ROUNDING = 3.3306690738754716e-16
"""Bound of the error of a signed area in double precision (Shewchuk 1997, ccwerrboundA)."""


@njit(cache=True, nogil=True)
def side(uv: np.ndarray, a: int, b: int, c: int) -> int:
    """On which side of a line a point lies: 1 left, -1 right, 0 within rounding on it.

    Parameters
    ----------
    uv
        Shape (n, 2): points in a plane [m].
    a, b, c
        The line from a to b, and the point (integers).
    """
    left = (uv[b, 0] - uv[a, 0]) * (uv[c, 1] - uv[a, 1])
    right = (uv[b, 1] - uv[a, 1]) * (uv[c, 0] - uv[a, 0])
    area = left - right
    if abs(area) <= _ROUNDING * (abs(left) + abs(right)):
        return 0
    return 1 if area > 0.0 else -1


@njit(cache=True, nogil=True)
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
    return _sweep(uv)


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
                return min(i, j)
        if pairs > _MOST_PAIRS:
            return UNDECIDED
    return SIMPLE


@njit(cache=True, nogil=True)
def _meet(uv: np.ndarray, p: int, q: int, r: int, s: int) -> bool:
    """Whether two closed segments have a point in common."""
    for k in range(2):
        if max(uv[p, k], uv[q, k]) < min(uv[r, k], uv[s, k]):
            return False
        if max(uv[r, k], uv[s, k]) < min(uv[p, k], uv[q, k]):
            return False
    if side(uv, p, q, r) * side(uv, p, q, s) > 0:
        return False
    return side(uv, r, s, p) * side(uv, r, s, q) <= 0


@njit(cache=True, nogil=True)
def _folds_back(uv: np.ndarray, before: int, at: int, after: int) -> bool:
    """Whether the edge out of a vertex runs back along the edge into it."""
    if side(uv, before, at, after) != 0:
        return False
    forward = 0.0
    for k in range(2):
        forward += (uv[at, k] - uv[before, k]) * (uv[after, k] - uv[at, k])
    return forward <= 0.0


@njit(cache=True, nogil=True)
def widest_fold(
    uv: np.ndarray, off_m: np.ndarray, thinnest_m: float
) -> tuple[float, int]:
    """Largest angle between the triangles of a ring and the largest of them.

    The ring is cut into triangles by ears (Meisters 1975); any triangulation will do. Triangles
    thinner than the tolerance of snapping have no direction that means anything.

    Parameters
    ----------
    uv
        Shape (n, 2): vertices of a simple ring in its best plane [m].
    off_m
        Shape (n,): distance of each from that plane, signed [m].
    thinnest_m
        Height of a triangle below which it is not looked at [m].

    Returns
    -------
    tuple
        Angle [degrees], and the vertex in the middle of the triangle that has it.
    """
    n = len(uv)
    twist = 0.0
    for i in range(n):
        j = (i + 1) % n
        twist += (uv[i, 0] - uv[0, 0]) * (uv[j, 1] - uv[0, 1])
        twist -= (uv[j, 0] - uv[0, 0]) * (uv[i, 1] - uv[0, 1])
    turn = 1 if twist > 0.0 else -1
    left = np.arange(n)
    count, i, idle = n, 0, 0
    ears = np.empty((n, 3), dtype=np.int64)
    found = 0
    while count > 3 and idle < count:
        a, b, c = left[(i + count - 1) % count], left[i % count], left[(i + 1) % count]
        bend = side(uv, a, b, c)
        if bend == 0 or (bend == turn and _is_empty(uv, a, b, c, turn, left[:count])):
            if bend != 0:
                ears[found, 0], ears[found, 1], ears[found, 2] = a, b, c
                found += 1
            place = i % count
            left[place : count - 1] = left[place + 1 : count]
            count -= 1
            idle = 0
            i = place
        else:
            i += 1
            idle += 1
    ears[found, 0], ears[found, 1], ears[found, 2] = left[0], left[1], left[2]
    return _largest_angle(uv, off_m, ears[: found + 1], thinnest_m)


@njit(cache=True, nogil=True)
def _is_empty(uv: np.ndarray, a: int, b: int, c: int, turn: int, left: np.ndarray) -> bool:
    for v in left:
        if v in (a, b, c):
            continue
        if (
            side(uv, a, b, v) * turn >= 0
            and side(uv, b, c, v) * turn >= 0
            and side(uv, c, a, v) * turn >= 0
        ):
            return False
    return True


@njit(cache=True, nogil=True)
def _largest_angle(
    uv: np.ndarray, off_m: np.ndarray, ears: np.ndarray, thinnest_m: float
) -> tuple[float, int]:
    normals = np.zeros((len(ears), 3))
    main, largest = -1, 0.0
    for t in range(len(ears)):
        a, b, c = ears[t]
        x1, y1, z1 = uv[b, 0] - uv[a, 0], uv[b, 1] - uv[a, 1], off_m[b] - off_m[a]
        x2, y2, z2 = uv[c, 0] - uv[a, 0], uv[c, 1] - uv[a, 1], off_m[c] - off_m[a]
        n = (y1 * z2 - z1 * y2, z1 * x2 - x1 * z2, x1 * y2 - y1 * x2)
        twice = math.sqrt(n[0] ** 2 + n[1] ** 2 + n[2] ** 2)
        longest = math.sqrt(
            max(
                x1**2 + y1**2 + z1**2,
                x2**2 + y2**2 + z2**2,
                (x2 - x1) ** 2 + (y2 - y1) ** 2 + (z2 - z1) ** 2,
            )
        )
        if twice <= thinnest_m * longest:
            continue
        for k in range(3):
            normals[t, k] = n[k] / twice
        if twice > largest:
            main, largest = t, twice
    angle, place = 0.0, 0
    for t in range(len(ears)):
        if main < 0 or (normals[t] == 0.0).all():
            continue
        dot = 0.0
        for k in range(3):
            dot += normals[t, k] * normals[main, k]
        found = math.degrees(math.acos(min(1.0, max(-1.0, dot))))
        if found > angle:
            angle, place = found, ears[t, 1]
    return angle, place
