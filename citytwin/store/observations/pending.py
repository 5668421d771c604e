"""Rows that wait for a commit, and their way into the table of a segment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from citytwin.kernels.observation_keys import NEVER, REPEAT, REVISION, Versions
from citytwin.store.observations.dirty_windows import Window, windows_of
from citytwin.store.observations.observed import Observed, code_names
from citytwin.store.observations.schema import RAW_REF_BYTES, SEGMENT, FloatArray, IntArray, Kind

_T = TypeVar("_T")
_UNSTAMPED = np.int64(NEVER)
"""Of rows that become known when they are written."""


@dataclass(frozen=True, eq=False)
class Pending:
    """Rows of one source as they were queued, or of several put together."""

    kind: Kind
    replayed: bool
    """Whether they bring their own times of knowledge, in any order."""
    versions: Versions
    result: FloatArray
    tests: NDArray[np.int32]
    seq: NDArray[np.int32]
    raw_refs: tuple[bytes, ...]
    raw_codes: NDArray[np.int32]
    """Shape (n,): which of `raw_refs` each row has."""
    properties: tuple[str, ...]
    property_codes: NDArray[np.int32]
    """Shape (n,): which of `properties` each row is of."""
    synthetic: NDArray[np.bool_]
    raw_value: FloatArray | None
    raw_unit: pa.Array | None
    text: pa.Array | None

    def __len__(self) -> int:
        return len(self.result)

    @classmethod
    def of(cls, rows: Observed, kind: Kind, series: NDArray[np.int32]) -> Pending:
        """Take rows as they are queued.

        Parameters
        ----------
        rows
            Of one source; n of them.
        kind
            What they are.
        series
            Shape (n,): the series of each.
        """
        n = len(rows)
        start, end = rows.times
        codes, names = code_names(rows.observed)
        known = np.full(n, _UNSTAMPED) if rows.known_us is None else np.array(rows.known_us)
        issued = np.zeros(n, np.int64) if rows.issued_us is None else np.asarray(rows.issued_us)
        return cls(
            kind=kind,
            replayed=rows.known_us is not None and not rows.in_order,
            versions=Versions(
                series,
                start,
                end,
                issued.astype(np.int64),
                known.astype(np.int64),
                rows.content,
                np.asarray(rows.flag, dtype=np.int8),
            ),
            result=rows.results,
            tests=np.asarray(rows.tests, dtype=np.int32),
            seq=np.arange(n, dtype=np.int32)
            if rows.seq is None
            else np.asarray(rows.seq, np.int32),
            raw_refs=(rows.raw_ref,),
            raw_codes=np.zeros(n, dtype=np.int32),
            properties=tuple(names),
            property_codes=codes,
            synthetic=np.full(n, rows.synthetic),
            raw_value=None if rows.raw_value is None else np.asarray(rows.raw_value, np.float64),
            raw_unit=None if rows.raw_unit is None else _texts(rows.raw_unit),
            text=None if rows.text is None else _texts(rows.text),
        )

    def windows(self, rows: NDArray[np.bool_]) -> list[Window]:
        """Return the hours in which some rows lie.

        Parameters
        ----------
        rows
            Shape (n,): which.
        """
        codes = self.property_codes[rows]
        starts, ends = self.versions.start_us[rows], self.versions.end_us[rows]
        return windows_of(self.properties, codes, starts, ends)


def joined(pending: Sequence[Pending], known_us: int) -> Pending:
    """Put rows together that are written as one segment.

    Parameters
    ----------
    pending
        At least one, of one kind, all replayed or none.
    known_us
        When rows become known that do not bring a time of their own [us].
    """
    first = pending[0]
    columns = [np.concatenate(c) for c in zip(*(p.versions for p in pending), strict=True)]
    versions = Versions(*columns)
    versions.known_us[versions.known_us == _UNSTAMPED] = known_us
    raw_refs, raw_codes = _recoded([(p.raw_refs, p.raw_codes) for p in pending])
    properties, property_codes = _recoded([(p.properties, p.property_codes) for p in pending])
    return Pending(
        kind=first.kind,
        replayed=first.replayed,
        versions=versions,
        result=np.concatenate([p.result for p in pending]),
        tests=np.concatenate([p.tests for p in pending]),
        seq=np.concatenate([p.seq for p in pending]),
        raw_refs=raw_refs,
        raw_codes=raw_codes,
        properties=properties,
        property_codes=property_codes,
        synthetic=np.concatenate([p.synthetic for p in pending]),
        raw_value=_values(pending),
        raw_unit=_joined_texts([(p.raw_unit, len(p)) for p in pending]),
        text=_joined_texts([(p.text, len(p)) for p in pending]),
    )


def table_of(
    rows: Pending, tests: NDArray[np.int32], verdict: NDArray[np.int8], superseded_us: IntArray
) -> pa.Table:
    """Make the table of a segment.

    Parameters
    ----------
    rows
        All, n of them.
    tests
        Shape (n,): bits of their tests, those of the store included.
    verdict, superseded_us
        Shape (n,): as :func:`citytwin.kernels.observation_keys.admit` gives them; repeats are left
        out.
    """
    v = rows.versions
    n = len(rows)
    refs = pa.DictionaryArray.from_arrays(
        pa.array(rows.raw_codes), pa.array(rows.raw_refs, pa.binary(RAW_REF_BYTES))
    )
    raw_value = np.full(n, np.nan) if rows.raw_value is None else rows.raw_value
    columns = {
        "series": pa.array(v.series),
        "phenomenon_start": _times(v.start_us),
        "phenomenon_end": _times(v.end_us),
        "issued_at": _times(v.issued_us, v.issued_us == 0),
        "result": pa.array(rows.result),
        "flag": pa.array(v.flag),
        "tests": pa.array(tests),
        "known_at": _times(v.known_us),
        "superseded_at": _times(superseded_us, superseded_us == NEVER),
        "revises": pa.array(verdict == REVISION),
        "seq": pa.array(rows.seq),
        "raw_ref": refs.cast(pa.binary(RAW_REF_BYTES)),
        "raw_value": pa.array(raw_value, mask=np.isnan(raw_value)),
        "raw_unit": pa.nulls(n, pa.string()) if rows.raw_unit is None else rows.raw_unit,
        "synthetic": pa.array(rows.synthetic),
        "text": pa.nulls(n, pa.string()) if rows.text is None else rows.text,
    }
    table = pa.table(columns, schema=SEGMENT)
    keep = verdict != REPEAT
    return table if keep.all() else table.filter(pa.array(keep))


def _times(time_us: IntArray, null: NDArray[np.bool_] | None = None) -> pa.Array:
    mask = null if null is not None and null.any() else None
    return pa.array(time_us, mask=mask).cast(SEGMENT.field("known_at").type)


def _texts(texts: Sequence[str | None] | pa.Array) -> pa.Array:
    if isinstance(texts, pa.Array):
        return texts.cast(pa.string())
    return pa.array(texts, pa.string())


def _recoded(
    parts: Sequence[tuple[tuple[_T, ...], NDArray[np.int32]]],
) -> tuple[tuple[_T, ...], NDArray[np.int32]]:
    every: dict[_T, int] = {}
    codes = []
    for values, own in parts:
        numbers = np.array([every.setdefault(v, len(every)) for v in values], dtype=np.int32)
        codes.append(numbers[own])
    return tuple(every), np.concatenate(codes)


def _values(pending: Sequence[Pending]) -> FloatArray | None:
    if all(p.raw_value is None for p in pending):
        return None
    return np.concatenate(
        [np.full(len(p), np.nan) if p.raw_value is None else p.raw_value for p in pending]
    )


def _joined_texts(parts: Sequence[tuple[pa.Array | None, int]]) -> pa.Array | None:
    if all(texts is None for texts, _ in parts):
        return None
    whole = [pa.nulls(n, pa.string()) if texts is None else texts for texts, n in parts]
    return pa.concat_arrays(whole)
