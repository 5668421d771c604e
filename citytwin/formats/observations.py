"""What all feeds share: places and readings as a decoder gives them.

A decoder is pure: bytes in, a :class:`Batch` out. Readings are in the unit of their property;
:mod:`citytwin.formats.observation_tables` makes the tables.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from urllib.parse import quote
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shapely.geometry.base import BaseGeometry as Geometry

from citytwin.errors import SourceError
from citytwin.formats.rain.image import RainImage
from citytwin.model.notes import Note, Reject
from citytwin.model.properties import ObservedProperty
from citytwin.model.tables import Flag

_EARLIEST_S = -2_208_988_800
_LATEST_S = 7_258_118_400
"""1900 and 2200: times outside are faults of the clock or of the format."""
_SYNTHETIC = re.compile("synthetic|合成", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Place:
    """A sensor, stop or vehicle where it was last seen."""

    thing: str
    """Identifier within the source."""
    name: str | None
    kind: str
    longitude_deg: float
    latitude_deg: float
    height_m: float | None = None
    """Height of the sensor above the ground."""
    seen_s: float = -math.inf
    """When it was there, for moving things; the latest place counts."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of one property, in the unit of the property."""

    thing: str
    observed: ObservedProperty
    start_s: int
    end_s: int
    """Equals the start for an instant."""
    value: float | None
    flag: Flag | None = None
    """What the producer says of it; None leaves the judgement to the gross range."""


@dataclass(frozen=True, slots=True)
class Alert:
    """What somebody warns of or announces: one part of a message, for one kind of event.

    The words of `status`, `message_type`, `category`, `urgency`, `severity` and `certainty` are
    those of the Common Alerting Protocol (OASIS CAP 1.2, 2010, section 3.2).
    """

    part: str
    """Identifier within the source, of this part alone."""
    message: str
    """Identifier that the sender gave the whole message."""
    event: str
    sent_s: int
    start_s: int
    end_s: int | None = None
    sender: str | None = None
    status: str = "Actual"
    message_type: str = "Alert"
    references: str | None = None
    category: str | None = None
    urgency: str = "Unknown"
    severity: str = "Unknown"
    certainty: str = "Unknown"
    level: int | None = None
    language: str | None = None
    headline: str | None = None
    description: str | None = None
    instruction: str | None = None
    area: str | None = None
    geocodes: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)
    shape: Geometry | None = None
    """Longitude and latitude in degrees."""


@dataclass(frozen=True)
class Batch:
    """Everything that one file holds."""

    file: str
    raw_ref: str
    """sha256 of the file."""
    places: tuple[Place, ...]
    readings: Sequence[Reading]
    """One by one, or in columns: see :mod:`citytwin.formats.reading_columns`."""
    rejects: tuple[Reject, ...] = ()
    notes: tuple[Note, ...] = ()
    synthetic: bool = False
    """Whether the file itself says that it was generated."""
    alerts: tuple[Alert, ...] = ()
    images: tuple[RainImage, ...] = ()
    """Images of rain, in order of time."""


def reject_of(error: SourceError, code: str) -> Reject:
    """Turn the error about a record into the reject of that record.

    Parameters
    ----------
    error
        What was wrong; its message begins with the file and the record.
    code
        Short stable code of the reason.
    """
    place = f"{error.source}: {error.record}: " if error.record else f"{error.source}: "
    message = str(error).removeprefix(place)
    return Reject(source=error.source, record=error.record, code=code, message=message)


@lru_cache(maxsize=100_000)
def urn(source: str, thing: str) -> str:
    """Return the name of a thing that is unique over all sources.

    Parameters
    ----------
    source
        Name of the source in the configuration.
    thing
        Identifier within the source.
    """
    return f"urn:citytwin:{source}:{quote(thing, safe=':,')}"


def source_of(name: str) -> str:
    """Return the source of a thing, by the name that :func:`urn` made.

    Parameters
    ----------
    name
        URN of a thing.
    """
    return name.split(":", 3)[2]


def says_synthetic(texts: Iterable[str]) -> bool:
    """Return whether any text calls the data synthetic.

    Parameters
    ----------
    texts
        Notes, generators, descriptions and identifiers of a file.
    """
    return any(_SYNTHETIC.search(text) for text in texts)


def on_earth(longitude_deg: float, latitude_deg: float) -> bool:
    """Return whether a position can be one; 0, 0 is what receivers without a fix send.

    Parameters
    ----------
    longitude_deg, latitude_deg
        Degrees.
    """
    inside = abs(longitude_deg) <= 180.0 and abs(latitude_deg) <= 90.0
    return inside and (longitude_deg, latitude_deg) != (0.0, 0.0)


def plausible_time(seconds: float) -> bool:
    """Return whether a time lies between 1900 and 2200.

    Parameters
    ----------
    seconds
        Seconds since 1970-01-01T00:00Z.
    """
    return _EARLIEST_S <= seconds < _LATEST_S


def zone_named(name: str) -> ZoneInfo | None:
    """Return a time zone, or None where the name is none.

    Parameters
    ----------
    name
        IANA name, such as ``Asia/Tokyo``.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def seconds_of(moment: datetime) -> int:
    """Return an aware time as whole seconds since 1970-01-01T00:00Z.

    Parameters
    ----------
    moment
        Aware; fractions of a second are cut off.
    """
    return math.floor(moment.timestamp())
