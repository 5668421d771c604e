"""A flow on larger cells brought onto a finer grid: the prolongation of nested grids (Brandt 1977)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from citytwin.kernels.flow_grid import PAD, Cube, Flags, FlowGrid
from citytwin.kernels.flow_rows import FAST, Row
from citytwin.kernels.flow_walls import IN_AIR

EVERY: Flags = np.zeros((1, 1, 1), dtype=np.uint8)
"""In the place of flags: all coarse values count."""
_LEAST_WEIGHT = np.float32(0.25)
_ONE = np.float32(1.0)


class Between(NamedTuple):
    """Places along an axis between coarse values."""

    low: NDArray[np.int64]
    """Index of the one before."""
    share: NDArray[np.float32]
    """How far they are on the way to the next [-]."""


def refine(
    out: Cube,
    coarse: Cube,
    fine_grid: FlowGrid,
    coarse_grid: FlowGrid,
    stands: int,
    at: tuple[float, float] = (0.0, 0.0),
    counts: Flags = EVERY,
    bit: np.uint8 = IN_AIR,
) -> None:
    """Bring a quantity of a grid of larger cells onto a fine one, linear along each axis.

    Beside walls the mean of the values that count: a change of the wind along a wall does not fade towards it.

    Parameters
    ----------
    out, coarse
        Shape (nz + 5, ny + 5, nx + 5) of either grid, any unit; the border of the coarse is filled,
        beside `out` too.
    fine_grid, coarse_grid
        The grids.
    stands
        0, 1, 2 where the quantity stands on faces across x, y, z; 3 in cells.
    at
        Row and column of the coarse grid at which the fine one begins [cells of the fine].
    counts, bit
        Where a coarse value counts, as of faces in the flow: that bit of the flags.
    """
    per_cell, rows = fine_grid.cell_m / coarse_grid.cell_m, []
    for axis, begin in ((1, at[0]), (2, at[1])):
        cells = begin - PAD + np.arange(out.shape[axis])
        on_face = stands == (1 if axis == 1 else 0)
        places = per_cell * cells if on_face else per_cell * (cells + 0.5) - 0.5
        rows.append(np.clip(places + PAD, 0.0, coarse.shape[axis] - 1.001))
    if stands == 2:
        z, known = fine_grid.z_faces_m, coarse_grid.z_faces_m
    else:
        z, known = fine_grid.z_m, coarse_grid.z_m
    levels = _between(np.interp(z, known, np.arange(len(known)) + float(PAD)))
    prolong(out, coarse, (counts, bit), levels, _between(rows[0]), _between(rows[1]))


def _between(places: NDArray[np.float64]) -> Between:
    """Index before each place, and how far it is on the way to the next."""
    low = np.floor(places).astype(np.int64)
    return Between(low, (places - low).astype(np.float32))


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST, parallel=True)
def prolong(
    out: Cube,
    coarse: Cube,
    counts: tuple[Flags, np.uint8],
    levels: Between,
    south: Between,
    east: Between,
) -> None:
    """Take values between coarse ones, linear along each axis.

    Parameters
    ----------
    out
        Shape (nz + 5, ny + 5, nx + 5); its levels beyond those asked for are left alone.
    coarse
        Values, with border, any unit.
    counts
        Where they count: flags of the same shape, or of shape (1, 1, 1) where all do; and their bit.
    levels, south, east
        Where, along each axis [indices of `coarse`].
    """
    width = coarse.shape[2]
    for level in prange(levels.low.shape[0]):
        k = np.int64(level)
        row, weight = np.empty(width, np.float32), np.ones(width, np.float32)
        for j in range(south.low.shape[0]):
            _between_rows(row, weight, coarse, counts, (k, j), levels, south)
            line = out[k + PAD, j]
            for i in range(east.low.shape[0]):
                m, toward = east.low[i], east.share[i]
                total = row[m] + toward * (row[m + 1] - row[m])
                whole = weight[m] + toward * (weight[m + 1] - weight[m])
                line[i] = total / max(whole, _LEAST_WEIGHT)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _between_rows(
    row: Row,
    weight: Row,
    coarse: Cube,
    counts: tuple[Flags, np.uint8],
    place: tuple[int, int],
    levels: Between,
    south: Between,
) -> None:
    """Take a row between the four coarse rows around it, and the weight of what counts in them."""
    k, j = place
    every, bit = counts
    n, is_some = row.shape[0], every.shape[0] > 1
    row[:] = np.float32(0.0)
    if is_some:
        weight[:] = np.float32(0.0)
    up, along = levels.share[k], south.share[j]
    for corner in range(4):
        upper, behind = corner // 2, corner % 2
        share = (up if upper else _ONE - up) * (along if behind else _ONE - along)
        values = coarse[levels.low[k] + upper, south.low[j] + behind]
        if is_some:
            flags = every[levels.low[k] + upper, south.low[j] + behind]
            for i in range(n):
                row[i] += share * values[i] if flags[i] & bit else np.float32(0.0)
            for i in range(n):
                weight[i] += share if flags[i] & bit else np.float32(0.0)
        else:
            for i in range(n):
                row[i] += share * values[i]
