"""Live values on the map page: shown with their age, marked when they are old, quiet without a twin."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from conftest import served
from test_access import violations

if TYPE_CHECKING:
    from conftest import MapPage

OpenMap = Callable[..., "MapPage"]


def write_live(
    folder: Path,
    *,
    value: float,
    age_s: float,
    running: bool = True,
    acknowledged: dict[str, str] | None = None,
    silence: dict[str, str | int] | None = None,
) -> None:
    """A gauge, an alert, and a rule that sees nothing."""
    now = datetime.now(UTC)
    at = (now - timedelta(seconds=age_s)).strftime("%Y-%m-%dT%H:%M:%SZ")
    written = now if running else now - timedelta(minutes=5)
    content = {
        "schema": "citytwin-live/1",
        "written": written.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "running": running,
        "values": [
            {
                "thing": "urn:citytwin:s:g",
                "name": "雨量計 <1>",
                "kind": "rain_gauge",
                "property": "rainfall_rate",
                "title": {"ja": "降雨強度", "en": "Rainfall intensity"},
                "unit": "mm/h",
                "value": value,
                "flag": "good",
                "at": at,
                "longitude": 139.76,
                "latitude": 35.68,
                "synthetic": True,
            }
        ],
        "alerts": [
            {
                "id": "a",
                "rule": "r",
                "title": {"ja": "激しい雨", "en": "Heavy rain"},
                "level": 4,
                "means": {"ja": "警戒レベル4相当", "en": "equivalent to warning level 4"},
                "phase": "firing",
                "silent": True,
                "raised": at,
                "acknowledged": acknowledged,
            }
        ],
        "rules": [
            {
                "id": "r",
                "title": {"ja": "激しい雨", "en": "Heavy rain"},
                "phase": "firing",
                "silence": silence,
            },
            {
                "id": "q",
                "title": {"ja": "河川水位", "en": "River"},
                "phase": "no-data",
                "silence": None,
            },
        ],
        "feeds": [],
    }
    (folder / "live.json").write_text(json.dumps(content), "utf-8")


@pytest.fixture
def live(tmp_path: Path, make_city: Callable[[Path], Path]) -> Iterator[tuple[str, Path]]:
    """Address and folder of a city whose twin runs."""
    folder = make_city(tmp_path / "live")
    latest = json.loads((folder / "latest.json").read_text("utf-8"))
    (folder / "latest.json").write_text(json.dumps(latest | {"live": "live.json"}), "utf-8")
    write_live(folder, value=42.0, age_s=3)
    with served(folder) as url:
        yield url, folder


def test_values_and_alerts_are_shown(open_map: OpenMap, live: tuple[str, Path]) -> None:
    """In the panel and at their place; text of the data stays text."""
    city = open_map(live[0], locale="en-GB")
    page = city.open()
    row = page.locator("#live tbody tr")
    row.wait_for()
    cells = [cell.inner_text() for cell in row.locator("th, td").all()]
    assert cells[:3] == ["雨量計 <1>", "Rainfall intensity", "42.0 mm/h"]
    assert cells[3].endswith(" s")
    alert = page.locator("#live .live-alert p").first.inner_text()
    assert alert == "Heavy rain: equivalent to warning level 4 (no data; not cleared)"
    assert page.locator("#status").inner_text() == alert
    assert page.locator(".live-marker").inner_text() == "42.0 mm/h"
    assert page.locator("#live .live-decision").inner_text().endswith("; not acknowledged yet")
    assert page.locator("#live .live-rule").all_inner_texts() == ["River: no data, so nobody knows"]
    assert "running" in page.locator("#live .live-head").inner_text()
    assert city.errors == []
    assert city.outside == []
    assert violations(page) == []


def test_the_page_follows_and_says_when_the_twin_is_gone(
    open_map: OpenMap, live: tuple[str, Path]
) -> None:
    """New values come by themselves; old ones are struck through; a stop is told."""
    city = open_map(live[0], locale="en-GB")
    page = city.open()
    page.locator("#live tbody tr").wait_for()
    write_live(live[1], value=7.5, age_s=500, running=False)
    page.locator("#live td", has_text="7.50 mm/h").wait_for()
    assert page.locator("#live tr[data-old='true']").count() == 1
    assert "not running" in page.locator("#live .live-head").inner_text()
    page.locator("#tools button", has_text="日本語").click()
    assert "停止中" in page.locator("#live .live-head").inner_text()
    assert "8 分前" in page.locator("#live tbody").inner_text()


def test_who_has_seen_an_alert_and_who_silenced_it_is_told(
    open_map: OpenMap, live: tuple[str, Path]
) -> None:
    """With times of the city, in both languages; what people wrote stays text."""
    seen = {"by": "<b>佐藤</b>", "at": "2026-06-30T03:05:00Z", "note": "on our way"}
    quiet: dict[str, str | int] = {
        "up_to": 4,
        "until": "2026-06-30T04:00:00Z",
        "by": "Mori",
        "why": "{test}",
    }
    write_live(live[1], value=42.0, age_s=3, acknowledged=seen, silence=quiet)
    city = open_map(live[0], locale="en-GB")
    page = city.open()
    decision = page.locator("#live .live-decision")
    decision.wait_for()
    assert "; seen by <b>佐藤</b> at 12:05; on our way" in decision.inner_text()
    silence = page.locator("#live .live-rule").first.inner_text()
    assert silence.startswith("Heavy rain: silenced up to level 4 until 30 Jun 2026, 13:00 JST")
    assert silence.endswith(" by Mori ({test})")
    page.locator("#tools button", has_text="日本語").click()
    assert "12:05 に <b>佐藤</b> が確認" in decision.inner_text()
    assert "通知停止中" in page.locator("#live .live-rule").first.inner_text()
    assert violations(page) == []


def test_a_new_map_is_offered(open_map: OpenMap, live: tuple[str, Path]) -> None:
    """The reader decides when it is loaded."""
    city = open_map(live[0], locale="en-GB")
    page = city.open()
    latest = json.loads((live[1] / "latest.json").read_text("utf-8"))
    latest["run_id"] = "20991231T000000Z"
    (live[1] / "latest.json").write_text(json.dumps(latest), "utf-8")
    button = page.locator("#live button")
    button.wait_for(timeout=20_000)
    assert button.inner_text() == "The map has changed: load it again"
    button.click()
    page.wait_for_selector("body[data-state=ready]")
    page.locator("#live tbody tr").wait_for()
    assert not page.locator("#live button").is_visible()


def test_without_a_twin_nothing_is_asked(open_map: OpenMap, city_url: str) -> None:
    """A published folder on its own stays as quiet as it was."""
    city = open_map(city_url, locale="en-GB")
    page = city.open()
    assert not page.locator("#live").is_visible()
    assert not any("live.json" in url for url in city.asked)
