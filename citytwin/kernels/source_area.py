"""Buildings of the area around each coarse cell: share of the ground, mean and spread of heights.

Counts and heights in whole millimetres are added up as whole numbers, so that any tiling gives the
same bits. Definitions after Grimmond and Oke (1999), J. Appl. Meteorol. 38, 1262-1292, and Kanda et
al. (2013), Boundary-Layer Meteorol. 148, 357-377.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.urban_roughness import Heights

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
_Window: TypeAlias = tuple[slice, slice]
_MM = 1000.0


class CoarseSums(NamedTuple):
    """Sums over coarse cells, or over the areas around them.

    Parameters
    ----------
    ground
        Cells of known height, shape (my, mx), int64.
    built
        Those under a building, shape (my, mx), int64.
    height_mm, height2_mm2, max_mm
        Sum of their heights [mm], of the squares [mm2], and the greatest [mm]; shape (my, mx),
        int64.
    """

    ground: IntArray
    built: IntArray
    height_mm: IntArray
    height2_mm2: IntArray
    max_mm: IntArray


class Coarse(NamedTuple):
    """Where coarse cells begin in an array of a window of the grid.

    Parameters
    ----------
    rows, cols
        First row and column of each coarse cell that the window touches, shapes (my,), (mx,).
    """

    rows: IntArray
    cols: IntArray

    def added(self, values: NDArray[np.bool_] | IntArray) -> IntArray:
        """Sum of each coarse cell, shape (my, mx), of values of shape (ny, nx)."""
        by_row = np.add.reduceat(values.astype(np.int64), self.rows, axis=0)
        return np.asarray(np.add.reduceat(by_row, self.cols, axis=1))

    def greatest(self, values: IntArray) -> IntArray:
        """Greatest value of each coarse cell, shape (my, mx), of values of shape (ny, nx)."""
        by_row = np.maximum.reduceat(values, self.rows, axis=0)
        return np.asarray(np.maximum.reduceat(by_row, self.cols, axis=1))


def coarse_of(shape: tuple[int, int], row0: int, col0: int, cells: int) -> Coarse:
    """Return where coarse cells begin; they count from the corner of the whole grid.

    Parameters
    ----------
    shape
        Rows and columns of the window.
    row0, col0
        Row and column of its first cell in the whole grid.
    cells
        Cells along the edge of a coarse cell.
    """
    return Coarse(_begins(row0, shape[0], cells), _begins(col0, shape[1], cells))


def coarse_sums(obstacle_m: NDArray[np.float32], lowest_m: float, coarse: Coarse) -> CoarseSums:
    """Add up cells over the coarse cells that they lie in.

    Parameters
    ----------
    obstacle_m
        Height of buildings above the ground, shape (ny, nx) [m]; NaN = unknown.
    lowest_m
        What is lower is no building [m], > 0.
    coarse
        Where the coarse cells begin.

    Returns
    -------
    CoarseSums
        Shape (my, mx): the coarse cells that the array touches.
    """
    known = np.isfinite(obstacle_m)
    height = np.rint(np.where(known, obstacle_m, 0.0).astype(np.float64) * _MM).astype(np.int64)
    built = height >= round(lowest_m * _MM)
    height *= built
    added = coarse.added
    return CoarseSums(
        added(known), added(built), added(height), added(height**2), coarse.greatest(height)
    )


def around(sums: CoarseSums, reach: int) -> CoarseSums:
    """Add up the coarse cells within a square around each.

    Parameters
    ----------
    sums
        Shape (my, mx) each.
    reach
        Coarse cells to either side; the square has 2 reach + 1 along its edge.

    Returns
    -------
    CoarseSums
        Shape (my, mx) each; what lies outside the array adds nothing.
    """
    ground, built, height, height2 = (moving_sum(part, reach) for part in sums[:4])
    return CoarseSums(ground, built, height, height2, _moving_max(sums.max_mm, reach))


def moving_sum(values: IntArray, reach: int) -> IntArray:
    """Sum over a square around each cell.

    Parameters
    ----------
    values
        Shape (my, mx), int64.
    reach
        Cells to either side.

    Returns
    -------
    numpy.ndarray
        Shape (my, mx), int64.
    """
    total = np.zeros_like(values)
    for part, whole in _shifts(values.shape, reach):
        total[whole] += values[part]
    return total


def heights_of(sums: CoarseSums) -> Heights:
    """Return mean, deviation and maximum of the heights of buildings.

    Parameters
    ----------
    sums
        Shape (my, mx) each.

    Returns
    -------
    Heights
        Shape (my, mx) each, float64 [m]; NaN where there is no building.
    """
    built = np.where(sums.built > 0, sums.built, np.nan)
    mean = sums.height_mm / built
    variance = np.maximum(sums.height2_mm2 / built - mean**2, 0.0)
    greatest = np.where(sums.built > 0, sums.max_mm, np.nan)
    return Heights(mean / _MM, np.sqrt(variance) / _MM, greatest / _MM)


def plan_area(sums: CoarseSums) -> FloatArray:
    """Return the share of the ground under buildings.

    Parameters
    ----------
    sums
        Shape (my, mx) each.

    Returns
    -------
    numpy.ndarray
        Shape (my, mx), float64, 0 to 1; NaN where no cell is known.
    """
    return np.asarray(sums.built / np.where(sums.ground > 0, sums.ground, np.nan))


def _begins(first: int, number: int, cells: int) -> IntArray:
    """Where coarse cells begin in an array whose first cell is `first` of the whole grid."""
    place = np.arange(first, first + number) // cells
    return np.flatnonzero(np.diff(place, prepend=place[0] - 1))


def _moving_max(values: IntArray, reach: int) -> IntArray:
    greatest = np.zeros_like(values)
    for part, whole in _shifts(values.shape, reach):
        greatest[whole] = np.maximum(greatest[whole], values[part])
    return greatest


def _shifts(shape: tuple[int, ...], reach: int) -> list[tuple[_Window, _Window]]:
    """Windows of an array moved against each other, as (from, to), all within the square."""
    ny, nx = shape
    found = []
    for down in range(-min(reach, ny - 1), min(reach, ny - 1) + 1):
        for right in range(-min(reach, nx - 1), min(reach, nx - 1) + 1):
            source = (_cut(ny, down), _cut(nx, right))
            found.append((source, (_cut(ny, -down), _cut(nx, -right))))
    return found


def _cut(number: int, shift: int) -> slice:
    return slice(max(shift, 0), number + min(shift, 0))
