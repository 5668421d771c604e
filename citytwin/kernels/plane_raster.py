"""Surface heights from planar faces: a z-buffer that is exact on the plane of each face."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.scanline import (
    GridWindow,
    check_offsets,
    column_x,
    flag_edges,
    is_place,
    row_y,
)

BURNABLE = 0
VERTICAL = 1
DEGENERATE = 2
NOT_FINITE = 3

MIN_NORMAL_Z = 1e-3
"""Faces with |n_z| at or below this are walls: seen from above they cover nothing."""

MIN_AREA_M2 = 1e-9
"""Faces smaller than this have no direction that can be trusted."""


class Plane(NamedTuple):
    """Plane of a face: ``z = z_ref + slope_x (x - x_ref) + slope_y (y - y_ref)``, clamped.

    Parameters
    ----------
    kind
        BURNABLE, VERTICAL, DEGENERATE or NOT_FINITE; only the first has slopes.
    slope_x, slope_y
        Rise to the east and to the north [m/m].
    x_ref, y_ref, z_ref
        Mean vertex of the outer ring [m].
    z_low, z_high
        Lowest and highest vertex of the face [m].
    """

    kind: int
    slope_x: float
    slope_y: float
    x_ref: float
    y_ref: float
    z_ref: float
    z_low: float
    z_high: float


@njit(cache=True, nogil=True)
def plane_height(plane: Plane, x: float, y: float) -> float:
    """Height of a plane at a place, never outside the z-range of its face.

    Parameters
    ----------
    plane
        A BURNABLE plane.
    x, y
        Place [m].

    Returns
    -------
    float
        z [m].
    """
    z = plane.z_ref + plane.slope_x * (x - plane.x_ref) + plane.slope_y * (y - plane.y_ref)
    return min(max(z, plane.z_low), plane.z_high)


@njit(cache=True, nogil=True)
def fit_plane(xyz: np.ndarray, rings: np.ndarray) -> Plane:
    """Plane of a polygon: Newell's normal of the outer ring through its mean vertex.

    Newell's normal (Sutherland, Sproull and Schumacker 1974) is the area-weighted mean over
    the ring, so a slightly warped face gets its best plane. A repeated closing vertex counts
    once.

    Parameters
    ----------
    xyz
        Vertices, shape (n_vertex, 3) [m].
    rings
        Offsets of the polygon's rings into ``xyz``, shape (n_ring + 1,); the first is outer.

    Returns
    -------
    Plane
        With ``kind`` telling whether it can be burned.
    """
    nothing = 0.0
    z_low = np.inf
    z_high = -np.inf
    for v in range(rings[0], rings[-1]):
        if not (is_place(xyz[v, 0]) and is_place(xyz[v, 1]) and is_place(xyz[v, 2])):
            return Plane(NOT_FINITE, nothing, nothing, nothing, nothing, nothing, nothing, nothing)
        z_low = min(z_low, xyz[v, 2])
        z_high = max(z_high, xyz[v, 2])
    begin = rings[0]
    end = rings[1] if rings.size > 1 else begin
    if end - begin > 1 and (
        xyz[begin, 0] == xyz[end - 1, 0]
        and xyz[begin, 1] == xyz[end - 1, 1]
        and xyz[begin, 2] == xyz[end - 1, 2]
    ):
        end -= 1
    if end - begin < 3:
        return Plane(DEGENERATE, nothing, nothing, nothing, nothing, nothing, nothing, nothing)
    # Relative to the first vertex: map coordinates of 1e5 m would eat the digits of the area.
    x0, y0, z0 = xyz[begin, 0], xyz[begin, 1], xyz[begin, 2]
    nx = ny = nz = sx = sy = sz = 0.0
    for a in range(begin, end):
        b = a + 1 if a + 1 < end else begin
        xa, ya, za = xyz[a, 0] - x0, xyz[a, 1] - y0, xyz[a, 2] - z0
        xb, yb, zb = xyz[b, 0] - x0, xyz[b, 1] - y0, xyz[b, 2] - z0
        nx += (ya - yb) * (za + zb)
        ny += (za - zb) * (xa + xb)
        nz += (xa - xb) * (ya + yb)
        sx += xa
        sy += ya
        sz += za
    norm = math.sqrt(nx * nx + ny * ny + nz * nz)
    n = end - begin
    kind = BURNABLE
    if not (norm > 2.0 * MIN_AREA_M2 and math.isfinite(norm)):
        kind = DEGENERATE
    elif abs(nz) <= MIN_NORMAL_Z * norm:
        kind = VERTICAL
    if kind != BURNABLE:
        return Plane(kind, nothing, nothing, nothing, nothing, nothing, nothing, nothing)
    return Plane(kind, -nx / nz, -ny / nz, x0 + sx / n, y0 + sy / n, z0 + sz / n, z_low, z_high)


@njit(cache=True, nogil=True)
def face_kind(xyz: np.ndarray, ring_offsets: np.ndarray, polygon_offsets: np.ndarray) -> np.ndarray:
    """Say of every face whether it can be burned, and why not.

    Parameters
    ----------
    xyz
        Vertices, shape (n_vertex, 3), float64 [m].
    ring_offsets
        Offsets of rings into ``xyz``, shape (n_ring + 1,), int64.
    polygon_offsets
        Offsets of polygons into the rings, shape (n_polygon + 1,), int64; the first ring of a
        polygon is its outer one.

    Returns
    -------
    numpy.ndarray
        Shape (n_polygon,), uint8: BURNABLE 0, VERTICAL 1, DEGENERATE 2, NOT_FINITE 3 (which
        includes coordinates beyond 1e9 m).
    """
    check_offsets(ring_offsets, xyz.shape[0])
    check_offsets(polygon_offsets, ring_offsets.size - 1)
    kind = np.empty(polygon_offsets.size - 1, dtype=np.uint8)
    for p in range(kind.size):
        rings = ring_offsets[polygon_offsets[p] : polygon_offsets[p + 1] + 1]
        kind[p] = fit_plane(xyz, rings).kind
    return kind


@njit(cache=True, nogil=True)
def burn_planes(
    xyz: np.ndarray,
    ring_offsets: np.ndarray,
    polygon_offsets: np.ndarray,
    ids: np.ndarray,
    window: GridWindow,
    height: np.ndarray,
    winner: np.ndarray,
) -> None:
    """Burn planar faces with holes into a height raster, keeping the highest.

    Pixel-centre rule, even-odd over all rings, half-open at edges (two faces with a common
    edge burn each pixel once). The height is the face's plane at the pixel centre, clamped to
    the face's own z-range; heights are compared as float32. Equal heights go to the smallest
    id, so the result depends neither on the order of the faces nor on the window. Walls,
    degenerate faces and faces with a coordinate that is not finite burn nothing: `face_kind`
    tells which. Self-crossing rings burn by parity.

    Parameters
    ----------
    xyz
        Vertices, shape (n_vertex, 3), float64 [m].
    ring_offsets
        Offsets of rings into ``xyz``, shape (n_ring + 1,), int64.
    polygon_offsets
        Offsets of polygons into the rings, shape (n_polygon + 1,), int64.
    ids
        What ``winner`` shall say, shape (n_polygon,), int32, >= 0; may repeat.
    window
        Place of the rasters in their grid.
    height
        Shape (ny, nx), float32 [m]; NaN where nothing is known yet. Changed in place.
    winner
        Shape (ny, nx), int32, -1 where no face has won yet. Changed in place.

    Raises
    ------
    ValueError
        When offsets lead outside their arrays, or shapes do not fit.
    """
    check_offsets(ring_offsets, xyz.shape[0])
    check_offsets(polygon_offsets, ring_offsets.size - 1)
    if ids.size != polygon_offsets.size - 1:
        raise ValueError("ids must have one entry per polygon")
    if height.shape != winner.shape:
        raise ValueError("height and winner must have one shape")
    ny, nx = height.shape
    flags = np.zeros((ny, nx + 1), dtype=np.uint8)
    for p in range(ids.size):
        rings = ring_offsets[polygon_offsets[p] : polygon_offsets[p + 1] + 1]
        plane = fit_plane(xyz, rings)
        if plane.kind != BURNABLE:
            continue
        row_start, row_stop, col_start, col_last = flag_edges(
            xyz[:, 0], xyz[:, 1], rings, window, flags
        )
        for row in range(row_start, row_stop):
            y = row_y(window, row)
            inside = 0
            for col in range(col_start, col_last):
                inside ^= flags[row, col]
                flags[row, col] = 0
                if inside == 0:
                    continue
                z = np.float32(plane_height(plane, column_x(window, col), y))
                old = height[row, col]
                if not old >= z or (old == z and ids[p] < winner[row, col]):
                    height[row, col] = z
                    winner[row, col] = ids[p]
            flags[row, col_last] = 0
