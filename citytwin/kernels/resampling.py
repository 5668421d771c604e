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


def bilinear(values: Float32Array, row: Float64Array, col: Float64Array) -> Float32Array:
    """Interpolate a raster bilinearly; NaN where one of the four neighbours is unknown.

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
    r0, c0 = np.floor(row).astype(np.int64), np.floor(col).astype(np.int64)
    inside = (r0 >= 0) & (c0 >= 0) & (r0 + 1 < ny) & (c0 + 1 < nx)
    out = np.full(row.shape, np.nan, dtype=np.float32)
    r0, c0 = r0[inside], c0[inside]
    fr, fc = row[inside] - r0, col[inside] - c0
    north = values[r0, c0] * (1 - fc) + values[r0, c0 + 1] * fc
    south = values[r0 + 1, c0] * (1 - fc) + values[r0 + 1, c0 + 1] * fc
    out[inside] = (north * (1 - fr) + south * fr).astype(np.float32)
    return out
