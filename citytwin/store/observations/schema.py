"""What a row of the observation store is: the columns on disk, in one place."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

MICROSECONDS_PER_DAY = 86_400_000_000
RAW_REF_BYTES = 16
"""First bytes of the sha256 of the raw payload that a row was decoded from."""


class Kind(StrEnum):
    """What is kept apart: forecasts are no observations, and people correct the city by hand."""

    OBSERVATION = "observation"
    FORECAST = "forecast"
    EDIT = "edit"


_TIME = pa.timestamp("us", tz="UTC")
SEGMENT = pa.schema(
    [
        pa.field("series", pa.int32(), nullable=False),
        pa.field("phenomenon_start", _TIME, nullable=False),
        pa.field("phenomenon_end", _TIME, nullable=False),
        pa.field("issued_at", _TIME),
        pa.field("result", pa.float64(), nullable=False),
        pa.field("flag", pa.int8(), nullable=False),
        pa.field("tests", pa.int32(), nullable=False),
        pa.field("known_at", _TIME, nullable=False),
        pa.field("superseded_at", _TIME),
        pa.field("revises", pa.bool_(), nullable=False),
        pa.field("seq", pa.int32(), nullable=False),
        pa.field("raw_ref", pa.binary(RAW_REF_BYTES), nullable=False),
        pa.field("raw_value", pa.float64()),
        pa.field("raw_unit", pa.string()),
        pa.field("synthetic", pa.bool_(), nullable=False),
        pa.field("text", pa.string()),
    ]
)
"""Columns of a segment. `series` is a row of the manifest: source, thing, property, unit. A missing
result is NaN. `issued_at` is of forecasts, `text` of edits. `known_at` is when the row became
known, `superseded_at` when a version that had arrived before it replaced it; `revises` says that
a version known before it had arrived before it."""


def counted(numbers: NDArray[np.integer]) -> tuple[list[int], list[int]]:
    """Return the different ones of some numbers in order, and how often each occurs.

    Parameters
    ----------
    numbers
        Shape (n,), n > 0; days or series, which lie close together.
    """
    low, high = int(numbers.min()), int(numbers.max())
    if high - low > 4 * len(numbers) + 1024:
        found, often = np.unique(numbers, return_counts=True)
        return found.tolist(), often.tolist()
    often = np.bincount(numbers - low)
    found = np.flatnonzero(often)
    return (found + low).tolist(), often[found].tolist()


def day_of(time_us: IntArray) -> IntArray:
    """Return the day of times in UTC.

    Parameters
    ----------
    time_us
        Shape (n,): microseconds since 1970-01-01T00:00Z.

    Returns
    -------
    ndarray
        Shape (n,): days since 1970-01-01.
    """
    return time_us // MICROSECONDS_PER_DAY
