"""NGSI-LD (ETSI GS CIM 009) and NGSI v2 entities of the Smart Data Models -> observations.

Normalized, concise and simplified entities, arrays of them, notifications, and the temporal forms
(lists of instances, ``values``). The ``@context`` is never fetched: attributes go by their short names.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo

from pydantic import Field

from citytwin.errors import SourceError
from citytwin.formats.feed_file import decode_files, raw_ref
from citytwin.formats.feed_json import Node, parse
from citytwin.formats.feed_times import TimeStampError, utc_interval, utc_seconds
from citytwin.formats.geojson_point import point_of
from citytwin.formats.given_places import GivenPlace, places_given
from citytwin.formats.measures import GivenQuantity, Measure, measure
from citytwin.formats.observation_tables import assemble
from citytwin.formats.observations import (
    Batch,
    Place,
    Reading,
    reject_of,
    says_synthetic,
    zone_named,
)
from citytwin.formats.quality import few
from citytwin.formats.units import UnitError
from citytwin.model import properties as p
from citytwin.model.notes import Note, Reject
from citytwin.model.properties import ObservedProperty
from citytwin.model.steps import Dataset, Decoded, Format, Params
from citytwin.model.tables import OBSERVATIONS, THINGS
from citytwin.model.text import text


class GivenAttribute(GivenQuantity):
    """An attribute that the twin does not know by itself."""

    entity_type: str = Field(min_length=1, max_length=80)
    """Short name of the type of entity, such as ``Device``."""
    attribute: str = Field(min_length=1, max_length=80)
    """Short name of the attribute, such as ``waterLevel``."""


class NgsiLdParams(Params):
    """What entities leave open."""

    attributes: tuple[GivenAttribute, ...] = ()
    """Attributes of other types of entities, or of other units, than the twin knows."""
    interval_min: float | None = Field(default=None, gt=0, le=1440)
    """Interval before the time of an entity that sums cover, where it names none [min]."""
    time_zone: str | None = None
    """IANA zone of times that name none; the standard asks for UTC with a Z, so by default such
    times are set aside."""
    positions: tuple[GivenPlace, ...] = ()
    """Where entities are that have no location."""


@dataclass(frozen=True)
class _Known:
    unit: str
    """Where the attribute has no ``unitCode``: the unit that the data model prescribes."""
    observed: ObservedProperty


_WEATHER = {
    "temperature": _Known("Cel", p.AIR_TEMPERATURE),
    "dewPoint": _Known("Cel", p.DEW_POINT),
    "relativeHumidity": _Known("1", p.RELATIVE_HUMIDITY),
    "windSpeed": _Known("m/s", p.WIND_SPEED),
    "gustSpeed": _Known("m/s", p.WIND_GUST),
    "windDirection": _Known("deg", p.WIND_DIRECTION),
    "atmosphericPressure": _Known("hPa", p.SURFACE_PRESSURE),
    "solarRadiation": _Known("W/m2", p.GLOBAL_RADIATION),
    "precipitation": _Known("mm", p.RAINFALL_RATE),
}
_TRAFFIC = {
    "intensity": _Known("{count}", p.TRAFFIC_FLOW),
    "averageVehicleSpeed": _Known("km/h", p.VEHICLE_SPEED),
    "occupancy": _Known("1", p.ROAD_OCCUPANCY),
}
_TYPES: dict[str, tuple[str, dict[str, _Known]]] = {
    "WeatherObserved": ("weather_station", _WEATHER),
    "TrafficFlowObserved": ("traffic_detector", _TRAFFIC),
    "FloodMonitoring": ("gauge", {"currentLevel": _Known("m", p.WATER_LEVEL)}),
}
_FORECASTS = frozenset({"WeatherForecast"})
_TIME_IN_ID = re.compile(r"[-_:.]?\d{4}-\d\d-\d\dT\d\d[:-]?\d\d(?:[:-]?\d\d)?(?:\.\d+)?Z?$")
"""Producers put the time into the id, so that every observation is an entity of its own."""


@dataclass
class _Found:
    """What one document gives."""

    places: dict[str, Place] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)
    """Entities of types that the twin does not read."""
    said: list[str] = field(default_factory=list)


def decode_ngsi_ld(raw: bytes, file: str, params: NgsiLdParams) -> Batch:
    """Decode entities.

    Parameters
    ----------
    raw
        JSON: an entity, an array of entities, or a notification.
    file
        Name of the file, for messages.
    params
        What entities leave open.

    Raises
    ------
    SourceError
        If it holds no entity.
    """
    document = parse(raw, file)
    known = _known(params)
    given = places_given(params.positions, "sensor")
    zone = zone_named(params.time_zone) if params.time_zone else None
    found = _Found()
    for entity in _entities(document):
        try:
            kinds = _kinds(entity)
            kind = next((name for name in kinds if name in known), None)
            if kind is None:
                found.passed[", ".join(kinds)[:80]] += 1
                continue
            _Entity(entity, *known[kind], params.interval_min, zone).read(given, found)
        except SourceError as error:
            found.rejects.append(reject_of(error, "entity"))
    return Batch(
        file=file,
        raw_ref=raw_ref(raw),
        places=tuple(found.places.values()),
        readings=tuple(found.readings),
        rejects=few(found.rejects),
        notes=_notes(file, found.passed),
        synthetic=says_synthetic(found.said),
    )


def _known(params: NgsiLdParams) -> dict[str, tuple[str, dict[str, Measure]]]:
    known = {
        kind: (thing, {name: measure(a.unit, a.observed) for name, a in attributes.items()})
        for kind, (thing, attributes) in _TYPES.items()
    }
    for given in params.attributes:
        known.setdefault(given.entity_type, ("sensor", {}))[1][given.attribute] = given.measured()
    return known


def _entities(document: Node) -> list[Node]:
    if isinstance(document.value, list):
        return document.items()
    data = document.find("data")
    if data is not None and isinstance(data.value, list):
        return data.items()
    if document.find("id") is None or document.find("type") is None:
        raise document.error("holds no entity", hint="expected `id` and `type`")
    return [document]


def _kinds(entity: Node) -> list[str]:
    kind = entity.member("type")
    kinds = kind.items() if isinstance(kind.value, list) else [kind]
    return [_short(one.text()) for one in kinds]


def _short(name: str) -> str:
    """Last part of an expanded name, such as ``https://smartdatamodels.org/dataModel.Weather/x``."""
    return re.split(r"[/#]", name)[-1] if "://" in name else name


class _Entity:
    """One entity while it is taken apart."""

    def __init__(
        self,
        entity: Node,
        kind: str,
        measures: Mapping[str, Measure],
        interval_min: float | None,
        zone: tzinfo | None,
    ) -> None:
        self.entity = entity
        self.kind = kind
        self.measures = measures
        self.duration_s = 0 if interval_min is None else round(interval_min * 60)
        self.zone = zone
        self.identifier = entity.member("id").text()
        self.thing = _TIME_IN_ID.sub("", self.identifier) or self.identifier

    def read(self, given: Mapping[str, Place], found: _Found) -> None:
        """Take its values and its place."""
        found.said.append(self.identifier)
        place = self._place(given)
        for name, attribute in self.entity.members():
            wanted = self.measures.get(_short(name))
            if wanted is None:
                continue
            for instance, time in _instances(attribute):
                try:
                    thing, reading = self._reading(wanted, instance, time)
                except SourceError as error:
                    found.rejects.append(reject_of(error, "value"))
                    continue
                found.places[thing] = Place(
                    thing, place.name, self.kind, place.longitude_deg, place.latitude_deg,
                    place.height_m,
                )  # fmt: skip
                found.readings.append(reading)

    def _place(self, given: Mapping[str, Place]) -> Place:
        for identifier in (self.thing, self.identifier):
            if identifier in given:
                return given[identifier]
        location = self.entity.find("location")
        if location is None:
            raise self.entity.error("has no location", hint="give it in `positions`")
        inner = location.find("value")
        name = self.entity.find("name")
        named = None if name is None else _content(name)
        return Place(
            self.thing,
            named.text() if named is not None and isinstance(named.value, str) else None,
            self.kind,
            *point_of(location if inner is None else inner),
        )

    def _reading(self, wanted: Measure, instance: Node, time: Node | None) -> tuple[str, Reading]:
        value, unit, dataset = instance, None, None
        if isinstance(instance.value, dict):
            value, unit = instance.member("value"), instance.find("unitCode")
            time, dataset = instance.find("observedAt") or time, instance.find("datasetId")
        if unit is not None and unit.value is not None:
            try:
                wanted = measure(unit.text(), wanted.observed)
            except UnitError as error:
                raise unit.error(error.message, hint=error.hint) from error
        start_s, end_s = self._interval(time)
        number = value.number_or_none()
        if number is not None:
            try:
                number = wanted.of(number, end_s - start_s)
            except UnitError as error:
                raise instance.error(error.message, hint=error.hint) from error
        if number is not None and wanted.observed is p.WIND_DIRECTION and -180 <= number < 0:
            number += 360.0  # the data model counts from -180 to 180
        thing = self.thing if dataset is None else f"{self.thing}:{dataset.text()}"
        return thing, Reading(thing, wanted.observed, start_s, end_s, number)

    def _interval(self, time: Node | None) -> tuple[int, int]:
        """Interval of a value: that of the entity, or up to the time of the value itself."""
        if time is not None:
            end_s = self._seconds(time)
            return end_s - self.duration_s, end_s
        first, last = (self.entity.find(f"dateObserved{end}") for end in ("From", "To"))
        if first is not None and last is not None:
            start_s, end_s = self._seconds(_content(first)), self._seconds(_content(last))
            if end_s < start_s:
                raise last.error("the interval ends before it begins")
            return start_s, end_s
        observed = self.entity.find("dateObserved")
        if observed is None:
            raise self.entity.error("says not when: neither observedAt nor dateObserved")
        said = _content(observed)
        try:
            start_s, end_s = utc_interval(said.text(), self.zone)
        except TimeStampError as error:
            raise said.error(error.message, hint=error.hint) from error
        return (start_s, end_s) if start_s < end_s else (end_s - self.duration_s, end_s)

    def _seconds(self, time: Node) -> int:
        try:
            return utc_seconds(time.text(), self.zone)
        except TimeStampError as error:
            raise time.error(error.message, hint=error.hint) from error


def _content(attribute: Node) -> Node:
    """Value of an attribute in any form; a time may be ``{"@type": ..., "@value": ...}`` in it."""
    here = attribute
    for key in ("value", "@value"):
        inner = here.find(key) if isinstance(here.value, dict) else None
        here = here if inner is None else inner
    return here


def _instances(attribute: Node) -> Iterator[tuple[Node, Node | None]]:
    """Values of an attribute, each with its time where that stands beside it."""
    if isinstance(attribute.value, list):
        for instance in attribute.items():
            yield from (
                _instances(instance) if isinstance(instance.value, dict) else [(instance, None)]
            )
        return
    values = attribute.find("values") if isinstance(attribute.value, dict) else None
    if values is None:
        yield attribute, None
        return
    for pair in values.items():
        parts = pair.items()
        if len(parts) != 2:
            raise pair.error("expected [value, time]")
        yield parts[0], parts[1]


def _notes(file: str, passed: Counter[str]) -> tuple[Note, ...]:
    if not passed:
        return ()
    forecasts = sum(count for kind, count in passed.items() if kind in _FORECASTS)
    ja = f"（うち予報 {forecasts} 件は観測ではありません）" if forecasts else ""
    en = f" ({forecasts} forecasts among them, which are no observations)" if forecasts else ""
    kinds = ", ".join(sorted(passed)[:10])
    total = sum(passed.values())
    return (
        Note(
            severity="info",
            ja=f"{file}: 次の種類のエンティティ {total} 件は使用しません: {kinds}{ja}",
            en=f"{file}: {total} entities of these types are not used: {kinds}{en}",
        ),
    )


def read(dataset: Dataset, params: NgsiLdParams) -> Decoded:
    """Read all files of a source.

    Parameters
    ----------
    dataset
        Entities.
    params
        What they leave open.
    """
    decode = functools.partial(decode_ngsi_ld, params=params)
    batches, rejects = decode_files(dataset, dataset.files, decode)
    return assemble(dataset, batches, source_crs="EPSG:4326", rejects=rejects)


def _decode(raw: bytes, file: str, _fetched_s: int, params: NgsiLdParams) -> Batch:
    return decode_ngsi_ld(raw, file, params)


FORMAT = Format(
    name="ngsi_ld",
    title=text("NGSI-LD エンティティ", "NGSI-LD entities"),
    patterns=("*.jsonld", "*.json"),
    produces=(THINGS, OBSERVATIONS),
    params=NgsiLdParams,
    read=read,
    decode=_decode,
)
