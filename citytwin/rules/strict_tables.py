"""Small tables as CSV in which nothing is guessed: a field for each column, numbers, times with their zone."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from citytwin.errors import ConfigError

TIME, MINUTES, SECONDS = "time", "minutes", "seconds"
MOST_BYTES = 20_000_000
"""Larger files are no series of a flood."""
LIMITS = {
    "m3_s": (0.0, 100_000.0),
    "level_m": (-500.0, 9000.0),
    "depth_m": (0.0, 100.0),
    "mm_per_h": (0.0, 500.0),
    "mm": (0.0, 2000.0),
}
"""What values can be, by the name of their column."""
_MINUTE_S = 60.0
_BETWEEN = "leave out rows without a value: between two rows it changes evenly"
_RAIN = "give 0 where it was dry; what fell while nothing was measured must be given too, or the rain is too little"
_OF_ITS_OWN = "give each row a number here, or leave it out"
_HINTS = {
    "m3_s": _BETWEEN,
    "level_m": _BETWEEN,
    "depth_m": _BETWEEN,
    "mm_per_h": _RAIN,
    "mm": _RAIN,
}
"""What to do about a value that is none, by the name of its column."""


@dataclass(frozen=True)
class Row:
    """One row of a table."""

    place: str
    """File and line, for messages."""
    line: int
    fields: Sequence[str]


class StrictTable:
    """Rows of a CSV file with a header, in UTF-8.

    Parameters
    ----------
    path
        The file.
    hint
        What a file of this kind holds, for messages.

    Raises
    ------
    ConfigError
        If it cannot be read or is too large.
    """

    def __init__(self, path: Path, hint: str) -> None:
        self.path, self.hint = path, hint
        # Strict: a quote that is never closed would swallow the rows behind it.
        self._lines = csv.reader(
            io.StringIO(_text(path, hint), newline=""), skipinitialspace=True, strict=True
        )
        try:
            self.header = next(self._lines, [])
        except csv.Error as error:
            raise self._broken(error) from error

    def rows(self) -> Iterator[Row]:
        """Yield every row but empty ones.

        Raises
        ------
        ConfigError
            If one has more or fewer fields than the header, or a quote is not closed; with the line.
        """
        try:
            for fields in filter(None, self._lines):
                line = self._lines.line_num
                place = f"{self.path}, line {line}"
                if len(fields) != len(self.header):
                    msg = f"{place}: has {len(fields)} fields, the header {len(self.header)}"
                    hint = "give each row a field for each column, 1234 not 1,234"
                    raise ConfigError(msg, hint=hint)
                yield Row(place, line, fields)
        except csv.Error as error:
            raise self._broken(error) from error

    def columns(self, wanted: Sequence[str]) -> list[int]:
        """Where columns stand, each of which must be there once.

        Parameters
        ----------
        wanted
            Their names.

        Raises
        ------
        ConfigError
            If one is missing or there twice.
        """
        missing = [name for name in wanted if name not in self.header]
        if missing:
            has = ", ".join(self.header)[:200]
            msg = f"{self.path}: has no column {', '.join(missing)}; it has {has}"
            raise ConfigError(msg, hint=self.hint)
        twice = [name for name in wanted if self.header.count(name) > 1]
        if twice:
            msg = f"{self.path}: has more than one column {', '.join(twice)}"
            raise ConfigError(msg, hint="leave out or rename the others")
        return [self.header.index(name) for name in wanted]

    def one_of(self, names: Sequence[str]) -> str:
        """Name of the only column of some that is there; the first of them where none is.

        Parameters
        ----------
        names
            Of the columns.

        Raises
        ------
        ConfigError
            If there are several.
        """
        found = [name for name in names if name in self.header]
        if len(found) > 1:
            msg = f"{self.path}: has both {' and '.join(found)}"
            raise ConfigError(msg, hint="leave out one of them")
        return found[0] if found else names[0]

    def _broken(self, error: csv.Error) -> ConfigError:
        return ConfigError(f"{self.path}, line {self._lines.line_num}: {error}", hint=self.hint)


class Clock:
    """Times of the rows of a table since the start of a run.

    Parameters
    ----------
    table
        With one column ``time`` (ISO 8601 with its offset from UTC), ``minutes`` or ``seconds`` (since
        the start).
    start
        Begin of the run, which a column ``time`` needs.

    Raises
    ------
    ConfigError
        If the table has several clocks, or times of a calendar and the run no begin.
    """

    def __init__(self, table: StrictTable, start: datetime | None) -> None:
        names = [TIME, MINUTES, SECONDS]
        has_one = any(name in table.header for name in names)
        self.name = table.one_of(names) if has_one else MINUTES
        self._start = start
        (self._at,) = table.columns([self.name])
        if self.name == TIME and start is None:
            msg = f"{table.path}: has times of a calendar, but the run has no begin"
            raise ConfigError(msg, hint=f"give `start`, or a column {MINUTES} or {SECONDS}")

    def minutes(self, row: Row) -> float:
        """Time of a row since the start of the run [min].

        Parameters
        ----------
        row
            Of the table.

        Raises
        ------
        ConfigError
            If it is none.
        """
        written = row.fields[self._at]
        if self._start is None or self.name != TIME:
            number = number_of(written, f"{row.place}: {self.name}")
            return number / _MINUTE_S if self.name == SECONDS else number
        return (_moment(written, row.place) - self._start).total_seconds() / _MINUTE_S


def value_of(row: Row, column: int, measure: str) -> float:
    """Value of a row, within the limits of what is measured.

    Parameters
    ----------
    row
        Of a table.
    column
        Where it stands.
    measure
        Name of the column.

    Raises
    ------
    ConfigError
        If it is no finite number, or one that cannot be.
    """
    hint = _HINTS.get(measure, _OF_ITS_OWN)
    value = number_of(row.fields[column], f"{row.place}: {measure}", hint)
    least, most = LIMITS.get(measure, (-math.inf, math.inf))
    if not least <= value <= most:
        msg = f"{row.place}: {measure} is {value:g}, not {least:g} to {most:g}"
        raise ConfigError(msg, hint="check the value and its unit, or leave out the row")
    return value


def number_of(written: str, what: str, hint: str = _OF_ITS_OWN) -> float:
    """Return a finite number.

    Parameters
    ----------
    written
        As it stands in the file.
    what
        File, line and column, for messages.
    hint
        What to do where it is none.

    Raises
    ------
    ConfigError
        If it is none.
    """
    # Python reads 1_000 and digits of other scripts, too.
    try:
        number = float(written) if written.isascii() and "_" not in written else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        msg = f"{what} is {written[:40]!r}, no finite number"
        raise ConfigError(msg, hint=hint)
    return number


def _text(path: Path, hint: str) -> str:
    try:
        if not path.is_file():
            why = "it is no file" if path.exists() else "there is no such file"
            raise ConfigError(f"{path} cannot be read: {why}", hint=hint)
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise ConfigError(f"{path}: is larger than {MOST_BYTES // 10**6} MB", hint=hint)
        return content.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", hint=hint) from error


def _moment(written: str, place: str) -> datetime:
    hint = "give times such as 2019-10-12T15:00:00+09:00"
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError as error:
        raise ConfigError(f"{place}: time is {written[:40]!r}", hint=hint) from error
    if moment.tzinfo is None:
        raise ConfigError(f"{place}: time {written!r} has no offset from UTC", hint=hint)
    return moment
