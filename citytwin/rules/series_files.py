"""Series of parameters from files: times and values of a gauge as CSV, as authorities give them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import NamedTuple

from citytwin.errors import ConfigError
from citytwin.rules.strict_tables import (
    LIMITS,
    MINUTES,
    SECONDS,
    TIME,
    Clock,
    StrictTable,
    value_of,
)

INTENSITY, FALLEN = "mm_per_h", "mm"
_MINUTES_OF_AN_HOUR = 60.0
_GAP_STEPS = 1.5
"""A row that comes later than so many usual steps after the one before follows a gap."""
_ALIKE = 0.01
"""By what share steps may differ that are as long as the usual one."""


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
        The file, in UTF-8, with columns ``minutes`` or ``seconds`` (since the start of the run) or ``time``
        (ISO 8601 with its offset from UTC, such as ``2019-10-12T15:00:00+09:00``), and `measure`; others
        are not read.
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
        that is no finite number or cannot be, also before the start, its times do not rise, or no row lies after
        the begin of the run and the last value does not last; with the line.
    """
    rows = list(_rows(path, measure, start))
    if not rows:
        raise ConfigError(
            f"{path}: holds no row", hint=f"give rows of {TIME} or {MINUTES}, {measure}"
        )
    _require_rising(rows, path)
    return [{MINUTES: minutes, measure: value} for minutes, value in _cut(rows, path, lasts=lasts)]


def rain_of_file(path: Path, start: datetime | None) -> list[Mapping[str, float]]:
    """Read a hyetograph, uniform over the area, from a CSV file with a header.

    Parameters
    ----------
    path
        The file, in UTF-8, with a column of times as of `points_of_file`, and one of these: ``mm_per_h``, the
        intensity from its row to the next, 0 in the last row, which ends the rain; or ``mm``, the depth that has
        fallen since the row before, 0 in the first row, which begins the first interval.
    start
        Begin of the run, which a column ``time`` needs.

    Returns
    -------
    list of mapping
        Intervals as parameters have them: ``start_minutes``, ``end_minutes``, ``mm_per_h``. What lies before
        the start is cut off.

    Raises
    ------
    ConfigError
        As of `points_of_file`; if the last intensity, or the first depth, is not 0, it rains more than
        500 mm/h, or rows of a regular series are missing where it rains; with the line.
    """
    hint = f"give a CSV file with columns {TIME} (or {MINUTES}, {SECONDS}) and {INTENSITY} (or {FALLEN})"
    table = StrictTable(path, hint)
    measure = table.one_of((INTENSITY, FALLEN))
    rows = list(_rows_of(table, measure, start))
    if len(rows) < 2:
        raise ConfigError(f"{path}: holds {len(rows)} rows, no interval", hint=hint)
    _require_rising(rows, path)
    edge, why = (rows[-1], "how long it rains") if measure == INTENSITY else (rows[0], "since when")
    if edge.value != 0:
        which = "last" if measure == INTENSITY else "first"
        msg = f"{path}, line {edge.line}: {measure} is {edge.value:g} in the {which} row, which does not say {why}"
        raise ConfigError(msg, hint=f"add a {which} row with 0")
    _require_no_gap(rows, path, measure)
    made: list[Mapping[str, float]] = []
    for before, after in pairwise(rows):
        hours = (after.minutes - before.minutes) / _MINUTES_OF_AN_HOUR
        intensity = before.value if measure == INTENSITY else after.value / hours
        most = LIMITS[INTENSITY][1]
        if intensity > most:
            msg = f"{path}, line {after.line}: {after.value:g} mm in {60 * hours:g} minutes are {intensity:.0f} mm/h, "
            raise ConfigError(f"{msg}more than {most:g}", hint="give mm since the row before")
        if after.minutes > 0:
            begin = max(before.minutes, 0.0)
            made.append(
                {"start_minutes": begin, "end_minutes": after.minutes, INTENSITY: intensity}
            )
    if not made:
        msg = f"{path}: all rain falls before the start of the run"
        raise ConfigError(msg, hint="check `start`, and the offset from UTC of the times")
    return made


def _require_no_gap(rows: list[_Row], path: Path, measure: str) -> None:
    """Refuse rows that are missing from a regular series: the rain beside them would last until the next.

    Many gauges write no row while it is dry, or while they fail. Series whose steps mostly differ, such as a
    hyetograph by hand, have no usual step.
    """
    steps = [after.minutes - before.minutes for before, after in pairwise(rows)]
    usual = median(steps)
    if 2 * sum(abs(step - usual) <= _ALIKE * usual for step in steps) <= len(steps):
        return
    for (before, after), step in zip(pairwise(rows), steps, strict=True):
        rain = before if measure == INTENSITY else after
        if step > _GAP_STEPS * usual and rain.value > 0:
            msg = f"{path}, line {after.line}: comes {step:g} minutes after line {before.line}, most rows {usual:g}: "
            msg += f"{measure} {rain.value:g} of line {rain.line} would count for all of them"
            hint = "add the rows that are missing, with 0 where it was dry"
            raise ConfigError(msg, hint=hint)


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
    yield from _rows_of(StrictTable(path, hint), measure, start)


def _rows_of(table: StrictTable, measure: str, start: datetime | None) -> Iterator[_Row]:
    clock = Clock(table, start)
    (value_at,) = table.columns([measure])
    for row in table.rows():
        value = value_of(row, value_at, measure)
        yield _Row(row.line, clock.minutes(row), value)


def _require_rising(rows: list[_Row], path: Path) -> None:
    for before, after in pairwise(rows):
        if not before.minutes < after.minutes:
            msg = f"{path}, line {after.line}: is not later than line {before.line}"
            raise ConfigError(msg, hint="give rows in the order of their times, each time once")
