"""The path of a sun's rays over a raster, in whole numbers that no tiling can change.

A ray is followed away from the sun along the raster axis that it is nearer to ("steps"), and
slides sideways by at most one cell per step. Everything here is a function of the *global* step
number alone, and heights are integers of 1/4096 m, so that sums are exact and associative: a
tile computes the very bits of the whole raster.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

UNITS_PER_M = 4096.0
"""Fixed-point heights: one unit is 0.24 mm, and int32 spans +-524 km."""

MAX_HEIGHT_M = 1e5
"""Heights beyond this are no terrain and no building: they count as unknown."""

NO_HEIGHT = np.int32(-(1 << 30))
"""Height of an unknown cell: far below all terrain, with room left for one more drop."""

MAX_HALF_RISE = float(1 << 26)
"""Rise per half step [1/4096 m] at which any sun is as good as overhead (16 km)."""

WALL_EXCESS = 0.5
"""What falls faster than the ray by more than this in one step [cells] is a wall."""

MAX_SLOPE = 1.0
"""Neighbours that differ by more than this [cells] are a wall, by less a slope (45 degrees)."""

ALWAYS_WALL = np.int32(-(1 << 28))
"""Threshold that every fall exceeds: each cell casts as a block, from its edge."""

SHARE_BITS = 12
"""Shares between two neighbouring cells are counted in 1/4096."""

SNAP = 1e-9
"""Slides this near to 0 or +-1 cell per step are taken as exactly that."""


class SunRay(NamedTuple):
    """How the rays of one sun position run over a raster.

    Parameters
    ----------
    turned
        Steps go along columns (sun nearer to east or west) instead of rows.
    backward
        The sun stands towards higher indices, so steps count downwards.
    slide
        Sideways movement per step away from the sun [cells], in -1..1.
    half_rise
        Rise of the ray per half step towards the sun [1/4096 m].
    wall
        Excess fall in one step above which a surface is a wall and casts from its edge; below
        it is a slope and casts from the cell centre [1/4096 m].
    slope
        Largest difference of neighbours between which the surface is interpolated [1/4096 m];
        0 where each cell is a block.
    """

    turned: bool
    backward: bool
    slide: float
    half_rise: float
    wall: np.int32
    slope: np.int32


@njit(cache=True, nogil=True)
def sun_ray(
    azimuth_rad: float, altitude_rad: float, row_m: float, col_m: float, blocks: bool
) -> SunRay:
    """Describe the rays of a sun position.

    Along rows, columns and diagonals of cells (in square cells the multiples of 45 degrees;
    within 1e-9 cells per step) the slide is taken as exactly 0 or +-1: the ray then runs through
    the centres of one row, column or diagonal, and cells that it would touch at a corner only do
    not block it.

    Parameters
    ----------
    azimuth_rad
        Where the sun stands, clockwise from grid north [rad].
    altitude_rad
        Above the horizon [rad], > 0.
    row_m, col_m
        Distance of rows and of columns [m], > 0.
    blocks
        Whether each cell is a flat-topped block; else slopes are told from walls.

    Returns
    -------
    SunRay
    """
    to_row = -math.cos(azimuth_rad) / row_m
    to_col = math.sin(azimuth_rad) / col_m
    turned = abs(to_col) > abs(to_row) * (1.0 + SNAP)
    along, across = (to_col, to_row) if turned else (to_row, to_col)
    slide = -across / abs(along)
    if abs(slide) < SNAP:
        slide = 0.0
    elif abs(slide) > 1.0 - SNAP:
        slide = math.copysign(1.0, slide)
    half_rise = min(0.5 * math.tan(altitude_rad) / abs(along) * UNITS_PER_M, MAX_HALF_RISE)
    if blocks:
        return SunRay(turned, along > 0.0, slide, half_rise, ALWAYS_WALL, np.int32(0))
    step_m, side_m = (col_m, row_m) if turned else (row_m, col_m)
    wall = np.int32(min(WALL_EXCESS * step_m * UNITS_PER_M, MAX_HALF_RISE))
    slope = np.int32(min(MAX_SLOPE * side_m * UNITS_PER_M, float(1 << 18)))
    return SunRay(turned, along > 0.0, slide, half_rise, wall, slope)


@njit(cache=True, nogil=True)
def fall(half_rise: float, half_steps: int) -> int:
    """Fall of a ray from step 0 on.

    Parameters
    ----------
    half_rise
        See `SunRay` [1/4096 m].
    half_steps
        Global number of the half step: even at centres of cells, odd at borders.

    Returns
    -------
    int
        Fall [1/4096 m].
    """
    return math.floor(half_steps * half_rise + 0.5)


@njit(cache=True, nogil=True)
def full_drop(half_rise: float, step: int) -> np.int32:
    """Fall of a ray from the centre of the step before to the centre of this step.

    Parameters
    ----------
    half_rise
        See `SunRay` [1/4096 m].
    step
        Global step number.

    Returns
    -------
    numpy.int32
        Fall [1/4096 m], >= 0.
    """
    return np.int32(fall(half_rise, 2 * step) - fall(half_rise, 2 * step - 2))


@njit(cache=True, nogil=True)
def edge_drop(half_rise: float, step: int) -> np.int32:
    """Fall of a ray from the border with the step before to the centre of this step.

    Parameters
    ----------
    half_rise
        See `SunRay` [1/4096 m].
    step
        Global step number.

    Returns
    -------
    numpy.int32
        Fall [1/4096 m], >= 0.
    """
    return np.int32(fall(half_rise, 2 * step) - fall(half_rise, 2 * step - 1))


@njit(cache=True, nogil=True)
def lane_offset(slide: float, step: int, half: int) -> int:
    """How far a lane of rays has slid since step 0.

    Lanes with ``half`` 0 pass the cell centres of step 0, lanes with ``half`` 1 pass half a
    cell beside them; in each step a lane belongs to the cell whose centre is nearest to it.

    Parameters
    ----------
    slide
        See `SunRay` [cells per step].
    step
        Global step number.
    half
        0 or 1.

    Returns
    -------
    int
        Offset [cells].
    """
    return math.floor(slide * step + (0.5 if half == 0 else 1.0))


@njit(cache=True, nogil=True)
def lane_miss(slide: float, step: int, half: int) -> float:
    """By how much a lane passes its cell's centre, counted along the line.

    Parameters
    ----------
    slide
        See `SunRay` [cells per step].
    step
        Global step number.
    half
        0 or 1.

    Returns
    -------
    float
        -0.5..0.5 [cells]; the lane tested in a step is the one with the smaller miss.
    """
    return float(slide * step + 0.5 * half - lane_offset(slide, step, half))


@njit(cache=True, nogil=True)
def fixed_height(height_m: np.ndarray, units: np.ndarray) -> None:
    """Turn a line of heights into fixed point; unknown becomes NO_HEIGHT.

    Parameters
    ----------
    height_m
        Shape (n,), float32 or float64 [m]; NaN, infinities and giants are unknown.
    units
        Shape (n,), int32 [1/4096 m]. Overwritten.
    """
    # Constants in float32: the product by a power of two is exact, and SIMD stays full width.
    limit = np.float32(MAX_HEIGHT_M)
    scale = np.float32(UNITS_PER_M)
    for i in range(height_m.size):
        h = height_m[i]
        if abs(h) <= limit:
            units[i] = np.int32(np.floor(h * scale))
        else:
            units[i] = NO_HEIGHT
