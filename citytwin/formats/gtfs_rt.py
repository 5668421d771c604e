"""GTFS-realtime (protobuf): vehicles and delays at stops -> observations; service alerts -> alerts.

A vehicle is a thing where it was last seen, with its speed. A stop has one delay per message: the
mean over the trips whose arrival is near in time, as the feed knows it at the time of the message.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from google.protobuf.message import DecodeError
from google.transit import gtfs_realtime_pb2 as pb
from pydantic import Field

from citytwin.errors import SourceError
from citytwin.formats.alert_tables import alert_table
from citytwin.formats.feed_file import decode_files, file_name, raw_ref, read_file
from citytwin.formats.feed_json import is_clean
from citytwin.formats.gtfs_alerts import alerts_of
from citytwin.formats.gtfs_stops import MEMBER, Stop, stops_of
from citytwin.formats.observation_tables import assemble
from citytwin.formats.observations import (
    Batch,
    Place,
    Reading,
    on_earth,
    plausible_time,
    says_synthetic,
)
from citytwin.model import properties as p
from citytwin.model.notes import Note, Reject
from citytwin.model.steps import Dataset, Decoded, Format, Params
from citytwin.model.tables import ALERTS, OBSERVATIONS, THINGS
from citytwin.model.text import text
from citytwin.transports.files import content_name

_STATIC_SUFFIXES = (".zip", ".txt")


class GtfsRtParams(Params):
    """Where the stops are, and which arrivals count."""

    stops: str | None = None
    """``stops.txt`` or GTFS archive, relative to the root of the source; by default the one among
    the files. Without stops, delays have no place and are left out."""
    horizon_min: float = Field(default=30.0, gt=0, le=1440)
    """Arrivals expected within this time of the message, before or after, count [min]."""
    departures: bool = False
    """Whether the delay of the departure stands in where a stop gives no arrival."""


class _Message:
    """One feed message while it is taken apart."""

    def __init__(self, file: str, stops: Mapping[str, Stop], params: GtfsRtParams) -> None:
        self.file = file
        self.stops = stops
        self.params = params
        self.places: dict[str, Place] = {}
        self.readings: list[Reading] = []
        self.rejects: list[Reject] = []
        self.delays: dict[str, list[float]] = {}
        self.without_delay = 0
        self.unknown_stops: set[str] = set()
        self.said: list[str] = []

    def reject(self, record: str, code: str, message: str) -> None:
        """Set a record aside."""
        self.rejects.append(Reject(source=self.file, record=record, code=code, message=message))

    def vehicle(self, entity: pb.FeedEntity, header_s: int) -> None:
        """Take the position and speed of a vehicle."""
        vehicle = entity.vehicle
        record = f"entity {ascii(entity.id)[:80]}"
        identifier = vehicle.vehicle.id or vehicle.vehicle.label or entity.id
        self.said += [str(identifier), str(vehicle.vehicle.label), str(vehicle.trip.trip_id)]
        if not _is_text(identifier):
            self.reject(record, "text", f"vehicle id {ascii(identifier)[:80]} is no plain text")
            return
        if not vehicle.HasField("position"):
            return
        position = vehicle.position
        if not on_earth(position.longitude, position.latitude):
            shown = f"{position.latitude}, {position.longitude}"
            self.reject(record, "position", f"latitude, longitude {shown} is no position")
            return
        time_s = vehicle.timestamp or header_s
        if not (time_s and plausible_time(time_s)):
            self.reject(record, "time", f"time stamp {time_s} says not when the vehicle was there")
            return
        thing = f"vehicle:{identifier}"
        place = Place(
            thing=thing,
            name=_label(vehicle),
            kind="vehicle",
            longitude_deg=position.longitude,
            latitude_deg=position.latitude,
            seen_s=time_s,
        )
        if thing not in self.places or self.places[thing].seen_s <= time_s:
            self.places[thing] = place
        if position.HasField("speed") and math.isfinite(position.speed):
            speed_km_h = position.speed * 3.6
            self.readings.append(Reading(thing, p.VEHICLE_SPEED, time_s, time_s, speed_km_h))

    def trip(self, entity: pb.FeedEntity, now_s: int) -> None:
        """Collect the delays of a trip at its stops."""
        trip = entity.trip_update
        self.said.append(str(trip.trip.trip_id))
        if trip.trip.schedule_relationship == pb.TripDescriptor.CANCELED:
            return
        for update in trip.stop_time_update:
            if update.schedule_relationship in (
                pb.TripUpdate.StopTimeUpdate.SKIPPED,
                pb.TripUpdate.StopTimeUpdate.NO_DATA,
            ):
                continue
            event = update.arrival
            if not update.HasField("arrival"):
                if not (self.params.departures and update.HasField("departure")):
                    self.without_delay += 1
                    continue
                event = update.departure
            if not event.HasField("delay"):
                self.without_delay += 1
            elif not event.time or abs(event.time - now_s) <= self.params.horizon_min * 60.0:
                self._delay(update.stop_id, float(event.delay))

    def _delay(self, stop_id: str, delay_s: float) -> None:
        if not _is_text(stop_id) or stop_id not in self.stops:
            self.unknown_stops.add(ascii(stop_id)[:80])
        else:
            self.delays.setdefault(stop_id, []).append(delay_s)

    def close(self, now_s: int) -> None:
        """Turn the collected delays into one reading per stop."""
        for stop_id, delays in self.delays.items():
            stop = self.stops[stop_id]
            thing = f"stop:{stop_id}"
            self.places[thing] = Place(
                thing, stop.name, "stop", stop.longitude_deg, stop.latitude_deg
            )
            mean_s = math.fsum(delays) / len(delays)
            self.readings.append(Reading(thing, p.ARRIVAL_DELAY, now_s, now_s, mean_s))
        if self.stops:
            for stop_id in sorted(self.unknown_stops):
                self.reject(f"stop {stop_id}", "stop", "the stop is not in the list of stops")


def _is_text(value: object) -> bool:
    """Whether a text is one: with broken UTF-8 the protobuf reader hands over bytes."""
    return isinstance(value, str) and bool(value) and is_clean(value)


def _label(vehicle: pb.VehiclePosition) -> str | None:
    label = vehicle.vehicle.label
    return label if _is_text(label) else None


def decode_gtfs_rt(raw: bytes, file: str, stops: Mapping[str, Stop], params: GtfsRtParams) -> Batch:
    """Decode one feed message.

    Parameters
    ----------
    raw
        Protobuf ``FeedMessage``.
    file
        Name of the file, for messages.
    stops
        Positions of the stops by id.
    params
        Which arrivals count.

    Raises
    ------
    SourceError
        If the message is empty, damaged, or lacks its header.
    """
    feed = _message(raw, file)
    message = _Message(file, stops, params)
    header_s = int(feed.header.timestamp)
    now_s = header_s or max((int(e.trip_update.timestamp) for e in feed.entity), default=0)
    trips = [e for e in feed.entity if e.HasField("trip_update") and not e.is_deleted]
    for entity in feed.entity:
        message.said.append(str(entity.id))
        if entity.HasField("vehicle") and not entity.is_deleted:
            message.vehicle(entity, header_s)
    if trips and not (now_s and plausible_time(now_s)):
        message.reject("header", "time", f"time stamp {now_s} says not when the delays were known")
    else:
        for entity in trips:
            message.trip(entity, now_s)
        message.close(now_s)
    message.said.append(str(feed.header.feed_version))
    alerts, faults = alerts_of(feed, file, stops)
    message.rejects += faults
    return Batch(
        file=file,
        raw_ref=raw_ref(raw),
        places=tuple(message.places.values()),
        readings=tuple(message.readings),
        rejects=tuple(message.rejects),
        notes=_notes(message),
        synthetic=says_synthetic(message.said),
        alerts=tuple(alerts),
    )


def _message(raw: bytes, file: str) -> pb.FeedMessage:
    if not raw:
        # An empty file is a valid protobuf message, but no feed.
        raise SourceError("the file is empty", source=file, hint="fetch it again")
    feed = pb.FeedMessage()
    try:
        feed.ParseFromString(raw)
    except DecodeError as error:
        hint = "the file may be cut short, or be no GTFS-realtime"
        raise SourceError(f"no GTFS-realtime message: {error}", source=file, hint=hint) from error
    if not feed.IsInitialized():
        lacking = ", ".join(feed.FindInitializationErrors()[:3])
        raise SourceError(f"required fields are missing: {lacking}", source=file)
    return feed


def _notes(message: _Message) -> tuple[Note, ...]:
    notes = []
    if message.without_delay:
        notes.append(
            Note(
                severity="info",
                ja=f"{message.file}: 到着遅れの記載がない {message.without_delay} 件は使用しません",
                en=f"{message.file}: {message.without_delay} stop times give no delay of arrival",
            )
        )
    if message.unknown_stops and not message.stops:
        notes.append(
            Note(
                severity="loss",
                ja=f"{message.file}: 停留所の位置がないため遅れ情報を使用できません",
                en=f"{message.file}: delays left out, because no positions of stops are given",
            )
        )
    return tuple(notes)


def read(dataset: Dataset, params: GtfsRtParams) -> Decoded:
    """Read all messages of a source.

    Parameters
    ----------
    dataset
        Messages, and the stops if they lie beside them.
    params
        Where the stops are, and which arrivals count.

    Raises
    ------
    SourceError
        If no message can be used, or the stops cannot be read.
    """
    messages = [f for f in dataset.files if not _is_static(f)]
    if not messages:
        raise SourceError(
            "holds no feed message", source=str(dataset.root), hint="*.pb is expected"
        )
    stops, rejects = _stops(dataset, params)
    decode = functools.partial(decode_gtfs_rt, stops=stops, params=params)
    batches, unreadable = decode_files(dataset, messages, decode)
    tables = assemble(dataset, batches, source_crs="EPSG:4326", rejects=[*rejects, *unreadable])
    alerts, lost = alert_table(dataset, batches)
    return Decoded(
        tables={**tables.tables, ALERTS: alerts},
        rejects=(*tables.rejects, *lost),
        notes=tables.notes,
    )


def _stops(dataset: Dataset, params: GtfsRtParams) -> tuple[dict[str, Stop], list[Reject]]:
    files = [f for f in dataset.files if _is_static(f)]
    if params.stops is not None:
        path = (dataset.root / PurePosixPath(params.stops)).resolve()
        if not path.is_relative_to(dataset.root.resolve()):
            hint = "stops must lie inside the root of the source"
            raise SourceError("leads out of the data set", source=params.stops, hint=hint)
        files = [path]
    stops: dict[str, Stop] = {}
    rejects: list[Reject] = []
    for path in files:
        name = file_name(dataset, path)
        found, bad = stops_of(read_file(path, name), name)
        stops |= found
        rejects += bad
    return stops, rejects


def _is_static(file: Path) -> bool:
    return content_name(file).lower().endswith(_STATIC_SUFFIXES)


def _decode(raw: bytes, file: str, _fetched_s: int, params: GtfsRtParams) -> Batch:
    """A message as it is fetched: vehicles say where they are, stops do not."""
    return decode_gtfs_rt(raw, file, {}, params)


FORMAT = Format(
    name="gtfs_rt",
    title=text("GTFSリアルタイム", "GTFS-realtime"),
    patterns=("*.pb", "*.pbf", "*.zip", MEMBER),
    produces=(THINGS, OBSERVATIONS, ALERTS),
    params=GtfsRtParams,
    read=read,
    decode=_decode,
    observes=(p.VEHICLE_SPEED, p.ARRIVAL_DELAY),
)
