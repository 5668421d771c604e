"""Rays from a cell over a raster, and fans of them about a direction of the wind.

The fan of +-15 degrees is that of Winstral, Elder and Davis (2002), Spatial snow modeling of
wind-redistributed snow using terrain-based parameters, J. Hydrometeorology 3, 524-538.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

N_RAY = 48
"""Rays per cell, 7.5 degrees apart from grid north, shared by all wind directions."""

FAN_RAD = math.radians(15.0)
"""Rays within this angle of a wind direction count fully, the next ones in part."""


class FanRays(NamedTuple):
    """The cells that every ray passes, and how far off they are.

    Parameters
    ----------
    steps
        Cells within the fetch, shape (N_RAY,).
    offset
        Places of the cells in the raster as one line, counted from the cell itself, shape
        (N_RAY, most steps).
    distance_m
        Distance to the near face of the cell, and after the last cell the fetch, shape (N_RAY,
        most steps + 1), float64 [m].
    """

    steps: np.ndarray
    offset: np.ndarray
    distance_m: np.ndarray


@njit(cache=True, nogil=True)
def fan_rays(cell_m: float, fetch_m: float, row_cells: int) -> FanRays:
    """Lay out the rays about any cell.

    Parameters
    ----------
    cell_m
        Edge of a cell [m], > 0.
    fetch_m
        Length of the rays [m], >= cell_m.
    row_cells
        Cells of a row of the raster, >= 1.

    Returns
    -------
    FanRays
        A cell per step along the longer axis of a ray.
    """
    most = int(fetch_m / cell_m)
    steps = np.zeros(N_RAY, dtype=np.int64)
    offset = np.zeros((N_RAY, most), dtype=np.int64)
    distance_m = np.full((N_RAY, most + 1), fetch_m)
    for ray in range(N_RAY):
        azimuth = 2.0 * math.pi * ray / N_RAY
        to_row, to_col = -math.cos(azimuth), math.sin(azimuth)
        longest = max(abs(to_row), abs(to_col))
        step_m = cell_m / longest
        steps[ray] = min(int(fetch_m / step_m), most)
        for k in range(steps[ray]):
            # Ties go to the smaller offset on both sides, so that mirror images stay mirror images.
            for_row = (k + 1) * to_row / longest
            for_col = (k + 1) * to_col / longest
            row = int(math.copysign(math.floor(abs(for_row) + 0.5 - 1e-9), for_row))
            col = int(math.copysign(math.floor(abs(for_col) + 0.5 - 1e-9), for_col))
            offset[ray, k] = row * row_cells + col
            distance_m[ray, k] = (k + 0.5) * step_m
    return FanRays(steps, offset, distance_m)


@njit(cache=True, nogil=True)
def fan_weights(toward_rad: float) -> np.ndarray:
    """Weights of the rays in the fan about an azimuth.

    From FAN_RAD on the weight falls linearly to nothing over one spacing, so that the mean
    direction of the fan is the azimuth itself, whatever it is: with whole rays only, the fan would
    lean by up to half a spacing as soon as the azimuth is off a ray.

    Parameters
    ----------
    toward_rad
        Azimuth clockwise from grid north [rad].

    Returns
    -------
    numpy.ndarray
        Shape (N_RAY,), at most a fifth each; the sum is 1.
    """
    spacing = 2.0 * math.pi / N_RAY
    weights = np.empty(N_RAY)
    for ray in range(N_RAY):
        off = spacing * ray - toward_rad
        off = abs(off - 2.0 * math.pi * math.floor(off / (2.0 * math.pi) + 0.5))
        inside = (FAN_RAD + spacing - off) / spacing
        inside = inside if inside > 1e-9 else 0.0  # rounding must not add a ray at the rim
        weights[ray] = min(inside, 1.0)
    weights /= weights.sum()
    return weights


@njit(cache=True, nogil=True)
def fans(toward_rad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Find the rays of the fans about some azimuths.

    Parameters
    ----------
    toward_rad
        Azimuths clockwise from grid north, shape (nd,) [rad].

    Returns
    -------
    tuple of numpy.ndarray
        Rays of each fan, shape (nd, 6), int64, and their weights, see `fan_weights`; weight 0
        fills up.
    """
    rays = np.zeros((toward_rad.size, 6), dtype=np.int64)
    weights = np.zeros((toward_rad.size, 6))
    for d in range(toward_rad.size):
        of_all = fan_weights(toward_rad[d])
        inside = np.flatnonzero(of_all)
        rays[d, : inside.size] = inside
        weights[d, : inside.size] = of_all[inside]
    return rays, weights
