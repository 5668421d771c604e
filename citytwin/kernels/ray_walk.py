"""The walk of one ray towards the sun over a raster of blocks: the exact answer for one cell.

Each known cell is a block with a flat top and vertical sides. A ray is blocked when it enters a
block below its top; as it rises, only the height at which it enters counts. Corners and edges
that it touches without entering do not block it. Cells are visited in order along the ray
(Amanatides and Woo 1987, A fast voxel traversal algorithm for ray tracing, Eurographics), here
row by row, and squares of low cells are passed over as a whole.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.sun_ray import MAX_HEIGHT_M, SNAP

SMALL, LARGE = 16, 128
"""Edges of the squares whose highest cell lets a walk pass over them in one step [cells]."""


class Blocks(NamedTuple):
    """A raster taken for flat-topped blocks, prepared for walks over it.

    Parameters
    ----------
    top_m
        Shape (ny, nx), float32 [m], -inf where unknown.
    small_m, large_m
        Highest block in each square of SMALL x SMALL and LARGE x LARGE cells, float32 [m].
    highest_m
        No block is higher [m].
    """

    top_m: np.ndarray
    small_m: np.ndarray
    large_m: np.ndarray
    highest_m: float


class Path(NamedTuple):
    """How a ray goes on with each row towards the sun.

    Parameters
    ----------
    toward
        +1 or -1: change of the row.
    way
        Change of the column, -1..1 [cells].
    rise_m
        Rise of the ray, > 0 [m].
    """

    toward: int
    way: float
    rise_m: float


@njit(cache=True, nogil=True)
def blocks_of(height: np.ndarray) -> Blocks:
    """Prepare a raster for walks.

    Parameters
    ----------
    height
        Shape (ny, nx), float32 [m]; NaN, infinities and giants are unknown and block no ray.

    Returns
    -------
    Blocks
    """
    top = np.empty(height.shape, dtype=np.float32)
    for i in range(height.shape[0]):
        for j in range(height.shape[1]):
            h = height[i, j]
            top[i, j] = h if abs(h) <= MAX_HEIGHT_M else -np.inf
    small = _highest_in_squares(top, SMALL)
    large = _highest_in_squares(small, LARGE // SMALL)
    return Blocks(top, small, large, float(large.max()))


@njit(cache=True, nogil=True)
def _highest_in_squares(top_m: np.ndarray, edge: int) -> np.ndarray:
    """Highest value in each square of edge x edge cells; the last may be cut."""
    ny, nx = top_m.shape
    highest = np.full((-(-ny // edge), -(-nx // edge)), -np.inf, dtype=np.float32)
    for i in range(ny):
        for j in range(nx):
            highest[i // edge, j // edge] = max(highest[i // edge, j // edge], top_m[i, j])
    return highest


@njit(cache=True, nogil=True)
def _cell_before(x: float, way: float) -> int:
    """Column that a ray at ``x`` has come from, moving by ``way``; centres are whole numbers."""
    return math.floor(x + 0.5 - SNAP) if way >= 0.0 else math.ceil(x - 0.5 + SNAP)


@njit(cache=True, nogil=True)
def _cell_after(x: float, way: float) -> int:
    """Column that a ray at ``x`` goes on into."""
    return math.floor(x + 0.5 + SNAP) if way >= 0.0 else math.ceil(x - 0.5 - SNAP)


@njit(cache=True, nogil=True)
def _highest_met(square_m: np.ndarray, edge: int, row: int, x: float, way: float) -> float:
    """Highest block that a ray may meet which enters a row of squares at column ``x``."""
    end = x + way * edge
    # A hair more on both sides, whatever the rounding.
    first = max(math.floor(min(x, end) + 0.49) // edge, 0)
    last = min(math.floor(max(x, end) + 0.51) // edge, square_m.shape[1] - 1)
    highest = -np.inf
    for j in range(first, last + 1):
        highest = max(highest, square_m[row // edge, j])
    return highest


@njit(cache=True, nogil=True)
def is_blocked(blocks: Blocks, path: Path, row: int, col: int, start_m: float) -> bool:
    """Follow the ray from the centre of a cell towards the sun until a block or the open sky.

    Parameters
    ----------
    blocks
        The raster.
    path
        How the ray runs.
    row, col
        The cell.
    start_m
        Height at which the ray starts, at or above the cell's own block [m].

    Returns
    -------
    bool
    """
    top_m, small_m, large_m, highest_m = blocks
    ny, nx = top_m.shape
    toward, way, rise_m = path
    enters_small, enters_large = (0, 0) if toward > 0 else (SMALL - 1, LARGE - 1)
    k = 1
    while True:
        i = row + toward * k
        # Counted from the cell itself, so that no rounding can depend on the raster's origin.
        x = way * (k - 0.5)
        ray_m = start_m + (k - 0.5) * rise_m
        if i < 0 or i >= ny or ray_m >= highest_m:
            return False
        enters = i % LARGE == enters_large
        if enters and _highest_met(large_m, LARGE, i, col + x, way) <= ray_m:
            k += LARGE
            continue
        enters = i % SMALL == enters_small
        if enters and _highest_met(small_m, SMALL, i, col + x, way) <= ray_m:
            k += SMALL
            continue
        first, second = _cell_after(x, way), _cell_before(x + way, way)
        if 0 <= col + first < nx and top_m[i, col + first] > ray_m:
            return True
        if second != first and 0 <= col + second < nx:
            border = first + math.copysign(0.5, way)
            if top_m[i, col + second] > start_m + border / way * rise_m:
                return True
        k += 1
