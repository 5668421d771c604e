"""Ground that cannot be one: heights in another unit, and codes for no data among them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

STEEPEST = 1.0
"""Ground that is steeper in most places [-] is no ground, but heights in another unit."""
SUNK_M = 20.0
"""Lowest level of the ground that lies so far below all around it is no ground [m]."""
_ROWS = 512
"""Rows looked at together: rasters may fill much of the memory."""
_ENOUGH_CELLS = 4_000_000
"""Of larger rasters some rows, evenly apart, stand for all."""


class SunkLevel(NamedTuple):
    """The lowest level of a raster, where it lies far below all that is beside it."""

    level_m: float
    number: int
    """Cells of exactly that level."""
    below_m: float
    """Least height of the cells beside them above it [m]."""


def typical_rise_m(ground_m: NDArray[Any]) -> float:
    """Return the median of the height from cell to cell [m]; NaN where no two are known.

    Parameters
    ----------
    ground_m
        Level of the ground, NaN where it is not known, shape (ny, nx) [m].
    """
    every = max(1, ground_m.size // _ENOUGH_CELLS)
    along = np.abs(np.diff(ground_m[::every], axis=1)).ravel()
    across = np.abs(ground_m[1::every] - ground_m[:-1:every]).ravel()
    known = np.concatenate([along, across])
    known = known[np.isfinite(known)]
    return float(np.median(known)) if known.size else float("nan")


def sunk_level(ground_m: NDArray[Any]) -> SunkLevel | None:
    """Return the lowest level if it lies `SUNK_M` or more below all around it, as codes for no data do.

    Parameters
    ----------
    ground_m
        Level of the ground, NaN where it is not known, shape (ny, nx) [m].
    """
    if not np.isfinite(ground_m).any():
        return None
    lowest = float(np.nanmin(ground_m))
    number, rim_m = 0, np.inf
    for row in range(0, ground_m.shape[0], _ROWS):
        sunk = ground_m[row : row + _ROWS] == ground_m.dtype.type(lowest)
        number += int(sunk.sum())
        if sunk.any():
            rim_m = min(rim_m, _rim_m(ground_m[max(row - 1, 0) : row + _ROWS + 1], lowest))
        if rim_m - lowest < SUNK_M:
            return None
    return SunkLevel(lowest, number, rim_m - lowest) if rim_m < np.inf else None


def _rim_m(ground_m: NDArray[Any], lowest_m: float) -> float:
    """Lowest level beside the cells of the lowest [m]; infinite where there is none."""
    padded, rim = np.pad(ground_m, 1, constant_values=np.nan), np.inf
    inside = padded == ground_m.dtype.type(lowest_m)
    for axis, way in ((0, 1), (0, -1), (1, 1), (1, -1)):
        beside = inside & ~np.roll(inside, way, axis)
        rim = min(rim, float(np.nanmin(np.roll(padded, way, axis)[beside], initial=np.inf)))
    return rim
