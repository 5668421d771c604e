"""Observed water from files: levels or depths at gauges through time, and high-water marks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError
from citytwin.rules.strict_tables import Clock, Row, StrictTable, number_of, value_of

FloatArray = NDArray[np.float64]
LEVEL, DEPTH = "level_m", "depth_m"
_MEASURES = (LEVEL, DEPTH)
_MINUTE_S = 60.0


class ObservedSeries(NamedTuple):
    """What was observed at one gauge."""

    time_s: FloatArray
    """Since the start of the run, rising, shape (n,) [s]."""
    value_m: FloatArray
    """Shape (n,) [m]."""


@dataclass(frozen=True, eq=False)
class ObservedGauges:
    """What was observed at gauges through time."""

    path: Path
    measure: str
    """``level_m`` or ``depth_m``."""
    series: dict[str, ObservedSeries]
    """By the name of the gauge, in the order of the file."""


@dataclass(frozen=True, eq=False)
class WaterMarks:
    """How high water came at some places."""

    path: Path
    measure: str
    """``level_m`` or ``depth_m``."""
    names: tuple[str, ...]
    """Of the n marks; their lines where the file gives none."""
    x_m: FloatArray
    y_m: FloatArray
    """In the CRS of the rasters, shape (n,) [m]."""
    value_m: FloatArray
    """Shape (n,) [m]."""


def read_observed(path: Path, start: datetime | None) -> ObservedGauges:
    """Read observed levels or depths at gauges from a CSV file.

    Parameters
    ----------
    path
        The file, in UTF-8, with columns ``gauge``, ``time`` (or ``minutes`` or ``seconds`` since the
        start), and ``level_m`` or ``depth_m``; others are not read. Gauges may follow one another or
        alternate.
    start
        Begin of the run, which a column ``time`` needs.

    Raises
    ------
    ConfigError
        If it cannot be read so, or times of a gauge do not rise; with the line.
    """
    hint = "give a CSV file with columns gauge, time (or minutes, seconds) and level_m (or depth_m)"
    table = StrictTable(path, hint)
    measure = table.one_of(_MEASURES)
    gauge_at, value_at = table.columns(["gauge", measure])
    clock = Clock(table, start)
    found: dict[str, list[tuple[Row, float, float]]] = {}
    for row in table.rows():
        name = row.fields[gauge_at].strip()
        if not name:
            raise ConfigError(f"{row.place}: names no gauge", hint=hint)
        entry = row, _MINUTE_S * clock.minutes(row), value_of(row, value_at, measure)
        found.setdefault(name, []).append(entry)
    if not found:
        raise ConfigError(f"{path}: holds no row", hint=hint)
    for name, entries in found.items():
        for (before, earlier, _), (after, later, _) in pairwise(entries):
            if not earlier < later:
                msg = f"{after.place}: gauge {name!r} is not later than in line {before.line}"
                raise ConfigError(msg, hint="give rows in the order of their times, each time once")
    series = {
        name: ObservedSeries(
            np.array([time for _, time, _ in entries]), np.array([one for *_, one in entries])
        )
        for name, entries in found.items()
    }
    return ObservedGauges(path, measure, series)


def read_marks(path: Path) -> WaterMarks:
    """Read high-water marks from a CSV file.

    Parameters
    ----------
    path
        The file, in UTF-8, with columns ``x`` and ``y`` in the CRS of the rasters, and ``level_m`` or
        ``depth_m`` (above the ground beside the mark); ``name`` if there are names. Others are not read.

    Raises
    ------
    ConfigError
        If it cannot be read so; with the line.
    """
    hint = "give a CSV file with columns x, y and level_m (or depth_m)"
    table = StrictTable(path, hint)
    measure = table.one_of(_MEASURES)
    x_at, y_at, value_at = table.columns(["x", "y", measure])
    name_at = table.columns(["name"])[0] if "name" in table.header else None
    names, numbers = list[str](), list[tuple[float, float, float]]()
    for row in table.rows():
        x, y = (
            number_of(row.fields[at], f"{row.place}: {axis}")
            for at, axis in ((x_at, "x"), (y_at, "y"))
        )
        name = "" if name_at is None else row.fields[name_at].strip()
        names.append(name or f"line {row.line}")
        numbers.append((x, y, value_of(row, value_at, measure)))
    if not numbers:
        raise ConfigError(f"{path}: holds no row", hint=hint)
    x_m, y_m, value_m = np.array(numbers).T
    return WaterMarks(path, measure, tuple(names), x_m, y_m, value_m)
