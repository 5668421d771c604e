"""How high the shadow of a raster stands at a place: one walk towards the sun tells all heights.

Above the foot of a wall everything below one height lies in shadow and everything above it in
the sun, because what casts is solid down to the ground. A ray is followed from the place, and
each block that it enters at a distance d throws its shadow to its top minus d tan(altitude);
the highest counts. Cells are visited in order (Amanatides and Woo 1987, A fast voxel traversal
algorithm for ray tracing, Eurographics), and squares too low to matter are passed as a whole.
The way over the cells follows from the place and the sun alone, so that no window of a raster
can change a bit.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.ray_walk import LARGE, SMALL, Blocks, blocks_of

TOUCH_M = 1e-8
"""A ray that is in a block over less than this touches it only, and is not blocked [m]."""


class Sunbeam(NamedTuple):
    """A ray from a place towards the sun, seen from above.

    Parameters
    ----------
    x, y
        Where it begins, east and north [m].
    to_x, to_y
        Direction towards the sun, of length 1 [1].
    rise
        Tangent of the sun's altitude [m/m].
    """

    x: float
    y: float
    to_x: float
    to_y: float
    rise: float


class BlockGrid(NamedTuple):
    """A raster of blocks, and where it lies.

    Parameters
    ----------
    blocks
        The raster, prepared for walks.
    x_min, y_max
        West and north edge of the global grid [m].
    row_m, col_m
        Distance of rows and of columns [m], > 0.
    row0, col0
        Global row and column of the raster's first cell.
    """

    blocks: Blocks
    x_min: float
    y_max: float
    row_m: float
    col_m: float
    row0: int
    col0: int


def block_grid(
    height: np.ndarray,
    corner: tuple[float, float],
    cell_m: tuple[float, float],
    at: tuple[int, int],
) -> BlockGrid:
    """Prepare a raster for walks from any place.

    Parameters
    ----------
    height
        Shape (ny, nx), row 0 in the north, float32 [m]; NaN blocks nothing.
    corner
        West and north edge of the global grid [m].
    cell_m
        Distances of rows and of columns [m], > 0.
    at
        Global row and column of the first cell.

    Returns
    -------
    BlockGrid

    Raises
    ------
    ValueError
        When the raster is empty or not 2-D, or a cell has no size.
    """
    if height.ndim != 2 or height.size == 0:
        raise ValueError(f"heights must be 2-D and not empty: {height.shape}")
    if not (0.0 < cell_m[0] < math.inf and 0.0 < cell_m[1] < math.inf):
        raise ValueError(f"cell_m must be positive, got {cell_m}")
    blocks = blocks_of(np.ascontiguousarray(height, dtype=np.float32))
    (x_min, y_max), (row_m, col_m), (row0, col0) = corner, cell_m, at
    return BlockGrid(blocks, float(x_min), float(y_max), float(row_m), float(col_m), row0, col0)


@njit(cache=True, nogil=True)
def _index_at(start: float, speed: float, t: float) -> int:
    """Cell that a point is in which has left all borders that it meets until t."""
    cell = math.floor(start + t * speed)
    # Rounding must not tell another story than the times at which borders are met.
    if speed > 0.0:
        while (cell + 1 - start) / speed <= t:
            cell += 1
        while (cell - start) / speed > t and cell > start:
            cell -= 1
    elif speed < 0.0:
        while (cell - start) / speed <= t:
            cell -= 1
        while (cell + 1 - start) / speed > t and cell + 1 < start:
            cell += 1
    return cell


@njit(cache=True, nogil=True)
def _leaving(start: float, speed: float, first: int, edge: int) -> float:
    """When a point leaves a row of cells; inf for never."""
    if speed > 0.0:
        return (first + edge - start) / speed
    return (first - start) / speed if speed < 0.0 else math.inf


@njit(cache=True, nogil=True)
def next_higher(
    grid: BlockGrid, beam: Sunbeam, t: float, shadow_m: float
) -> tuple[float, float, int, int]:
    """Find the first cell on the way whose block may throw a higher shadow.

    Parameters
    ----------
    grid
        The raster.
    beam
        The ray.
    t
        From where on, horizontally [m].
    shadow_m
        Height of the highest shadow so far [m].

    Returns
    -------
    enter, leave : float
        Where the ray enters the cell and leaves it, horizontally [m]; infinite when there is no
        such cell, up to the border of the raster.
    row, col : int
        The cell, counted in the raster.
    """
    top_m, small_m, large_m, highest_m = grid.blocks
    u, du = (beam.x - grid.x_min) / grid.col_m, beam.to_x / grid.col_m
    v, dv = (grid.y_max - beam.y) / grid.row_m, -beam.to_y / grid.row_m
    while True:
        i, j = _index_at(v, dv, t) - grid.row0, _index_at(u, du, t) - grid.col0
        level = shadow_m + t * beam.rise
        if not (0 <= i < top_m.shape[0] and 0 <= j < top_m.shape[1]) or highest_m <= level:
            return math.inf, math.inf, -1, -1
        edge = 1
        if large_m[i // LARGE, j // LARGE] <= level:
            edge = LARGE
        elif small_m[i // SMALL, j // SMALL] <= level:
            edge = SMALL
        leave = min(
            _leaving(v, dv, i // edge * edge + grid.row0, edge),
            _leaving(u, du, j // edge * edge + grid.col0, edge),
        )
        if edge == 1 and top_m[i, j] > level and leave - t > TOUCH_M:
            return t, leave, i, j
        t = leave


@njit(cache=True, nogil=True)
def shadow_of_blocks(
    grid: BlockGrid,
    beam: Sunbeam,
    normal: tuple[float, float],
    lowest_m: float,
    enough_m: float,
) -> float:
    """Height of the shadow that a raster throws onto a wall, or onto nothing but a place.

    Cells whose centre lies behind the plane of the wall are the wall itself, which the raster
    knows by whole cells only: no ray leaves a wall backwards.

    Parameters
    ----------
    grid
        What casts.
    beam
        From the wall towards the sun.
    normal
        Level part of the outward normal, east and north; (0, 0) where there is no wall [1].
    lowest_m
        Shadows below it are of no interest [m].
    enough_m
        Nor are shadows above it told apart [m].

    Returns
    -------
    float
        Height below which all is shaded, >= ``lowest_m`` [m].
    """
    shadow_m, t = lowest_m, 0.0
    x0, y0 = grid.x_min - beam.x, grid.y_max - beam.y
    while shadow_m < enough_m:
        enter, t, i, j = next_higher(grid, beam, t, shadow_m)
        if i < 0:
            break
        before = (x0 + (j + grid.col0 + 0.5) * grid.col_m) * normal[0]
        before += (y0 - (i + grid.row0 + 0.5) * grid.row_m) * normal[1]
        if before >= 0.0:
            shadow_m = max(shadow_m, grid.blocks.top_m[i, j] - enter * beam.rise)
    return shadow_m
