"""What a running twin says of itself: to the map page, to its operator, to Prometheus."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from citytwin.alerts.lifecycle import AlertState, evaluate
from citytwin.alerts.silence import Acknowledgement, Silence
from citytwin.alerts.windows import Reading as Seen
from citytwin.errors import ConfigError, MissingKeyError, StoreError
from citytwin.formats.observations import Batch, Reading
from citytwin.live.health import (
    FeedHealth,
    Health,
    LayerHealth,
    SinkHealth,
    metrics_text,
    read_health,
    write_health,
)
from citytwin.live.metrics_server import serving_metrics
from citytwin.live.openness import live_of
from citytwin.live.page import Page, RuleShown, write_page
from citytwin.live.recent import Recent
from citytwin.live.told_health import told_health
from citytwin.model.properties import RAINFALL_RATE
from citytwin.model.warning_levels import WarningLevel
from citytwin.security.key_files import write_new_key
from citytwin.security.key_ring import open_ring
from citytwin.security.sealed_folders import forget_keys
from citytwin.store import atomic
from citytwin.store.observations import Thing
from citytwin.store.sealed_keys import ensure_sealed
from citytwin.transports.connector import Standing
from tests.unit.alerts.sample_rules import rain_rule
from tests.unit.live.live_city import RULE, SENDER, city, feed

NOW = datetime(2026, 6, 30, 3, 0, tzinfo=UTC)


def recent(value: float) -> Recent:
    """One gauge with one value."""
    found = Recent(timedelta(hours=1))
    at = int(NOW.timestamp())
    batch = Batch("f", "ab" * 32, (), (Reading("g", RAINFALL_RATE, at, at, value),))
    thing = Thing("urn:citytwin:s:g", "s", "Gauge", "rain_gauge", 139.35, 35.15, synthetic=True)
    found.add("s", batch, [thing])
    return found


def written(
    folder: Path,
    found: Recent,
    rules: list[RuleShown],
    feeds: dict[str, Standing],
    public: set[str],
    *,
    running: bool = True,
) -> dict[str, Any]:
    """What stands on the page."""
    page = Page(NOW, found, rules, feeds, public, running)
    write_page(folder, folder / "aside", page)
    content: dict[str, Any] = json.loads((folder / "live.json").read_text("utf-8"))
    return content


def test_who_has_seen_an_alert_and_who_silenced_its_rule_is_on_the_page(tmp_path: Path) -> None:
    """With times; and a rule that nobody decided about says so."""
    state, _ = evaluate(rain_rule(), AlertState(), Seen(35.0), NOW)
    seen = Acknowledgement(state.alert_id, NOW, "Sato", "on our way")
    quiet = Silence("heavy_rain", WarningLevel(4), NOW + timedelta(hours=1), "Mori", "test")
    content = written(
        tmp_path, recent(35.0), [RuleShown(rain_rule(), state, seen, quiet)], {}, {"s"}
    )
    assert content["alerts"][0]["acknowledged"] == {
        "by": "Sato",
        "at": "2026-06-30T03:00:00Z",
        "note": "on our way",
    }
    assert content["rules"][0]["silence"] == {
        "up_to": 4,
        "until": "2026-06-30T04:00:00Z",
        "by": "Mori",
        "why": "test",
    }
    content = written(tmp_path, recent(35.0), [RuleShown(rain_rule(), state)], {}, {"s"})
    assert content["alerts"][0]["acknowledged"] is None
    assert content["rules"][0]["silence"] is None


def test_a_publication_meanwhile_does_not_take_the_page_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It removes what looks unfinished in the folder of the city, just before the page gets its name."""
    removed: list[Path] = []

    def publish_meanwhile(file: Path, synced: Callable[[Path], None] = atomic.sync_file) -> None:
        removed.extend(atomic.remove_stale(tmp_path))
        synced(file)

    monkeypatch.setattr(atomic, "sync_file", publish_meanwhile)
    (tmp_path / f".tmp-{'0' * 32}.json").write_text("of a killed run", "utf-8")
    assert written(tmp_path, recent(35.0), [], {}, {"s"})["running"]
    assert [path.name for path in removed] == [f".tmp-{'0' * 32}.json"]


def test_values_alerts_and_feeds_are_on_the_page(tmp_path: Path) -> None:
    """With their times; a value that cannot be is none."""
    state, _ = evaluate(rain_rule(), AlertState(), Seen(35.0), NOW)
    feeds = {"s": Standing(connected=True, last_success_s=NOW.timestamp())}
    content = written(tmp_path, recent(35.0), [RuleShown(rain_rule(), state)], feeds, {"s"})
    (value,) = content["values"]
    assert (value["name"], value["value"], value["unit"]) == ("Gauge", 35.0, "mm/h")
    assert (value["at"], value["synthetic"], value["flag"]) == (
        "2026-06-30T03:00:00Z",
        True,
        "good",
    )
    (alert,) = content["alerts"]
    assert (alert["level"], alert["rule"], alert["silent"]) == (4, "heavy_rain", False)
    assert content["feeds"][0]["last_success"] == "2026-06-30T03:00:00Z"
    assert content["running"]
    content = written(tmp_path, recent(4000.0), [], {}, {"s"}, running=False)
    assert (content["values"][0]["value"], content["values"][0]["flag"]) == (None, "bad")
    assert not content["running"]


def test_what_is_not_public_stays_off_the_page(tmp_path: Path) -> None:
    """Neither its values nor that the feed is there."""
    feeds = {"s": Standing(connected=True)}
    content = written(tmp_path, recent(35.0), [], feeds, set())
    assert (content["values"], content["feeds"]) == ([], [])


@pytest.mark.parametrize(("public", "shown"), [({"s"}, 1), ({"other"}, 0), ({"s", "other"}, 1)])
def test_alerts_are_as_closed_as_the_feeds_they_watch(
    tmp_path: Path, public: set[str], shown: int
) -> None:
    """A level that is reached tells a value; of things not met yet nobody knows whose they are."""
    state, _ = evaluate(rain_rule(), AlertState(), Seen(35.0), NOW)
    feeds = {"s": Standing(connected=True), "other": Standing(connected=True)}
    for found, expected in ((recent(35.0), shown), (Recent(timedelta(hours=1)), len(public) // 2)):
        content = written(tmp_path, found, [RuleShown(rain_rule(), state)], feeds, public)
        assert (len(content["alerts"]), len(content["rules"])) == (expected, expected)


def health(**changes: object) -> Health:
    """A twin in good health."""
    content: dict[str, object] = {
        "pid": 1,
        "started_s": 0.0,
        "written_s": 1000.0,
        "running": True,
        "feeds": {
            "s": FeedHealth(
                connected=True, failures=0, last_error="", last_success_s=999.0, payloads=7
            )
        },
        "sinks": {"hook": SinkHealth(waiting=0, given_up=0, oldest_s=None)},
        "rows": {"stored": 12},
        "alerts": {"heavy_rain": "ok"},
        "layers": {"flood_nowcast": LayerHealth(published=2, failed=0, seconds=3.0, last_fault="")},
    }
    return Health.model_validate(content | changes)


@pytest.mark.parametrize(
    ("changes", "now_s", "said"),
    [
        ({}, 1001.0, None),
        ({}, 1031.0, "nothing was heard of it for 31 s"),
        ({"running": False}, 1001.0, "it was stopped"),
        ({"not_kept": "disk full"}, 1001.0, "observations cannot be kept: disk full"),
        ({"alerts": {"heavy_rain": "no-data"}}, 1001.0, "alert rule heavy_rain: no data"),
        (
            {"sinks": {"hook": {"waiting": 1, "given_up": 0, "oldest_s": 600.0}}},
            1001.0,
            "sink hook: messages wait for 401 s",
        ),
        (
            {"sinks": {"hook": {"waiting": 0, "given_up": 2, "oldest_s": None}}},
            1001.0,
            "sink hook: 2 messages were given up",
        ),
        (
            {"layers": {"w": {"published": 0, "failed": 1, "seconds": 0.0, "last_fault": "late"}}},
            1001.0,
            "layer w: late",
        ),
    ],
)
def test_faults_are_named(changes: dict[str, object], now_s: float, said: str | None) -> None:
    """One after the other; none where all is well."""
    assert health(**changes).faults(now_s) == ([] if said is None else [said])


def test_health_comes_back_as_it_was_written(tmp_path: Path) -> None:
    """And a file that is missing or damaged is named."""
    with pytest.raises(StoreError, match="cannot be read"):
        read_health(tmp_path)
    write_health(tmp_path, health())
    assert read_health(tmp_path) == health()
    (tmp_path / "health.json").write_text("{}", "utf-8")
    with pytest.raises(StoreError, match="is damaged"):
        read_health(tmp_path)


def test_health_that_is_sealed_asks_for_its_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The twin may be well: to start it is no help."""
    monkeypatch.setenv("CITYTWIN_KEYS", str(tmp_path / "keys"))
    forget_keys()
    write_new_key(tmp_path / "keys", "first")
    root = tmp_path / ".sealed/town"
    ensure_sealed(root, "first", open_ring())
    write_health(root / "running", health())
    assert read_health(root / "running") == health()
    monkeypatch.delenv("CITYTWIN_KEYS")
    forget_keys()
    with pytest.raises(MissingKeyError, match=r"key 'first' is needed.*CITYTWIN_KEYS"):
        read_health(root / "running")


def test_metrics_are_those_that_prometheus_reads() -> None:
    """Parsed by Prometheus' own parser."""
    from prometheus_client.parser import text_string_to_metric_families

    text = metrics_text(health(alerts={"a": "firing", "b": "no-data"})).decode()
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found["citytwin_up",] == 1.0
    assert found["citytwin_rows_total", "stored"] == 12.0
    assert found["citytwin_feed_payloads", "s"] == 7.0
    assert found["citytwin_alert_firing", "a"] == 1.0
    assert found["citytwin_alert_no_data", "b"] == 1.0
    assert found["citytwin_live_layers_total", "flood_nowcast", "published"] == 2.0


def test_monitoring_learns_no_restricted_name(tmp_path: Path) -> None:
    """Numbers stand for restricted feeds, and for rules that may watch one."""
    closed = feed(folder={"path": "a"}) | {"name": "mill", "classification": "restricted"}
    feeds = [feed(folder={"path": "b"}), closed]
    rules = [
        RULE | {"id": "at_the_mill", "watch": RULE["watch"] | {"things": "urn:citytwin:mill:*"}},
        RULE | {"id": "anywhere"},
        RULE | {"id": "in_town", "watch": RULE["watch"] | {"things": "urn:citytwin:sensors:*"}},
    ]
    loaded = city(tmp_path, feeds, alerts=rules, sender=SENDER)
    fares = {
        "connected": True,
        "failures": 0,
        "last_error": "",
        "last_success_s": 9.0,
        "payloads": 7,
    }
    seen = health(
        feeds={"sensors": fares, "mill": fares},
        alerts={"at_the_mill": "firing", "anywhere": "ok", "in_town": "no-data"},
    )
    text = metrics_text(told_health(seen, live_of(loaded))).decode()
    assert "mill" not in text
    assert 'citytwin_alert_firing{rule="restricted_1"} 1.0' in text
    assert 'citytwin_alert_firing{rule="restricted_2"} 0.0' in text
    assert 'citytwin_alert_no_data{rule="in_town"} 1.0' in text
    assert 'citytwin_feed_payloads{feed="restricted_1"} 7.0' in text
    assert 'citytwin_feed_payloads{feed="sensors"} 7.0' in text


def test_metrics_are_served_on_this_computer() -> None:
    """Under their path alone; a port that is taken is named."""
    with serving_metrics(0, lambda: b"citytwin_up 1.0\n") as port:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
            assert answer.read() == b"citytwin_up 1.0\n"
            assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        with pytest.raises(urllib.error.HTTPError, match="404") as fault:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/other")
        fault.value.close()
        # a page of another site whose name leads here reads nothing
        other = urllib.request.Request(f"http://127.0.0.1:{port}/metrics")
        other.add_header("Host", f"rebound.example:{port}")
        with pytest.raises(urllib.error.HTTPError, match="421") as fault:
            urllib.request.urlopen(other)
        fault.value.close()
        with pytest.raises(ConfigError, match="cannot be opened"), serving_metrics(port, bytes):
            pass
    with serving_metrics(None, bytes) as nothing:
        assert nothing is None
