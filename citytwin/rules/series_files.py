"""Series of parameters from files: times and values of a gauge as CSV, as authorities give them."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from citytwin.errors import ConfigError

MINUTES, TIME = "minutes", "time"
MOST_BYTES = 20_000_000
"""Larger files are no series of a flood."""
_MINUTE_S = 60.0


class _Row(NamedTuple):
    line: int
    minutes: float
    value: float


def points_of_file(
    path: Path, measure: str, start: datetime | None, *, lasts: bool
) -> list[Mapping[str, float]]:
    """Read a series from a CSV file with a header.

    Parameters
    ----------
    path
        The file, in UTF-8, with columns ``minutes`` (since the start of the run) or ``time`` (ISO 8601
        with its offset from UTC, such as ``2019-10-12T15:00:00+09:00``), and `measure`; others are not read.
    measure
        Column of the values, such as ``m3_s``.
    start
        Begin of the run, which a column ``time`` needs.
    lasts
        Whether the last value counts after the last row, as that of a stage does.

    Returns
    -------
    list of mapping
        Points as parameters have them, ``minutes`` and `measure`. What lies before the start is cut
        off: there the value between the points around it counts.

    Raises
    ------
    ConfigError
        If it cannot be read, has not one column for each, rows of other lengths than its header or a value
        that is no finite number, its times do not rise, or no row lies after the begin of the run and the last
        value does not last; with the line.
    """
    rows = list(_rows(path, measure, start))
    if not rows:
        raise ConfigError(
            f"{path}: holds no row", hint=f"give rows of {TIME} or {MINUTES}, {measure}"
        )
    for before, after in pairwise(rows):
        if not before.minutes < after.minutes:
            msg = f"{path}, line {after.line}: is not later than line {before.line}"
            raise ConfigError(msg, hint="give rows in the order of their times, each time once")
    return [{MINUTES: minutes, measure: value} for minutes, value in _cut(rows, path, lasts=lasts)]


def _cut(rows: list[_Row], path: Path, *, lasts: bool) -> list[tuple[float, float]]:
    """What counts from the start of the run on, of rows whose times rise."""
    last = rows[-1]
    if last.minutes <= 0:
        if lasts:
            return [(0.0, last.value)]
        place = f"{-last.minutes:g} minutes before" if last.minutes < 0 else "at"
        msg = f"{path}: its last row is {place} the start of the run, and nothing comes after it"
        raise ConfigError(msg, hint="check `start`, and the offset from UTC of the times")
    kept = [(row.minutes, row.value) for row in rows if row.minutes >= 0]
    for before, after in pairwise(rows):
        if before.minutes < 0 < after.minutes:
            share = -before.minutes / (after.minutes - before.minutes)
            kept.insert(0, (0.0, before.value + (after.value - before.value) * share))
    return kept


def _rows(path: Path, measure: str, start: datetime | None) -> Iterator[_Row]:
    hint = f"give a CSV file with columns {TIME} (or {MINUTES}) and {measure}"
    # Strict: a quote that is never closed would swallow the rows behind it.
    lines = csv.reader(
        io.StringIO(_text(path, hint), newline=""), skipinitialspace=True, strict=True
    )
    try:
        header = next(lines, [])
        at, value_at = _columns(header, path, measure, hint)
        clock = header[at]
        if clock == TIME and start is None:
            msg = f"{path}: has times of a calendar, but the run has no begin"
            raise ConfigError(msg, hint=f"give `start`, or a column {MINUTES}")
        for row in filter(None, lines):
            place = f"{path}, line {lines.line_num}"
            if len(row) != len(header):
                msg = f"{place}: has {len(row)} fields, the header {len(header)}"
                raise ConfigError(msg, hint="give each row a field for each column, 1234 not 1,234")
            value = _number(row[value_at], f"{place}: {measure}")
            if clock == MINUTES or start is None:
                minutes = _number(row[at], f"{place}: {clock}")
            else:
                minutes = (_moment(row[at], place) - start).total_seconds() / _MINUTE_S
            yield _Row(lines.line_num, minutes, value)
    except csv.Error as error:
        raise ConfigError(f"{path}, line {lines.line_num}: {error}", hint=hint) from error


def _text(path: Path, hint: str) -> str:
    try:
        if not path.is_file():
            raise ConfigError(f"{path} cannot be read: there is no such file", hint=hint)
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ConfigError(f"{path}: is larger than {MOST_BYTES // 10**6} MB", hint=hint)
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", hint=hint) from error


def _columns(header: list[str], path: Path, measure: str, hint: str) -> tuple[int, int]:
    """Where the clock and the values stand."""
    clocks = [name for name in (TIME, MINUTES) if name in header]
    wanted = [*(clocks or [MINUTES]), measure]
    missing = [name for name in wanted if name not in header]
    if missing:
        msg = f"{path}: has no column {', '.join(missing)}; it has {', '.join(header)[:200]}"
        raise ConfigError(msg, hint=hint)
    if len(clocks) == 2:
        raise ConfigError(f"{path}: has both {TIME} and {MINUTES}", hint="leave out one of them")
    twice = [name for name in wanted if header.count(name) > 1]
    if twice:
        msg = f"{path}: has more than one column {', '.join(twice)}"
        raise ConfigError(msg, hint="leave out or rename the others")
    return header.index(wanted[0]), header.index(measure)


def _number(written: str, what: str) -> float:
    # Python reads 1_000 and digits of other scripts, too.
    try:
        number = float(written) if written.isascii() and "_" not in written else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        msg = f"{what} is {written[:40]!r}, no finite number"
        hint = "leave out rows without a value: between two rows it changes evenly"
        raise ConfigError(msg, hint=hint)
    return number


def _moment(written: str, place: str) -> datetime:
    hint = "give times such as 2019-10-12T15:00:00+09:00"
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError as error:
        raise ConfigError(f"{place}: time is {written[:40]!r}", hint=hint) from error
    if moment.tzinfo is None:
        raise ConfigError(f"{place}: time {written!r} has no offset from UTC", hint=hint)
    return moment
