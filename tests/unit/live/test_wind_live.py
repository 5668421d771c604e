"""A measured wind onto the map: only its layer is published anew, and only when it has changed."""

from __future__ import annotations

import json
import math
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from citytwin.config import LoadedConfig
from citytwin.engine import locking
from citytwin.engine.locking import holding
from citytwin.errors import BusyError, ConfigError, StepError, StoreError
from citytwin.live.change_trigger import ChangeTrigger
from citytwin.live.following import Follower
from citytwin.live.measured_wind import MeasuredWind, measured_wind
from citytwin.live.recent import Recent
from citytwin.live.warned_area import raster_of
from citytwin.live.wind_trigger import wind_trigger
from citytwin.live_config import WindConfig
from tests.pipelines.small_city import published_files
from tests.unit.live.following_town import (
    MAST,
    layer_folder,
    measured,
    nothing_measured,
    order_of,
)
from tests.unit.live.live_city import city, feed

NOW = datetime.now(UTC).replace(microsecond=0)
CONFIG = WindConfig(thing=MAST, every_minutes=1)
OPEN = (math.log(200 / 0.03) / math.log(10 / 0.03)) * (math.log(1.5 / 0.2) / math.log(200 / 0.2))
"""Wind in the open at 1.5 m over that at a mast of 10 m on grass (Wieringa, 1986)."""


def trigger(loaded: LoadedConfig, recent: Recent) -> ChangeTrigger[MeasuredWind]:
    """Of the wind."""
    return wind_trigger(loaded, CONFIG, recent)


def made(wind: ChangeTrigger[MeasuredWind], now: datetime) -> None:
    """Carry out what is due, in this process."""
    assert wind.wanted(now)
    wind.published(wind.task(now).carry_out())


def speed_on_the_map(loaded: LoadedConfig) -> float:
    """The same in all cells but the first, which has none."""
    found = raster_of(loaded.city_dir, "wind_speed_now")
    assert found is not None
    assert math.isnan(found[0][0, 0])
    assert np.nanmax(found[0]) - np.nanmin(found[0]) < 1e-6
    return float(np.nanmean(found[0]))


def test_a_wind_that_turns_and_freshens_changes_its_layer_alone(loaded: LoadedConfig) -> None:
    """In a process of its own; all other layers stay byte for byte, with their item."""
    before = published_files(loaded.city_dir)
    items = {p: p.read_bytes() for p in loaded.city_dir.glob("*/*/item.json")}
    order = order_of(loaded)
    recent = nothing_measured()
    measured(recent, NOW - timedelta(minutes=20), 4.0, 0.0, "aa")
    follower = Follower(trigger(loaded, recent))
    end = time.monotonic() + 280.0
    while not follower.step(NOW):
        assert not follower.last_fault
        assert time.monotonic() < end
        time.sleep(0.1)
    assert speed_on_the_map(loaded) == pytest.approx(4.0 * OPEN, abs=0.01)
    measured(recent, NOW, 6.0, 45.0, "bb")
    made(trigger(loaded, recent), NOW)  # halfway between north (1.0) and east (0.5)
    assert speed_on_the_map(loaded) == pytest.approx(6.0 * 0.75 * OPEN, abs=0.01)
    folder = layer_folder(loaded, "wind_speed_now")
    document = json.loads((folder / "layer.json").read_text("utf-8"))
    assert document["valid_time"] == NOW.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert "synthetic" in {note["severity"] for note in document["notes"]}
    assert document["facts"][1]["value"] == 45.0
    inputs = json.loads((folder / "inputs.json").read_text("utf-8"))
    assert [one["href"] for one in inputs] == ["raw/" + "bb" * 32]
    after = published_files(loaded.city_dir)
    others = {name for name in before if not name.startswith("wind_speed_now/")}
    assert {name for name in after if not name.startswith("wind_speed_now/")} == others
    assert all(after[name] == before[name] for name in others)
    assert all(path.read_bytes() == content for path, content in items.items() if path.exists())
    assert order_of(loaded) == order


def test_what_does_not_change_is_not_published_again(loaded: LoadedConfig) -> None:
    """Until an hour has passed, or a run has put its own wind in the place."""
    recent = nothing_measured()
    wind = trigger(loaded, recent)
    assert not wind.wanted(NOW)
    measured(recent, NOW, 4.0, 0.0, "aa")
    made(wind, NOW)
    assert not wind.wanted(NOW)
    later = NOW + timedelta(minutes=11)
    measured(recent, later, 4.4, 2.0, "bb")
    assert not wind.wanted(later)
    measured(recent, later + timedelta(minutes=11), 4.6, 0.0, "cc")
    assert wind.wanted(later + timedelta(minutes=11))
    hour = NOW + timedelta(minutes=60)
    measured(recent, hour, 4.0, 0.0, "dd")
    assert wind.wanted(hour)


@pytest.mark.parametrize(("speed", "from_deg"), [(400.0, 90.0), (-3.0, 90.0), (20.0, None)])
def test_a_bad_reading_changes_nothing(
    loaded: LoadedConfig, speed: float, from_deg: float | None
) -> None:
    """Beyond what wind can be, or without a direction."""
    recent = nothing_measured()
    wind = trigger(loaded, recent)
    measured(recent, NOW, 4.0, 0.0, "aa")
    made(wind, NOW)
    before = (loaded.city_dir / "latest.json").read_bytes()
    measured(recent, NOW + timedelta(minutes=1), speed, from_deg, "bb")
    assert not wind.wanted(NOW + timedelta(minutes=1))
    assert (loaded.city_dir / "latest.json").read_bytes() == before


def test_a_calm_is_no_wind_from_anywhere(loaded: LoadedConfig) -> None:
    """Below 0.5 m/s stations give no direction, and the map says that it is calm."""
    recent = nothing_measured()
    measured(recent, NOW, 0.3, None, "aa")
    made(trigger(loaded, recent), NOW)
    assert speed_on_the_map(loaded) == 0.0
    notes = json.loads((layer_folder(loaded, "wind_speed_now") / "layer.json").read_text("utf-8"))[
        "notes"
    ]
    assert any("calm" in note["en"] for note in notes)


def test_a_silent_mast_and_a_wind_of_the_future_are_no_wind() -> None:
    """Older than half an hour, or later than now."""
    recent = nothing_measured()
    measured(recent, NOW, 4.0, 0.0, "aa")
    assert measured_wind(CONFIG, recent, NOW + timedelta(minutes=30)) is not None
    assert measured_wind(CONFIG, recent, NOW + timedelta(minutes=31)) is None
    assert measured_wind(CONFIG, recent, NOW - timedelta(seconds=1)) is None


def test_directions_are_averaged_around_north() -> None:
    """350 and 10 degrees are north, not south; ten minutes count, and what they came in."""
    recent = nothing_measured()
    for minutes, speed, from_deg, raw in (
        (10, 30.0, 180.0, "aa"), (5, 4.0, 350.0, "bb"), (0, 6.0, 10.0, "cc"),
    ):  # fmt: skip
        measured(recent, NOW - timedelta(minutes=minutes), speed, from_deg, raw)
    wind = measured_wind(CONFIG, recent, NOW)
    assert wind is not None
    assert (wind.speed_m_s, wind.measurements, wind.at) == (5.0, 2, NOW)
    east, north = 2.0 * math.sin(math.radians(10)), 10.0 * math.cos(math.radians(10))
    assert wind.from_deg == pytest.approx(math.degrees(math.atan2(east, north)))
    assert wind.payloads == {"sensors": ("bb" * 32, "cc" * 32)}


def test_a_failure_leaves_the_city_as_it_was(
    loaded: LoadedConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Held by another command, of a mast whose height nobody knows, or without ratios."""
    recent = nothing_measured()
    measured(recent, NOW, 4.0, 0.0, "aa")
    wind = trigger(loaded, recent)
    before = (loaded.city_dir / "latest.json").read_bytes()
    monkeypatch.setattr(locking, "PATIENCE_S", 0.0)
    with holding(loaded), pytest.raises(BusyError):
        wind.task(NOW).carry_out()
    thing = recent.things[MAST]
    recent.things[MAST] = type(thing)(MAST, "sensors", "Roof", "weather_station", 139.7, 35.7)
    with pytest.raises(StepError, match="how high the anemometer"):
        wind.task(NOW).carry_out()
    (loaded.file.parent / "out" / ".work").rename(loaded.file.parent / "gone")
    with pytest.raises(StoreError, match="holds no wind_speed_ratio_by_direction"):
        wind.task(NOW).carry_out()
    assert (loaded.city_dir / "latest.json").read_bytes() == before


@pytest.mark.parametrize("layer", ["wind", "sunlight"])
def test_a_sensor_of_no_feed_is_refused(tmp_path: Path, layer: str) -> None:
    """It would never be heard of."""
    with pytest.raises(ConfigError, match="of none of the feeds sensors"):
        city(
            tmp_path, [feed(folder={"path": "in"})], **{layer: {"thing": "urn:citytwin:masts:roof"}}
        )
