"""The shadows of many suns at once, one mask each: the shadow of a day.

The sweep that adds up hours sets bits instead: sun k counts 4**k where it reaches a cell, twice
that where it comes through crowns of trees. No sum ever carries, so two bits of a cell tell what
each sun does. A tile is read once for all suns of a pass, and any sweep, fast or exact, yields its
masks without a kernel of its own.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels.canopy import Canopy
from citytwin.kernels.horizon_sweep import CellSize, Method, sum_of_lit
from citytwin.kernels.shadow_answers import LIT, NO_DATA, SHADED, UNDER_TREES, is_known
from citytwin.kernels.sun_bundle import Suns, check_suns

SUNS_PER_WORD = 16
"""Suns told apart by the bits of one number, two each."""


def shadow_masks(  # noqa: PLR0913 - a sun is two angles
    height: np.ndarray,
    plane_height: np.ndarray,
    cell_m: CellSize,
    azimuth_rad: np.ndarray,
    altitude_rad: np.ndarray,
    row0: int,
    col0: int,
    method: Method = "fast",
    canopy: Canopy | None = None,
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
    canopy
        Crowns of trees; None = no trees. How much light they let through does not matter here.

    Returns
    -------
    numpy.ndarray
        Shape (nt, ny, nx), uint8: 0 lit, 1 shaded, 2 in the shade of trees alone, 255 where
        either height is unknown or the plane lies below the surface.

    Raises
    ------
    ValueError
        When shapes do not fit, or cell size, azimuths or altitudes are unusable.
    """
    number = azimuth_rad.size
    suns = Suns(azimuth_rad, altitude_rad, 4.0 ** (np.arange(number) % SUNS_PER_WORD))
    check_suns(suns)
    masks = np.empty((number, *height.shape), dtype=np.uint8)
    at = row0, col0
    for first in range(0, number, SUNS_PER_WORD):
        some = slice(first, first + SUNS_PER_WORD)
        word = Suns(*(values[some] for values in suns))
        trees = canopy
        if canopy is not None:
            trees = canopy._replace(passes=np.full(word.weight.size, 2.0))
        reached = sum_of_lit(height, plane_height, cell_m, word, at, method, np.uint32, trees)
        _unpack(height, plane_height, reached, masks[some])
    return masks


@njit(cache=True, nogil=True)
def _unpack(
    height: np.ndarray, plane_height: np.ndarray, reached: np.ndarray, masks: np.ndarray
) -> None:
    """Write one mask per two bits: LIT, SHADED, UNDER_TREES or NO_DATA."""
    answers = np.array([SHADED, LIT, UNDER_TREES, NO_DATA], dtype=np.uint8)
    for k in range(masks.shape[0]):
        shift = np.uint32(2 * k)
        for i in range(reached.shape[0]):
            for j in range(reached.shape[1]):
                answer = answers[(reached[i, j] >> shift) & np.uint32(3)]
                known = is_known(height[i, j], plane_height[i, j])
                masks[k, i, j] = answer if known else NO_DATA
