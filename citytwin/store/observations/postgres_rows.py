"""Rows of observations out of PostgreSQL, in the form in which segments are read."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import psycopg
import pyarrow as pa
import pyarrow.csv as pc
from numpy.typing import NDArray

from citytwin.store.observations.as_of import DEPTH, Question
from citytwin.store.observations.blocks import Block, block_from
from citytwin.store.observations.postgres_tables import ROWS
from citytwin.store.observations.schema import (
    MICROSECONDS_PER_DAY,
    SEGMENT,
    IntArray,
    Kind,
    day_of,
)

_FETCHED = {
    "series": pa.int32(), "start_us": pa.int64(), "end_us": pa.int64(), "issued_us": pa.int64(),
    "result": pa.float64(), "flag": pa.int8(), "tests": pa.int32(), "known_us": pa.int64(),
    "revises": pa.bool_(), "seq": pa.int32(), "raw_ref": pa.string(), "raw_value": pa.float64(),
    "raw_unit": pa.string(), "synthetic": pa.bool_(), "text": pa.string(),
}  # fmt: skip
_TIMES = {
    "phenomenon_start": "start_us", "phenomenon_end": "end_us", "issued_at": "issued_us",
    "known_at": "known_us",
}  # fmt: skip
_FIRST_LOOK = DEPTH + 4
"""Rows of a series that are fetched at first: the latest ones, and a few corrections among them."""


@dataclass(frozen=True)
class Span:
    """Some series, each over a time of its own."""

    series: NDArray[np.int32]
    """Shape (n,)."""
    low_us: IntArray
    high_us: IntArray
    """Shape (n,): intervals end after the first, and not after the second [us]."""

    @classmethod
    def same(cls, series: NDArray[np.int32], low_us: int, high_us: int) -> Span:
        """Return series over the same time.

        Parameters
        ----------
        series
            Shape (n,).
        low_us, high_us
            Intervals end after the first, and not after the second [us].
        """
        return cls(series, np.full(len(series), low_us), np.full(len(series), high_us))


def rows_of(
    connection: psycopg.Connection, kind: Kind, span: Span, known_us: int, most: int | None = None
) -> Block:
    """Fetch versions of observations.

    Parameters
    ----------
    connection
        To the database.
    kind
        Which rows.
    span
        Series and times.
    known_us
        Versions known later are left out [us].
    most
        Of each series at most so many, the latest; None for all.
    """
    asked = {
        "kind": kind.value, "series": span.series.tolist(), "low": span.low_us.tolist(),
        "high": span.high_us.tolist(), "known": known_us, "most": most,
    }  # fmt: skip
    with connection.cursor() as cursor, cursor.copy(ROWS, asked) as copy:
        text = b"".join(copy)
    return _told_apart(block_from(_segment_table(text), kind))


def latest_rows(
    connection: psycopg.Connection, question: Question, series: NDArray[np.int32]
) -> FetchedRows:
    """Fetch the rows that the latest values of some series are among.

    Parameters
    ----------
    connection
        To the database.
    question
        What is asked.
    series
        Sorted numbers.
    """
    low_us, high_us = question.valid_us - question.lookback_us, question.valid_us
    few = question.kind is not Kind.OBSERVATION
    if question.kind is Kind.FORECAST:  # those that cover the time end after it
        high_us = (high_us // MICROSECONDS_PER_DAY + 2) * MICROSECONDS_PER_DAY - 1
    span, known_us = Span.same(series, low_us, high_us), question.known_us
    found = rows_of(connection, question.kind, span, known_us, None if few else _FIRST_LOOK)
    cut = series[:0] if few else _cut_short(found, question)
    if cut.size:
        whole = ~np.isin(found.versions.series, cut)
        rest = rows_of(connection, question.kind, Span.same(cut, low_us, high_us), known_us)
        tables = [found.table.filter(pa.array(whole)), rest.table]
        found = _told_apart(block_from(pa.concat_tables(tables), question.kind))
    return FetchedRows(found)


@dataclass(frozen=True)
class FetchedRows:
    """Rows that were fetched, as :class:`citytwin.store.observations.as_of.Rows` gives them."""

    block: Block

    def of_days(
        self, first: int, last: int, wanted: NDArray[np.int32], *, few: bool
    ) -> Sequence[tuple[int, Block]]:
        """Return them where one is of these days.

        Parameters
        ----------
        first, last
            Days since 1970-01-01 in UTC.
        wanted, few
            Not looked at: rows are fetched already.
        """
        del wanted, few
        days = day_of(self.block.versions.end_us)
        return [(0, self.block)] if ((days >= first) & (days <= last)).any() else []


def _segment_table(text: bytes) -> pa.Table:
    if not text:
        return SEGMENT.empty_table()
    read = pc.read_csv(
        io.BytesIO(text),
        pc.ReadOptions(column_names=list(_FETCHED), use_threads=False),
        pc.ParseOptions(newlines_in_values=True),
        pc.ConvertOptions(
            column_types=_FETCHED, null_values=[""], true_values=["t"], false_values=["f"],
            strings_can_be_null=True, quoted_strings_can_be_null=False,
        ),
    )  # fmt: skip
    n = len(read)
    columns = {name: read[name] for name in _FETCHED if name in SEGMENT.names}
    for name, column in _TIMES.items():
        moments = read[column].combine_chunks().to_numpy()
        never = moments == 0 if name == "issued_at" else None
        columns[name] = pa.array(moments, mask=never).cast(SEGMENT.field(name).type)
    columns["superseded_at"] = pa.nulls(n, SEGMENT.field("superseded_at").type)
    digits = read["raw_ref"].combine_chunks().dictionary_encode()
    refs = pa.array(
        [bytes.fromhex(ref) for ref in digits.dictionary.to_pylist()],
        SEGMENT.field("raw_ref").type,
    )
    columns["raw_ref"] = refs.take(digits.indices)
    return pa.table([columns[name] for name in SEGMENT.names], schema=SEGMENT)


def _told_apart(block: Block) -> Block:
    """Note which rows have another version among those that were fetched."""
    order, same = _by_key(block)
    several = np.zeros(len(order), dtype=np.bool_)
    several[order[1:][same]] = True
    several[order[:-1][same]] = True
    return replace(block, revised=np.flatnonzero(several))


def _cut_short(block: Block, question: Question) -> NDArray[np.int32]:
    """Series of which more has to be fetched: too few of the rows at hand can be used."""
    order, same = _by_key(block)
    if not order.size:
        return np.zeros(0, dtype=np.int32)
    v = block.versions
    held = order[np.append(~same, True)]  # the last version of each key
    usable = held[question.usable_flags[v.flag[held]]]
    rows, values = (
        np.bincount(v.series),
        np.bincount(v.series[usable], minlength=v.series.max() + 1),
    )
    # Of the oldest row that was fetched, versions may be missing: it does not count.
    return np.flatnonzero((rows == _FIRST_LOOK) & (values <= DEPTH)).astype(np.int32)


def _by_key(block: Block) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Rows in the order of their keys and versions, and whether each has the key of the next."""
    v = block.versions
    order = np.lexsort((v.flag, v.content, v.known_us, v.issued_us, v.start_us, v.end_us, v.series))
    keys = (v.series, v.end_us, v.start_us, v.issued_us)
    same = np.ones(max(len(order) - 1, 0), dtype=np.bool_)
    for column in keys:
        ordered = column[order]
        same &= ordered[1:] == ordered[:-1]
    return order, same
