"""Rain carried on along its motion: extrapolation backwards along paths (semi-Lagrangian).

Germann and Zawadzki (2002), section 2: for each cell the path is followed back to where its rain is
now, with the displacement at the middle of each step (Robert, 1981). The image is interpolated once for
each lead, so that rain is not smeared out step by step.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

FloatArray = NDArray[np.float64]

_MIDPOINTS = 3
"""Iterations for the middle of a step."""
_LONGEST = 0.5
"""Of an interval between images, for a step along a path."""


def extrapolate(
    rate: NDArray[np.float32], columns: FloatArray, rows: FloatArray, leads: Sequence[float]
) -> NDArray[np.float32]:
    """Carry an image of rain on.

    Parameters
    ----------
    rate
        Shape (ny, nx), row 0 in the north: the last image [mm/h], NaN for unknown.
    columns, rows
        Shape (ny, nx) each: displacement of the rain to the east and to the south in the interval
        between two images [cells], the same for all time.
    leads
        Times after the image, rising [intervals].

    Returns
    -------
    ndarray
        Shape (len(leads), ny, nx): rates [mm/h]; NaN where rain comes from outside or from the
        unknown.

    Raises
    ------
    ValueError
        If leads are negative or do not rise.
    """
    steps = np.diff([0.0, *leads])
    if (steps < 0.0).any():
        msg = f"leads must rise from zero, got {list(leads)}"
        raise ValueError(msg)
    ys, xs = np.meshgrid(*(np.arange(size, dtype=np.float64) for size in rate.shape), indexing="ij")
    back_y, back_x = np.zeros(rate.shape), np.zeros(rate.shape)
    known = np.isfinite(rate)
    filled = np.where(known, rate, 0.0).astype(np.float64)
    found = np.empty((len(leads), *rate.shape), dtype=np.float32)
    for number, step in enumerate(steps.tolist()):
        parts = max(1, int(np.ceil(step / _LONGEST)))
        for _ in range(parts):
            back_y, back_x = _further(columns, rows, (ys, xs), (back_y, back_x), step / parts)
        places = [ys - back_y, xs - back_x]
        value = ndimage.map_coordinates(filled, places, order=1, mode="constant", cval=np.nan)
        share = ndimage.map_coordinates(
            known.astype(np.float64), places, order=1, mode="constant", cval=0.0
        )
        with np.errstate(invalid="ignore", divide="ignore"):
            found[number] = np.where(share > 0.5, value / share, np.nan)
    return found


def _further(
    columns: FloatArray,
    rows: FloatArray,
    here: tuple[FloatArray, FloatArray],
    back: tuple[FloatArray, FloatArray],
    step: float,
) -> tuple[FloatArray, FloatArray]:
    """Follow paths back by one step; the displacement is that at the middle of it."""
    from_y, from_x = here[0] - back[0], here[1] - back[1]
    step_y, step_x = np.zeros(from_y.shape), np.zeros(from_x.shape)
    for _ in range(_MIDPOINTS):
        middle = [from_y - 0.5 * step_y, from_x - 0.5 * step_x]
        step_y = step * ndimage.map_coordinates(rows, middle, order=1, mode="nearest")
        step_x = step * ndimage.map_coordinates(columns, middle, order=1, mode="nearest")
    return back[0] + step_y, back[1] + step_x
