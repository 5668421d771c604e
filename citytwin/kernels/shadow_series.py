"""The shadows of many suns at once, one mask each: the shadow of a day.

The sweep that adds up hours lights bits instead: sun k counts 2**k, no sum ever carries, and the
bits of a cell are the suns that reach it. So a tile is read once for all suns of a pass, and any
sweep, fast or exact, yields its masks without a kernel of its own.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels.horizon_sweep import (
    LIT,
    NO_DATA,
    SHADED,
    CellSize,
    Method,
    is_known,
    sum_of_lit,
)
from citytwin.kernels.sun_bundle import Suns, check_suns

SUNS_PER_WORD = 32
"""Suns told apart by the bits of one number."""


def shadow_masks(
    height: np.ndarray,
    plane_height: np.ndarray,
    cell_m: CellSize,
    azimuth_rad: np.ndarray,
    altitude_rad: np.ndarray,
    row0: int,
    col0: int,
    method: Method = "fast",
) -> np.ndarray:
    """Tell for each of several sun positions which cells are shaded.

    Each mask is, bit for bit, what `citytwin.kernels.horizon_sweep.shadow_mask` gives for that sun.

    Parameters
    ----------
    height
        Surface that casts shadows, shape (ny, nx), float32 [m]. NaN casts nothing.
    plane_height
        Height at which the sun is looked for, shape (ny, nx), float32 [m].
    cell_m
        Edge of a cell, or distances of rows and of columns [m], > 0.
    azimuth_rad
        Where the sun stands, clockwise from grid north, shape (nt,) [rad].
    altitude_rad
        Above the horizon, shape (nt,) [rad]. At or below 0 it is night: all cells are shaded.
    row0, col0
        Global row and column of the first cell.
    method
        What cells are taken for, and whether the answer is exact: see `horizon_sweep`.

    Returns
    -------
    numpy.ndarray
        Shape (nt, ny, nx), uint8: 0 lit, 1 shaded, 255 where either height is unknown or the
        plane lies below the surface.

    Raises
    ------
    ValueError
        When shapes do not fit, or cell size, azimuths or altitudes are unusable.
    """
    number = np.arange(azimuth_rad.size)
    suns = Suns(azimuth_rad, altitude_rad, 2.0 ** (number % SUNS_PER_WORD))
    check_suns(suns)
    masks = np.empty((azimuth_rad.size, *height.shape), dtype=np.uint8)
    for first in range(0, azimuth_rad.size, SUNS_PER_WORD):
        some = slice(first, first + SUNS_PER_WORD)
        word = Suns(*(values[some] for values in suns))
        lit = sum_of_lit(height, plane_height, cell_m, word, (row0, col0), method, np.uint32)
        _unpack(height, plane_height, lit, masks[some])
    return masks


@njit(cache=True, nogil=True)
def _unpack(
    height: np.ndarray, plane_height: np.ndarray, lit: np.ndarray, masks: np.ndarray
) -> None:
    """Write one mask per bit: LIT, SHADED or NO_DATA."""
    for k in range(masks.shape[0]):
        bit = np.uint32(1 << k)
        for i in range(lit.shape[0]):
            for j in range(lit.shape[1]):
                answer = LIT if lit[i, j] & bit else SHADED
                known = is_known(height[i, j], plane_height[i, j])
                masks[k, i, j] = answer if known else NO_DATA
