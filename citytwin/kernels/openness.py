"""How much stands around a pedestrian above the horizon: shelter from a side, and openness.

Shelter is the maximum upwind slope of Winstral, Elder and Davis (2002), Spatial snow modeling of
wind-redistributed snow using terrain-based parameters, J. Hydrometeorology 3, 524-538, eq. 1, as an
angle and meant over their fan; openness is that of Yokoyama, Shirasawa and Pike (2002), Visualizing
topography by openness, Photogrammetric Engineering and Remote Sensing 68(3), 257-265: the mean
zenith angle of the skyline, of as many azimuths as there are rays instead of eight.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.ray_fan import N_RAY, FanRays, fan_rays, fans
from citytwin.kernels.sheltering import PEDESTRIAN_M
from citytwin.kernels.window import Window, window_of

_SURELY = 1.0 - 1e-12
"""What is lower by so little may be as high, by rounding."""


class Skyline(NamedTuple):
    """What the skyline within the fetch says of each cell; NaN where an obstacle stands.

    Parameters
    ----------
    shelter_deg
        Elevation angle of the skyline upwind, mean over the fan of each direction, shape (nd, ny,
        nx), float32 [degree], -90 to 90; negative where all within the fetch lies lower.
    openness_deg
        Mean zenith angle of the skyline all around, shape (ny, nx), float32 [degree], 0 to 180;
        on a plain a little more than 90, as the eye is above it.
    """

    shelter_deg: np.ndarray
    openness_deg: np.ndarray


def skyline(
    surface: np.ndarray,
    obstacles: np.ndarray,
    cell_m: float,
    wind_from_rad: np.ndarray,
    fetch_m: float,
    inner: tuple[slice, slice] = (slice(None), slice(None)),
) -> Skyline:
    """Look around every cell for what stands highest above the horizon.

    Parameters
    ----------
    surface
        Height of ground and buildings, shape (ny, nx), float32 [m]; NaN hides nothing.
    obstacles
        Height of buildings above the ground, shape (ny, nx), float32 [m]; a cell above 1.5 m is no
        place of a pedestrian.
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
    Skyline
        Of these cells, seen from 1.5 m above the surface; what is unknown there is NaN.

    Notes
    -----
    A ray ends where nothing as high as the highest cell could rise above what was seen, so a tile
    padded by `fetch_reach_m` gives the same bits as the whole raster.
    """
    window = window_of(inner, surface.shape)
    walked = np.asarray(surface, dtype=np.float32), np.asarray(obstacles, dtype=np.float32)
    found: Skyline = _skylines(*walked, cell_m, wind_from_rad, fetch_m, window)
    return found


@njit(cache=True, nogil=True)
def _fenced(surface: np.ndarray) -> tuple[np.ndarray, float]:
    """The raster with a fence of infinite height, as one line, and its highest cell."""
    ny, nx = surface.shape
    line = np.full((ny + 2, nx + 2), np.inf, dtype=np.float32)
    highest = -math.inf
    for i in range(ny):
        for j in range(nx):
            line[i + 1, j + 1] = surface[i, j]
            if surface[i, j] > highest:  # noqa: PLR1730 - not so for NaN
                highest = surface[i, j]
    return line.ravel(), highest


@njit(cache=True, nogil=True)
def _slope(
    line: np.ndarray, here: int, ray: int, rays: FanRays, eye_m: float, highest_m: float
) -> float:
    """Steepest slope along one ray up to the fetch; that of a plain where all is unknown."""
    steepest, rise_m = -math.inf, highest_m - eye_m
    for k in range(rays.steps[ray]):
        there = line[here + rays.offset[ray, k]]
        distance_m = rays.distance_m[ray, k]
        if there == math.inf or (steepest >= 0.0 and rise_m < steepest * distance_m * _SURELY):
            break
        slope = (there - eye_m) / distance_m
        if slope > steepest:  # noqa: PLR1730 - not so for NaN
            steepest = slope
    return steepest if steepest > -math.inf else 0.0


@njit(cache=True, nogil=True)
def _skylines(
    surface: np.ndarray,
    obstacles: np.ndarray,
    cell_m: float,
    wind_from_rad: np.ndarray,
    fetch_m: float,
    inner: Window,
) -> Skyline:
    row0, row1, col0, col1 = inner
    nx, nd = surface.shape[1], wind_from_rad.size
    shelter = np.full((nd, row1 - row0, col1 - col0), np.nan, dtype=np.float32)
    openness = np.full((row1 - row0, col1 - col0), np.nan, dtype=np.float32)
    line, highest_m = _fenced(surface)
    rays = fan_rays(cell_m, fetch_m, nx + 2)
    up, weight = fans(wind_from_rad)
    elevation = np.empty(N_RAY)
    for i in range(row1 - row0):
        for j in range(col1 - col0):
            ground = surface[row0 + i, col0 + j]
            standing = obstacles[row0 + i, col0 + j]
            if math.isnan(ground) or not standing <= PEDESTRIAN_M:
                continue
            here = (row0 + i + 1) * (nx + 2) + col0 + j + 1
            total = 0.0
            for ray in range(N_RAY):
                slope = _slope(line, here, ray, rays, ground + PEDESTRIAN_M, highest_m)
                elevation[ray] = math.degrees(math.atan(slope))
                total += elevation[ray]
            openness[i, j] = 90.0 - total / N_RAY
            for d in range(nd):
                mean = 0.0
                for k in range(up.shape[1]):
                    mean += weight[d, k] * elevation[up[d, k]]
                shelter[d, i, j] = mean
    return Skyline(shelter, openness)
