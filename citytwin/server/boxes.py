"""Boxes of longitude and latitude, as OGC API has them in the parameter ``bbox``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import Query

from citytwin.server.refusals import NotThereError

Box = tuple[float, float, float, float]
"""West, south, east, north [degrees]."""
SaidBox = Annotated[str | None, Query(max_length=200)]


def box_of(said: str | None) -> Box | None:
    """Read a bounding box.

    Parameters
    ----------
    said
        Four numbers, or six with heights, which do not count; None for no box.

    Raises
    ------
    NotThereError
        If it is none: nothing is there.
    """
    if said is None:
        return None
    try:
        values = [float(part) for part in said.split(",")]
    except ValueError as error:
        raise NotThereError from error
    if len(values) == 6:
        values = [*values[:2], *values[3:5]]
    if len(values) != 4:
        raise NotThereError
    west, south, east, north = values
    if not (-360 <= west <= east <= 360 and -90 <= south <= north <= 90):
        raise NotThereError
    return west, south, east, north


def common(one: Sequence[float], other: Sequence[float]) -> Box | None:
    """Return the part that two boxes have in common; None where that has no area.

    Parameters
    ----------
    one, other
        West, south, east, north [degrees].
    """
    west, east = max(one[0], other[0]), min(one[2], other[2])
    south, north = max(one[1], other[1]), min(one[3], other[3])
    return (west, south, east, north) if west < east and south < north else None
