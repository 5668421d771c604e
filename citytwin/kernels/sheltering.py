"""How far a pedestrian sees up- and downwind before a building stands there: rays over a raster.

Of the features of Winstral, Elder and Davis (2002), whose fan is used (`citytwin.kernels.ray_fan`),
only the distance is kept, which says more about street wind than the elevation angle.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.ray_fan import N_RAY, FanRays, fan_rays, fans
from citytwin.kernels.window import Window, window_of

PEDESTRIAN_M = 1.5
"""Eye of the features: what is not higher than this is no obstacle."""

_OPEN, _OBSTACLE, _OUTSIDE = np.uint8(0), np.uint8(1), np.uint8(2)


class Sheltering(NamedTuple):
    """Free distance per wind direction and cell, float32; NaN where an obstacle stands.

    Parameters
    ----------
    up_log_distance, down_log_distance
        Mean natural logarithm of the distance in metres to the face of the first obstacle, or
        to the end of the fetch, upwind and downwind, shape (nd, ny, nx).
    """

    up_log_distance: np.ndarray
    down_log_distance: np.ndarray


def fetch_reach_m(fetch_m: float, cell_m: float) -> float:
    """How far around itself a tile must see.

    Parameters
    ----------
    fetch_m
        Length of the rays [m], > 0.
    cell_m
        Edge of a cell [m], > 0.

    Returns
    -------
    float
        Length [m].
    """
    return fetch_m + cell_m


@njit(cache=True, nogil=True)
def _fenced(height_above_ground: np.ndarray) -> np.ndarray:
    """The raster with a fence of one cell, which no ray can jump, as one line: what stands where."""
    ny, nx = height_above_ground.shape
    what = np.full((ny + 2, nx + 2), _OUTSIDE, dtype=np.uint8)
    for i in range(ny):
        for j in range(nx):
            built = height_above_ground[i, j] > PEDESTRIAN_M  # not so for NaN
            what[i + 1, j + 1] = _OBSTACLE if built else _OPEN
    return what.ravel()


@njit(cache=True, nogil=True)
def _look(what: np.ndarray, here: int, ray: int, rays: FanRays, log_m: np.ndarray) -> float:
    """Log distance [m] along one ray to the first obstacle; outside the raster is open."""
    found = -1  # the fetch
    for k in range(rays.steps[ray]):
        there = what[here + rays.offset[ray, k]]
        if there != _OPEN:
            found = k if there == _OBSTACLE else -1
            break
    return float(log_m[ray, found])


def sheltering(
    height_above_ground: np.ndarray,
    cell_m: float,
    wind_from_rad: np.ndarray,
    fetch_m: float,
    inner: tuple[slice, slice] = (slice(None), slice(None)),
) -> Sheltering:
    """Look up- and downwind of every cell for the nearest obstacle.

    48 rays per cell are walked once up to the first obstacle, a cell per step along their longer
    axis; each wind direction takes the weighted mean of those within its fan. Offsets are counted
    from the cell itself, so a tile padded by `fetch_reach_m` gives the same bits as the whole
    raster.

    Parameters
    ----------
    height_above_ground
        Height of buildings (and dense trees, if wanted) above the ground, shape (ny, nx),
        float32 [m]; NaN and what is not above 1.5 m stands in nobody's way.
    cell_m
        Edge of a cell [m], > 0.
    wind_from_rad
        Where the wind comes from, clockwise from grid north, shape (nd,) [rad].
    fetch_m
        Length of the rays [m], >= cell_m.
    inner
        Rows and columns of the cells that are asked for, steps of 1.

    Returns
    -------
    Sheltering
        Of these cells.
    """
    window = window_of(inner, height_above_ground.shape)
    found: Sheltering = _looked_around(height_above_ground, cell_m, wind_from_rad, fetch_m, window)
    return found


@njit(cache=True, nogil=True)
def _looked_around(
    height_above_ground: np.ndarray,
    cell_m: float,
    wind_from_rad: np.ndarray,
    fetch_m: float,
    inner: Window,
) -> Sheltering:
    row0, row1, col0, col1 = inner
    nx = height_above_ground.shape[1]
    nd = wind_from_rad.size
    up_log = np.full((nd, row1 - row0, col1 - col0), np.nan, dtype=np.float32)
    down_log = np.full((nd, row1 - row0, col1 - col0), np.nan, dtype=np.float32)
    what = _fenced(height_above_ground)
    rays = fan_rays(cell_m, fetch_m, nx + 2)
    log_m = np.log(rays.distance_m)
    up, up_weight = fans(wind_from_rad)
    down, down_weight = fans(wind_from_rad + math.pi)
    seen = np.empty(N_RAY)
    for i in range(row1 - row0):
        for j in range(col1 - col0):
            here = (row0 + i + 1) * (nx + 2) + col0 + j + 1
            if what[here] == _OBSTACLE:
                continue
            for ray in range(N_RAY):
                seen[ray] = _look(what, here, ray, rays, log_m)
            for d in range(nd):
                before, behind = 0.0, 0.0
                for k in range(up.shape[1]):
                    before += up_weight[d, k] * seen[up[d, k]]
                    behind += down_weight[d, k] * seen[down[d, k]]
                up_log[d, i, j] = before
                down_log[d, i, j] = behind
    return Sheltering(up_log, down_log)
