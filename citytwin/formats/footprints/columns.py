"""Which column carries what: as the user says, else by the names of well-known data sets."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from citytwin.errors import SourceError

Role = Literal[
    "id", "stable_key", "height", "storeys", "ground", "roof", "usage", "underside", "underground"
]
Columns = Mapping[Role, tuple[str, ...]]
"""Columns of each role; the first that says something counts."""
LENGTHS: tuple[Role, ...] = ("height", "ground", "roof", "underside")

_FEET = re.compile(r"(^|[^a-z])(ft|feet|foot)([^a-z]|$)|height_?ft|feet$", re.IGNORECASE)


@dataclass(frozen=True)
class Known:
    """A well-known data set."""

    title: str
    needs: tuple[tuple[str, ...], ...]
    """Of each of these, one column must be there."""
    roles: Columns


KNOWN = (
    Known(
        "Overture",
        (("id",), ("height",), ("num_floors",), ("subtype", "class")),
        {
            "id": ("id",),
            "stable_key": ("id",),
            "height": ("height",),
            "storeys": ("num_floors",),
            "usage": ("class", "subtype"),
            "underside": ("min_height",),
            "underground": ("is_underground",),
        },
    ),
    Known(
        "3DBAG",
        (("identificatie",), ("b3_h_maaiveld",)),
        {
            "id": ("identificatie",),
            "stable_key": ("identificatie",),
            "ground": ("b3_h_maaiveld",),
            "roof": ("b3_h_dak_70p", "b3_h_70p", "b3_h_dak_50p", "b3_h_50p"),
            "storeys": ("b3_bouwlagen",),
            "usage": ("gebruiksdoel",),
        },
    ),
    Known(
        "BAG",
        (("identificatie",), ("bouwjaar",)),
        {
            "id": ("identificatie",),
            "stable_key": ("identificatie",),
            "usage": ("gebruiksdoel",),
        },
    ),
    Known(
        "OpenStreetMap",
        (
            ("building",),
            ("height", "building:levels", "building_levels", "osm_id", "osm_way_id", "@id"),
        ),
        {
            "id": ("@id", "osm_id", "osm_way_id", "id"),
            "height": ("height",),
            "storeys": ("building:levels", "building_levels"),
            "usage": ("building",),
            "underside": ("min_height",),
        },
    ),
)


def columns_of(
    names: Sequence[str], given: Mapping[Role, str | None], source: str, *, detect: bool
) -> tuple[Columns, str]:
    """Find the columns of a file.

    Parameters
    ----------
    names
        Columns of the file.
    given
        Columns that the user named.
    source
        File name, for the message.
    detect
        Whether well-known names count where the user named none.

    Returns
    -------
    tuple
        Columns of each role, and the data set whose names were recognised (empty if none).

    Raises
    ------
    SourceError
        If a column that the user named is not there.
    """
    named: dict[Role, tuple[str, ...]] = {role: (name,) for role, name in given.items() if name}
    for columns in named.values():
        if columns[0] not in names:
            raise SourceError(
                f"has no column {columns[0]!r}; it has {', '.join(names)[:300]}",
                source=source,
                hint="correct the name of the column",
            )
    known = _known(names) if detect else None
    if known is None:
        return named, ""
    found = {
        role: tuple(column for column in columns if column in names)
        for role, columns in known.roles.items()
    }
    return {**{role: columns for role, columns in found.items() if columns}, **named}, known.title


def _known(names: Sequence[str]) -> Known | None:
    for known in KNOWN:
        if all(any(column in names for column in one_of) for one_of in known.needs):
            return known
    return None


def refuse_feet(columns: Columns, source: str) -> None:
    """Refuse columns whose names speak of feet.

    Parameters
    ----------
    columns
        Of a file for which the user declared no unit.
    source
        File name, for the message.

    Raises
    ------
    SourceError
        If there is such a column.
    """
    for role in LENGTHS:
        for column in columns.get(role, ()):
            if _FEET.search(column):
                raise SourceError(
                    f"seems to give feet in the column {column!r}",
                    source=source,
                    hint="declare `height_unit`: ft, us_ft or m",
                )
