"""Columns as a feed sends them -> canonical rows, checked by the thousand.

Each check is for whole columns, with no Python per row; what fails becomes a dead letter with its
reason and place, and never a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from citytwin.formats.units import UnitError, conversion
from citytwin.model.properties import ALL
from citytwin.model.tables import Flag, QualityTest
from citytwin.store.observations.moments import microseconds_of_texts
from citytwin.store.observations.observed import DeadLetter, Observed
from citytwin.store.observations.schema import FloatArray

AHEAD_US = 300_000_000
"""How far the clock of a source may be ahead of ours [us]."""
_HOUR_US = 3_600_000_000
_PROPERTIES = {observed.name: observed for observed in ALL}


@dataclass(frozen=True, eq=False)
class RawRows:
    """Rows of one payload of one source, as they came; n of each column."""

    source: str
    thing: pa.Array
    """URNs, texts."""
    observed: pa.Array
    """Names of properties, texts."""
    unit: pa.Array
    """As the feed spells it, texts."""
    start: pa.Array
    end: pa.Array
    """ISO 8601 texts, with an offset unless `zone` says what they mean; the same array for instants."""
    result: pa.Array
    """float64; null where missing."""
    raw_ref: bytes
    zone: str | None = None
    """IANA name of the zone that the feed declares for times without an offset."""
    synthetic: bool = False
    ranges: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    """What the sensors of the source can measure, by name of the property in its canonical unit; the
    range of the property holds as well."""


@dataclass(frozen=True, eq=False)
class Checked:
    """What became of some rows."""

    rows: Observed
    letters: tuple[DeadLetter, ...]


def checked(raw: RawRows, arrival: datetime) -> Checked:
    """Check and convert the rows of a payload.

    Rows outside the gross range are kept with flag 4, missing ones with flag 9. An observation from
    the future, an unknown property or unit, a time without a zone where none is declared, and a
    number that is none, are set aside.

    Parameters
    ----------
    raw
        As they came.
    arrival
        Aware; when the payload arrived.
    """
    arrival_us = (arrival - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    fault = _Faults(len(raw.result))
    fault.add(_null(raw.thing), "thing", lambda _: "names no thing")
    start_us, bad = microseconds_of_texts(raw.start, raw.zone)
    instants = raw.end is raw.start
    end_us, bad_end = (start_us, bad) if instants else microseconds_of_texts(raw.end, raw.zone)
    for code in bad:
        fault.add(bad[code] | bad_end[code], code, partial(_bad_time, raw.end, _TIME_FAULTS[code]))
    fault.add(end_us < start_us, "interval", lambda i: f"ends before {_shown(raw.start, i)}")
    ahead = end_us - arrival_us
    fault.add(ahead > AHEAD_US, "future", lambda i: said_of_future(int(ahead[i])))
    value = _numbers(raw.result)
    fault.add(np.isinf(value), "number", lambda _: "the result is infinite")
    done = _converted(raw, value, fault)
    keep = np.flatnonzero(~fault.any)
    chosen = pa.array(keep)
    rows = Observed(
        source=raw.source,
        thing=raw.thing.take(chosen),
        observed=raw.observed.take(chosen),
        unit=pa.DictionaryArray.from_arrays(done.unit_codes[keep], done.units),
        start_us=start_us[keep],
        end_us=end_us[keep],
        result=done.result[keep],
        flag=done.flag[keep],
        tests=done.tests[keep],
        raw_ref=raw.raw_ref,
        seq=keep.astype(np.int32),
        raw_value=None if done.raw_value is None else done.raw_value[keep],
        raw_unit=None if done.raw_value is None else _raw_units(raw.unit, done.raw_value, keep),
        synthetic=raw.synthetic,
    )
    letters = tuple(
        DeadLetter(raw.source, reason, message, str(row), raw.raw_ref)
        for row, reason, message in fault.told()
    )
    return Checked(rows, letters)


_TIME_FAULTS = {"time": "is no time", "zone": "has no zone, and the feed declares none"}


class _Faults:
    """The first fault of each row."""

    def __init__(self, n: int) -> None:
        self.any = np.zeros(n, dtype=np.bool_)
        self._found: list[tuple[int, str, str]] = []

    def add(self, rows: NDArray[np.bool_], reason: str, message: Callable[[int], str]) -> None:
        for row in np.flatnonzero(rows & ~self.any).tolist():
            self._found.append((row, reason, message(row)))
        self.any |= rows

    def told(self) -> Iterable[tuple[int, str, str]]:
        return sorted(self._found)


@dataclass(frozen=True, eq=False)
class _Converted:
    result: FloatArray
    flag: NDArray[np.int8]
    tests: NDArray[np.int32]
    units: list[str]
    unit_codes: NDArray[np.int32]
    raw_value: FloatArray | None


def _converted(raw: RawRows, value: FloatArray, fault: _Faults) -> _Converted:
    """Convert by pairs of property and unit: there are few, whatever the number of rows."""
    n = len(value)
    property_codes, names = _codes(raw.observed)
    unit_codes, spellings = _codes(raw.unit)
    result, raw_value = value.copy(), np.full(n, np.nan)
    low, high = np.full(n, -np.inf), np.full(n, np.inf)
    canonical = np.zeros(n, dtype=np.int32)
    units: dict[str, int] = {}
    pairs = property_codes.astype(np.int64) * (len(spellings) + 1) + unit_codes
    for pair in np.unique(pairs).tolist():
        here = pairs == pair
        name = names[pair // (len(spellings) + 1)]
        spelling = (*spellings, None)[pair % (len(spellings) + 1)]
        observed = _PROPERTIES.get(name or "")
        if observed is None:
            fault.add(here, "property", partial(_said, f"property {name!r} is not known"))
            continue
        try:
            change = conversion("" if spelling is None else spelling, observed.unit)
        except UnitError as error:
            fault.add(here, "unit", partial(_said, f"{name}: {error}"))
            continue
        if (change.factor, change.offset) != (1.0, 0.0):
            result[here] = value[here] * change.factor + change.offset
            raw_value[here] = value[here]
        least, most = raw.ranges.get(observed.name, (-np.inf, np.inf))
        low[here] = max(observed.valid_min, least)
        high[here] = min(observed.valid_max, most)
        canonical[here] = units.setdefault(observed.unit, len(units))
    missing = np.isnan(result)
    outside = ~missing & ((result < low) | (result > high))
    converted = ~np.isnan(raw_value)
    flag = np.where(missing, Flag.MISSING, np.where(outside, Flag.BAD, Flag.GOOD)).astype(np.int8)
    tests = np.where(outside, int(QualityTest.GROSS_RANGE), 0) | np.where(
        converted, int(QualityTest.UNIT_CONVERTED), 0
    )
    return _Converted(
        result, flag, tests.astype(np.int32), list(units), canonical,
        raw_value if converted.any() else None,
    )  # fmt: skip


def _codes(texts: pa.Array) -> tuple[NDArray[np.int32], list[str | None]]:
    """Which of some texts each row has; null is the last."""
    coded = texts if pa.types.is_dictionary(texts.type) else texts.dictionary_encode()
    found = coded.dictionary.to_pylist()
    codes = coded.indices.fill_null(len(found)).to_numpy(zero_copy_only=False).astype(np.int32)
    return codes, [*found, None]


def _null(texts: pa.Array) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = texts.is_null().to_numpy(zero_copy_only=False)
    return found


def _numbers(result: pa.Array) -> FloatArray:
    filled = pc.fill_null(result.cast(pa.float64()), float("nan"))
    found: FloatArray = filled.to_numpy(zero_copy_only=False)
    return found


def _raw_units(unit: pa.Array, raw_value: FloatArray, keep: NDArray[np.int64]) -> pa.Array:
    texts = unit.cast(pa.string()).take(pa.array(keep))
    return pc.if_else(pa.array(~np.isnan(raw_value[keep])), texts, pa.scalar(None, pa.string()))


def _said(message: str, _: int) -> str:
    return message


def _bad_time(texts: pa.Array, fault: str, row: int) -> str:
    return f"time {_shown(texts, row)} {fault}"


def _shown(texts: pa.Array, row: int) -> str:
    return repr(str(texts[row])[:40])


def said_of_future(ahead_us: int) -> str:
    """Return what is wrong with an observation from the future, in words.

    Parameters
    ----------
    ahead_us
        By how much it is ahead of its arrival [us].
    """
    hours = round(ahead_us / _HOUR_US)
    text = f"lies {ahead_us / 1e6:.0f} s in the future"
    if hours and abs(ahead_us - hours * _HOUR_US) <= AHEAD_US:
        text += f": {hours} h, as if its local time had been taken for UTC"
    return text
