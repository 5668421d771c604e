"""Steps in a series that look like another unit: 1.8 x + 32, 3.6 and 1000, both ways.

A change of level with the very factor between two units, while the series is steady before and
after it. The levels are medians, which one bad value does not move (Tukey 1977).
"""

from __future__ import annotations

import numpy as np

_LEAST_BEFORE, _LEAST_AFTER = 4, 2
"""Values on either side of a step."""
_STEADY, _CLOSE = 0.2, 0.1
"""Largest distance from the level, and of the new level from the one expected: shares of the step."""


def unit_step(value: np.ndarray, factor: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """Find the values since which a series has come in another unit.

    Parameters
    ----------
    value
        Shape (m, n): m series in order of time; NaN where there is no value [any unit].
    factor, offset
        Shape (m,): what another unit of the quantity makes of a value; factor NaN for no test
        [factor, and the other unit].

    Returns
    -------
    numpy.ndarray
        Shape (m, n), bool: the values after a step to the other unit, or back from it.
    """
    found = np.zeros(value.shape, dtype=np.bool_)
    known = np.isfinite(value)
    for cut in range(_LEAST_BEFORE, value.shape[1] - _LEAST_AFTER + 1):
        enough = known[:, :cut].sum(axis=1) >= _LEAST_BEFORE
        enough &= known[:, cut:].all(axis=1) & np.isfinite(factor)
        rows = np.flatnonzero(enough)
        if not rows.size:
            continue
        before, after = value[rows, :cut], value[rows, cut:]
        old, new = np.nanmedian(before, axis=1), np.median(after, axis=1)
        step = np.abs(new - old)
        steady = np.nanmax(np.abs(before - old[:, None]), axis=1) <= _STEADY * step
        steady &= np.abs(after - new[:, None]).max(axis=1) <= _STEADY * step
        there = np.abs(new - (factor[rows] * old + offset[rows])) <= _CLOSE * step
        back = np.abs(new - (old - offset[rows]) / factor[rows]) <= _CLOSE * step
        mistaken = steady & (there | back) & (step > 0.0)
        found[rows[mistaken], cut:] = True
    return found
