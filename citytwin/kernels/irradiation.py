"""Light received by ground and roofs, each on its own slope.

What reaches a cell from many directions is added up as one vector, and a plane receives its
product with the plane's normal (the light vector of Gershun 1939, The light field, J. Math. Phys.
18, 51-151). Lights behind a plane would take from it: they are not in the sum, for the slope
itself hides them.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels.horizon_sweep import accumulate_sunlit
from citytwin.kernels.sky_view import GOLDEN_ANGLE
from citytwin.kernels.sun_bundle import Suns
from citytwin.kernels.sun_ray import MAX_SLOPE


def even_sky(number: int) -> Suns:
    """Directions of equal solid angle, weighted so that a level plane receives 1 from all.

    Parameters
    ----------
    number
        How many directions, >= 1.

    Returns
    -------
    Suns
        Each weight is what a plane receives that faces the direction.
    """
    index = np.arange(number)
    return Suns(
        np.mod(index * GOLDEN_ANGLE, 2.0 * np.pi),
        np.arcsin((index + 0.5) / number),
        np.full(number, 2.0 / number),
    )


def light_vector(
    height: np.ndarray,
    cell_m: float,
    lights: Suns,
    min_altitude_rad: float,
    row0: int,
    col0: int,
) -> np.ndarray:
    """Sum of all light that reaches each cell, with the direction that it comes from.

    Parameters
    ----------
    height
        Surface, shape (ny, nx), float32 [m]. NaN hides nothing.
    cell_m
        Edge of a cell [m], > 0.
    lights
        Directions above the horizon; the weight is what a plane receives that faces the light
        [any unit].
    min_altitude_rad
        Lower lights are looked for at this altitude, so that shadows have an end [rad].
    row0, col0
        Global row and column of the first cell.

    Returns
    -------
    numpy.ndarray
        Shape (3, ny, nx), float32 [unit of the weights]: towards east, north and up.
    """
    azimuth, altitude, weight = lights
    level = weight * np.cos(altitude)
    parts = level * np.sin(azimuth), level * np.cos(azimuth), weight * np.sin(altitude)
    ray_altitude = np.maximum(altitude, min_altitude_rad)
    return np.stack(
        [
            accumulate_sunlit(height, height, cell_m, Suns(azimuth, ray_altitude, part), row0, col0)
            for part in parts
        ]
    )


@njit(cache=True, nogil=True)
def _gentler(before: float, after: float, limit: float) -> float:
    """Slope between two neighbours: the gentler of both sides, walls and breaks left out."""
    before_is_wall, after_is_wall = not abs(before) <= limit, not abs(after) <= limit
    if before_is_wall and after_is_wall:
        return 0.0
    if before_is_wall:
        return after
    if after_is_wall:
        return before
    if before * after <= 0.0:
        return 0.0
    return before if abs(before) < abs(after) else after


@njit(cache=True, nogil=True)
def surface_normals(height: np.ndarray, cell_m: float) -> np.ndarray:
    """Upward normals of the surface; walls leave the slope on either side as it is.

    On a plane the answer is exact up to its rim. Where both sides differ, as at a ridge or a
    kerb, the gentler one counts (minmod limiter of Roe 1986, Ann. Rev. Fluid Mech. 18, 337-365).

    Parameters
    ----------
    height
        Shape (ny, nx), row 0 in the north, float32 [m].
    cell_m
        Edge of a cell [m], > 0.

    Returns
    -------
    numpy.ndarray
        Shape (3, ny, nx), float32, of length 1: towards east, north and up.
    """
    ny, nx = height.shape
    normals = np.empty((3, ny, nx), dtype=np.float32)
    for i in range(ny):
        for j in range(nx):
            h = float(height[i, j])
            west = h - height[i, j - 1] if j > 0 else np.nan
            east = height[i, j + 1] - h if j + 1 < nx else np.nan
            south = h - height[i + 1, j] if i + 1 < ny else np.nan
            north = height[i - 1, j] - h if i > 0 else np.nan
            to_east = _gentler(west / cell_m, east / cell_m, MAX_SLOPE)
            to_north = _gentler(south / cell_m, north / cell_m, MAX_SLOPE)
            length = np.sqrt(1.0 + to_east * to_east + to_north * to_north)
            normals[0, i, j] = -to_east / length
            normals[1, i, j] = -to_north / length
            normals[2, i, j] = 1.0 / length
    return normals


def received(light: np.ndarray, normals: np.ndarray) -> np.ndarray:
    """What planes get of the light that reaches them.

    Parameters
    ----------
    light
        As `light_vector` makes it, shape (3, ny, nx), float32 [any unit].
    normals
        Of length 1, shape (3, ny, nx), float32 [1].

    Returns
    -------
    numpy.ndarray
        Shape (ny, nx), float32, >= 0 [unit of the light, per area of the plane].
    """
    share = light[0] * normals[0] + light[1] * normals[1] + light[2] * normals[2]
    np.maximum(share, np.float32(0.0), out=share)
    return np.asarray(share)
