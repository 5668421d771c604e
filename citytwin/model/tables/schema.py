"""What a table is: columns with unit and type."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "string", "float64", "int64", "int32", "int8", "bool", "time", "geometry", "floats", "ints"
]
Shape = Literal["none", "point", "line", "polygon", "any"]


@dataclass(frozen=True)
class Column:
    """One column of a table."""

    name: str
    kind: Kind
    """``time`` is an instant in UTC, ``floats`` a list of float64, ``ints`` a list of int32; see
    :mod:`citytwin.model.ragged`."""
    unit: str = ""
    """UCUM unit; empty for texts, ids and geometries."""
    nullable: bool = True
    meaning: str = ""
    of_file: bool = False
    """Whether it says where in its file a row stands. Steps do not see it: else a change of one row
    would be one of all that follow in the file."""


@dataclass(frozen=True)
class Table:
    """A table of the twin; geometry tables are in the CRS of the grid."""

    name: str
    columns: tuple[Column, ...]
    geometry: Shape = "none"
    key: str = ""
    """Column of which no two rows of the table have the same value, where there is one."""
    building: str = ""
    """Column with the building that a row is, or is a part of, where there is one."""

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names in order."""
        return tuple(column.name for column in self.columns)

    @property
    def of_file(self) -> list[str]:
        """Names of the columns that steps do not see."""
        return [column.name for column in self.columns if column.of_file]
