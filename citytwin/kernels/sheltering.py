"""What stands up- and downwind of a pedestrian: ray features of a height raster.

Elevation angles towards the wind follow Winstral, Elder and Davis (2002), Spatial snow modeling
of wind-redistributed snow using terrain-based parameters, J. Hydrometeorology 3, 524-538 (their
Sx), taken here over a fan of +-15 degrees and from pedestrian height.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

N_RAY = 48
"""Rays per cell, 7.5 degrees apart from grid north, shared by all wind directions."""

FAN_RAD = math.radians(15.0)
"""Half width of the fan of rays that a wind direction looks at."""

PEDESTRIAN_M = 1.5
"""Eye of the features: what is not higher than this is no obstacle."""


class Sheltering(NamedTuple):
    """Ray features per wind direction and cell, float32; NaN where an obstacle stands.

    Parameters
    ----------
    up_angle, down_angle
        Mean elevation angle of the skyline upwind and downwind, shape (nd, ny, nx) [rad].
    up_log_distance, down_log_distance
        Mean natural logarithm of the distance in metres to the face of the first obstacle, or
        to the end of the fetch, shape (nd, ny, nx).
    horizon
        Mean elevation angle of the skyline all round, shape (ny, nx) [rad].
    """

    up_angle: np.ndarray
    up_log_distance: np.ndarray
    down_angle: np.ndarray
    down_log_distance: np.ndarray
    horizon: np.ndarray


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
def _ray_cells(ray: int, n_max: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Row and column offsets of a ray's cells, one per step, and the step's length [cells]."""
    azimuth = 2.0 * math.pi * ray / N_RAY
    to_row, to_col = -math.cos(azimuth), math.sin(azimuth)
    longest = max(abs(to_row), abs(to_col))
    rows = np.empty(n_max, dtype=np.int64)
    cols = np.empty(n_max, dtype=np.int64)
    for k in range(n_max):
        # Ties go to the smaller offset on both sides, so that mirror images stay mirror images.
        for_row = (k + 1) * to_row / longest
        for_col = (k + 1) * to_col / longest
        rows[k] = int(math.copysign(math.floor(abs(for_row) + 0.5 - 1e-9), for_row))
        cols[k] = int(math.copysign(math.floor(abs(for_col) + 0.5 - 1e-9), for_col))
    return rows, cols, 1.0 / longest


@njit(cache=True, nogil=True)
def _look(
    height: np.ndarray,
    row: int,
    col: int,
    cells: tuple[np.ndarray, np.ndarray],
    step_m: float,
    fetch_m: float,
    tallest_m: float,
) -> tuple[float, float]:
    """Skyline angle [rad] and log distance [m] along one ray; outside the raster is open."""
    ny, nx = height.shape
    rows, cols = cells
    slope = 0.0
    first_m = 0.0
    for k in range(int(fetch_m / step_m)):
        distance_m = (k + 0.5) * step_m  # the near face of the cell, not its centre
        # Nothing farther out can rise above the skyline once an obstacle is known.
        if first_m > 0.0 and tallest_m <= slope * distance_m:
            break
        i = row + rows[k]
        j = col + cols[k]
        if i < 0 or j < 0 or i >= ny or j >= nx:
            break
        rise = float(height[i, j]) - PEDESTRIAN_M
        if rise > 0.0:
            if first_m == 0.0:
                first_m = distance_m
            slope = max(slope, rise / distance_m)
    return math.atan(slope), math.log(first_m if first_m > 0.0 else fetch_m)


@njit(cache=True, nogil=True)
def _fan(toward_rad: float) -> np.ndarray:
    """Rays within the fan about an azimuth."""
    chosen = np.empty(N_RAY, dtype=np.int64)
    n = 0
    for ray in range(N_RAY):
        off = 2.0 * math.pi * ray / N_RAY - toward_rad
        off = abs(off - 2.0 * math.pi * math.floor(off / (2.0 * math.pi) + 0.5))
        if off <= FAN_RAD + 1e-9:
            chosen[n] = ray
            n += 1
    return chosen[:n]


@njit(cache=True, nogil=True)
def _mean(values: np.ndarray, rays: np.ndarray) -> float:
    """Mean over the rays of a fan."""
    total = 0.0
    for ray in rays:
        total += values[ray]
    return total / rays.size


@njit(cache=True, nogil=True)
def sheltering(
    height_above_ground: np.ndarray,
    cell_m: float,
    wind_from_rad: np.ndarray,
    fetch_m: float,
) -> Sheltering:
    """Look up- and downwind of every cell for obstacles.

    48 rays per cell are walked once, a cell per step along their longer axis; each wind
    direction takes the mean of those within 15 degrees. Offsets are counted from the cell
    itself, so a tile padded by `fetch_reach_m` gives the same bits as the whole raster.

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

    Returns
    -------
    Sheltering
    """
    ny, nx = height_above_ground.shape
    nd = wind_from_rad.size
    up_angle = np.full((nd, ny, nx), np.nan, dtype=np.float32)
    up_log = np.full((nd, ny, nx), np.nan, dtype=np.float32)
    down_angle = np.full((nd, ny, nx), np.nan, dtype=np.float32)
    down_log = np.full((nd, ny, nx), np.nan, dtype=np.float32)
    horizon = np.full((ny, nx), np.nan, dtype=np.float32)
    tallest = 0.0
    for i in range(ny):
        for j in range(nx):
            rise = float(height_above_ground[i, j]) - PEDESTRIAN_M
            if rise > 0.0:  # not so for NaN
                tallest = max(tallest, rise)
    cells = [_ray_cells(ray, int(fetch_m / cell_m)) for ray in range(N_RAY)]
    up = [_fan(wind_from_rad[d]) for d in range(nd)]
    down = [_fan(wind_from_rad[d] + math.pi) for d in range(nd)]
    everywhere = np.arange(N_RAY)
    angle = np.empty(N_RAY)
    log_distance = np.empty(N_RAY)
    for i in range(ny):
        for j in range(nx):
            if height_above_ground[i, j] > PEDESTRIAN_M:
                continue
            for ray in range(N_RAY):
                rows, cols, step = cells[ray]
                angle[ray], log_distance[ray] = _look(
                    height_above_ground,
                    i,
                    j,
                    (rows, cols),
                    step * cell_m,
                    fetch_m,
                    tallest,
                )
            horizon[i, j] = _mean(angle, everywhere)
            for d in range(nd):
                up_angle[d, i, j] = _mean(angle, up[d])
                up_log[d, i, j] = _mean(log_distance, up[d])
                down_angle[d, i, j] = _mean(angle, down[d])
                down_log[d, i, j] = _mean(log_distance, down[d])
    return Sheltering(up_angle, up_log, down_angle, down_log, horizon)
