"""Checks polygons in space one by one: rings, flatness, folds.

Definitions, order of the checks and tolerances are those of val3dity 2.6 (Ledoux 2018): of each
polygon the first error counts, as those behind it may only follow from it. Rings of polygons with
holes are laid out in the plane here, and compared with each other by the caller.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from citytwin.kernels.face_planes import area_vector, least_squares_normal, off_plane, plane_axes
from citytwin.kernels.simple_rings import UNDECIDED, first_crossing, widest_fold

SOUND, UNCHECKED = 0, -1
"""What stands for a polygon without error, and for one whose check was given up."""
TOO_FEW_POINTS, SAME_POINTS, SELF_INTERSECTION = 101, 102, 104
NOT_FLAT, FOLDED, SAME_ORIENTATION = 203, 204, 208

_MOST_EARS = 500
"""Rings with more vertices are not cut into triangles."""


@njit(cache=True, nogil=True)
def check_polygons(
    xyz: np.ndarray,
    same_as: np.ndarray,
    rings: np.ndarray,
    polygons: np.ndarray,
    tolerances: tuple[float, float, float],
    found: tuple[np.ndarray, np.ndarray, np.ndarray],
    uv: np.ndarray,
) -> None:
    """Find the first error of every polygon that can be told without comparing its rings.

    Parameters
    ----------
    xyz
        Shape (n_vertex, 3): coordinates, closing vertices left out [m].
    same_as
        Shape (n_vertex,): vertex that stands for each after snapping (integers).
    rings, polygons
        Shapes (n_ring + 1,) and (n_polygon + 1,): first vertex of each ring, first ring of each
        polygon (integers).
    tolerances
        Distance at which vertices are the same [m], distance from the plane [m], angle between
        triangles [degrees].
    found
        Shape (n_polygon,) each: error code (integers), value met [m or degrees], NaN where there
        is none, and the vertex concerned (integers); filled.
    uv
        Shape (n_vertex, 2): filled for polygons with holes: places in the plane [m].
    """
    code, value, at = found
    longest = 0
    for p in range(len(polygons) - 1):
        longest = max(longest, rings[polygons[p + 1]] - rings[polygons[p]])
    plane = np.empty((longest, 2))
    heights = np.empty(longest)
    for p in range(len(polygons) - 1):
        at[p] = rings[polygons[p]]
        value[p] = np.nan
        code[p] = _check_ends(same_as, rings, polygons, p, at)
        if code[p] == SOUND:
            code[p] = _check_shape(
                xyz, same_as, rings, polygons, p, tolerances, (value, at), plane, heights, uv
            )


@njit(cache=True, nogil=True)
def _check_ends(
    same_as: np.ndarray, rings: np.ndarray, polygons: np.ndarray, p: int, at: np.ndarray
) -> int:
    """Too few points, or two in a row that are the same."""
    for r in range(polygons[p], polygons[p + 1]):
        if rings[r + 1] - rings[r] < 3:
            at[p] = rings[r] if rings[r + 1] > rings[r] else at[p]
            return TOO_FEW_POINTS
    for r in range(polygons[p], polygons[p + 1]):
        before = rings[r + 1] - 1
        for v in range(rings[r], rings[r + 1]):
            if same_as[v] == same_as[before]:
                at[p] = v
                return SAME_POINTS
            before = v
    return SOUND


@njit(cache=True, nogil=True)
def _check_shape(
    xyz: np.ndarray,
    same_as: np.ndarray,
    rings: np.ndarray,
    polygons: np.ndarray,
    p: int,
    tolerances: tuple[float, float, float],
    found: tuple[np.ndarray, np.ndarray],
    plane: np.ndarray,
    heights: np.ndarray,
    uv: np.ndarray,
) -> int:
    value, at = found
    snap_m, distance_m, angle_deg = tolerances
    begin, end = rings[polygons[p]], rings[polygons[p + 1]]
    vertices = same_as[begin:end]
    outer = rings[polygons[p] + 1] - begin
    middle, normal, axes = np.zeros(3), np.empty(3), np.empty((2, 3))
    for v in vertices:
        for k in range(3):
            middle[k] += (xyz[v, k] - xyz[vertices[0], k]) / len(vertices)
    for k in range(3):
        middle[k] += xyz[vertices[0], k]
    largest, worst = _best_plane(xyz, vertices, outer, middle, normal, distance_m)
    if len(vertices) > 3 and largest > distance_m:
        value[p], at[p] = largest, worst
        return NOT_FLAT
    plane_axes(normal, axes)
    for i in range(len(vertices)):
        for j in range(2):
            plane[i, j] = 0.0
            for k in range(3):
                plane[i, j] += (xyz[vertices[i], k] - middle[k]) * axes[j, k]
    turn = 0.0
    for r in range(polygons[p], polygons[p + 1]):
        first, last = rings[r] - begin, rings[r + 1] - begin
        crossing = first_crossing(plane[first:last])
        if crossing == UNDECIDED:
            return UNCHECKED
        if crossing >= 0:
            at[p] = rings[r] + crossing
            return SELF_INTERSECTION
        own = _signed_area(plane[first:last])
        if r == polygons[p]:
            turn = own
        elif own * turn > 0.0:
            at[p] = rings[r]
            return SAME_ORIENTATION
    if outer < len(vertices):
        uv[begin:end] = plane[: len(vertices)]
    elif 3 < outer <= _MOST_EARS and 2.0 * largest > snap_m * math.tan(math.radians(angle_deg)):
        # Otherwise no triangle can lean so far that is not thinner than the snapping.
        for i in range(outer):
            heights[i] = 0.0
            for k in range(3):
                heights[i] += (xyz[vertices[i], k] - middle[k]) * normal[k]
        angle, i = widest_fold(plane[:outer], heights[:outer], snap_m)
        if angle > angle_deg:
            value[p], at[p] = angle, begin + i
            return FOLDED
    return SOUND


@njit(cache=True, nogil=True)
def _best_plane(
    xyz: np.ndarray,
    vertices: np.ndarray,
    outer: int,
    middle: np.ndarray,
    normal: np.ndarray,
    distance_m: float,
) -> tuple[float, int]:
    """Largest distance from the best plane, and the vertex that has it.

    The normal of the area serves as long as it shows by itself that the polygon is flat: the
    least-squares plane has a sum of squares no larger, so none of its distances can be either.
    """
    area_vector(xyz, vertices[:outer], normal)
    size = math.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2)
    if size > 0.0:
        for k in range(3):
            normal[k] /= size
        total, largest, worst = off_plane(xyz, vertices, middle, normal)
        if total <= distance_m * distance_m:
            return largest, worst
    least_squares_normal(xyz, vertices, middle, normal)
    total, largest, worst = off_plane(xyz, vertices, middle, normal)
    return largest, worst


@njit(cache=True, nogil=True)
def _signed_area(uv: np.ndarray) -> float:
    total = 0.0
    for i in range(1, len(uv) - 1):
        total += (uv[i, 0] - uv[0, 0]) * (uv[i + 1, 1] - uv[0, 1])
        total -= (uv[i + 1, 0] - uv[0, 0]) * (uv[i, 1] - uv[0, 1])
    return 0.5 * total
