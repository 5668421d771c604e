"""Rules over what is recent: into the outbox, once, with the right area and seriousness."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree import ElementTree as ET

from citytwin.formats.observations import Batch, Reading
from citytwin.live.alerting import AlertDesk
from citytwin.live.recent import Recent
from citytwin.model.properties import RAINFALL_RATE
from citytwin.store.observations import Thing
from citytwin.store.outbox import Outbox
from tests.unit.live.live_city import RULE, SENDER, city, feed

NOW = datetime(2026, 6, 30, 3, 0, tzinfo=UTC)
SINKS = [
    {"name": "cap", "folder": {"path": "cap"}},
    {"name": "hook", "webhook": {"url": "https://a.example/", "secret_envs": ["X"]}},
    {"name": "broker", "mqtt": {"host": "b.example"}},
]


def rain(recent: Recent, at: datetime, value: float, *, synthetic: bool = False) -> None:
    """A value of one gauge."""
    seconds = int(at.timestamp())
    reading = Reading("g", RAINFALL_RATE, seconds, seconds, value)
    thing = Thing("urn:citytwin:sensors:g", "sensors", "G", "g", 139.0, 35.0, synthetic=synthetic)
    recent.add("sensors", Batch("f", "ab" * 32, (), (reading,)), [thing])


def desk(tmp_path: Path, outbox: Outbox, recent: Recent) -> AlertDesk:
    """A desk with one rule and all kinds of receivers."""
    loaded = city(
        tmp_path, [feed(folder={"path": "in"})], alerts=[RULE], sender=SENDER, sinks=SINKS
    )
    return AlertDesk(loaded.config, loaded.city_dir, outbox, recent)


def drained(outbox: Outbox, sink: str) -> list[tuple[str, bytes, bool]]:
    """Targets, bodies and retention of what waits for a receiver."""
    found = []
    while (queued := outbox.first(sink, 4e9)) is not None:
        found.append((queued.parcel.target, queued.parcel.body, queued.parcel.retain))
        outbox.delivered(queued)
    return found


def test_an_alert_reaches_all_kinds_of_receivers_once(tmp_path: Path) -> None:
    """CAP to the folder, JSON with CAP to the hook, event and retained state to the broker."""
    recent = Recent(timedelta(hours=1))
    with Outbox(tmp_path / "o.sqlite") as outbox:
        own = desk(tmp_path, outbox, recent)
        assert own.evaluate(NOW) == 0
        rain(recent, NOW, 42.0)
        assert own.evaluate(NOW + timedelta(seconds=1)) == 1
        assert own.evaluate(NOW + timedelta(seconds=2)) == 0
        ((name, cap, _),) = drained(outbox, "cap")
        assert name == "town.heavy_rain-20260630T030001Z-1.cap.xml"
        assert ET.fromstring(cap)[3].text == "Actual"
        ((_, hook, _),) = drained(outbox, "hook")
        said = json.loads(hook)
        assert (said["type"], said["level"], said["value"]) == ("Alert", 3, 42.0)
        assert "urn:oasis:names:tc:emergency:cap:1.2" in said["cap"]
        (event, state) = drained(outbox, "broker")
        assert event[0::2] == ("citytwin/town/alerts/events/heavy_rain", False)
        assert state[0::2] == ("citytwin/town/alerts/state/heavy_rain", True)
        assert len(outbox.history()) == 1


def test_a_restart_says_nothing_again(tmp_path: Path) -> None:
    """The state was kept with the message; the cancellation bears the same id."""
    recent = Recent(timedelta(hours=1))
    with Outbox(tmp_path / "o.sqlite") as outbox:
        rain(recent, NOW, 42.0)
        assert desk(tmp_path, outbox, recent).evaluate(NOW) == 1
        again = desk(tmp_path, outbox, recent)
        assert again.evaluate(NOW + timedelta(seconds=5)) == 0
        rain(recent, NOW + timedelta(seconds=9), 3.0)
        assert again.evaluate(NOW + timedelta(seconds=10)) == 1
        alerts = {entry.alert for entry in outbox.history()}
        assert alerts == {"town.heavy_rain-20260630T030000Z"}


def test_synthetic_things_make_exercises(tmp_path: Path) -> None:
    """Though the sender says that it means it."""
    recent = Recent(timedelta(hours=1))
    with Outbox(tmp_path / "o.sqlite") as outbox:
        rain(recent, NOW, 42.0, synthetic=True)
        desk(tmp_path, outbox, recent).evaluate(NOW)
        ((_, cap, _),) = drained(outbox, "cap")
        assert ET.fromstring(cap)[3].text == "Exercise"


def test_a_kept_state_that_cannot_be_read_begins_anew(tmp_path: Path) -> None:
    """And does not end the twin."""
    with Outbox(tmp_path / "o.sqlite") as outbox:
        outbox.record({"heavy_rain": "not json"}, [], [], 0.0)
        own = desk(tmp_path, outbox, Recent(timedelta(hours=1)))
        assert own.states["heavy_rain"].phase.value == "no-data"
