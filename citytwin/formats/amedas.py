"""JMA AMeDAS national map (JSON, every ten minutes) -> observations.

A value is ``[value, flag]``: flag 0 is normal, 1 to 4 are doubted by JMA to a growing degree, from
5 on there is no observation whatever the value says (``[0, 6]`` is not zero). The time stands in
the name of the file, in Japan Standard Time. Sums and means cover the ten minutes before it.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from citytwin.errors import SourceError
from citytwin.formats.amedas_stations import (
    REMARKS,
    STATION_CRS,
    TABLE_NAME,
    Station,
    StationPosition,
    decode_table,
    station_at,
)
from citytwin.formats.feed_file import decode_files, file_name, raw_ref, read_file
from citytwin.formats.feed_json import Node, parse
from citytwin.formats.observation_tables import assemble
from citytwin.formats.observations import (
    Batch,
    Place,
    Reading,
    plausible_time,
    reject_of,
    says_synthetic,
    seconds_of,
)
from citytwin.model import properties as p
from citytwin.model.notes import Note, Reject
from citytwin.model.properties import ObservedProperty
from citytwin.model.steps import Dataset, Decoded, Format, Params
from citytwin.model.tables import OBSERVATIONS, THINGS, Flag
from citytwin.model.text import text
from citytwin.transports.files import content_name
from citytwin.wording import first_of

JST = timezone(timedelta(hours=9))
_MAP_NAME = re.compile(r"^(?:map_)?(?P<time>\d{14})\.json$")
_NO_OBSERVATION = 5


class AmedasParams(Params):
    """Which stations to read, and where they are."""

    stations: tuple[str, ...] = ()
    """Codes such as ``44132``; empty = all whose position is known."""
    positions: tuple[StationPosition, ...] = ()
    """Positions beside or instead of those of ``amedastable.json``."""


@dataclass(frozen=True)
class _Element:
    name: str
    observed: ObservedProperty
    minutes: int
    """Length of the interval before the time of the map; 0 for an instant."""
    factor: float
    """To the unit of the property."""


_ELEMENTS = (
    _Element("temp", p.AIR_TEMPERATURE, 0, 1.0),
    _Element("humidity", p.RELATIVE_HUMIDITY, 0, 1.0),
    _Element("wind", p.WIND_SPEED, 10, 1.0),
    _Element("precipitation10m", p.RAINFALL_RATE, 10, 6.0),
    _Element("sun10m", p.SUNSHINE_DURATION, 10, 1.0),
)
_HOURLY = {
    "precipitation10m": _Element("precipitation1h", p.RAINFALL_RATE, 60, 1.0),
    "sun10m": _Element("sun1h", p.SUNSHINE_DURATION, 60, 60.0),
}
"""Read only from stations that never report the ten-minute element, and from maps at full hours:
the hour before 18:10 overlaps the hour before 18:00."""


def time_of_map(file: str) -> int:
    """Return the time of a map from its name [s since 1970-01-01T00:00Z].

    Parameters
    ----------
    file
        Such as ``map_20250628180000.json``, Japan Standard Time.

    Raises
    ------
    SourceError
        If the name holds no time.
    """
    match = _MAP_NAME.match(file.rsplit("/", 1)[-1])
    try:
        if match is None:
            raise ValueError(file)
        local = datetime.strptime(match["time"], "%Y%m%d%H%M%S").replace(tzinfo=JST)
    except ValueError as error:
        hint = "keep JMA's name, such as map_20250628180000.json"
        raise SourceError("the name holds no time", source=file, hint=hint) from error
    seconds = seconds_of(local)
    if not plausible_time(seconds):
        raise SourceError("the time lies not between 1900 and 2200", source=file)
    return seconds


def decode_map(raw: bytes, file: str, stations: Mapping[str, Station]) -> Batch:
    """Decode one national map.

    Parameters
    ----------
    raw
        JSON object by station code.
    file
        Name of the file; it gives the time.
    stations
        Stations to read; the others are passed over.
    """
    end_s = time_of_map(file)
    document = parse(raw, file)
    readings: list[Reading] = []
    rejects: list[Reject] = []
    places: list[Place] = []
    said: list[str] = []
    synthetic = False
    for code, values in document.members():
        if code in REMARKS:
            said.append(str(values.value))
            continue
        said.append(code)
        if code not in stations:
            continue
        try:
            found, bad = _station(values, code, end_s)
        except SourceError as error:
            rejects.append(reject_of(error, "value"))
            continue
        places.append(stations[code].place)
        synthetic |= stations[code].synthetic
        readings += found
        rejects += bad
    return Batch(
        file=file,
        raw_ref=raw_ref(raw),
        places=tuple(places),
        readings=tuple(readings),
        rejects=tuple(rejects),
        synthetic=synthetic or says_synthetic(said),
    )


def _station(station: Node, code: str, end_s: int) -> tuple[list[Reading], list[Reject]]:
    readings: list[Reading] = []
    rejects: list[Reject] = []
    for element in _ELEMENTS:
        pair = station.find(element.name)
        if pair is None and element.name in _HOURLY and end_s % 3600 == 0:
            element = _HOURLY[element.name]
            pair = station.find(element.name)
        if pair is None:
            continue
        try:
            value, flag = _value(pair)
        except SourceError as error:
            rejects.append(reject_of(error, "value"))
            continue
        value = None if value is None else value * element.factor
        start_s = end_s - 60 * element.minutes
        readings.append(Reading(code, element.observed, start_s, end_s, value, flag))
    direction = station.find("windDirection")
    if direction is not None:
        try:
            value, flag = _direction(direction)
            readings.append(Reading(code, p.WIND_DIRECTION, end_s - 600, end_s, value, flag))
        except SourceError as error:
            rejects.append(reject_of(error, "value"))
    return readings, rejects


def _value(pair: Node) -> tuple[float | None, Flag | None]:
    """Read ``[value, flag]``; a null flag is documented for snow only, so it counts as unjudged."""
    parts = pair.items()
    if len(parts) != 2:
        raise pair.error(f"expected [value, flag], got {len(parts)} parts")
    value = parts[0].number_or_none()
    if parts[1].value is None:
        return value, Flag.NOT_EVALUATED
    flag = parts[1].whole()
    if flag < 0:
        raise parts[1].error("no quality flag")
    if flag >= _NO_OBSERVATION:
        return None, Flag.MISSING
    return value, None if flag == 0 else Flag.SUSPECT


def _direction(pair: Node) -> tuple[float | None, Flag | None]:
    """Read one of sixteen directions, 16 = north; 0 means calm, which comes from nowhere."""
    value, flag = _value(pair)
    if value is None or value == 0:
        return None, flag
    if not (value.is_integer() and 1 <= value <= 16):
        raise pair.items()[0].error("expected a direction of 0 to 16")
    return (value % 16) * 22.5, flag


def read(dataset: Dataset, params: AmedasParams) -> Decoded:
    """Read all maps of a source.

    Parameters
    ----------
    dataset
        Maps, and the station table if there is one.
    params
        Which stations, and where they are.

    Raises
    ------
    SourceError
        If no position is known, or that of a wanted station is not.
    """
    known = _stations(dataset, params)
    wanted = {code: known[code] for code in params.stations} if params.stations else known
    maps = [path for path in dataset.files if content_name(path) != TABLE_NAME]
    if not maps:
        raise SourceError("holds no map", source=str(dataset.root), hint="map_*.json is expected")
    decode = functools.partial(decode_map, stations=wanted)
    batches, rejects = decode_files(dataset, maps, decode)
    batches = _without_overlaps(batches)
    seen = {place.thing for batch in batches for place in batch.places}
    absent = [
        Reject(source=maps[0].name, record=code, code="absent", message="station is in no map")
        for code in params.stations
        if code not in seen
    ]
    return assemble(
        dataset,
        batches,
        source_crs=dataset.source_crs or STATION_CRS,
        rejects=[*rejects, *absent],
        notes=_height_note(dataset, [wanted[code].place for code in sorted(seen)]),
    )


def _without_overlaps(batches: Sequence[Batch]) -> list[Batch]:
    """Drop the hours of stations that report ten minutes of the same property in any map."""
    finer = {
        (reading.thing, reading.observed.name)
        for batch in batches
        for reading in batch.readings
        if reading.end_s - reading.start_s == 600
    }
    return [
        replace(
            batch,
            readings=tuple(
                reading
                for reading in batch.readings
                if reading.end_s - reading.start_s != 3600
                or (reading.thing, reading.observed.name) not in finer
            ),
        )
        for batch in batches
    ]


def _stations(dataset: Dataset, params: AmedasParams) -> dict[str, Station]:
    stations: dict[str, Station] = {}
    for path in dataset.files:
        if content_name(path) == TABLE_NAME:
            name = file_name(dataset, path)
            stations |= decode_table(read_file(path, name), name)
    stations |= {given.code: station_at(given) for given in params.positions}
    lacking = [code for code in params.stations if code not in stations]
    if lacking or not stations:
        what = f"of stations {', '.join(lacking[:5])}" if lacking else "of any station"
        hint = f"put {TABLE_NAME} beside the maps, or give `positions`"
        raise SourceError(f"no position {what} is known", source=str(dataset.root), hint=hint)
    return stations


def _height_note(dataset: Dataset, places: Sequence[Place]) -> tuple[Note, ...]:
    without = [place.name or place.thing for place in places if place.height_m is None]
    if not without:
        return ()
    some = first_of(without, 5)
    return (
        Note(
            severity="info",
            ja=f"データ「{dataset.name}」で風速計の高さが不明な観測所: {len(without)} 地点（{some}）",
            en=f"Source {dataset.name}: height of the anemometer unknown at {len(without)} stations "
            f"({some})",
        ),
    )


def _decode(raw: bytes, file: str, _fetched_s: int, params: AmedasParams) -> Batch:
    """A map as it is fetched; the positions must stand in the configuration."""
    stations = {given.code: station_at(given) for given in params.positions}
    wanted = {code: stations[code] for code in params.stations if code in stations} or stations
    return decode_map(raw, file.rsplit("/", 1)[-1], wanted)


FORMAT = Format(
    name="amedas",
    title=text("気象庁アメダス", "JMA AMeDAS"),
    patterns=("map_*.json", "[0-9]" * 14 + ".json", TABLE_NAME),
    produces=(THINGS, OBSERVATIONS),
    params=AmedasParams,
    read=read,
    decode=_decode,
    observes=(*(element.observed for element in _ELEMENTS), p.WIND_DIRECTION),
)
