"""Cuts a ring into triangles and measures how they lean against each other."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from citytwin.kernels.simple_rings import side, signed_area

_MOST_ROUNDS = 50


@njit(cache=True, nogil=True)
def widest_fold(uv: np.ndarray, off_m: np.ndarray, thinnest_m: float) -> tuple[float, int]:
    """Largest angle between the triangles of a ring and the largest of them.

    The ring is cut by ears (Meisters 1975), then edges inside are turned until the triangles are
    as little thin as can be, a constrained Delaunay triangulation (Lawson 1977). Triangles thinner
    than the tolerance of snapping have no direction that means anything.

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
        Angle [degrees], and a vertex of the triangle that has it.
    """
    triangles = _ears(uv)
    for _ in range(_MOST_ROUNDS):
        if not _turn_edges(uv, triangles):
            break
    angle, vertex = _largest_angle(uv, off_m, triangles, thinnest_m)
    return float(angle), int(vertex)


@njit(cache=True, nogil=True)
def _ears(uv: np.ndarray) -> np.ndarray:
    """Triangles of a ring, counter-clockwise; corners without an area are left out."""
    n = len(uv)
    left = np.arange(n) if signed_area(uv) > 0.0 else np.arange(n)[::-1].copy()
    triangles = np.empty((n, 3), dtype=np.int64)
    count, found, at, idle = n, 0, 0, 0
    while count > 2 and idle < count:
        at %= count
        a, b, c = left[(at + count - 1) % count], left[at], left[(at + 1) % count]
        bend = side(uv, a, b, c)
        if bend < 0 or (bend > 0 and not _is_empty(uv, (a, b, c), left[:count])):
            at += 1
            idle += 1
            continue
        if bend > 0:
            triangles[found, 0], triangles[found, 1], triangles[found, 2] = a, b, c
            found += 1
        for i in range(at, count - 1):
            left[i] = left[i + 1]
        count -= 1
        idle = 0
    return triangles[:found]


@njit(cache=True, nogil=True)
def _is_empty(uv: np.ndarray, ear: tuple[int, int, int], left: np.ndarray) -> bool:
    a, b, c = ear
    for v in left:
        if v in (a, b, c):
            continue
        if side(uv, a, b, v) >= 0 and side(uv, b, c, v) >= 0 and side(uv, c, a, v) >= 0:
            return False
    return True


@njit(cache=True, nogil=True)
def _turn_edges(uv: np.ndarray, triangles: np.ndarray) -> bool:
    """Turn each edge between two triangles whose circle holds the corner beyond; whether any was."""
    turned = False
    for s in range(len(triangles)):
        for i in range(3):
            a, b, p = triangles[s, i], triangles[s, (i + 1) % 3], triangles[s, (i + 2) % 3]
            for t in range(len(triangles)):
                q = _beyond(triangles[t], a, b) if t != s else -1
                if q < 0 or side(uv, p, a, q) <= 0 or side(uv, q, b, p) <= 0:
                    continue
                if _in_circle(uv, a, b, p, q):
                    triangles[s, 0], triangles[s, 1], triangles[s, 2] = p, a, q
                    triangles[t, 0], triangles[t, 1], triangles[t, 2] = q, b, p
                    turned = True
                    break
            if turned:
                break
    return turned


@njit(cache=True, nogil=True)
def _beyond(triangle: np.ndarray, a: int, b: int) -> int:
    """Third corner of a triangle that runs along an edge the other way; -1 if it does not."""
    for i in range(3):
        if triangle[i] == b and triangle[(i + 1) % 3] == a:
            return int(triangle[(i + 2) % 3])
    return -1


@njit(cache=True, nogil=True)
def _in_circle(uv: np.ndarray, a: int, b: int, c: int, d: int) -> bool:
    """Whether a point lies well inside the circle of a counter-clockwise triangle."""
    ax, ay = uv[a, 0] - uv[d, 0], uv[a, 1] - uv[d, 1]
    bx, by = uv[b, 0] - uv[d, 0], uv[b, 1] - uv[d, 1]
    cx, cy = uv[c, 0] - uv[d, 0], uv[c, 1] - uv[d, 1]
    one = (ax * ax + ay * ay) * (bx * cy - cx * by)
    two = (bx * bx + by * by) * (ax * cy - cx * ay)
    three = (cx * cx + cy * cy) * (ax * by - bx * ay)
    return bool(one - two + three > 1e-12 * (abs(one) + abs(two) + abs(three)))


@njit(cache=True, nogil=True)
def _largest_angle(
    uv: np.ndarray, off_m: np.ndarray, triangles: np.ndarray, thinnest_m: float
) -> tuple[float, int]:
    normals = np.zeros((len(triangles), 3))
    main, largest = -1, 0.0
    for t in range(len(triangles)):
        a, b, c = triangles[t]
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
    for t in range(len(triangles)):
        if main < 0 or (normals[t] == 0.0).all():
            continue
        dot = 0.0
        for k in range(3):
            dot += normals[t, k] * normals[main, k]
        found = math.degrees(math.acos(min(1.0, max(-1.0, dot))))
        if found > angle:
            angle, place = found, triangles[t, 1]
    return angle, place
