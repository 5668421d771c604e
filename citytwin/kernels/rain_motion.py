"""How rain moves: the field of displacements between two images, by local least squares on a pyramid.

Lucas and Kanade (1981) in the pyramidal form of Bouguet (2001), dense, on logarithms of rates: in each
window the displacement whose brightness is conserved in the sense of least squares. Where there is
little to see a window follows its surroundings, in proportion to what either knows (normalized
convolution, Knutsson and Westin, 1993).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

FloatArray = NDArray[np.float64]

_SMALLEST = 12
"""Cells along the shorter side of the coarsest image."""
_ITERATIONS = 4
_WINDOW_CELLS = 4.0
"""Standard deviation of the window, at each level [cells]."""
_SURROUNDINGS_CELLS = 8.0
_SURE = 0.999
"""Share of what is known around a cell from which it counts."""
_RIDGE = 0.02
"""Share of the mean contrast that is added to that of a window."""


def motion(
    before: NDArray[np.float32], after: NDArray[np.float32]
) -> tuple[FloatArray, FloatArray]:
    """Return by how much the rain of each cell moved from one image to the next.

    Parameters
    ----------
    before, after
        Shape (ny, nx) each, row 0 in the north: rates [mm/h], NaN for unknown.

    Returns
    -------
    columns, rows : ndarray
        Shape (ny, nx) each: displacement to the east and to the south [cells], zero everywhere where
        either image holds no rain.
    """
    first, second = _brightness(before), _brightness(after)
    columns, rows = np.zeros(first.shape), np.zeros(first.shape)
    if not (first.any() and second.any()):
        return columns, rows
    levels = max(0, int(np.log2(max(1, min(first.shape) // _SMALLEST))))
    known = [_well_known(image) for image in (before, after)]
    for level in range(levels, -1, -1):
        small = [_reduced(image, 2**level) for image in (first, second)]
        sure = [(_reduced(part, 2**level) > _SURE).astype(np.float64) for part in known]
        columns, rows = (_enlarged(part, small[0].shape) for part in (columns, rows))
        columns, rows = _improved((small[0], small[1]), (sure[0], sure[1]), columns, rows)
        if level:
            columns, rows = 2.0 * columns, 2.0 * rows
    return columns, rows


def _brightness(rate: NDArray[np.float32]) -> FloatArray:
    """Logarithms, since rain differs by factors; what is unknown counts as dry."""
    known = np.nan_to_num(rate.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    found: FloatArray = ndimage.gaussian_filter(np.log1p(np.maximum(known, 0.0)), 1.0)
    return found


def _well_known(rate: NDArray[np.float32]) -> FloatArray:
    """Share of what is known around a cell: the edge of a radar's sight stands still, and is no rain."""
    found: FloatArray = ndimage.gaussian_filter(np.isfinite(rate).astype(np.float64), 1.0)
    return found


def _reduced(image: FloatArray, factor: int) -> FloatArray:
    """Means of square blocks; the last ones are filled up by their edge."""
    ny, nx = image.shape
    padded = np.pad(image, ((0, -ny % factor), (0, -nx % factor)), mode="edge")
    blocks = padded.reshape(padded.shape[0] // factor, factor, padded.shape[1] // factor, factor)
    means: FloatArray = blocks.mean(axis=(1, 3))
    return means


def _enlarged(part: FloatArray, shape: tuple[int, ...]) -> FloatArray:
    if part.shape == shape:
        return part
    ny, nx = shape
    rows = (np.arange(ny) + 0.5) * part.shape[0] / ny - 0.5
    columns = (np.arange(nx) + 0.5) * part.shape[1] / nx - 0.5
    places = np.meshgrid(rows, columns, indexing="ij")
    found: FloatArray = ndimage.map_coordinates(part, places, order=1, mode="nearest")
    return found


def _improved(
    images: tuple[FloatArray, FloatArray],
    sure: tuple[FloatArray, FloatArray],
    columns: FloatArray,
    rows: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Improve displacements at one level, a few times, by what is known of both images."""
    first, second = images
    ys, xs = np.indices(first.shape, dtype=np.float64)
    for _ in range(_ITERATIONS):
        places = [ys + rows, xs + columns]
        moved = ndimage.map_coordinates(second, places, order=1, mode="nearest")
        counts = sure[0] * ndimage.map_coordinates(sure[1], places, order=1, mode="constant")
        slope_y, slope_x = np.gradient(0.5 * (first + moved))
        change = moved - first
        xx, xy, yy, xt, yt = (
            ndimage.gaussian_filter(counts * product, _WINDOW_CELLS)
            for product in (
                slope_x * slope_x, slope_x * slope_y, slope_y * slope_y,
                slope_x * change, slope_y * change,
            )
        )  # fmt: skip
        ridge = _RIDGE * float(np.mean(xx + yy)) + 1e-12
        xx, yy = xx + ridge, yy + ridge
        area = xx * yy - xy * xy
        columns = columns - (yy * xt - xy * yt) / area
        rows = rows - (xx * yt - xy * xt) / area
        # The smaller eigenvalue says how well both components are known.
        mean, half = 0.5 * (xx + yy), 0.5 * np.hypot(xx - yy, 2.0 * xy)
        weight = np.maximum(mean - half - ridge, 0.0)
        columns, rows = _spread(columns, weight), _spread(rows, weight)
    return columns, rows


def _spread(part: FloatArray, weight: FloatArray) -> FloatArray:
    """Mean over the surroundings by weight; the mean of all where nothing is known near by."""
    total = float(weight.sum())
    if total <= 0.0:
        return np.zeros(part.shape)
    everywhere = float((part * weight).sum()) / total
    little = 1e-3 * total / weight.size
    above = ndimage.gaussian_filter(part * weight, _SURROUNDINGS_CELLS, mode="constant")
    below = ndimage.gaussian_filter(weight, _SURROUNDINGS_CELLS, mode="constant")
    found: FloatArray = (above + little * everywhere) / (below + little)
    return found
