"""Service alerts of GTFS-realtime: periods, texts, stops, and what says not when."""

from __future__ import annotations

import pytest
import shapely
from google.transit import gtfs_realtime_pb2 as pb

from citytwin.formats.gtfs_rt import FORMAT, GtfsRtParams, decode_gtfs_rt
from citytwin.formats.gtfs_stops import Stop
from citytwin.model.steps import Dataset
from citytwin.model.tables import ALERTS
from citytwin.store.tables import conform

NOW_S = 1_782_864_000
STOPS = {"A": Stop("Alpha", 139.7, 35.6), "B": Stop("Beta", 139.8, 35.7)}


def message(*periods, stops=("A", "B"), now_s=NOW_S, identifier="a1", **changes):
    """A message with one alert."""
    feed = pb.FeedMessage()
    feed.header.gtfs_realtime_version = "2.0"
    feed.header.timestamp = now_s
    entity = feed.entity.add()
    entity.id = identifier
    entity.is_deleted = changes.get("deleted", False)
    alert = entity.alert
    alert.effect = pb.Alert.Effect.Value("DETOUR")
    alert.cause = pb.Alert.Cause.Value("WEATHER")
    alert.severity_level = pb.Alert.SeverityLevel.Value("SEVERE")
    for start_s, end_s in periods:
        period = alert.active_period.add()
        period.start, period.end = start_s, end_s
    for stop in stops:
        alert.informed_entity.add().stop_id = stop
    for language, text in changes.get("texts", (("ja", "迂回\n運転"), ("en", "Detour"))):
        translation = alert.header_text.translation.add()
        translation.text, translation.language = text, language
    return feed.SerializeToString()


def decode(raw):
    """Decode with two stops."""
    return decode_gtfs_rt(raw, "f.pb", STOPS, GtfsRtParams())


def test_an_alert_at_its_stops():
    """Effect, cause, the first text, stops as points."""
    (found,) = decode(message((NOW_S, NOW_S + 3600))).alerts
    assert (found.event, found.severity, found.status) == ("DETOUR", "Severe", "Actual")
    assert (found.headline, found.language) == ("迂回 運転", "ja")
    assert found.attributes == {"cause": "WEATHER"}
    assert found.geocodes == ("stop=A", "stop=B")
    assert found.shape == shapely.MultiPoint([(139.7, 35.6), (139.8, 35.7)])
    assert (found.start_s, found.end_s) == (NOW_S, NOW_S + 3600)


def test_periods_and_none():
    """Each period is an alert; without one it holds from the message on; some ends mean none."""
    found = decode(message((NOW_S, NOW_S + 60), (NOW_S + 600, 2**63))).alerts
    assert [(a.part, a.end_s) for a in found] == [
        ("alert:a1:1", NOW_S + 60),
        ("alert:a1:2", None),
    ]
    (always,) = decode(message(stops=())).alerts
    assert (always.start_s, always.end_s, always.shape) == (NOW_S, None, None)
    (gone,) = decode(message(deleted=True)).alerts
    assert gone.message_type == "Cancel"


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (message((NOW_S, NOW_S - 60)), "ends before it begins"),
        (message(now_s=0), "say not when"),
        (message((2**62, 0)), "say not when"),
        (message(identifier="\x07"), "no id that is plain text"),
        (message().replace(b"a1", b"\xff\xfe"), ""),
    ],
)
def test_alerts_that_are_set_aside(raw, words):
    """With the reason."""
    batch = decode(raw)
    assert batch.alerts == ()
    assert words in batch.rejects[0].message


def test_a_source(tmp_path):
    """Alerts stand in a table of their own."""
    (tmp_path / "a.pb").write_bytes(message((NOW_S, 0)))
    dataset = Dataset("s", tmp_path, (tmp_path / "a.pb",), "EPSG:6677", "Asia/Tokyo")
    decoded = FORMAT.read(dataset, GtfsRtParams())
    frame = conform(ALERTS, decoded.tables[ALERTS], "EPSG:6677")
    assert frame["message"].tolist() == ["a1"]
