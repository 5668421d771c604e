"""Ranges of series over windows of their own, by hand."""

from __future__ import annotations

import numpy as np

from citytwin.kernels.observation_keys import Versions
from citytwin.kernels.value_range import Ranges, widen


def test_ranges() -> None:
    """Outside the window, known too late, of a bad flag, or of a series nobody asked for: left out."""
    series = np.array([0, 0, 0, 0, 1, 1, 2], np.int32)
    end = np.array([5, 10, 20, 21, 10, 12, 12])
    known = np.array([1, 1, 1, 1, 1, 9, 1])
    flag = np.array([1, 1, 1, 1, 4, 1, 1], np.int8)
    rows = Versions(series, end, end, np.zeros(7, np.int64), known, np.zeros(7, np.int64), flag)
    usable = np.zeros(16, np.bool_)
    usable[1] = True
    ranges = Ranges(
        np.array([0, 1, -1], np.int32), np.array([10, 10]), np.array([20, 20]),
        np.full(2, np.inf), np.full(2, -np.inf), np.full(2, 1 << 62),
    )  # fmt: skip
    widen(rows, np.array([9.0, 1.0, 2.0, 7.0, 3.0, 4.0, 5.0]), usable, 5, ranges)
    assert ranges.lowest.tolist() == [1.0, np.inf]
    assert ranges.highest.tolist() == [2.0, -np.inf]
    assert ranges.first_us.tolist() == [10, 1 << 62]
