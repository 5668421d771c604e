"""Fills gaps in a raster smoothly from what lies around them (push-pull on a pyramid)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Float32Array = NDArray[np.float32]


def margin_cells(levels: int) -> int:
    """Cells around a window that can influence the fill inside it.

    Parameters
    ----------
    levels
        Levels of the pyramid, >= 1.

    Returns
    -------
    int
        Number of cells; a multiple of the coarsest block.
    """
    return int(3 * 2**levels)


def fill_gaps(values: Float32Array, row0: int, col0: int, levels: int) -> Float32Array:
    """Fill NaN cells from coarser and coarser block means, interpolated bilinearly.

    Push: each level halves the raster, a block being the mean of its known cells. Pull: from
    coarse to fine, an unknown cell takes the bilinear interpolation of the next coarser level.
    Known cells keep their value. Blocks are aligned to global indices, so that a window with
    :func:`margin_cells` around it gets the same bits as the whole raster. After the push-pull
    scheme of Gortler, Grzeszczuk, Szeliski and Cohen (1996), section 3.4, with weights 0 and 1.

    Parameters
    ----------
    values
        Shape (ny, nx), float32, any unit; NaN where unknown.
    row0, col0
        Global row and column of the first cell.
    levels
        Levels of the pyramid, >= 1; gaps wider than about 2**levels cells stay NaN.

    Returns
    -------
    array
        Shape (ny, nx), float32, the unit of `values`.
    """
    block = 2**levels
    top, left = row0 % block, col0 % block
    bottom, right = -(top + values.shape[0]) % block, -(left + values.shape[1]) % block
    padded = np.pad(
        values.astype(np.float64), ((top, bottom), (left, right)), constant_values=np.nan
    )
    pyramid = [padded]
    for _ in range(levels):
        pyramid.append(_halved(pyramid[-1]))
    filled = pyramid[-1]
    for fine in reversed(pyramid[:-1]):
        filled = np.where(np.isnan(fine), _doubled(filled), fine)
    inside = filled[top : top + values.shape[0], left : left + values.shape[1]]
    return np.where(np.isnan(values), inside, values).astype(np.float32)


def _halved(fine: NDArray[np.float64]) -> NDArray[np.float64]:
    quads = np.stack([fine[0::2, 0::2], fine[0::2, 1::2], fine[1::2, 0::2], fine[1::2, 1::2]])
    known = ~np.isnan(quads)
    count = known.sum(axis=0)
    total = np.where(known, quads, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _doubled(coarse: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bilinear interpolation to twice the cells; weights of unknown neighbours are left out."""
    for axis in (0, 1):
        coarse = _doubled_along(coarse, axis)
    return coarse


def _doubled_along(coarse: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    before = np.roll(coarse, 1, axis=axis)
    after = np.roll(coarse, -1, axis=axis)
    edge_low = [slice(None), slice(None)]
    edge_high = [slice(None), slice(None)]
    edge_low[axis], edge_high[axis] = slice(0, 1), slice(-1, None)
    before[tuple(edge_low)] = np.nan
    after[tuple(edge_high)] = np.nan
    shape = list(coarse.shape)
    shape[axis] *= 2
    out = np.empty(shape)
    first = [slice(None), slice(None)]
    second = [slice(None), slice(None)]
    first[axis], second[axis] = slice(0, None, 2), slice(1, None, 2)
    out[tuple(first)] = _weighted(coarse, before)
    out[tuple(second)] = _weighted(coarse, after)
    return out


def _weighted(near: NDArray[np.float64], far: NDArray[np.float64]) -> NDArray[np.float64]:
    near_weight = np.where(np.isnan(near), 0.0, 0.75)
    far_weight = np.where(np.isnan(far), 0.0, 0.25)
    weight = near_weight + far_weight
    total = np.where(np.isnan(near), 0.0, near) * near_weight
    total = total + np.where(np.isnan(far), 0.0, far) * far_weight
    return np.where(weight > 0, total / np.where(weight > 0, weight, 1.0), np.nan)
