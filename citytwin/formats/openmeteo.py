"""Open-Meteo weather at a grid point (JSON, hourly block) -> observations.

Sums and means of the hour before a time stamp become the interval that ends there; wind,
temperature, humidity and cloud are instants. Times are local and go to UTC by the offset that the
file itself gives. See the "Hourly Parameter Definition" of the Open-Meteo documentation.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta, timezone, tzinfo

from citytwin.errors import SourceError
from citytwin.formats.feed_file import decode_files, raw_ref
from citytwin.formats.feed_json import Node, parse
from citytwin.formats.feed_times import TimeStampError, utc_seconds
from citytwin.formats.observation_tables import assemble
from citytwin.formats.observations import (
    Batch,
    Place,
    Reading,
    on_earth,
    plausible_time,
    reject_of,
    says_synthetic,
    zone_named,
)
from citytwin.formats.units import UnitError, conversion
from citytwin.model import properties as p
from citytwin.model.notes import Note, Reject
from citytwin.model.properties import ObservedProperty
from citytwin.model.record import GRID_POINT
from citytwin.model.steps import Dataset, Decoded, Format, NoParams
from citytwin.model.tables import OBSERVATIONS, THINGS
from citytwin.model.text import text

HOUR_S = 3600


@dataclass(frozen=True)
class _Variable:
    observed: ObservedProperty
    preceding_hour: bool
    """Whether a value covers the hour before its time stamp."""
    unit: str
    """UCUM unit to which the values are brought first; a depth per hour is then a rate."""


_SURFACE = {
    "precipitation": _Variable(p.RAINFALL_RATE, True, "mm"),
    "cloud_cover": _Variable(p.CLOUD_COVER, False, "%"),
    "cloudcover": _Variable(p.CLOUD_COVER, False, "%"),
    "shortwave_radiation": _Variable(p.GLOBAL_RADIATION, True, "W/m2"),
    "sunshine_duration": _Variable(p.SUNSHINE_DURATION, True, "min"),
}
_AT_HEIGHT = {
    "temperature": _Variable(p.AIR_TEMPERATURE, False, "Cel"),
    "relative_humidity": _Variable(p.RELATIVE_HUMIDITY, False, "%"),
    "relativehumidity": _Variable(p.RELATIVE_HUMIDITY, False, "%"),
    "wind_speed": _Variable(p.WIND_SPEED, False, "m/s"),
    "windspeed": _Variable(p.WIND_SPEED, False, "m/s"),
    "wind_direction": _Variable(p.WIND_DIRECTION, False, "deg"),
    "winddirection": _Variable(p.WIND_DIRECTION, False, "deg"),
}
_HEIGHT = re.compile(r"^(?P<name>[a-z_]+?)_(?P<height>\d{1,3})m$")

_MODEL_NOTE = Note(
    severity="info",
    ja="Open-Meteo の値は気象モデルの格子点値で、実測ではありません",
    en="Values of Open-Meteo are those of a weather model at a grid point, not measurements",
)


def _variable(name: str) -> tuple[_Variable, float | None] | None:
    """Return what a variable is and the height of its sensor; None if the twin keeps it not."""
    if name in _SURFACE:
        return _SURFACE[name], None
    match = _HEIGHT.match(name)
    if match and match["name"] in _AT_HEIGHT:
        return _AT_HEIGHT[match["name"]], float(match["height"])
    return None


def decode_open_meteo(raw: bytes, file: str, time_zone: str = "") -> Batch:
    """Decode one response of Open-Meteo.

    Parameters
    ----------
    raw
        JSON: one location, or an array of locations.
    file
        Name of the file, for messages.
    time_zone
        IANA zone of local times in a file that gives no ``utc_offset_seconds``.

    Returns
    -------
    Batch
        One place per location and height of sensor.

    Raises
    ------
    SourceError
        If the file has no hourly block, no usable time, or none of the variables that the twin
        keeps.
    """
    document = parse(raw, file)
    locations = document.items() if isinstance(document.value, list) else [document]
    if not locations:
        raise document.error("holds no location")
    places: dict[str, Place] = {}
    readings: list[Reading] = []
    rejects: list[Reject] = []
    skipped: set[str] = set()
    said: list[str] = []
    for location in locations:
        block = _Block(location, time_zone)
        for name, values in location.member("hourly").members():
            if name == "time":
                continue
            known = _variable(name)
            if known is None:
                skipped.add(name)
                continue
            try:
                place, found, bad = block.read(name, values, *known)
            except SourceError as error:
                rejects.append(reject_of(error, "variable"))
                continue
            places[place.thing] = place
            readings += found
            rejects += bad
        said += _remarks(location)
    if not readings:
        reason = f": {rejects[0].message}" if rejects else ""
        hint = f"request some of {', '.join(sorted({*_SURFACE, 'windspeed_10m'}))}"
        raise SourceError(f"no usable hourly variable{reason}", source=file, hint=hint)
    return Batch(
        file=file,
        raw_ref=raw_ref(raw),
        places=tuple(places.values()),
        readings=tuple(readings),
        rejects=tuple(rejects),
        notes=(_MODEL_NOTE, *_skipped_note(skipped)),
        synthetic=says_synthetic(said),
    )


class _Block:
    """The hourly block of one location: its place, times and units."""

    def __init__(self, location: Node, time_zone: str) -> None:
        longitude, latitude = location.member("longitude"), location.member("latitude")
        self.longitude_deg, self.latitude_deg = longitude.number(), latitude.number()
        if not on_earth(self.longitude_deg, self.latitude_deg):
            raise location.error(f"{self.longitude_deg}, {self.latitude_deg} is no position")
        units = location.find("hourly_units")
        if units is None:
            hint = "keep the response of the service as it is"
            raise location.error("'hourly_units' is missing: values without unit", hint=hint)
        self.units = units
        self.times_s = _times(location, units, time_zone)

    def read(
        self, name: str, values: Node, variable: _Variable, height_m: float | None
    ) -> tuple[Place, list[Reading], list[Reject]]:
        """Read the values of one variable."""
        unit = self.units.member(name)
        try:
            change = conversion(unit.text(), variable.unit)
        except UnitError as error:
            raise unit.error(error.message, hint=error.hint) from error
        cells = values.items()
        if len(cells) != len(self.times_s):
            raise values.error(f"{len(cells)} values for {len(self.times_s)} times")
        thing = f"{self.latitude_deg:.6f},{self.longitude_deg:.6f}"
        thing += "" if height_m is None else f":{height_m:04.0f}m"
        place = Place(
            thing=thing,
            name=f"Open-Meteo {self.latitude_deg:.3f}, {self.longitude_deg:.3f}",
            kind=GRID_POINT,
            longitude_deg=self.longitude_deg,
            latitude_deg=self.latitude_deg,
            height_m=height_m,
        )
        readings: list[Reading] = []
        rejects: list[Reject] = []
        for end_s, cell in zip(self.times_s, cells, strict=True):
            start_s = end_s - HOUR_S if variable.preceding_hour else end_s
            try:
                value = cell.number_or_none()
            except SourceError as error:
                rejects.append(reject_of(error, "value"))
                continue
            value = None if value is None else change(value)
            readings.append(Reading(thing, variable.observed, start_s, end_s, value))
        return place, readings, rejects


def _times(location: Node, units: Node, time_zone: str) -> Sequence[int]:
    """Ends of the hours, UTC [s]."""
    cells = location.member("hourly").member("time").items()
    if not cells:
        raise location.error("'hourly.time' is empty: the feed holds no hours")
    unit = units.member("time")
    if unit.text() == "unixtime":
        times = [cell.whole() for cell in cells]
    elif unit.text() == "iso8601":
        zone = _zone(location, time_zone)
        times = [_utc_seconds(cell, zone) for cell in cells]
    else:
        raise unit.error("unknown unit of time", hint="expected iso8601 or unixtime")
    for cell, time in zip(cells, times, strict=True):
        if not plausible_time(time):
            raise cell.error("no time between 1900 and 2200")
    for row in range(1, len(times)):
        if times[row] - times[row - 1] != HOUR_S:
            step_s = times[row] - times[row - 1]
            hint = "request hourly values without temporal_resolution"
            raise cells[row].error(f"comes {step_s} s after the time before it", hint=hint)
    return times


def _zone(location: Node, time_zone: str) -> tzinfo | None:
    offset = location.find("utc_offset_seconds")
    if offset is not None:
        seconds = offset.whole()
        if abs(seconds) >= 24 * HOUR_S:
            raise offset.error("no offset from UTC")
        return timezone(timedelta(seconds=seconds))
    return zone_named(time_zone) if time_zone else None


def _utc_seconds(cell: Node, zone: tzinfo | None) -> int:
    try:
        return utc_seconds(cell.text(), zone)
    except TimeStampError as error:
        hint = error.hint and "the file needs utc_offset_seconds, or the configuration a time zone"
        raise cell.error(error.message, hint=hint) from error


def _remarks(location: Node) -> list[str]:
    found = (location.find(key) for key in ("generator", "note", "description", "id", "source"))
    return [node.value for node in found if node is not None and isinstance(node.value, str)]


def _skipped_note(skipped: set[str]) -> tuple[Note, ...]:
    if not skipped:
        return ()
    names = ", ".join(sorted(skipped))
    return (
        Note(
            severity="info",
            ja=f"Open-Meteo の次の変数は使用しません: {names}",
            en=f"These variables of Open-Meteo are not used: {names}",
        ),
    )


def read(dataset: Dataset, params: NoParams) -> Decoded:  # noqa: ARG001
    """Read all files of a source.

    Parameters
    ----------
    dataset
        Files of one source.
    params
        None.
    """
    decode = functools.partial(decode_open_meteo, time_zone=dataset.time_zone)
    batches, rejects = decode_files(dataset, dataset.files, decode)
    return assemble(dataset, batches, source_crs="EPSG:4326", rejects=rejects)


def _decode(raw: bytes, file: str, _fetched_s: int, _params: NoParams) -> Batch:
    return decode_open_meteo(raw, file)


FORMAT = Format(
    name="openmeteo",
    title=text("Open-Meteo 気象データ", "Open-Meteo weather"),
    patterns=("*.json",),
    produces=(THINGS, OBSERVATIONS),
    params=NoParams,
    read=read,
    decode=_decode,
    observes=tuple(dict.fromkeys(v.observed for v in (_SURFACE | _AT_HEIGHT).values())),
)
