"""GTFS-realtime: vehicles, delays at stops, refused messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from google.transit import gtfs_realtime_pb2 as pb

from citytwin.errors import SourceError
from citytwin.formats.gtfs_rt import FORMAT, GtfsRtParams, decode_gtfs_rt
from citytwin.formats.gtfs_stops import Stop
from citytwin.model import properties as p
from citytwin.model.steps import Dataset
from citytwin.model.tables import OBSERVATIONS, THINGS
from citytwin.store.observations import ObservationReader, ObservationStore, decoded_feed

NOW_S = 1_708_035_269
STOPS = {"A": Stop("Alpha", 139.70, 35.60), "B": Stop(None, 139.71, 35.61)}
ANY = GtfsRtParams()


def message(timestamp=NOW_S):
    """A message with a header only."""
    feed = pb.FeedMessage()
    feed.header.gtfs_realtime_version = "2.0"
    feed.header.timestamp = timestamp
    return feed


def add_vehicle(feed, vehicle_id="bus-1", *, speed=None, timestamp=None, lat=35.68, lon=139.77):
    """Add a vehicle."""
    entity = feed.entity.add()
    entity.id = f"e{len(feed.entity)}"
    if vehicle_id:
        entity.vehicle.vehicle.id = vehicle_id
    entity.vehicle.position.latitude = lat
    entity.vehicle.position.longitude = lon
    if speed is not None:
        entity.vehicle.position.speed = speed
    if timestamp is not None:
        entity.vehicle.timestamp = timestamp
    return entity


def add_arrival(feed, stop, *, delay=None, time=None, event="arrival", relationship=0):
    """Add a trip with one stop."""
    entity = feed.entity.add()
    entity.id = f"e{len(feed.entity)}"
    entity.trip_update.trip.trip_id = f"trip-{len(feed.entity)}"
    update = entity.trip_update.stop_time_update.add()
    update.stop_id = stop
    update.schedule_relationship = relationship
    target = getattr(update, event)
    if delay is not None:
        target.delay = delay
    if time is not None:
        target.time = time
    return entity


def decode(feed, stops=STOPS, params=ANY):
    """Decode a message."""
    return decode_gtfs_rt(feed.SerializeToString(), "f.pb", stops, params)


def test_speed_of_a_vehicle_in_kilometres_per_hour_at_its_own_time():
    """10 m/s are 36 km/h; the vehicle's time stamp beats that of the header."""
    feed = message()
    add_vehicle(feed, speed=10.0, timestamp=NOW_S - 7)
    add_vehicle(feed, "bus-2", speed=0.0)
    add_vehicle(feed, "bus-3")
    batch = decode(feed)
    assert [(r.thing, r.start_s - NOW_S, r.end_s - NOW_S, r.value) for r in batch.readings] == [
        ("vehicle:bus-1", -7, -7, pytest.approx(36.0)),
        ("vehicle:bus-2", 0, 0, 0.0),
    ]
    assert [place.thing for place in batch.places] == [f"vehicle:bus-{k}" for k in (1, 2, 3)]
    assert batch.places[0].latitude_deg == pytest.approx(35.68, abs=1e-5)
    assert batch.places[0].seen_s == NOW_S - 7


def test_the_newest_position_of_a_vehicle_counts():
    """Producers list a vehicle twice, in any order."""
    feed = message()
    add_vehicle(feed, timestamp=NOW_S, lat=35.0)
    add_vehicle(feed, timestamp=NOW_S - 60, lat=34.0)
    assert decode(feed).places[0].latitude_deg == pytest.approx(35.0)


def test_vehicles_that_are_stamped_alike_are_apart():
    """Many producers give all vehicles the time of the message; two never become one."""
    feed = message()
    for number in range(3):
        add_vehicle(feed, f"bus-{number}", speed=10.0 + number, timestamp=NOW_S)
    readings = decode(feed).readings
    assert [(r.thing, r.end_s, round(r.value / 3.6)) for r in readings] == [
        (f"vehicle:bus-{number}", NOW_S, 10 + number) for number in range(3)
    ]


def test_a_message_that_goes_back_displaces_nothing(tmp_path):
    """What comes later and is older counts at its own time; the newer value is still the last."""
    with ObservationStore.open(tmp_path / "obs") as store:
        for shift_s, speed in ((0, 10.0), (-60, 5.0)):
            feed = message(NOW_S + shift_s)
            add_vehicle(feed, speed=speed)
            found = decoded_feed("bus", replace(decode(feed), raw_ref="00" * 32))
            store.append(found.rows)
            assert store.commit().stored == 1
    with ObservationReader(tmp_path / "obs") as reader:
        speeds = [
            reader.state(datetime.fromtimestamp(NOW_S + shift_s, UTC)).frame["result"].tolist()
            for shift_s in (60, -30)
        ]
    assert speeds == [[pytest.approx(36.0)], [pytest.approx(18.0)]]


@pytest.mark.parametrize(
    ("kwargs", "timestamp", "code"),
    [
        ({"lat": 0.0, "lon": 0.0}, NOW_S, "position"),
        ({"lat": 91.0}, NOW_S, "position"),
        ({"lat": float("nan")}, NOW_S, "position"),
        ({}, 0, "time"),
        ({"timestamp": 2**63}, NOW_S, "time"),
        ({"vehicle_id": "a\u0007"}, NOW_S, "text"),
    ],
)
def test_a_vehicle_that_is_nowhere_or_at_no_time_is_set_aside(kwargs, timestamp, code):
    """The reject names the entity."""
    feed = message(timestamp)
    add_vehicle(feed, speed=1.0, **kwargs)
    batch = decode(feed)
    assert [(r.record, r.code) for r in batch.rejects] == [("entity 'e1'", code)]
    assert batch.places == batch.readings == ()


def test_an_identifier_that_is_no_utf8_is_set_aside():
    """The protobuf reader lets broken text through; it must not reach the tables."""
    feed = message()
    add_vehicle(feed, "abcd", speed=1.0)
    raw = feed.SerializeToString().replace(b"abcd", b"\xff\xfe\xfd\xfc")
    batch = decode_gtfs_rt(raw, "f.pb", STOPS, ANY)
    assert [r.code for r in batch.rejects] == ["text"]


def test_a_stop_has_the_mean_delay_of_the_trips_near_in_time():
    """60 s and 180 s give 120 s at the time of the message; a trip an hour away does not count."""
    feed = message()
    add_arrival(feed, "A", delay=60, time=NOW_S + 120)
    add_arrival(feed, "A", delay=180, time=NOW_S - 120)
    add_arrival(feed, "A", delay=3600, time=NOW_S + 3700)
    add_arrival(feed, "B", delay=-30)
    batch = decode(feed)
    assert [(r.thing, r.start_s, r.value) for r in batch.readings] == [
        ("stop:A", NOW_S, 120.0),
        ("stop:B", NOW_S, -30.0),
    ]
    assert [(place.name, place.kind) for place in batch.places] == [
        ("Alpha", "stop"),
        (None, "stop"),
    ]
    wider = decode(feed, params=GtfsRtParams(horizon_min=90))
    assert wider.readings[0].value == pytest.approx(1280.0)


def test_departures_stand_in_only_when_asked_for():
    """Without the parameter they are counted in a note."""
    feed = message()
    add_arrival(feed, "A", delay=60, time=NOW_S, event="departure")
    batch = decode(feed)
    assert batch.readings == ()
    assert "1 stop times give no delay" in batch.notes[0].en
    asked = decode(feed, params=GtfsRtParams(departures=True))
    assert asked.readings[0].value == 60.0


def test_skipped_cancelled_and_deleted_give_nothing():
    """They are no arrivals."""
    feed = message()
    add_arrival(feed, "A", delay=60, relationship=pb.TripUpdate.StopTimeUpdate.SKIPPED)
    add_arrival(feed, "A", delay=60, relationship=pb.TripUpdate.StopTimeUpdate.NO_DATA)
    cancelled = add_arrival(feed, "A", delay=60)
    cancelled.trip_update.trip.schedule_relationship = pb.TripDescriptor.CANCELED
    add_arrival(feed, "A", delay=60).is_deleted = True
    add_vehicle(feed, speed=1.0).is_deleted = True
    batch = decode(feed)
    assert batch.readings == batch.places == batch.rejects == batch.notes == ()


def test_unknown_stops_are_rejects_and_no_stops_at_all_a_loss():
    """A stop that the list has not is named once; without any list one note says so."""
    feed = message()
    for _ in range(2):
        add_arrival(feed, "Z", delay=60)
    assert [(r.record, r.code) for r in decode(feed).rejects] == [("stop 'Z'", "stop")]
    batch = decode(feed, stops={})
    assert batch.rejects == ()
    assert [n.severity for n in batch.notes] == ["loss"]


def test_delays_without_any_time_are_set_aside():
    """Neither the header nor a trip says when the delays were known."""
    feed = message(0)
    entity = add_arrival(feed, "A", delay=60)
    assert [r.record for r in decode(feed).rejects] == ["header"]
    entity.trip_update.timestamp = NOW_S
    assert decode(feed).readings[0].start_s == NOW_S


@pytest.mark.parametrize(
    ("raw", "message_part"),
    [
        (b"", "the file is empty"),
        (b"\x0a\x00", "required fields are missing: header.gtfs_realtime_version"),
        (b"\xff\xff", "no GTFS-realtime message"),
        (b"<html>busy</html>", "no GTFS-realtime message"),
    ],
)
def test_what_is_no_feed_message_is_refused(raw, message_part):
    """An empty file is valid protobuf, but no feed."""
    with pytest.raises(SourceError, match=r"f\.pb: ") as caught:
        decode_gtfs_rt(raw, "f.pb", STOPS, ANY)
    assert message_part in str(caught.value)


def test_a_message_without_entities_is_empty_but_good():
    """At night no bus runs."""
    batch = decode(message())
    assert batch.places == batch.readings == batch.rejects == ()


@pytest.mark.parametrize("where", ["entity", "vehicle", "label", "version"])
def test_marks_of_synthetic_data_are_found(where):
    """In any identifier, in a label, or in the version of the feed."""
    feed = message()
    entity = add_vehicle(feed)
    assert not decode(feed).synthetic
    if where == "entity":
        entity.id = "SYNTHETIC-1"
    elif where == "vehicle":
        entity.vehicle.vehicle.id = "synthetic-bus"
    elif where == "label":
        entity.vehicle.vehicle.label = "Bus (Synthetic)"
    else:
        feed.header.feed_version = "synthetic 1"
    assert decode(feed).synthetic


STOPS_TXT = "stop_id,stop_name,stop_lat,stop_lon\nA,Alpha,35.6,139.7\n"


@pytest.fixture
def folder(tmp_path):
    """A message, and stops in a neighbouring folder."""
    feed = message()
    add_arrival(feed, "A", delay=90, time=NOW_S)
    add_vehicle(feed, speed=5.0)
    (tmp_path / "rt").mkdir()
    (tmp_path / "rt" / "trips.pb").write_bytes(feed.SerializeToString())
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "stops.txt").write_text(STOPS_TXT)
    return tmp_path


def read(folder, names, params=ANY, root=None):
    """Read files of a folder."""
    files = tuple(folder / name for name in names)
    return FORMAT.read(Dataset("rt", root or folder, files, "EPSG:6677", "Asia/Tokyo"), params)


@pytest.mark.parametrize(
    ("names", "stops"),
    [
        (["rt/trips.pb"], "static/stops.txt"),
        (["rt/trips.pb", "static/stops.txt"], None),
    ],
)
def test_stops_come_from_the_parameter_or_from_the_files(folder, names, stops):
    """Both ways give a delay with a place."""
    decoded = read(folder, names, GtfsRtParams(stops=stops))
    frame = decoded.tables[OBSERVATIONS].set_index("property")
    assert frame.loc[p.ARRIVAL_DELAY.name, "result"] == 90.0
    assert frame.loc[p.VEHICLE_SPEED.name, "result"] == pytest.approx(18.0)
    assert sorted(decoded.tables[THINGS]["kind"]) == ["stop", "vehicle"]


def test_stops_outside_the_data_set_are_refused(folder):
    """A path may not climb out of the root."""
    for stops in ("../static/stops.txt", "/etc/hostname"):
        with pytest.raises(SourceError, match="leads out of the data set"):
            read(folder, ["rt/trips.pb"], GtfsRtParams(stops=stops), folder / "rt")
    with pytest.raises(SourceError, match="cannot be read"):
        read(folder, ["rt/trips.pb"], GtfsRtParams(stops="none.txt"))


def test_a_source_without_messages_is_refused(folder):
    """Stops alone are no feed."""
    with pytest.raises(SourceError, match="holds no feed message"):
        read(folder, ["static/stops.txt"])
