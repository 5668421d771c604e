"""What the writer knows of each day: the keys and versions of its rows, as far as they are needed.

The days that are written to stay in memory, 45 bytes a row. Of an older day that comes up again
only the series that are written to are read back, by groups of rows of its sorted segments.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from citytwin.kernels.observation_keys import Versions, admit, rehash
from citytwin.store.observations.manifest import Segment
from citytwin.store.observations.observed import bits_of_texts, content_bits
from citytwin.store.observations.schema import IntArray, Kind, day_of
from citytwin.store.observations.segments import read_segment

_COLUMNS = (
    "series", "phenomenon_start", "phenomenon_end", "issued_at", "known_at", "result", "flag", "text"
)  # fmt: skip
_WHOLE_DAY_ROWS = 1_000_000
"""A day with fewer rows is read as a whole when it comes up."""
_SMALLEST = 1 << 14


class KnownDay:
    """Keys and versions of rows of one kind and day."""

    def __init__(self) -> None:
        self._table = _empty(_SMALLEST)
        self._chain = np.empty(_SMALLEST, dtype=np.int32)
        self._slots = np.full(2 * _SMALLEST, -1, dtype=np.int32)
        self.count = 0
        self._covered: NDArray[np.bool_] | None = np.zeros(0, dtype=np.bool_)

    def admit(self, rows: Versions, *, replayed: bool) -> tuple[NDArray[np.int8], IntArray]:
        """Sort rows into new ones, further versions and repeats, and remember the first two.

        Parameters
        ----------
        rows
            Columns of shape (n,); the times of knowledge of live rows may be moved on.
        replayed
            Whether the rows bring their own time of knowledge.

        Returns
        -------
        verdict : ndarray
            Shape (n,): see :mod:`citytwin.kernels.observation_keys`.
        superseded_us : ndarray
            Shape (n,).
        """
        n = len(rows.series)
        self._reserve(self.count + n)
        verdict, superseded = np.empty(n, dtype=np.int8), np.empty(n, dtype=np.int64)
        self.count = admit(
            self._table, self.count, self._slots, self._chain, rows, replayed, verdict, superseded
        )
        return verdict, superseded

    def uncovered(self, series: NDArray[np.int32]) -> NDArray[np.int32]:
        """Return those of some sorted series whose rows have not been read back.

        Parameters
        ----------
        series
            Sorted, different.
        """
        if self._covered is None:
            return series[:0]
        within = series[series < len(self._covered)]
        beyond = series[series >= len(self._covered)]
        return np.concatenate([within[~self._covered[within]], beyond])

    def cover(self, series: NDArray[np.int32] | None) -> None:
        """Note that all rows of some series have been read back.

        Parameters
        ----------
        series
            Sorted, different; None: of all series, also of those to come.
        """
        if series is None or self._covered is None:
            self._covered = None
            return
        if series.size and series[-1] >= len(self._covered):
            wider = np.zeros(int(series[-1]) + 1, dtype=np.bool_)
            wider[: len(self._covered)] = self._covered
            self._covered = wider
        self._covered[series] = True

    def _reserve(self, count: int) -> None:
        if count <= len(self._chain):
            return
        capacity = max(count, 2 * len(self._chain))
        wider = _empty(capacity)
        for old, new in zip(self._table, wider, strict=True):
            new[: self.count] = old[: self.count]
        self._table = wider
        self._chain = np.empty(capacity, dtype=np.int32)
        self._slots = np.empty(1 << (2 * capacity - 1).bit_length(), dtype=np.int32)
        rehash(self._table, self.count, self._slots, self._chain)


class KnownDays:
    """The days of a kind that are in memory, the least used of them dropped.

    Parameters
    ----------
    segments
        Returns the segments of the kind that count now.
    kind
        Which rows.
    most_rows
        How many rows may be remembered in all.
    """

    def __init__(
        self, segments: Callable[[], Sequence[Segment]], kind: Kind, most_rows: int
    ) -> None:
        self._segments = segments
        self._kind = kind
        self._most_rows = most_rows
        self._days: OrderedDict[int, KnownDay] = OrderedDict()

    def day(self, day: int, series: NDArray[np.int32]) -> KnownDay:
        """Return a day that knows all rows of some series which count.

        Parameters
        ----------
        day
            Days since 1970-01-01 in UTC.
        series
            Sorted, different.
        """
        known = self._days.get(day)
        segments = [s for s in self._segments() if day in s.days] if known is None else []
        if known is None:
            known = self._days[day] = KnownDay()
            whole = sum(s.days[day] for s in segments) <= _WHOLE_DAY_ROWS
            for segment in segments:
                if whole or not segment.in_order:
                    self._read(known, segment, day, None)
            if whole:
                known.cover(None)
        missing = known.uncovered(series)
        if missing.size:
            for segment in self._segments():
                if day in segment.days and segment.in_order:
                    self._read(known, segment, day, missing)
            known.cover(missing)
        self._days.move_to_end(day)
        return known

    def trim(self) -> None:
        """Drop the days used least recently where too many rows are remembered."""
        while len(self._days) > 1 and sum(d.count for d in self._days.values()) > self._most_rows:
            self._days.popitem(last=False)

    def forget(self) -> None:
        """Drop all, such as after a commit that failed."""
        self._days.clear()

    def _read(
        self, known: KnownDay, segment: Segment, day: int, series: NDArray[np.int32] | None
    ) -> None:
        rows = versions_of(read_segment(segment.path, _COLUMNS, series), self._kind)
        keep = day_of(rows.end_us) == day
        if series is not None:
            at = np.minimum(np.searchsorted(series, rows.series), len(series) - 1)
            keep &= series[at] == rows.series
        if not keep.all():
            rows = Versions(*(column[keep] for column in rows))
        known.admit(rows, replayed=True)


def versions_of(table: pa.Table, kind: Kind) -> Versions:
    """Return the keys and versions of rows of a segment.

    Parameters
    ----------
    table
        With the columns of `SEGMENT` that they need.
    kind
        What the rows are.
    """
    result = table["result"].to_numpy()
    edit = kind is Kind.EDIT
    content = bits_of_texts(table["text"].to_pylist()) if edit else content_bits(result)
    return Versions(
        np.array(table["series"].to_numpy()),
        microseconds(table, "phenomenon_start"),
        microseconds(table, "phenomenon_end"),
        microseconds(table, "issued_at", missing=0),
        microseconds(table, "known_at"),
        content,
        np.array(table["flag"].to_numpy()),
    )


def microseconds(table: pa.Table, name: str, *, missing: int | None = None) -> IntArray:
    """Return a column of times as whole microseconds.

    Parameters
    ----------
    table
        Rows, n of them.
    name
        Of the column.
    missing
        What stands for null; None: the column has none.

    Returns
    -------
    ndarray
        Shape (n,) [us since 1970-01-01T00:00Z].
    """
    column = table[name]
    if missing is not None and column.null_count == len(column):
        return np.full(len(column), missing, dtype=np.int64)
    whole = column.cast(pa.int64())
    if missing is not None and whole.null_count:
        whole = whole.fill_null(missing)
    return np.array(whole.to_numpy())  # arrays of Arrow cannot be written to


def _empty(capacity: int) -> Versions:
    times = np.empty((5, capacity), dtype=np.int64)
    series, flag = np.empty(capacity, dtype=np.int32), np.empty(capacity, dtype=np.int8)
    return Versions(series, times[0], times[1], times[2], times[3], times[4], flag)
