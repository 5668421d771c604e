"""Which nights a range has, what each knows, and how the calendar shows one that was made up for."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest

from citytwin.config import LoadedConfig, load
from citytwin.engine.hindsight import known_by, reports
from citytwin.engine.request import request_key, work_dir
from citytwin.errors import ConfigError
from citytwin.model import tables as t
from citytwin.nights.backfill import past_nights
from citytwin.nights.calendar import nights
from tests.unit.nights.records import TOKYO, run_at
from tests.unit.nights.test_journal import CITY

NOW = datetime(2026, 11, 27, 1, tzinfo=UTC)  # ten in the morning in Tokyo


def city(folder: Path, at: str | None, *, published: bool = True) -> LoadedConfig:
    """A configuration; where it is published, a bare ``latest.json`` says so."""
    more = "" if at is None else f'nights: {{at: "{at}"}}\n'
    (folder / "city.yaml").write_text(CITY + more, encoding="utf-8")
    loaded = load(folder / "city.yaml")
    if published:
        loaded.city_dir.mkdir(parents=True)
        (loaded.city_dir / "latest.json").write_text(LATEST, encoding="utf-8")
    return loaded


LATEST = """{"schema": "citytwin-latest/1", "city": {"id": "c", "title": {"ja": "t", "en": "t"}},
 "run_id": "20261126T173500Z", "published": "2026-11-26T17:35:00Z", "time_zone": "Asia/Tokyo",
 "crs": "EPSG:6677", "vertical_datum": {"ja": "T.P.", "en": "T.P."}, "classification": "public",
 "synthetic": true, "view": {"bounds": [139, 35, 140, 36]}, "layers": []}"""


@pytest.mark.parametrize(
    ("at", "begins"),
    [("02:30", ["25T17:30", "26T17:30"]), (None, ["26T15:00", "27T15:00"])],
)
def test_a_night_knows_what_was_observed_until_its_time(
    tmp_path: Path, at: str | None, begins: list[str]
) -> None:
    """By hand, in UTC: half past two in Tokyo; without a time of the day, when the day has ended."""
    now = datetime(2026, 11, 28, tzinfo=UTC)
    found = past_nights(city(tmp_path, at), date(2026, 11, 26), date(2026, 11, 27), now)
    told = [night.past for night in found if night.past]
    assert [f"{one.begin:%dT%H:%M}" for one in told] == begins
    assert [one.date.day for one in told] == [26, 27]
    assert told[0].next_night == told[1].begin


def test_each_night_is_a_request_of_its_own_beside_that_of_today(tmp_path: Path) -> None:
    """And their store is not the city's, whose next night must find it as it was."""
    today = city(tmp_path, "02:30")
    found = past_nights(today, date(2026, 11, 25), date(2026, 11, 26), NOW)
    assert len({request_key(one) for one in (today, *found)}) == 3
    assert {work_dir(night) for night in found} == {work_dir(today).with_name("c.past")}


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (date(2026, 11, 26), date(2026, 11, 25), "comes after the last"),
        (date(1906, 11, 26), date(2026, 11, 25), "are 43830 nights, more than 1000 at once"),
        (
            date(2026, 11, 26),
            date(2026, 11, 28),
            "begins at 2026-11-28 02:30, and it is 2026-11-27",
        ),
    ],
)
def test_ranges_that_are_none(tmp_path: Path, first: date, last: date, said: str) -> None:
    """Refused before anything is read."""
    with pytest.raises(ConfigError, match=said):
        past_nights(city(tmp_path, "02:30"), first, last, NOW)


def test_where_nothing_is_published_no_night_can_be_made_up_for(tmp_path: Path) -> None:
    """There is no history yet that it could join."""
    loaded = city(tmp_path, "02:30", published=False)
    with pytest.raises(ConfigError, match="citytwin run"):
        past_nights(loaded, date(2026, 11, 25), date(2026, 11, 25), NOW)


def test_what_is_known_at_a_moment() -> None:
    """Intervals that have ended, forecasts and warnings that were issued; the edge belongs to it."""
    ends = pd.to_datetime(["2026-11-25T17:20Z", "2026-11-25T17:30Z", "2026-11-25T17:40Z"])
    issued = pd.to_datetime([None, "2026-11-25T17:31Z", "2026-11-25T17:00Z"], utc=True)
    tables = {
        t.OBSERVATIONS: pd.DataFrame({"phenomenon_end": ends, "thing": ["a", "b", "c"]}),
        t.RAIN_FRAMES: pd.DataFrame({"end": ends, "issued": issued}),
        t.ALERTS: pd.DataFrame({"sent": ends}),
        t.THINGS: pd.DataFrame({"thing": ["a", "b", "c", "silent"]}),
    }
    known = known_by(tables, datetime(2026, 11, 25, 17, 30, tzinfo=UTC))
    kept = {table.name: list(frame.index) for table, frame in known.items()}
    assert kept == {
        "observations": [0, 1], "rain_frames": [0, 2], "alerts": [0, 1], "things": [0, 1, 3],
    }  # fmt: skip
    assert known_by(tables, None)[t.OBSERVATIONS] is tables[t.OBSERVATIONS]
    assert reports([t.THINGS, t.OBSERVATIONS])
    assert not reports([t.BUILDINGS, "terrain_raster"])


def test_the_calendar_shows_nights_that_were_made_up_for() -> None:
    """In their own place; they make no night before the first own run a missed one, nor a resumed."""
    records = [
        run_at("2026-11-24T02:30:00"),
        run_at("2026-11-26T02:30:00", standing_parts=3),
        run_at("2026-11-26T10:00:00", night=date(2026, 11, 20)),
        run_at("2026-11-26T10:05:00", night=date(2026, 11, 25)),
        run_at("2026-11-26T10:10:00", "failed", night=date(2026, 11, 21), failures=("no rain",)),
        run_at("2026-11-27T02:30:00", standing_parts=3),
    ]
    now = datetime(2026, 11, 27, 10, tzinfo=TOKYO)
    found = nights(records, "02:30", TOKYO, now, lambda _: False)
    assert [(night.date.day, night.verdict) for night in found] == [
        (20, "made up for"), (21, "failed"), (24, "done"), (25, "made up for"), (26, "done"),
        (27, "done"),
    ]  # fmt: skip
