"""OGC SensorThings API 1.1 (18-088) as JSON -> observations.

Things with their datastreams, datastreams with their observations, pages (``value``), and data arrays,
as a request with ``$expand`` gives them. Links to further pages are never followed: a page that is
not the last one says so.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pydantic import Field

from citytwin.errors import SourceError
from citytwin.formats.feed_file import decode_files, raw_ref
from citytwin.formats.feed_json import Node, parse
from citytwin.formats.feed_times import TimeStampError, utc_interval
from citytwin.formats.geojson_point import point_of
from citytwin.formats.given_places import GivenPlace, places_given
from citytwin.formats.measures import GivenQuantity, Measure, measure, property_named
from citytwin.formats.observation_tables import assemble
from citytwin.formats.observations import Batch, Place, Reading, reject_of, says_synthetic
from citytwin.formats.quality import few
from citytwin.formats.units import UnitError
from citytwin.model.notes import Note, Reject
from citytwin.model.properties import ObservedProperty
from citytwin.model.steps import Dataset, Decoded, Format, Params
from citytwin.model.tables import OBSERVATIONS, THINGS, Flag
from citytwin.model.text import text


class GivenDatastream(GivenQuantity):
    """An observed property that the twin does not know by its name, or whose unit is not written."""

    name: str = Field(min_length=1, max_length=200)
    """Name of the ObservedProperty, or else of the Datastream."""


class SensorThingsParams(Params):
    """What datastreams leave open."""

    datastreams: tuple[GivenDatastream, ...] = ()
    """Names that are no CF standard names; the unit given counts before the one written."""
    interval_min: float | None = Field(default=None, gt=0, le=1440)
    """Interval before an instant that a sum covers [min]."""
    apart: bool = False
    """Whether each datastream is a thing of its own, for things with several sensors of one kind."""
    positions: tuple[GivenPlace, ...] = ()
    """Where things are that come without location, by ``@iot.id`` or name."""


@dataclass
class _Found:
    """What one document gives."""

    places: dict[str, Place] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    passed: Counter[str] = field(default_factory=Counter)
    """Observed properties that the twin does not know."""
    said: list[str] = field(default_factory=list)
    further: int = 0
    """Pages that go on elsewhere."""


class _Reader:
    """Goes through a document from things to observations."""

    def __init__(self, params: SensorThingsParams) -> None:
        self.given = places_given(params.positions, "sensor")
        self.named = {stream.name: stream.measured() for stream in params.datastreams}
        self.duration_s = 0 if params.interval_min is None else round(params.interval_min * 60)
        self.apart = params.apart
        self.found = _Found()
        self.streams: dict[tuple[str, str], str] = {}
        """Datastream of each property of a thing."""

    def document(self, document: Node) -> None:
        """Read whatever the document is: things, datastreams, observations, or pages of them."""
        entities = list(self._page(document))
        if not entities:
            raise document.error("holds no Thing, Datastream or Observation")
        for entity in entities:
            try:
                self._entity(entity)
            except SourceError as error:
                self.found.rejects.append(reject_of(error, "entity"))

    def _entity(self, entity: Node) -> None:
        if entity.find("Datastreams") is not None or entity.find("Locations") is not None:
            self._thing(entity)
        elif entity.find("Observations") is not None:
            observations = self._list(entity, "Observations")
            self._datastream(entity, self._owner(entity), observations)
        elif entity.find("Datastream") is not None:
            stream = entity.member("Datastream")
            observations = _array(entity) if entity.find("dataArray") is not None else [entity]
            self._datastream(stream, self._owner(stream), observations)
        else:
            raise entity.error(
                "names no Datastream, so nobody knows what was observed where",
                hint="request with $expand=Datastream($expand=Thing($expand=Locations))",
            )

    def _page(self, node: Node) -> Iterator[Node]:
        """Members of a page or array; a lone entity is its own page."""
        if isinstance(node.value, list):
            yield from node.items()
            return
        self.found.further += node.find("@iot.nextLink") is not None
        value = node.find("value")
        if value is not None and isinstance(value.value, list):
            yield from value.items()
        else:
            yield node

    def _list(self, entity: Node, name: str) -> list[Node]:
        found = entity.find(name)
        self.found.further += entity.find(f"{name}@iot.nextLink") is not None
        return [] if found is None else found.items()

    def _thing(self, thing: Node) -> None:
        place = self._place(thing)
        for stream in self._list(thing, "Datastreams"):
            try:
                self._datastream(stream, place, self._list(stream, "Observations"))
            except SourceError as error:
                self.found.rejects.append(reject_of(error, "datastream"))

    def _owner(self, stream: Node) -> Place:
        """Place of the thing that a datastream belongs to; else where it observes."""
        thing = stream.find("Thing")
        if thing is not None:
            return self._place(thing)
        area = stream.find("observedArea")
        identifier = _identifier(stream)
        if identifier in self.given:
            return self.given[identifier]
        if area is None or area.value is None:
            raise stream.error("says neither its Thing nor an observedArea")
        return Place(identifier, _name(stream), "sensor", *point_of(area))

    def _place(self, thing: Node) -> Place:
        identifier, name = _identifier(thing), _name(thing)
        self.found.said += [identifier, name or ""]
        for known in (identifier, name):
            if known in self.given:
                return replace(self.given[known], thing=identifier)
        locations = self._list(thing, "Locations")
        if not locations:
            raise thing.error(f"{identifier} has no location", hint="give it in `positions`")
        location = locations[0].member("location")
        return Place(identifier, name, "sensor", *point_of(location))

    def _datastream(self, stream: Node, place: Place, observations: Sequence[Node]) -> None:
        wanted = self._measure(stream)
        if wanted is None:
            return
        identifier = _identifier(stream)
        if self.apart:
            place = replace(place, thing=f"{place.thing}:{identifier}")
        key = place.thing, wanted.observed.name
        if self.streams.setdefault(key, identifier) != identifier:
            raise stream.error(
                f"{place.thing} observes {wanted.observed.name} twice, as {self.streams[key]} and "
                f"{identifier}",
                hint="say `apart: true`, so that each datastream is a thing of its own",
            )
        for observation in observations:
            try:
                reading = self._observation(observation, place.thing, wanted)
            except SourceError as error:
                self.found.rejects.append(reject_of(error, "observation"))
                continue
            self.found.places[place.thing] = place
            self.found.readings.append(reading)

    def _measure(self, stream: Node) -> Measure | None:
        observed = stream.find("ObservedProperty")
        names = [] if observed is None else [_name(observed)]
        names.append(_name(stream))
        for name in names:
            if name in self.named:
                return self.named[name]
        known = None if observed is None else _known(observed)
        if known is None:
            self.found.passed[str(next((name for name in names if name), "unnamed"))[:80]] += 1
            return None
        unit = stream.member("unitOfMeasurement")
        spellings = [unit.find(key) for key in ("symbol", "name")]
        said = [one.text() for one in spellings if one is not None and one.value is not None]
        fault: UnitError | None = None
        for spelling in (*said, *_ucum(unit)):
            try:
                return measure(spelling, known)
            except UnitError as error:
                fault = fault or error
        reason = fault.message if fault is not None else "no unit is written"
        raise unit.error(reason, hint=fault.hint if fault is not None else "")

    def _observation(self, observation: Node, thing: str, wanted: Measure) -> Reading:
        time = observation.member("phenomenonTime")
        try:
            start_s, end_s = utc_interval(time.text(), None)
        except TimeStampError as error:
            raise time.error(error.message, hint=error.hint) from error
        if start_s == end_s:
            start_s -= self.duration_s
        result = observation.member("result")
        value = result.number_or_none()
        if value is not None:
            try:
                value = wanted.of(value, end_s - start_s)
            except UnitError as error:
                raise result.error(error.message, hint=error.hint) from error
        return Reading(thing, wanted.observed, start_s, end_s, value, _flag(observation))


def _identifier(entity: Node) -> str:
    """``@iot.id``, a number or a text; things made in one request have only their name."""
    found = entity.find("@iot.id")
    if found is None:
        name = _name(entity)
        if not name:
            raise entity.error("has neither @iot.id nor name")
        return name
    return found.text() if isinstance(found.value, str) else str(found.whole())


def _name(entity: Node) -> str | None:
    found = entity.find("name")
    return found.text() if found is not None and found.value else None


def _known(observed: Node) -> ObservedProperty | None:
    """Property whose CF name is the name, or the end of the definition, of what was observed."""
    definition = observed.find("definition")
    said = [_name(observed) or ""]
    if definition is not None and isinstance(definition.value, str):
        said.append(definition.text().rstrip("/").rpartition("/")[2])
    for name in said:
        found = property_named("_".join(name.lower().split()))
        if found is not None:
            return found
    return None


def _ucum(unit: Node) -> tuple[str, ...]:
    """UCUM code in the definition of a unit, such as ``ucum:Cel``."""
    definition = unit.find("definition")
    if definition is None or not isinstance(definition.value, str):
        return ()
    said = definition.text()
    return (said.removeprefix("ucum:"),) if said.startswith("ucum:") else ()


def _flag(observation: Node) -> Flag | None:
    """What ``resultQuality`` says: the standard leaves it open, so any but good is doubted."""
    quality = observation.find("resultQuality")
    if quality is None or quality.value in (None, "", "good", "valid", "1", 1):
        return None
    return Flag.SUSPECT


def _array(rows: Node) -> list[Node]:
    """Observations of a data array: a header of components, and rows of values."""
    names = [name.text() for name in rows.member("components").items()]
    observations = []
    for row in rows.member("dataArray").items():
        cells = row.items()
        if len(cells) != len(names):
            raise row.error(f"{len(cells)} values for {len(names)} components")
        values = {name: cell.value for name, cell in zip(names, cells, strict=True)}
        observations.append(Node(values, row.source, row.path))
    return observations


def decode_sensorthings(raw: bytes, file: str, params: SensorThingsParams) -> Batch:
    """Decode one response of a SensorThings service.

    Parameters
    ----------
    raw
        JSON: an entity, an array, or a page of entities.
    file
        Name of the file, for messages.
    params
        What datastreams leave open.

    Raises
    ------
    SourceError
        If it holds no entity.
    """
    reader = _Reader(params)
    reader.document(parse(raw, file))
    found = reader.found
    return Batch(
        file=file,
        raw_ref=raw_ref(raw),
        places=tuple(found.places.values()),
        readings=tuple(found.readings),
        rejects=few(found.rejects),
        notes=_notes(file, found.passed, found.further),
        synthetic=says_synthetic(found.said),
    )


def _notes(file: str, passed: Mapping[str, int], further: int) -> tuple[Note, ...]:
    notes = []
    if passed:
        names = ", ".join(sorted(passed)[:10])
        notes.append(
            Note(
                severity="info",
                ja=f"{file}: 次の観測項目は使用しません（datastreams で指定できます）: {names}",
                en=f"{file}: these observed properties are not used (`datastreams` names them): "
                f"{names}",
            )
        )
    if further:
        notes.append(
            Note(
                severity="loss",
                ja=f"{file}: 続きのページがあり、このファイルには一部のみ含まれています",
                en=f"{file} is a part: {further} of its lists go on on further pages",
            )
        )
    return tuple(notes)


def read(dataset: Dataset, params: SensorThingsParams) -> Decoded:
    """Read all files of a source.

    Parameters
    ----------
    dataset
        Responses of a service.
    params
        What they leave open.
    """
    decode = functools.partial(decode_sensorthings, params=params)
    batches, rejects = decode_files(dataset, dataset.files, decode)
    return assemble(dataset, batches, source_crs="EPSG:4326", rejects=rejects)


def _decode(raw: bytes, file: str, _fetched_s: int, params: SensorThingsParams) -> Batch:
    return decode_sensorthings(raw, file, params)


FORMAT = Format(
    name="sensorthings",
    title=text("OGC SensorThings 観測", "OGC SensorThings observations"),
    patterns=("*.json",),
    produces=(THINGS, OBSERVATIONS),
    params=SensorThingsParams,
    read=read,
    decode=_decode,
)
