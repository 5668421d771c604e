"""Coarser versions of a raster that keep what matters: averages, or the peaks of a hazard."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from citytwin.model.layer import Coarsening


def coarsened(values: NDArray[np.float32], factor: int, how: Coarsening) -> NDArray[np.float32]:
    """Return one value per block of `factor` x `factor` cells, counted from the north-west.

    Parameters
    ----------
    values
        Shape (ny, nx), NaN where there is no data.
    factor
        Cells per block and side, >= 1.
    how
        ``average``, ``max`` or ``min`` of the cells with data.

    Returns
    -------
    array
        Shape (ceil(ny / factor), ceil(nx / factor)); NaN where no cell of a block has data.
    """
    if factor == 1:
        return values
    ny, nx = values.shape
    rows, cols = -(-ny // factor), -(-nx // factor)
    padded = np.full((rows * factor, cols * factor), np.nan, dtype=np.float32)
    padded[:ny, :nx] = values
    blocks = padded.reshape(rows, factor, cols, factor)
    if how == "max":
        return np.asarray(np.fmax.reduce(np.fmax.reduce(blocks, axis=3), axis=1))
    if how == "min":
        return np.asarray(np.fmin.reduce(np.fmin.reduce(blocks, axis=3), axis=1))
    known = ~np.isnan(blocks)
    count = known.sum(axis=(1, 3))
    total = np.where(known, blocks, 0.0).sum(axis=(1, 3), dtype=np.float64)
    mean = np.full((rows, cols), np.nan, dtype=np.float32)
    np.divide(total, count, out=mean, where=count > 0, casting="unsafe")
    return mean


def pyramid(
    values: NDArray[np.float32], how: Coarsening, smallest: int
) -> Iterator[NDArray[np.float32]]:
    """Yield versions of half, a quarter, ... the size until one fits into `smallest` cells.

    Parameters
    ----------
    values
        Shape (ny, nx), NaN where there is no data.
    how
        What a coarser cell says; for averages each level is taken from the one before.
    smallest
        Side at which to stop [cells].
    """
    level = values
    while max(level.shape) > smallest:
        level = coarsened(level, 2, how)
        yield level
