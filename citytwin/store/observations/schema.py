"""How rows of the observation store lie on disk: what an observation is, stands in the model."""

from __future__ import annotations

from enum import StrEnum

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from citytwin.model.tables.observations import OBSERVATIONS, VERSIONED

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
_ARROW = {
    "float64": pa.float64(), "int32": pa.int32(), "int8": pa.int8(), "bool": pa.bool_(),
    "string": pa.string(), "time": _TIME,
}  # fmt: skip
_ON_DISK = {
    "series": pa.field("series", pa.int32(), nullable=False),
    "result": pa.field("result", pa.float64(), nullable=False),
    "tests": pa.field("tests", pa.int32(), nullable=False),
    "raw_ref": pa.field("raw_ref", pa.binary(RAW_REF_BYTES), nullable=False),
}
"""What is written otherwise than it is declared."""
_ORDER = (
    "series", "phenomenon_start", "phenomenon_end", "issued_at", "result", "flag", "tests",
    "known_at", "superseded_at", "revises", "seq", "raw_ref", "raw_value", "raw_unit", "synthetic",
    "text",
)  # fmt: skip
_DECLARED = {column.name: column for column in (*OBSERVATIONS.columns, *VERSIONED)}


def _field(name: str) -> pa.Field:
    if name in _ON_DISK:
        return _ON_DISK[name]
    column = _DECLARED[name]
    return pa.field(name, _ARROW[column.kind], nullable=column.nullable)


SEGMENT = pa.schema([_field(name) for name in _ORDER])
"""Columns of a segment, as :mod:`citytwin.model.tables.observations` declares them. `series` stands
for the columns that name one: it is a row of the manifest. A missing result is NaN, every row has
been tested, and of the digest of the raw payload the first bytes are kept."""


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
