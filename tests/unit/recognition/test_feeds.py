"""Formats of feeds are told by their beginning; a wrong one in a configuration is named."""

from __future__ import annotations

import pytest

from citytwin import registry
from citytwin.engine.first_look import doubts
from citytwin.model.steps import Format
from citytwin.recognition.feeds import FEEDS, feed_format_of
from citytwin.recognition.files import look_at_places

HEADS = {
    (
        "a.cap",
        b'<?xml version="1.0"?>\n<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">',
    ): "cap",
    ("a.xml", b'\xef\xbb\xbf<d2LogicalModel xmlns="http://datex2.eu/schema/2/2_0">'): "datex2",
    ("a.xml", b'<Report xmlns="http://xml.kishou.go.jp/jmaxml1/">'): "jma_warnings",
    ("a.xml", b"<html/>"): None,
    ("a.json", b'{"latitude": 1, "hourly_units": {"time": "iso8601"}}'): "openmeteo",
    ("a.json", b'{"value": [{"@iot.id": 1}]}'): "sensorthings",
    ("a.jsonld", b'{"id": "urn:ngsi-ld:X:1", "type": "X"}'): "ngsi_ld",
    ("a.json", b'[{"id": "a", "type": "WeatherObserved"}]'): "ngsi_ld",
    ("a.json", '{"features": [{"常時観測点コード": 1}]}'.encode()): "road_counts",
    ("a.json", b'[{"rawOb": "METAR RJTT 170530Z 02008KT"}]'): "metar",
    ("map_20250628180000.json", b'{"44132": {}}'): "amedas",
    ("a.json", b'{"x": 1}'): None,
    ("a.h5", b"\x89HDF\r\n\x1a\n"): "radar_hdf5",
    ("a.nc", b"\x89HDF\r\n\x1a\n"): "rain_netcdf",
    ("a.nc", b"CDF\x01"): "rain_netcdf",
    ("a.grb2", b"GRIB\x00"): "rain_grib",
    ("a.pb", b"\n\x0b"): "gtfs_rt",
    ("stop_times.txt", b"trip_id,arrival_time,departure_time"): "gtfs",
    ("stops.txt", b"stop_id,stop_lat"): None,  # of a timetable, or beside messages of GTFS-Realtime
    ("a.txt", b"2026/11/17 05:30\nRJTT 170530Z 02008KT"): "metar",
    ("a.json", b'[{"bn": "urn:dev:1:", "n": "rain", "v": 1}]'): "senml",
    ("a.csv", b"time,id,rain\n"): None,
    ("a", b""): None,
}


@pytest.mark.parametrize(("name", "head"), HEADS)
def test_the_beginning_tells_the_format(name, head):
    """By namespaces, keys, first bytes, and only then the name."""
    assert feed_format_of(head, name) == HEADS[name, head]


def test_every_feed_is_a_format():
    """The list is not stale."""
    assert {step.name for step in registry.all_of(Format)} >= FEEDS


def test_a_feed_among_city_models_is_told(tmp_path):
    """It is no model, and nobody misses it."""
    path = tmp_path / "warnings.xml"
    path.write_bytes(b'<Report xmlns="http://xml.kishou.go.jp/jmaxml1/"></Report>')
    (found,) = look_at_places([path])
    assert found.look.stray
    assert "reads it as jma_warnings" in found.look.fault


def test_a_configuration_that_names_another_feed(tmp_path):
    """`check` says which it looks like, and is silent where nothing tells."""
    path = tmp_path / "a.xml"
    path.write_bytes(b'<Report xmlns="http://xml.kishou.go.jp/jmaxml1/"></Report>')
    assert doubts(registry.named(Format, "jma_warnings"), [path]) == []
    (said,) = doubts(registry.named(Format, "cap"), [path])
    assert "looks like jma_warnings, not like cap" in said
    table = tmp_path / "a.json"
    table.write_bytes(b'{"value": [{"@iot.id": 1}]}')
    assert doubts(registry.named(Format, "sensor_table"), [table]) == []
    (tmp_path / "b.h5").write_bytes(b"<html>")
    (said,) = doubts(registry.named(Format, "radar_hdf5"), [tmp_path / "b.h5"])
    assert "is no radar_hdf5" in said
