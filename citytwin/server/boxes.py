"""Boxes of longitude and latitude, as OGC API has them in the parameter ``bbox``."""

from __future__ import annotations

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
