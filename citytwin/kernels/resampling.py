"""Brings scattered samples and foreign rasters onto cells, the same way for any tile."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]
IndexArray = NDArray[np.int64]


def cell_means(
    rows: IndexArray, cols: IndexArray, values: Float64Array, shape: tuple[int, int]
) -> Float32Array:
    """Mean of the samples that fall into each cell.

    Sums run in the order of the samples, so the same samples give the same bits.

    Parameters
    ----------
    rows, cols
        Shape (n,): cell of each sample; those outside the array are left out.
    values
        Shape (n,): samples, any unit; NaN is left out.
    shape
        Rows and columns of the result.

    Returns
    -------
    array
        Shape `shape`, float32, the unit of `values`; NaN where no sample fell.
    """
    ny, nx = shape
    keep = (rows >= 0) & (rows < ny) & (cols >= 0) & (cols < nx) & ~np.isnan(values)
    flat = rows[keep] * nx + cols[keep]
    total = np.bincount(flat, weights=values[keep], minlength=ny * nx)
    count = np.bincount(flat, minlength=ny * nx)
    mean = np.full(ny * nx, np.nan)
    np.divide(total, count, out=mean, where=count > 0)
    return mean.reshape(shape).astype(np.float32)


SNAP = 1e-6
"""Places this near to a row or column of centres lie on it [cells]."""


def bilinear(values: Float32Array, row: Float64Array, col: Float64Array) -> Float32Array:
    """Interpolate a raster bilinearly; NaN where a neighbour that counts is unknown.

    Up to four neighbours count; a place on the centre of a cell takes that cell alone, so that
    rasters whose cells coincide pass through unchanged, edges included.

    Parameters
    ----------
    values
        Shape (ny, nx), float32, any unit.
    row, col
        Shape (n,): places in units of cells, 0 being the centre of the first cell.

    Returns
    -------
    array
        Shape (n,), float32, the unit of `values`; NaN outside the raster.
    """
    ny, nx = values.shape
    row, col = _snapped(row), _snapped(col)
    inside = (row >= 0) & (col >= 0) & (row <= ny - 1) & (col <= nx - 1)
    out = np.full(row.shape, np.nan, dtype=np.float32)
    r0, c0 = np.floor(row[inside]).astype(np.int64), np.floor(col[inside]).astype(np.int64)
    r1, c1 = np.minimum(r0 + 1, ny - 1), np.minimum(c0 + 1, nx - 1)
    fr, fc = row[inside] - r0, col[inside] - c0
    north = _between(values[r0, c0], values[r0, c1], fc)
    south = _between(values[r1, c0], values[r1, c1], fc)
    out[inside] = _between(north, south, fr).astype(np.float32)
    return out


def _snapped(place: Float64Array) -> Float64Array:
    nearest = np.rint(place)
    return np.where(np.abs(place - nearest) < SNAP, nearest, place)


def _between(
    first: NDArray[np.floating], second: NDArray[np.floating], share: Float64Array
) -> Float64Array:
    return np.where(share == 0, first, first * (1 - share) + second * share)
