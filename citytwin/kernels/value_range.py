"""Between which values series lay within a time of their own; exact: no number is changed.

The range over a window is what the flat-line test looks at (U.S. IOOS 2020, QARTOD manual for wind,
test 8), for all series in one pass.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.observation_keys import Versions


class Ranges(NamedTuple):
    """Windows of m series, and what was found in them.

    Parameters
    ----------
    position
        Shape (number of series,), int32: which window each series has, -1 for none (integers).
    low_us, high_us
        Shape (m,), int64: first and last time of each window [us].
    lowest, highest
        Shape (m,): of the values [any unit]; begin with infinity and minus infinity.
    first_us
        Shape (m,), int64: when the first of them ends [us]; begin with the largest number.
    """

    position: np.ndarray
    low_us: np.ndarray
    high_us: np.ndarray
    lowest: np.ndarray
    highest: np.ndarray
    first_us: np.ndarray


@njit(cache=True, nogil=True)
def widen(
    rows: Versions, value: np.ndarray, usable: np.ndarray, known_us: int, ranges: Ranges
) -> None:
    """Take the rows of a segment into the ranges of their series.

    Parameters
    ----------
    rows
        Columns of shape (n,) [us].
    value
        Shape (n,): results [any unit].
    usable
        Shape (16,), bool: which flags count.
    known_us
        Versions known later are left out [us]; those that were replaced count.
    ranges
        Changed in place [us].
    """
    for i in range(len(rows.series)):
        series = rows.series[i]
        p = ranges.position[series] if series < len(ranges.position) else -1
        if p < 0 or rows.known_us[i] > known_us or not usable[rows.flag[i]]:
            continue
        end = rows.end_us[i]
        if ranges.low_us[p] <= end <= ranges.high_us[p]:
            ranges.lowest[p] = min(ranges.lowest[p], value[i])
            ranges.highest[p] = max(ranges.highest[p], value[i])
            ranges.first_us[p] = min(ranges.first_us[p], end)
