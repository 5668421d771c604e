"""Which cells of a surface see the sun, and for how many hours.

A band sweep with two lanes of rays per cell: O(1) per cell and sun position whatever the length
of the shadows (running maximum of sheared heights along the sun's azimuth; compare Timonen and
Westerholm 2010, Scalable height field self-shadowing, Computer Graphics Forum 29(2), 723-731).

A raster knows a building by whole cells, and a block casts from its near edge, half a step
behind the centre of its last cell. That half step is granted only as far as the surface falls
faster than the ray by more than half a cell: walls cast from their edge, while slopes of terrain
and roofs that the sun grazes do not shade themselves.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from citytwin.kernels.shadow_lanes import RayBundle, sweep_lit, sweep_shaded
from citytwin.kernels.sun_ray import MAX_HEIGHT_M, SunRay, sun_ray

LIT = 0
SHADED = 1
NO_DATA = 255

SUNS_PER_PASS = 16
"""Suns swept side by side: a row is read once for all, and their lanes still fit the cache."""


def reach_m(max_caster_height_m: float, min_altitude_rad: float, cell_m: float) -> float:
    """How far towards the sun a tile must see so that no caster is missed.

    Parameters
    ----------
    max_caster_height_m
        Highest surface above the lowest receiver [m], >= 0.
    min_altitude_rad
        Lowest sun that counts [rad], > 0 and < pi/2.
    cell_m
        Edge of a cell [m], > 0; three cells are added for the half step, the sideways rounding
        and the neighbour of a caster.

    Returns
    -------
    float
        Length [m].
    """
    return max_caster_height_m / math.tan(min_altitude_rad) + 3.0 * cell_m


def accumulate_sunlit(
    height: np.ndarray,
    plane_height: np.ndarray,
    cell_m: float,
    azimuth_rad: np.ndarray,
    altitude_rad: np.ndarray,
    weight_h: np.ndarray,
    row0: int,
    col0: int,
) -> np.ndarray:
    """Weighted sum of the sun positions that reach each cell: hours of sunlight.

    Cells of a tile get the same bits as in the whole raster when the tile reaches `reach_m`
    further towards every sun; the order of the sum depends on the suns only.

    Parameters
    ----------
    height
        Surface that casts shadows, shape (ny, nx), float32 [m]. NaN casts nothing.
    plane_height
        Height at which the sun is looked for, shape (ny, nx), float32 [m]: ``height`` itself
        for hours on ground and roofs, or ground plus 1.5 m, and so on.
    cell_m
        Edge of a cell [m], > 0.
    azimuth_rad
        Where the sun stands, clockwise from grid north, shape (nt,) [rad].
    altitude_rad
        Above the horizon, shape (nt,) [rad]. At or below 0 it is night: nothing is lit.
    weight_h
        What a position counts, shape (nt,) [h].
    row0, col0
        Global row and column of the first cell.

    Returns
    -------
    numpy.ndarray
        Shape (ny, nx), float32 [h]. NaN where either height is unknown (NaN or beyond 100 km),
        and where the plane lies below the surface, that is inside a building.

    Raises
    ------
    ValueError
        When shapes do not fit, or cell size, azimuths, altitudes or weights are unusable.
    """
    _check(height, plane_height, cell_m)
    _check_suns(azimuth_rad, altitude_rad, weight_h)
    height, plane_height = np.ascontiguousarray(height), np.ascontiguousarray(plane_height)
    hours = np.zeros(height.shape, dtype=np.float32)
    rays = [
        (sun_ray(float(azimuth), float(altitude), float(cell_m)), float(weight))
        for azimuth, altitude, weight in zip(azimuth_rad, altitude_rad, weight_h, strict=True)
        if altitude > 0.0
    ]
    for bundle in _bundles(rays, turned=False):
        sweep_lit(height, plane_height, bundle, row0, hours)
    turned_bundles = _bundles(rays, turned=True)
    if turned_bundles:
        turned_height, turned_plane = turn(height), turn(plane_height)
        turned_hours = np.zeros(turned_height.shape, dtype=np.float32)
        for bundle in turned_bundles:
            sweep_lit(turned_height, turned_plane, bundle, col0, turned_hours)
        hours += turn(turned_hours)
    _blank_unknown(height, plane_height, hours, np.nan)
    return hours


def shadow_mask(
    height: np.ndarray,
    plane_height: np.ndarray,
    cell_m: float,
    azimuth_rad: float,
    altitude_rad: float,
    row0: int,
    col0: int,
) -> np.ndarray:
    """Tell for one sun position which cells are shaded.

    Parameters
    ----------
    height
        Surface that casts shadows, shape (ny, nx), float32 [m]. NaN casts nothing.
    plane_height
        Height at which the sun is looked for, shape (ny, nx), float32 [m].
    cell_m
        Edge of a cell [m], > 0.
    azimuth_rad
        Where the sun stands, clockwise from grid north [rad].
    altitude_rad
        Above the horizon [rad]. At or below 0 it is night: all cells are shaded.
    row0, col0
        Global row and column of the first cell.

    Returns
    -------
    numpy.ndarray
        Shape (ny, nx), uint8: 0 lit, 1 shaded, 255 where either height is unknown or the plane
        lies below the surface.

    Raises
    ------
    ValueError
        When shapes do not fit, or cell size, azimuth or altitude are unusable.
    """
    _check(height, plane_height, cell_m)
    _check_suns(np.array([azimuth_rad]), np.array([altitude_rad]), np.ones(1))
    height, plane_height = np.ascontiguousarray(height), np.ascontiguousarray(plane_height)
    mask = np.full(height.shape, SHADED, dtype=np.uint8)
    if altitude_rad > 0.0:
        ray = sun_ray(float(azimuth_rad), float(altitude_rad), float(cell_m))
        if ray.turned:
            turned_mask = np.empty(height.shape[::-1], dtype=np.uint8)
            sweep_shaded(turn(height), turn(plane_height), ray, col0, turned_mask)
            mask = turn(turned_mask)
        else:
            sweep_shaded(height, plane_height, ray, row0, mask)
    _blank_unknown(height, plane_height, mask, NO_DATA)
    return mask


def _bundles(rays: list[tuple[SunRay, float]], turned: bool) -> list[RayBundle]:
    """Rays along one axis, parted by sense and cut into groups of SUNS_PER_PASS."""
    bundles = []
    for backward in (False, True):
        chosen = [(r, w) for r, w in rays if r.turned == turned and r.backward == backward]
        for start in range(0, len(chosen), SUNS_PER_PASS):
            group = chosen[start : start + SUNS_PER_PASS]
            bundles.append(
                RayBundle(
                    turned,
                    backward,
                    group[0][0].wall,
                    group[0][0].slope,
                    np.array([ray.slide for ray, _ in group]),
                    np.array([ray.half_rise for ray, _ in group]),
                    np.array([weight for _, weight in group], dtype=np.float32),
                )
            )
    return bundles


@njit(cache=True, nogil=True)
def turn(field: np.ndarray) -> np.ndarray:
    """Transpose into a fresh C-ordered array, block by block to stay in the cache.

    Parameters
    ----------
    field
        Shape (ny, nx), any type, any unit.

    Returns
    -------
    numpy.ndarray
        Shape (nx, ny).
    """
    ny, nx = field.shape
    out = np.empty((nx, ny), dtype=field.dtype)
    for j0 in range(0, nx, 16):
        for i0 in range(0, ny, 16):
            for j in range(j0, min(j0 + 16, nx)):
                for i in range(i0, min(i0 + 16, ny)):
                    out[j, i] = field[i, j]
    return out


@njit(cache=True, nogil=True)
def _blank_unknown(
    height: np.ndarray, plane_height: np.ndarray, field: np.ndarray, blank: float
) -> None:
    """Overwrite cells with an unknown height, or with a plane buried in the surface."""
    for i in range(field.shape[0]):
        for j in range(field.shape[1]):
            h = height[i, j]
            p = plane_height[i, j]
            if not (abs(h) <= MAX_HEIGHT_M and abs(p) <= MAX_HEIGHT_M and p >= h):
                field[i, j] = blank


def _check(height: np.ndarray, plane_height: np.ndarray, cell_m: float) -> None:
    """Refuse rasters that no sweep can run on."""
    if height.ndim != 2 or height.size == 0 or height.shape != plane_height.shape:
        raise ValueError(
            f"height and plane must be 2-D, not empty and of one shape: "
            f"{height.shape}, {plane_height.shape}"
        )
    if not (math.isfinite(cell_m) and cell_m > 0.0):
        raise ValueError(f"cell_m must be positive, got {cell_m}")


def _check_suns(azimuth_rad: np.ndarray, altitude_rad: np.ndarray, weight_h: np.ndarray) -> None:
    """Refuse sun positions that mean nothing."""
    if not azimuth_rad.shape == altitude_rad.shape == weight_h.shape == (azimuth_rad.size,):
        raise ValueError("azimuth, altitude and weight must be 1-D and of one length")
    if not np.isfinite(np.concatenate([azimuth_rad, altitude_rad, weight_h])).all():
        raise ValueError("azimuths, altitudes and weights must be finite numbers")
    if (np.abs(altitude_rad) > math.pi / 2).any():
        raise ValueError("altitudes are angles in radians, at most pi/2")
