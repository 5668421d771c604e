"""Times whose results are out of date, because rows came late or were corrected."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citytwin.store.observations.schema import IntArray

HOUR_US = 3_600_000_000
_BITS, _OFFSET = 22, 1 << 20
"""Three centuries have fewer hours than 22 bits hold; those before 1970 count from below zero."""


@dataclass(frozen=True, order=True)
class Window:
    """Whole hours of a property whose observations changed after they could have been used."""

    observed: str
    """Name of the property."""
    start_us: int
    end_us: int
    """[us since 1970-01-01T00:00Z]."""
    marked_us: int = 0
    """When it last became so; 0 before it is kept [us]."""


def windows_of(
    observed: Sequence[str], codes: NDArray[np.int32], start_us: IntArray, end_us: IntArray
) -> list[Window]:
    """Return the hours that some intervals lie in.

    Parameters
    ----------
    observed
        Names of properties.
    codes
        Shape (n,): which of them each row is of.
    start_us, end_us
        Shape (n,): intervals [us].
    """
    first = start_us // HOUR_US
    hours = np.maximum(first, (end_us - 1) // HOUR_US) + 1 - first
    packed = np.unique(((codes.astype(np.int64) << _BITS | first + _OFFSET) << _BITS) | hours)
    within = (1 << _BITS) - 1
    spans = zip(
        (packed >> 2 * _BITS).tolist(),
        ((packed >> _BITS & within) - _OFFSET).tolist(),
        (packed & within).tolist(),
        strict=True,
    )
    return [
        Window(observed[code], begin * HOUR_US, (begin + count) * HOUR_US)
        for code, begin, count in spans
    ]


def mark(connection: sqlite3.Connection, windows: Iterable[Window], known_us: int) -> None:
    """Keep windows until somebody has looked after them; the caller holds the transaction.

    Parameters
    ----------
    connection
        To the manifest.
    windows
        To keep.
    known_us
        When they became so [us].
    """
    connection.executemany(
        "INSERT INTO dirty VALUES (?,?,?,?) ON CONFLICT (property, start_us) DO UPDATE SET"
        " end_us = max(end_us, excluded.end_us), marked_us = excluded.marked_us",
        [(w.observed, w.start_us, w.end_us, known_us) for w in windows],
    )


def marked(connection: sqlite3.Connection) -> tuple[Window, ...]:
    """Return the windows that nobody has looked after.

    Parameters
    ----------
    connection
        To the manifest.
    """
    rows = connection.execute("SELECT * FROM dirty ORDER BY property, start_us").fetchall()
    return tuple(Window(*row) for row in rows)


def clean(connection: sqlite3.Connection, windows: Iterable[Window]) -> None:
    """Forget windows, unless they were marked again since.

    Parameters
    ----------
    connection
        To the manifest.
    windows
        As :func:`marked` gave them.
    """
    connection.executemany(
        "DELETE FROM dirty WHERE property = ? AND start_us = ? AND marked_us = ?",
        [(w.observed, w.start_us, w.marked_us) for w in windows],
    )
