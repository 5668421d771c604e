"""Series of parameters from files: times and values of a gauge as CSV, as authorities give them."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import pairwise
from pathlib import Path

from citytwin.errors import ConfigError

MINUTES, TIME = "minutes", "time"
MOST_BYTES = 20_000_000
"""Larger files are no series of a flood."""
_MINUTE_S = 60.0


def points_of_file(path: Path, measure: str, start: datetime | None) -> list[Mapping[str, float]]:
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

    Returns
    -------
    list of mapping
        Points as parameters have them, ``minutes`` and `measure`. What lies before the start is cut
        off: there the value between the points around it counts.

    Raises
    ------
    ConfigError
        If it cannot be read, lacks a column or a value; with the line.
    """
    points = list(_points(path, measure, start))
    if not points:
        raise ConfigError(
            f"{path}: holds no row", hint=f"give rows of {TIME} or {MINUTES}, {measure}"
        )
    cut = [point for point in points if point[0] >= 0]
    for (before, low), (after, high) in pairwise(points):
        if before < 0 < after:
            cut.insert(0, (0.0, low + (high - low) * -before / (after - before)))
    if not cut:
        msg = f"{path}: its last row is {-points[-1][0]:.0f} minutes before the start of the run"
        raise ConfigError(msg, hint="check `start`, and the offset from UTC of the times")
    return [{MINUTES: minutes, measure: value} for minutes, value in cut]


def _points(path: Path, measure: str, start: datetime | None) -> Iterator[tuple[float, float]]:
    hint = f"give a CSV file with columns {TIME} (or {MINUTES}) and {measure}"
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ConfigError(f"{path}: is larger than {MOST_BYTES // 10**6} MB", hint=hint)
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", hint=hint) from error
    rows = csv.DictReader(text.splitlines(), skipinitialspace=True)
    columns = rows.fieldnames or ()
    clock = TIME if TIME in columns else MINUTES
    missing = [name for name in (clock, measure) if name not in columns]
    if missing:
        msg = f"{path}: has no column {', '.join(missing)}; it has {', '.join(columns)[:200]}"
        raise ConfigError(msg, hint=hint)
    if clock == TIME and start is None:
        msg = f"{path}: has times of a calendar, but the run has no begin"
        raise ConfigError(msg, hint="give `start`, or a column minutes")
    for row in rows:
        place = f"{path}, line {rows.line_num}"
        value = _number(row[measure], f"{place}: {measure}")
        if clock == MINUTES or start is None:
            yield _number(row[clock], f"{place}: {clock}"), value
        else:
            yield (_moment(row[clock], place) - start).total_seconds() / _MINUTE_S, value


def _number(written: str | None, what: str) -> float:
    try:
        return float(written or "")
    except ValueError as error:
        msg = f"{what} is {written!r}, no number"
        hint = "leave out rows without a value: between two rows it changes evenly"
        raise ConfigError(msg, hint=hint) from error


def _moment(written: str | None, place: str) -> datetime:
    try:
        moment = datetime.fromisoformat((written or "").strip())
    except ValueError as error:
        msg = f"{place}: time is {written!r}"
        raise ConfigError(msg, hint="give times such as 2019-10-12T15:00:00+09:00") from error
    if moment.tzinfo is None:
        msg = f"{place}: time {written!r} has no offset from UTC"
        raise ConfigError(msg, hint="give times such as 2019-10-12T15:00:00+09:00")
    return moment
