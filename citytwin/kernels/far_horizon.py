"""Horizon of the terrain beyond the city: hills and mountains to 50 km and further.

The Earth falls away below a level line of sight, and the air bends the line after it: over a
distance d the terrain sinks by d^2 (1 - k) / 2R, k the coefficient of terrestrial refraction,
0.13 for survey by day (Gauss; compare Torge and Mueller 2012, Geodesy): 11 m at
12.7 km, 170 m at 50 km. The refraction of sunlight from space is not part of it.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

EARTH_RADIUS_M = 6_371_000.0
REFRACTION = 0.13
"""Radius of the Earth over that of a grazing ray's curvature."""
FAR_M = 50_000.0
STEPS_PER_CELL = 2.0


@njit(cache=True, nogil=True)
def _bilinear(terrain: np.ndarray, y: float, x: float) -> float:
    """Height between four centres, NaN beside the raster or beside an unknown cell [m]."""
    i, j = math.floor(y), math.floor(x)
    if i < 0 or j < 0 or i + 1 >= terrain.shape[0] or j + 1 >= terrain.shape[1]:
        return np.nan
    down, right = y - i, x - j
    upper = terrain[i, j] * (1.0 - right) + terrain[i, j + 1] * right
    lower = terrain[i + 1, j] * (1.0 - right) + terrain[i + 1, j + 1] * right
    return float(upper * (1.0 - down) + lower * down)


@njit(cache=True, nogil=True)
def far_horizon(
    terrain: np.ndarray,
    cell_m: float,
    viewpoint: tuple[float, float, float],
    azimuth_rad: np.ndarray,
    near_m: float,
    far_m: float,
    refraction: float,
) -> np.ndarray:
    """Altitude of the terrain's horizon as seen from one point.

    Parameters
    ----------
    terrain
        Heights at the centres of cells, between which they are interpolated bilinearly, shape
        (ny, nx), row 0 in the north, float32 or float64 [m]. NaN hides nothing.
    cell_m
        Edge of a cell [m], > 0; 10 to 100 m for the surroundings of a city.
    viewpoint
        Row and column, counted in cells from the centre of the first, with fractions, and
        height [m] of the eye.
    azimuth_rad
        Directions, clockwise from grid north, shape (n,) [rad].
    near_m
        Where to begin [m], > 0: what is nearer is the business of the city's own surface.
    far_m
        Where to stop [m], such as `FAR_M`.
    refraction
        Coefficient of terrestrial refraction [1], such as `REFRACTION`.

    Returns
    -------
    numpy.ndarray
        Shape (n,), float64 [rad]: highest altitude of the terrain within the range; a sun below
        it is hidden. -pi/2 where no terrain is known in a direction.
    """
    row, col, eye_m = viewpoint
    sinking = (1.0 - refraction) / (2.0 * EARTH_RADIUS_M)
    horizon = np.empty(azimuth_rad.size)
    for k in range(azimuth_rad.size):
        north, east = math.cos(azimuth_rad[k]) / cell_m, math.sin(azimuth_rad[k]) / cell_m
        steepest = -np.inf
        number = math.ceil((far_m - near_m) / cell_m * STEPS_PER_CELL)
        for step in range(number + 1):
            d = min(near_m + step * cell_m / STEPS_PER_CELL, far_m)
            rise = _bilinear(terrain, row - d * north, col + d * east) - eye_m - d * d * sinking
            if rise > steepest * d:  # never for NaN
                steepest = rise / d
        horizon[k] = math.atan(steepest)
    return horizon


def above_horizon(
    azimuth_rad: np.ndarray, altitude_rad: np.ndarray, horizon_rad: np.ndarray
) -> np.ndarray:
    """Tell which suns stand above a horizon known at equal steps of azimuth.

    Parameters
    ----------
    azimuth_rad
        Of the suns, shape (nt,), clockwise from the north that the horizon counts from [rad].
    altitude_rad
        Of the suns, shape (nt,) [rad].
    horizon_rad
        Altitudes of the horizon at n equal steps from north over east, shape (n,) [rad]; linear
        between them.

    Returns
    -------
    numpy.ndarray
        Shape (nt,), bool.
    """
    step = 2.0 * math.pi / horizon_rad.size
    closed = np.append(horizon_rad, horizon_rad[0])
    place = np.mod(azimuth_rad, 2.0 * math.pi) / step
    return np.asarray(altitude_rad >= np.interp(place, np.arange(closed.size), closed))
