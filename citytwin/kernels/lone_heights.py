"""Spikes and pits of a surface: cells that stand out from all that lies around them.

Birds, cranes and multiple echoes leave single high cells in a survey, water and glass single deep
ones. A building is wider, so the test is one of width and of height together, against the 24 cells
around: ranks, not means, so that neither a wall beside the cell nor a second spike can hide it.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

MIN_STEP_M = 10.0
"""What stands out by less may be a chimney or a mast [m]."""
MIN_SLENDERNESS = 10.0
"""What stands out by less than this many cells may be a tower [cells]."""
GROUND_SLENDERNESS = 2.0
"""What stands out of the ground by less than this many cells may be a bank or a ditch [cells]."""
MAX_AREA_M2 = 9.0
"""What is larger may be a building."""
MAX_CELLS = 4
"""Larger groups fill too much of the 24 cells around to be told from them."""
RING = 2
"""How far the cells around reach [cells]."""
MIN_KNOWN = 12
"""Of the 24 cells around, so many must be known for a verdict."""


class Lone(NamedTuple):
    """Cells that stand out.

    Parameters
    ----------
    number
        How many.
    row, col
        Of the one that stands out most; -1 where there is none.
    step_m
        By how much it does [m].
    """

    number: int
    row: int
    col: int
    step_m: float


def step_m(cell_m: float, slenderness: float = MIN_SLENDERNESS) -> float:
    """By how much a cell must stand out to be told.

    Parameters
    ----------
    cell_m
        Edge of a cell [m], > 0.
    slenderness
        `MIN_SLENDERNESS` of a surface, `GROUND_SLENDERNESS` of ground, which has no towers [cells].

    Returns
    -------
    float
        [m]
    """
    return max(MIN_STEP_M, slenderness * cell_m)


def group_cells(cell_m: float) -> int:
    """How many cells together may stand out and still be told.

    Parameters
    ----------
    cell_m
        Edge of a cell [m], > 0.

    Returns
    -------
    int
        1 to MAX_CELLS.
    """
    return min(max(int(MAX_AREA_M2 / cell_m**2), 1), MAX_CELLS)


@njit(cache=True, nogil=True)
def _stands_out(
    height: np.ndarray, row: int, col: int, step: float, group: int, sign: float
) -> float:
    """By how much a cell stands above (sign 1) or below (-1) all around; 0 where it does not."""
    ny, nx = height.shape
    own = sign * height[row, col]
    known, like, background = 0, 0, -np.inf
    for i in range(max(0, row - RING), min(ny, row + RING + 1)):
        for j in range(max(0, col - RING), min(nx, col + RING + 1)):
            other = sign * height[i, j]
            if (i == row and j == col) or not np.isfinite(other):
                continue
            known += 1
            if other > own - step:
                like += 1
                if like >= group:
                    return 0.0
            else:
                background = max(background, other)
    return own - background if known >= MIN_KNOWN else 0.0


@njit(cache=True, nogil=True)
def _with(found: Lone, row: int, col: int, step: float) -> Lone:
    """Count one more cell if it stands out."""
    if step <= 0.0:
        return found
    if step > found.step_m:
        return Lone(found.number + 1, row, col, step)
    return Lone(found.number + 1, found.row, found.col, found.step_m)


@njit(cache=True, nogil=True)
def lone_heights(
    height: np.ndarray,
    step: float,
    group: int,
    rows: tuple[int, int],
    cols: tuple[int, int],
) -> tuple[Lone, Lone]:
    """Find the spikes and the pits of a part of a surface.

    A cell stands out if, of the known cells among the 24 around it, less than ``group`` come
    nearer to its height than ``step``. Of two that stand out alike the first by row and
    column is named.

    Parameters
    ----------
    height
        Shape (ny, nx), float32 [m]; what is not finite is unknown.
    step
        See `step_m` [m], > 0.
    group
        See `group_cells`.
    rows, cols
        First row and row after the last of the part, and the same of columns; cells beyond them
        serve as surroundings.

    Returns
    -------
    tuple of Lone
        Spikes, and pits.
    """
    spikes, pits = Lone(0, -1, -1, 0.0), Lone(0, -1, -1, 0.0)
    for i in range(rows[0], rows[1]):
        for j in range(cols[0], cols[1]):
            if not np.isfinite(height[i, j]):
                continue
            spikes = _with(spikes, i, j, _stands_out(height, i, j, step, group, 1.0))
            pits = _with(pits, i, j, _stands_out(height, i, j, step, group, -1.0))
    return spikes, pits
