"""What a field may have a value for beside each cell: moments, directions of the wind, or seasons."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

from citytwin.model.instants import Instant
from citytwin.model.text import Text, text

Axis: TypeAlias = Literal["time", "direction", "season"]
"""Leading axis of the arrays of a field: (nt, ny, nx), (n_dir, ny, nx) or (n_seasons, ny, nx)."""

_POINTS = (
    text("北", "N"),
    text("北北東", "NNE"),
    text("北東", "NE"),
    text("東北東", "ENE"),
    text("東", "E"),
    text("東南東", "ESE"),
    text("南東", "SE"),
    text("南南東", "SSE"),
    text("南", "S"),
    text("南南西", "SSW"),
    text("南西", "SW"),
    text("西南西", "WSW"),
    text("西", "W"),
    text("西北西", "WNW"),
    text("北西", "NW"),
    text("北北西", "NNW"),
)


_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@dataclass(frozen=True)
class Direction:
    """A direction for which a field has values."""

    from_deg: float
    """Where the wind comes from, clockwise from true north, 0 <= from_deg < 360 [degrees]."""

    @property
    def stamp(self) -> str:
        """The direction as part of a file name, to a tenth of a degree."""
        return f"from_{self.from_deg:05.1f}".replace(".", "p")

    @property
    def name(self) -> Text:
        """The direction in words: its point of the compass, where it is one, and its degrees."""
        degrees = f"{self.from_deg:g}°"
        number, rest = divmod(self.from_deg, 22.5)
        if rest:
            return text(degrees, degrees)
        point = _POINTS[int(number)]
        return text(f"{point.ja}（{degrees}）", f"{point.en} ({degrees})")


@dataclass(frozen=True)
class Season:
    """Months of the year for which a field has values."""

    months: tuple[int, ...]
    """1 to 12, as they follow each other, at least one."""

    @property
    def stamp(self) -> str:
        """The months as part of a file name."""
        return "months_" + "_".join(f"{month:02d}" for month in self.months)

    @property
    def name(self) -> Text:
        """The months in words; no season of the year, which is another south of the equator."""
        first, *_, last = (*self.months, self.months[-1])
        if len(self.months) > 2 and self._in_a_row:
            return text(f"{first}～{last}月", f"{_MONTHS[first - 1]} to {_MONTHS[last - 1]}")
        names = [_MONTHS[month - 1] for month in self.months]
        return text("・".join(map(str, self.months)) + "月", ", ".join(names))

    @property
    def _in_a_row(self) -> bool:
        return all(later == earlier % 12 + 1 for earlier, later in pairwise(self.months))


Coordinate: TypeAlias = Instant | Direction | Season
"""A place along the leading axis of a field."""


@dataclass(frozen=True)
class Axes:
    """Coordinates of the outputs of a step that have a leading axis."""

    instants: tuple[Instant, ...] = ()
    """Of outputs over time, ascending."""
    directions: tuple[Direction, ...] = ()
    """Of outputs by direction, each once."""
    seasons: tuple[Season, ...] = ()
    """Of outputs by season, each once."""

    def of(self, axis: Axis | None) -> tuple[Coordinate, ...]:
        """Return the coordinates along an axis; none where a field has no such axis.

        Parameters
        ----------
        axis
            Of a field.
        """
        known: dict[Axis | None, tuple[Coordinate, ...]] = {
            "time": self.instants,
            "direction": self.directions,
            "season": self.seasons,
        }
        return known.get(axis, ())

    def shape(self, axis: Axis | None, cells: tuple[int, int]) -> tuple[int, ...]:
        """Return the shape of the arrays of a field.

        Parameters
        ----------
        axis
            Of the field.
        cells
            Rows and columns.
        """
        return cells if axis is None else (len(self.of(axis)), *cells)


def evenly(number: int) -> tuple[Direction, ...]:
    """Return directions evenly around the compass, the first from north.

    Parameters
    ----------
    number
        How many, at least 1.
    """
    return tuple(Direction(360.0 * k / number) for k in range(number))
