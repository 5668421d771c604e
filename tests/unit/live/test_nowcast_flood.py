"""Rain of a nowcast from place to place: which half gets wet, how much falls, gaps, and a restart."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from citytwin.alerts.windows import Sample
from citytwin.formats.observations import Batch, Reading
from citytwin.live.nowcast_flood import flooded
from citytwin.live.nowcast_ground import raster
from citytwin.live.nowcast_job import NowcastJob
from citytwin.live.nowcast_notes import notes_of
from citytwin.live.radar_rain import radar_rain
from citytwin.live.rain_frames import rain_frames
from citytwin.live.rain_outlook import Outlook, outlook
from citytwin.live.recent import Recent
from citytwin.live_config import NowcastConfig
from citytwin.model.grid import GridSpec
from citytwin.model.properties import RAINFALL_RATE
from citytwin.store.observations import Thing
from tests.unit.live.live_city import city, feed
from tests.unit.live.rain_images import AREA, NOW, NOW_S, image

TOWN = GridSpec("EPSG:6677", -43_000.0, -95_000.0, 50.0, 20, 40)
"""2 km by 1 km: two cells of the lattice, one beside the other."""
WEST, EAST = (
    (int((AREA.lattice.y_max_m - TOWN.y_max) / 1000.0), int((x - AREA.lattice.x_min_m) / 1000.0))
    for x in (TOWN.x_min, TOWN.x_min + 1000.0)
)
CONFIG = NowcastConfig.model_validate(
    {
        "when": {"property": "rainfall_rate"}, "at_least": 1, "past_minutes": 10, "next_minutes": 10,
        "params": {"edges": "closed"},
    }
)  # fmt: skip
HALF = np.zeros((AREA.lattice.ny, AREA.lattice.nx), np.float32)
HALF[:, : EAST[1]] = 36.0
"""All that lies west of the town's middle."""


def seen(*images: object) -> Outlook:
    """The outlook of images."""
    recent = Recent(timedelta(hours=1))
    recent.add_images("radar", images)
    found = outlook(CONFIG, recent, NOW, AREA.city)
    assert found is not None
    return found


def job(rain: Outlook, folder: Path) -> NowcastJob:
    """A nowcast of the town."""
    loaded = city(folder, [feed(folder={"path": "in"})])
    return NowcastJob(loaded, CONFIG, rain, TOWN, 1)


def flood(rain: Outlook, folder: Path) -> xr.Dataset:
    """On a plane with walls around it."""
    plane = {"terrain": raster(np.full(TOWN.shape, 3.0), TOWN)}
    return flooded(job(rain, folder), plane)


def mean_rates(frames: pd.DataFrame) -> dict[tuple[float, float], tuple[float, float]]:
    """Rates in the two cells of the town, by minutes from now."""
    shape = (AREA.lattice.ny, AREA.lattice.nx)
    rates = [np.reshape(rate, shape) for rate in frames["rate"]]
    minutes = [
        tuple((time - NOW).total_seconds() / 60.0 for time in pair)
        for pair in zip(frames["start"], frames["end"], strict=True)
    ]
    return {
        pair: (float(rate[WEST]), float(rate[EAST]))
        for pair, rate in zip(minutes, rates, strict=True)
    }


def test_a_shower_over_one_half_wets_that_half(tmp_path: Path) -> None:
    """36 mm/h that stand still, 20 minutes: 12 mm on 1 km2, and the far east stays dry."""
    rain = seen(image(HALF, NOW_S - 300), image(HALF, NOW_S))
    made = flood(rain, tmp_path)
    assert made.attrs["rain_volume"] == pytest.approx(12_000.0, rel=1e-9)
    assert made.attrs["stored_volume"] == pytest.approx(12_000.0, rel=1e-6)
    assert made.attrs["rain_coverage"] == pytest.approx(1.0)
    depth = made["flood_depth_max"].values
    # Along a plane the water creeps a few cells past the middle, and no further.
    np.testing.assert_allclose(depth[:, :10], 0.012, rtol=1e-5)
    assert np.nanmax(np.nan_to_num(depth[:, 30:])) == 0.0
    frames = rain_frames(rain, TOWN)
    assert frames is not None
    assert list(frames["issued"].notna()) == [False, False, True, True]
    assert set(frames["issued"].dropna()) == {pd.Timestamp(NOW)}
    assert set(frames["raw_ref"]) == set(rain.references)
    assert "(2 of 4 images are forecasts)" in notes_of(job(rain, tmp_path))[0].en


def test_a_restart_gives_the_same_flood(tmp_path: Path) -> None:
    """Images made again are other objects of the same content: the same bits."""
    rain, again = (seen(image(HALF.copy(), NOW_S - 300), image(HALF.copy(), NOW_S)) for _ in "ab")
    first, second = flood(rain, tmp_path), flood(again, tmp_path)
    xr.testing.assert_identical(first, second)


def test_times_without_an_image_have_the_mean_of_the_gauges() -> None:
    """The radar began five minutes ago; before that a gauge measured 6 mm/h."""
    rain = seen(image(HALF, NOW_S))
    rain = replace(rain, rain=(replace(rain.rain[0], end_minutes=10, mm_per_h=6.0), *rain.rain[1:]))
    frames = rain_frames(rain, TOWN)
    assert frames is not None
    rates = mean_rates(frames)
    assert rates[-10.0, -5.0] == (6.0, 6.0)
    assert rates[-5.0, 0.0] == pytest.approx((36.0, 0.0))
    assert sum(end - start for start, end in rates) == 20.0
    assert not frames["issued"].notna()[0]
    assert frames["raw_ref"][0] not in rain.references


def test_a_cell_without_data_has_the_mean_of_the_others() -> None:
    """Over the town only the west is known: the east has its rate, and none is unknown."""
    rate = HALF.copy()
    rate[EAST] = np.nan
    frames = rain_frames(seen(image(rate, NOW_S - 300), image(rate, NOW_S)), TOWN)
    assert frames is not None
    assert mean_rates(frames)[-5.0, 0.0] == pytest.approx((36.0, 36.0))
    assert all(np.isfinite(one).all() for one in frames["rate"])


def test_gauges_do_not_push_rain_beyond_what_counts_as_rain() -> None:
    """300 mm/h, and gauges with twice as much: a flood would leave 600 out as an error."""
    heavy = np.full_like(HALF, 300.0)
    things = {"g": Thing("g", "s", None, "gauge", *TOWN.lonlat)}
    found = radar_rain(
        "radar", [image(heavy, NOW_S)], {"g": [Sample(NOW, 600.0)]}, things, NOW_S + 600
    )
    assert float(np.nanmax(found.images[0].rate)) > 400.0
    frames = rain_frames(replace(seen(image(heavy, NOW_S)), radar=found), TOWN)
    assert frames is not None
    assert max(float(np.max(rate)) for rate in frames["rate"]) == 400.0


def test_images_of_instants_and_overlaps_come_in_turn() -> None:
    """An instant stands for the time since the one before; what two cover belongs to the first."""
    instants = [image(HALF, NOW_S - k, start_s=NOW_S - k) for k in (600, 300, 0)]
    rain = seen(*instants)
    assert [(i.start_s - NOW_S, i.end_s - NOW_S) for i in rain.radar.images[:2]] == [
        (-600, -300), (-300, 0),
    ]  # fmt: skip
    double = [image(HALF, NOW_S - k, start_s=NOW_S - k - 600) for k in (300, 0)]
    found = radar_rain("radar", double, {}, {}, float(NOW_S))
    assert [i.start_s - NOW_S for i in found.images] == [-900, -300]


def test_analyses_are_no_forecasts() -> None:
    """A model says when it made the image of a time that was over by then."""
    images = [image(HALF, NOW_S - k, issued_s=NOW_S + 60 - k) for k in (300, 0)]
    frames = rain_frames(seen(*images), TOWN)
    assert frames is not None
    assert list(frames["issued"].notna()) == [False, False, True, True]


def test_gauges_alone_have_their_mean(tmp_path: Path) -> None:
    """No radar: 12 mm/h over the whole town for 20 minutes."""
    recent = Recent(timedelta(hours=1))
    readings = tuple(
        Reading("g", RAINFALL_RATE, NOW_S - 60 * k, NOW_S - 60 * k, 12.0) for k in range(10)
    )
    recent.add("s", Batch("f", "ab" * 32, (), readings), ())
    rain = outlook(CONFIG, recent, NOW, AREA.city)
    assert rain is not None
    assert rain_frames(rain, TOWN) is None
    made = flood(rain, tmp_path)
    assert made.attrs["rain_volume"] == pytest.approx(2e6 * 0.004, rel=1e-9)
    np.testing.assert_allclose(made["flood_depth_max"].values, 0.004, rtol=1e-5)


def test_a_synthetic_feed_of_images_is_told() -> None:
    """The images themselves do not say so, their thing does."""
    recent = Recent(timedelta(hours=1))
    reading = Reading("area", RAINFALL_RATE, NOW_S - 300, NOW_S, 18.0)
    batch = Batch("f", "cd" * 32, (), (reading,), images=(image(HALF, NOW_S),))
    thing = Thing("urn:citytwin:radar:area", "radar", None, "rain_area", *TOWN.lonlat)
    for synthetic in (False, True):
        recent.add("radar", batch, [replace(thing, synthetic=synthetic)])
        rain = outlook(CONFIG, recent, NOW, AREA.city)
        assert rain is not None
        assert rain.synthetic is synthetic
        frames = rain_frames(rain, TOWN)
        assert frames is not None
        assert set(frames["synthetic"]) == {synthetic}
