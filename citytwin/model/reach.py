"""How far inputs matter to a result: what a tile sees, and what a change makes anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeAlias, TypeVar

from citytwin.model.fields import Field
from citytwin.model.layer import ValueRange

if TYPE_CHECKING:
    from citytwin.model.steps import Params

P = TypeVar("P", bound="Params")


@dataclass(frozen=True)
class FieldRanges:
    """Smallest and largest value of each input field over the whole city."""

    ranges: Mapping[Field, ValueRange]

    def __getitem__(self, key: Field) -> ValueRange:
        return self.ranges[key]


@dataclass(frozen=True)
class Cell:
    """A cell of the result needs only that cell of the inputs."""


@dataclass(frozen=True)
class Halo(Generic[P]):
    """A cell of the result needs inputs up to some metres away."""

    metres: Callable[[P, FieldRanges, float], float]
    """From parameters, extremes of the inputs and cell size [m]."""
    of_parts: bool = False
    """Whether this holds for parts of a city as well: with the smallest values of the whole city and
    the largest of some cells, before and now, `metres` says from how far away these can be seen, and
    a change of theirs makes no cell beyond another. Then a night makes only those cells anew."""


@dataclass(frozen=True)
class Domain:
    """The result needs the whole city at once."""


Reach: TypeAlias = Cell | Halo[Any] | Domain


@dataclass(frozen=True)
class RowReach(Generic[P]):
    """How far a row of a table matters, so that of a tile only that is made anew.

    Where the row is a building, or a part of one, what is said holds for all of the building.
    """

    metres: Callable[[P, float], float]
    """From parameters and cell size [m]: cells further from the box of the row, and from those of
    all that belongs to its building, have the same values without it [m]."""
    neighbours_m: float | None = None
    """Buildings whose boxes are this near to it count like itself; None = they know nothing of it."""


OWN_CELLS: RowReach[Any] = RowReach(lambda _params, cell_m: cell_m)
"""A row matters where it lies alone, and a building where its faces and its footprint lie."""
