"""A measured sky onto the map: only its layer is published anew, and only when it has changed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from citytwin.config import LoadedConfig
from citytwin.formats.observations import Batch, Reading
from citytwin.live.change_trigger import ChangeTrigger
from citytwin.live.measured_sky import MeasuredSky, measured_sky
from citytwin.live.recent import Recent
from citytwin.live.sunlight_trigger import sunlight_trigger
from citytwin.live.warned_area import raster_of
from citytwin.live_config import SunlightConfig
from citytwin.model.properties import CLOUD_COVER, GLOBAL_RADIATION, ObservedProperty
from citytwin.store.observations import Thing
from tests.pipelines.small_city import published_files
from tests.unit.live.following_town import layer_folder, nothing_measured, order_of

# pvlib 0.16 asks pandas for an attribute whose name is about to change.
pytestmark = pytest.mark.filterwarnings("ignore:DatetimeIndex.dayofyear")

NOON = datetime(2026, 6, 21, 2, 40, tzinfo=UTC)
"""11:40 in Tokyo."""
SENSOR = "urn:citytwin:sensors:sun"
CONFIG = SunlightConfig(thing=SENSOR, every_minutes=1)


def measured(
    recent: Recent,
    at: datetime,
    value: float,
    raw: str,
    observed: ObservedProperty = GLOBAL_RADIATION,
) -> None:
    """Take in what the sensor measured at one time."""
    second = int(at.timestamp())
    thing = Thing(SENSOR, "sensors", "Sun", "pyranometer", 139.7, 35.7, synthetic=True)
    reading = Reading("sun", observed, second, second, value)
    recent.add("sensors", Batch("f", raw * 32, (), (reading,)), [thing])


def made(sunlight: ChangeTrigger[MeasuredSky], now: datetime) -> None:
    """Carry out what is due, in this process."""
    assert sunlight.wanted(now)
    sunlight.published(sunlight.task(now).carry_out())


def test_a_sky_that_darkens_changes_its_layer_alone(loaded: LoadedConfig) -> None:
    """The mean of ten minutes comes down on the level roofs of the town; all else stays as it was."""
    before, order = published_files(loaded.city_dir), order_of(loaded)
    recent = nothing_measured()
    sunlight = sunlight_trigger(loaded, CONFIG, recent)
    assert not sunlight.wanted(NOON)
    for minutes, value, raw in ((10, 900.0, "aa"), (5, 500.0, "bb"), (0, 300.0, "cc")):
        measured(recent, NOON - timedelta(minutes=minutes), value, raw)
    made(sunlight, NOON)
    found = raster_of(loaded.city_dir, "irradiance_now")
    assert found is not None
    assert np.nanmax(found[0]) == pytest.approx(400.0, rel=0.01)
    folder = layer_folder(loaded, "irradiance_now")
    document = json.loads((folder / "layer.json").read_text("utf-8"))
    assert document["valid_time"] == "2026-06-21T02:40:00Z"
    assert document["classification"] == "public"
    said = " ".join(note["en"] for note in document["notes"])
    assert "mean of 2 measurements" in said
    assert "The sky is synthetic" in said
    titles = [source["title"]["en"] for source in document["sources"]]
    assert titles[-1] == "Sensors"
    inputs = json.loads((folder / "inputs.json").read_text("utf-8"))
    assert [one["sha256"] for one in inputs] == ["bb" * 32, "cc" * 32]
    after = published_files(loaded.city_dir)
    assert order_of(loaded) == order
    others = {name for name in before if not name.startswith("irradiance_now/")}
    assert all(after[name] == before[name] for name in others)


def test_it_is_made_again_as_the_sky_changes_or_the_sun_goes_on(loaded: LoadedConfig) -> None:
    """50 W/m2 are a change, and so is a quarter of an hour."""
    recent = nothing_measured()
    sunlight = sunlight_trigger(loaded, CONFIG, recent)
    measured(recent, NOON, 400.0, "aa")
    made(sunlight, NOON)
    for minutes, value, wanted in ((11, 440.0, False), (12, 470.0, True), (27, 400.0, True)):
        now = NOON + timedelta(minutes=minutes)
        measured(recent, now, value, "bb")
        assert sunlight.wanted(now) is wanted, minutes


def test_clouds_are_a_sky_as_well(loaded: LoadedConfig) -> None:
    """By their share, not by the radiation of the same sensor; tenths of the sky are a change."""
    recent = nothing_measured()
    config = SunlightConfig(thing=SENSOR, observed="clouds", every_minutes=1)
    sunlight = sunlight_trigger(loaded, config, recent)
    measured(recent, NOON, 1.0, "aa")
    assert not sunlight.wanted(NOON)
    measured(recent, NOON, 100.0, "bb", CLOUD_COVER)
    made(sunlight, NOON)
    found = raster_of(loaded.city_dir, "irradiance_now")
    assert found is not None
    assert 200.0 < np.nanmax(found[0]) < 260.0, "a quarter of the clear sky of June"
    measured(recent, NOON + timedelta(minutes=11), 85.0, "cc", CLOUD_COVER)
    assert sunlight.wanted(NOON + timedelta(minutes=11))


@pytest.mark.parametrize("minutes", [-1, 31])
def test_what_is_old_or_of_the_future_is_no_sky(minutes: int) -> None:
    """Half an hour counts."""
    recent = nothing_measured()
    measured(recent, NOON, 400.0, "aa")
    assert measured_sky(CONFIG, recent, NOON + timedelta(minutes=minutes)) is None
