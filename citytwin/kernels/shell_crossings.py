"""Finds polygons of a closed shell that another polygon of it pierces (306 of val3dity).

Where two flat polygons cross, an edge of one passes through the inside of the other. It is looked
for with a margin, the distance that vertices may have from the plane of their polygon, so that what
is found is certain; shells that merely touch themselves, or lie on themselves, are not found (code
as in val3dity 2.6, Ledoux 2018; crossings of edges with a plane as in Möller 1997).
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from citytwin.kernels.borrowing import borrowing, inlined


@njit(cache=True, nogil=True)
def count_pierced(
    xyz: np.ndarray,
    rings: np.ndarray,
    polygons: np.ndarray,
    shells: np.ndarray,
    wanted: np.ndarray,
    margin_m: float,
    pierced: np.ndarray,
    at: np.ndarray,
) -> None:
    """Count the polygons of each shell that an edge of it passes through.

    Parameters
    ----------
    xyz
        Shape (n_vertex, 3): coordinates, closing vertices left out [m].
    rings, polygons, shells
        Shape (n_ring + 1,), (n_polygon + 1,), (n_shell + 1,): first vertex of each ring, first
        ring of each polygon, first polygon of each shell (int64).
    wanted
        Shape (n_shell,), bool: closed shells of sound polygons; the others are left out.
    margin_m
        How far an edge must reach through the polygon, and pass beside its boundary [m].
    pierced
        Shape (n_shell,): filled with numbers of polygons, zero for shells that are left out (int64).
    at
        Shape (n_shell,): vertex that begins an edge through a polygon (int64); filled where there
        is one.
    """
    work = (np.empty(3), np.empty((2, 3)))
    following = np.empty(len(xyz), dtype=np.int64)
    for r in range(len(rings) - 1):
        for v in range(rings[r], rings[r + 1]):
            following[v] = v + 1 if v + 1 < rings[r + 1] else rings[r]
    for s in range(len(shells) - 1):
        pierced[s] = 0
        if wanted[s]:
            first, end = rings[polygons[shells[s]]], rings[polygons[shells[s + 1]]]
            for p in range(shells[s], shells[s + 1]):
                v = _edge_through(
                    xyz, following, (first, end), rings[polygons[p] : polygons[p + 1] + 1],
                    margin_m, work,
                )  # fmt: skip
                if v >= 0:
                    at[s] = v if pierced[s] == 0 else at[s]
                    pierced[s] += 1


@borrowing
def _edge_through(
    xyz: np.ndarray,
    following: np.ndarray,
    span: tuple[int, int],
    rings: np.ndarray,
    margin_m: float,
    work: tuple[np.ndarray, np.ndarray],
) -> int:
    """Vertex that begins an edge through a polygon, given by where its rings begin; -1 for none."""
    normal, box = work
    origin = rings[0]
    _lay_plane(xyz, rings, normal, box)
    size = math.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2)
    if size == 0.0:
        return -1
    for k in range(3):
        normal[k] /= size
    for a in range(span[0], span[1]):
        b = following[a]
        if _is_beside(xyz, a, b, box):
            continue
        above, below = 0.0, 0.0
        for k in range(3):
            above += (xyz[a, k] - xyz[origin, k]) * normal[k]
            below += (xyz[b, k] - xyz[origin, k]) * normal[k]
        if min(above, below) < -margin_m and max(above, below) > margin_m:
            share = above / (above - below)
            if _is_inside(xyz, rings, (a, b, share), normal, margin_m):
                return int(a)
    return -1


@inlined
def _lay_plane(xyz: np.ndarray, rings: np.ndarray, normal: np.ndarray, box: np.ndarray) -> None:
    """Area vector of the outer ring [m2], and the box around it [m]."""
    for k in range(3):
        box[0, k], box[1, k] = np.inf, -np.inf
    normal[:] = 0.0
    origin = rings[0]
    for v in range(rings[0], rings[1]):
        w = v + 1 if v + 1 < rings[1] else origin
        for k in range(3):
            i, j = (k + 1) % 3, (k + 2) % 3
            box[0, k] = min(box[0, k], xyz[v, k])
            box[1, k] = max(box[1, k], xyz[v, k])
            normal[k] += (xyz[v, i] - xyz[origin, i]) * (xyz[w, j] - xyz[origin, j])
            normal[k] -= (xyz[v, j] - xyz[origin, j]) * (xyz[w, i] - xyz[origin, i])


@inlined
def _is_beside(xyz: np.ndarray, a: int, b: int, box: np.ndarray) -> bool:
    """Whether an edge lies on one side of a box."""
    for k in range(3):
        if max(xyz[a, k], xyz[b, k]) < box[0, k] or min(xyz[a, k], xyz[b, k]) > box[1, k]:
            return True
    return False


@inlined
def _is_inside(
    xyz: np.ndarray,
    rings: np.ndarray,
    edge: tuple[int, int, float],
    normal: np.ndarray,
    margin_m: float,
) -> bool:
    """Whether a point of an edge lies in a polygon, farther than the margin from its boundary.

    The polygon is looked at along the axis that it faces most.
    """
    axis = 0
    for k in range(1, 3):
        if abs(normal[k]) > abs(normal[axis]):
            axis = k
    i, j = (axis + 1) % 3, (axis + 2) % 3
    a, b, share = edge
    x = xyz[a, i] + share * (xyz[b, i] - xyz[a, i])
    y = xyz[a, j] + share * (xyz[b, j] - xyz[a, j])
    inside = False
    for r in range(len(rings) - 1):
        v = rings[r + 1] - 1
        for w in range(rings[r], rings[r + 1]):
            x0, y0, x1, y1 = xyz[v, i], xyz[v, j], xyz[w, i], xyz[w, j]
            if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
                inside = not inside
            dx, dy = x1 - x0, y1 - y0
            along = max(0.0, min(1.0, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy)))
            if (x0 + along * dx - x) ** 2 + (y0 + along * dy - y) ** 2 < margin_m * margin_m:
                return False
            v = w
    return inside
