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

SKIP = 16
"""Edge of the squares whose highest cell lets a walk pass over them in one step [cells]."""


class Blocks(NamedTuple):
    """A raster taken for flat-topped blocks, prepared for walks over it.

    Parameters
    ----------
    top_m
        Shape (ny, nx), float32 [m], -inf where unknown.
    square_m
        Highest block in each square of SKIP x SKIP cells, float32 [m].
    highest_m
        No block is higher [m].
    """

    top_m: np.ndarray
    square_m: np.ndarray
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
    ny, nx = height.shape
    top = np.empty((ny, nx), dtype=np.float32)
    square = np.full((-(-ny // SKIP), -(-nx // SKIP)), -np.inf, dtype=np.float32)
    for i in range(ny):
        for j in range(nx):
            h = height[i, j]
            top[i, j] = h if abs(h) <= MAX_HEIGHT_M else -np.inf
            square[i // SKIP, j // SKIP] = max(square[i // SKIP, j // SKIP], top[i, j])
    return Blocks(top, square, float(square.max()))


@njit(cache=True, nogil=True)
def _cell_before(x: float, way: float) -> int:
    """Column that a ray at ``x`` (in columns, centres whole) has come from, moving by ``way``."""
    return math.floor(x + 0.5 - SNAP) if way >= 0.0 else math.ceil(x - 0.5 + SNAP)


@njit(cache=True, nogil=True)
def _cell_after(x: float, way: float) -> int:
    """Column that a ray at ``x`` goes on into."""
    return math.floor(x + 0.5 + SNAP) if way >= 0.0 else math.ceil(x - 0.5 - SNAP)


@njit(cache=True, nogil=True)
def _highest_square(square_m: np.ndarray, row: int, x: float, way: float) -> float:
    """Highest block that a ray may meet which enters a row of squares at column ``x``."""
    end = x + way * SKIP
    first = max(_cell_before(min(x, end), 1.0) // SKIP, 0)
    last = min(_cell_after(max(x, end), 1.0) // SKIP, square_m.shape[1] - 1)
    highest = -np.inf
    for j in range(first, last + 1):
        highest = max(highest, square_m[row // SKIP, j])
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
    ny, nx = blocks.top_m.shape
    toward, way, rise_m = path
    k = 1
    while True:
        i = row + toward * k
        x = col + way * (k - 0.5)
        ray_m = start_m + (k - 0.5) * rise_m
        if i < 0 or i >= ny or ray_m >= blocks.highest_m:
            return False
        enters_square = i % SKIP == (0 if toward > 0 else SKIP - 1)
        if enters_square and _highest_square(blocks.square_m, i, x, way) <= ray_m:
            k += SKIP
            continue
        first, second = _cell_after(x, way), _cell_before(x + way, way)
        if 0 <= first < nx and blocks.top_m[i, first] > ray_m:
            return True
        if second != first and 0 <= second < nx:
            border = first + math.copysign(0.5, way)
            if blocks.top_m[i, second] > start_m + (border - col) / way * rise_m:
                return True
        k += 1
