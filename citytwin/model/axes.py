"""What a field may have a value for beside each cell: moments, or directions of the wind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from citytwin.model.instants import Instant
from citytwin.model.text import Text, text

Axis: TypeAlias = Literal["time", "direction"]
"""Leading axis of the arrays of a field: (nt, ny, nx) or (n_dir, ny, nx)."""

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


Coordinate: TypeAlias = Instant | Direction
"""A place along the leading axis of a field."""


@dataclass(frozen=True)
class Axes:
    """Coordinates of the outputs of a step that have a leading axis."""

    instants: tuple[Instant, ...] = ()
    """Of outputs over time, ascending."""
    directions: tuple[Direction, ...] = ()
    """Of outputs by direction, each once."""

    def of(self, axis: Axis | None) -> tuple[Coordinate, ...]:
        """Return the coordinates along an axis; none where a field has no such axis.

        Parameters
        ----------
        axis
            Of a field.
        """
        if axis is None:
            return ()
        return self.instants if axis == "time" else self.directions

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
