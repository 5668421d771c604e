"""Checks polygons in space one by one: rings, flatness, folds.

Definitions, order of the checks and tolerances are those of val3dity 2.6 (Ledoux 2018): of each
polygon the first error counts, as those behind it may only follow from it. Rings of polygons with
holes are laid out in the plane here, and compared with each other by the caller.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from citytwin.kernels.face_planes import (
    area_vector,
    least_squares_normal,
    plane_axes,
    sum_of_squares,
)
from citytwin.kernels.ring_triangles import widest_fold
from citytwin.kernels.simple_rings import UNDECIDED, first_crossing, signed_area

SOUND, UNCHECKED = 0, -1
"""What stands for a polygon without error, and for one whose check was given up."""
TOO_FEW_POINTS, SAME_POINTS, SELF_INTERSECTION = 101, 102, 104
NOT_FLAT, FOLDED, SAME_ORIENTATION = 203, 204, 208

_MOST_EARS = 200
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
        Shape (n_vertex,): vertex that stands for each after snapping (int64).
    rings, polygons
        Shape (n_ring + 1,) and (n_polygon + 1,): first vertex of each ring, first ring of each
        polygon (int64).
    tolerances
        Distance at which vertices are the same [m], distance from the plane [m], angle between
        triangles [degrees].
    found
        Shape (n_polygon,) each: error code (int64), value met [m or degrees], NaN where there
        is none, and the vertex concerned (int64); filled.
    uv
        Shape (n_vertex, 2): filled for polygons with holes: places in the plane [m].
    """
    code, value, at = found
    longest = 0
    for p in range(len(polygons) - 1):
        longest = max(longest, rings[polygons[p + 1]] - rings[polygons[p]])
    plane, off_m = np.empty((longest, 2)), np.empty(longest)
    for p in range(len(polygons) - 1):
        own = rings[polygons[p] : polygons[p + 1] + 1]
        begin, end = own[0], own[-1]
        corners, cuts = same_as[begin:end], own - begin
        code[p], value[p] = SOUND, np.nan
        code[p], place = _check_ends(corners, cuts)
        if code[p] == SOUND:
            flat = (plane[: end - begin], off_m[: end - begin])
            largest, place = _lay_flat(xyz, corners, cuts, tolerances[1], flat)
            if largest > tolerances[1] and end - begin > 3:
                code[p], value[p] = NOT_FLAT, largest
            else:
                code[p], place = _check_rings(flat[0], cuts)
        if code[p] == SOUND and len(cuts) > 2:
            uv[begin:end] = plane[: end - begin]
        elif code[p] == SOUND and largest > 0.0:
            code[p], angle, place = _check_folds(flat, largest, tolerances)
            value[p] = angle if code[p] == FOLDED else np.nan
        at[p] = begin + place if begin < end else max(0, begin - 1)


@njit(cache=True, nogil=True, forceinline=True)
def _check_ends(corners: np.ndarray, cuts: np.ndarray) -> tuple[int, int]:
    """Too few points, or two in a row that are the same; and the corner."""
    for r in range(len(cuts) - 1):
        if cuts[r + 1] - cuts[r] < 3:
            return TOO_FEW_POINTS, min(cuts[r], len(corners) - 1)
    for r in range(len(cuts) - 1):
        before = cuts[r + 1] - 1
        for i in range(cuts[r], cuts[r + 1]):
            if corners[i] == corners[before]:
                return SAME_POINTS, i
            before = i
    return SOUND, 0


@njit(cache=True, nogil=True, forceinline=True)
def _lay_flat(
    xyz: np.ndarray,
    corners: np.ndarray,
    cuts: np.ndarray,
    distance_m: float,
    flat: tuple[np.ndarray, np.ndarray],
) -> tuple[float, int]:
    """Places of the corners in their best plane and off it; the largest distance and its corner."""
    plane, off_m = flat
    middle, normal, axes = np.zeros(3), np.empty(3), np.empty((2, 3))
    for v in corners:
        for k in range(3):
            middle[k] += (xyz[v, k] - xyz[corners[0], k]) / len(corners)
    for k in range(3):
        middle[k] += xyz[corners[0], k]
    _best_plane(xyz, corners, cuts[1], middle, normal, distance_m)
    plane_axes(normal, axes)
    largest, worst = 0.0, 0
    for i in range(len(corners)):
        plane[i, 0], plane[i, 1], off_m[i] = 0.0, 0.0, 0.0
        for k in range(3):
            step = xyz[corners[i], k] - middle[k]
            plane[i, 0] += step * axes[0, k]
            plane[i, 1] += step * axes[1, k]
            off_m[i] += step * normal[k]
        if abs(off_m[i]) > largest:
            largest, worst = abs(off_m[i]), i
    return largest, worst


@njit(cache=True, nogil=True, forceinline=True)
def _best_plane(
    xyz: np.ndarray,
    corners: np.ndarray,
    outer: int,
    middle: np.ndarray,
    normal: np.ndarray,
    distance_m: float,
) -> None:
    """Unit normal of the plane that distances are measured from.

    The normal of the area serves as long as it shows by itself that the polygon is flat: the
    least-squares plane has a sum of squares no larger, so none of its distances can be either.
    """
    area_vector(xyz, corners[:outer], normal)
    size = math.sqrt(normal[0] ** 2 + normal[1] ** 2 + normal[2] ** 2)
    if size > 0.0:
        for k in range(3):
            normal[k] /= size
        if sum_of_squares(xyz, corners, middle, normal) <= distance_m * distance_m:
            return
    least_squares_normal(xyz, corners, middle, normal)


@njit(cache=True, nogil=True, forceinline=True)
def _check_rings(plane: np.ndarray, cuts: np.ndarray) -> tuple[int, int]:
    """Rings that cross themselves, or turn the same way as the outer one; and the corner."""
    outer = 0.0
    for r in range(len(cuts) - 1):
        ring = plane[cuts[r] : cuts[r + 1]]
        crossing = first_crossing(ring)
        if crossing == UNDECIDED:
            return UNCHECKED, cuts[r]
        if crossing >= 0:
            return SELF_INTERSECTION, cuts[r] + crossing
        area = signed_area(ring)
        if r == 0:
            outer = area
        elif area * outer > 0.0:
            return SAME_ORIENTATION, cuts[r]
    return SOUND, 0


@njit(cache=True, nogil=True, forceinline=True)
def _check_folds(
    flat: tuple[np.ndarray, np.ndarray], largest: float, tolerances: tuple[float, float, float]
) -> tuple[int, float, int]:
    """Whether triangles of a ring lean against each other; the angle and the corner."""
    plane, off_m = flat
    snap_m, _, angle_deg = tolerances
    # Below this no triangle can lean so far that is not thinner than the snapping.
    steep = 2.0 * largest > snap_m * math.tan(math.radians(angle_deg))
    if not steep or not 3 < len(plane) <= _MOST_EARS:
        return SOUND, 0.0, 0
    angle, i = widest_fold(plane, off_m, snap_m)
    return (FOLDED if angle > angle_deg else SOUND), angle, i
