"""What a first look at a file tells: the formats that read it, its CRS and its place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from citytwin.errors import CityTwinError, SourceError
from citytwin.formats.city.placement import place
from citytwin.model.steps import Params

_DEGREES = "EPSG:4326"
LonLat = tuple[float, float]


@dataclass(frozen=True)
class Use:
    """A format that reads a file."""

    format_name: str
    params: Params | None = None
    """Parameters that the file asks for; None for those of the format."""


@dataclass(frozen=True)
class Look:
    """What a first look at a file tells."""

    uses: tuple[Use, ...] = ()
    fault: str = ""
    """Why no format reads it; with formats, why the one that its name tells will refuse it."""
    stray: bool = False
    """Whether it is no city model at all, so that nobody misses it in a folder."""
    unread: tuple[str, ...] = ()
    """Kinds of features in it that no format reads."""
    crs: str | None = None
    """Horizontal CRS that it names, ``EPSG:n``."""
    lonlat: LonLat | None = None
    """A place in it [degrees]; None where it does not say."""
    municipality: str = ""
    """Code of the municipality of Japan that it belongs to; empty where it does not say."""


def reason(error: SourceError) -> str:
    """What is wrong with a file, without its name, which whoever tells it puts before it.

    Parameters
    ----------
    error
        About the file.
    """
    return str(error).removeprefix(f"{error.source}: ")


def lonlat_of(first: float, second: float, crs: str, *, east_first: bool) -> LonLat | None:
    """Longitude and latitude of a point of a file; None where it lies outside its CRS.

    Parameters
    ----------
    first, second
        As in the file.
    crs
        Its CRS.
    east_first
        For formats that write easting or longitude first whatever the authority says.
    """
    point = np.array([[first, second, 0.0]])
    try:
        placed = place(point, crs, _DEGREES, east_first=east_first)
    except CityTwinError:
        return None
    if not placed.inside.all():
        return None
    return float(placed.xyz[0, 0]), float(placed.xyz[0, 1])
