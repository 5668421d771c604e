"""Radar in a nowcast: what is over the city, corrected by gauges, and when the shower arrives."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from citytwin.alerts.windows import Sample
from citytwin.formats.observations import Batch
from citytwin.formats.rain.image import RainImage
from citytwin.formats.rain.lattice import Sampler
from citytwin.live.decoding import FeedDecoder, decoder_of
from citytwin.live.intake import Intake, Way
from citytwin.live.radar_rain import radar_rain
from citytwin.live.rain_frames import rain_frames
from citytwin.live.rain_outlook import outlook
from citytwin.live.rain_refill import refill_images
from citytwin.live.recent import Recent
from citytwin.live_config import FeedConfig, NowcastConfig
from citytwin.model import crs
from citytwin.store.observations import (
    DecodedFeed,
    ObservationReader,
    ObservationStore,
    Thing,
)
from citytwin.store.raw_archive import RawArchive
from citytwin.transports.connector import Delivery, Payload, Standing
from tests.unit.formats.rain_files import odim
from tests.unit.live.live_city import feed
from tests.unit.live.rain_images import AREA, GRID, NOW, NOW_S, approaching, image, shower

UNTIL_S = NOW_S + 3600.0
CONFIG = NowcastConfig.model_validate({"when": {"property": "rainfall_rate"}, "at_least": 10})


def over_the_city(images: tuple[RainImage, ...]) -> dict[float, float]:
    """Mean rate by minutes from now to the middle of an image."""
    return {
        ((i.start_s + i.end_s) / 2 - NOW_S) / 60: float(np.nanmean(i.rate[AREA.city.slices]))
        for i in images
    }


def gauge(row: int, column: int, name: str) -> Thing:
    """In the middle of a cell of the lattice."""
    x = AREA.lattice.x_min_m + (column + 0.5) * AREA.lattice.cell_m
    y = AREA.lattice.y_max_m - (row + 0.5) * AREA.lattice.cell_m
    longitude, latitude = crs.lonlat(x, y, AREA.lattice.crs)
    return Thing(name, "s", None, "gauge", longitude, latitude)


def test_the_shower_arrives_when_it_should() -> None:
    """36 km away at 12 m/s: its middle is over the city in 50 minutes, with all of its rain."""
    found = radar_rain("radar", approaching(), {}, {}, UNTIL_S)
    rates = over_the_city(found.images)
    assert found.speed_m_s == pytest.approx(12.0, rel=0.03)
    assert found.bias == 1.0
    for minutes, rate in rates.items():
        away_m = -36_000.0 + 12.0 * 60.0 * minutes
        assert rate == pytest.approx(60.0 * np.exp(-(away_m**2) / (2 * 8000.0**2)), abs=1.5)
    assert max(rates, key=rates.__getitem__) == pytest.approx(50.0, abs=2.5)
    assert [i.issued_s for i in found.images[:6]] == [None] * 6
    assert {i.issued_s for i in found.images[6:]} == {NOW_S}
    assert found.images[-1].end_s == UNTIL_S


def test_gauges_correct_the_radar() -> None:
    """All of them measure twice what the radar sees: so does everything that follows."""
    images = approaching()
    mean = np.mean([i.rate for i in images], axis=0)
    cells = [(60, 30), (60, 35), (62, 40), (55, 33), (65, 28)]
    things = {f"g{k}": gauge(row, column, f"g{k}") for k, (row, column) in enumerate(cells)}
    samples = {
        f"g{k}": [Sample(NOW - timedelta(minutes=10), 2.0 * float(mean[row, column]))]
        for k, (row, column) in enumerate(cells)
    }
    plain = over_the_city(radar_rain("radar", images, {}, {}, UNTIL_S).images)
    found = radar_rain("radar", images, samples, things, UNTIL_S)
    assert found.bias == pytest.approx(2.0, rel=1e-3)
    assert found.gauges == 5
    for minutes, rate in over_the_city(found.images).items():
        assert rate == pytest.approx(2.0 * plain[minutes], rel=0.01, abs=0.01)


def test_the_outlook_rises_where_persistence_would_not() -> None:
    """It is dry over the city now; a gauge alone would see no flood."""
    recent = Recent(timedelta(hours=1))
    recent.add_images("radar", approaching())
    found = outlook(CONFIG, recent, NOW, AREA.city)
    assert found is not None
    assert found.radar is not None
    assert found.payloads == {"radar": found.radar.references}
    assert len(found.references) == 6
    by_start = {r.start_minutes: r.mm_per_h for r in found.rain}
    # From 40 to 50 and 50 to 60 minutes after now, which is 30 minutes after the begin.
    assert by_start[70.0] > 50.0
    assert by_start[80.0] > 50.0
    assert by_start.get(0.0, 0.0) < 0.1
    depth_mm = sum((r.end_minutes - r.start_minutes) / 60.0 * r.mm_per_h for r in found.rain)
    whole_mm = sum(rate * 5.0 / 60.0 for rate in over_the_city(found.radar.images).values())
    assert depth_mm == pytest.approx(whole_mm, rel=1e-3)


def test_an_old_image_says_nothing() -> None:
    """Sixteen minutes after the last one; then gauges alone count, and there are none."""
    recent = Recent(timedelta(hours=1))
    recent.add_images("radar", approaching())
    assert outlook(CONFIG, recent, NOW + timedelta(minutes=16), AREA.city) is None


def test_one_image_stays_where_it_is() -> None:
    """No motion can be seen."""
    found = radar_rain("radar", approaching()[-1:], {}, {}, UNTIL_S)
    assert found.speed_m_s == 0.0
    assert len(set(over_the_city(found.images).values())) == 1


def test_images_are_brought_to_the_city_with_their_mean() -> None:
    """Forecasts are none of them, nor are images of elsewhere."""
    rain = image(np.full((AREA.lattice.ny, AREA.lattice.nx), 7.5, np.float32), NOW_S)
    ahead = image(rain.rate, NOW_S + 600, issued_s=NOW_S)
    away = image(np.full_like(rain.rate, np.nan), NOW_S + 300)
    batch = Batch("f", "ab" * 32, (), (), images=(rain, ahead, away))
    found = AREA.brought(batch, Sampler(AREA.lattice))
    assert len(found.images) == 1
    np.testing.assert_array_equal(found.images[0].rate, rain.rate)
    (reading,) = found.readings
    assert (reading.value, reading.start_s, reading.end_s) == (7.5, NOW_S - 300, NOW_S)
    assert [reject.code for reject in found.rejects] == ["forecast", "area"]
    middle = crs.transform(
        np.array([found.places[0].longitude_deg]),
        np.array([found.places[0].latitude_deg]),
        "EPSG:4326",
        GRID.crs,
    )
    assert (middle[0][0], middle[1][0]) == pytest.approx((-42_000.0, -96_000.0), abs=0.01)


class _Images:
    """A way in with radar files."""

    name = "radar"

    def __init__(self, contents: Iterator[bytes]) -> None:
        self._contents = contents

    def take(self, cursor: str, wait_s: float) -> Delivery | None:
        content = next(self._contents, None)
        return content and Delivery((Payload(content, "t", NOW),), cursor)

    def standing(self) -> Standing:
        return Standing(connected=True)

    def close(self) -> None:
        """Nothing is open."""


def radar_decoder() -> FeedDecoder:
    """Of a feed of radar images."""
    given = feed(folder={"path": "in"}) | {"name": "radar", "use": "radar_hdf5"}
    return decoder_of(FeedConfig.model_validate(given), AREA)


def test_images_are_back_after_a_restart(tmp_path: Path) -> None:
    """Made again from the raw payloads; the mean over the city is an observation like others."""
    rate = np.full((400, 400), 12)
    files = [odim(rate, end=f"2026063002{m:02d}00") for m in (50, 55)]
    way, stop = Way(_Images(iter(files)), radar_decoder()), threading.Event()
    before, after = Recent(timedelta(hours=1)), Recent(timedelta(hours=1))
    with ObservationStore.open(tmp_path / "obs") as store, RawArchive(tmp_path / "raw") as archive:
        reader = ObservationReader(tmp_path / "obs")
        refill_images(after, [way], reader, archive, NOW)
        assert after.images == {}, "there was nothing before the first start"
        intake = Intake([way], store, archive, before, stop)
        intake.start()
        while intake.totals["stored"] < 2:
            intake.step(1.0)
        stop.set()
        intake.drain(5.0)
        refill_images(after, [way], reader, archive, NOW)
        after.refill(reader, NOW, archive.name_of)
        state = reader.state(NOW).frame
        reader.close()
    # 12 counts of half a millimetre an hour.
    assert list(state["result"]) == [6.0]
    assert list(state["thing"].astype(str)) == ["urn:citytwin:radar:area"]
    assert after.images.keys() == before.images.keys() == {"radar"}
    assert after.images["radar"].keys() == before.images["radar"].keys()
    assert len(after.images["radar"]) == 2
    assert after.references == before.references
    for end_s, made in before.images["radar"].items():
        np.testing.assert_array_equal(after.images["radar"][end_s].rate, made.rate)
    found = [outlook(CONFIG, recent, NOW, AREA.city) for recent in (before, after)]
    floods = [rain and rain_frames(rain, GRID) for rain in found]
    assert floods[0] is not None
    assert floods[1] is not None
    pd.testing.assert_frame_equal(*floods)


def test_an_image_of_later_is_none() -> None:
    """More than five minutes ahead of its arrival: neither an image nor a value."""
    content = odim(np.full((400, 400), 12), end="20260630031000")
    batch, stored = radar_decoder().decode(Payload(content, "t", NOW))
    assert batch is not None
    assert (batch.images, len(batch.readings)) == ((), 0)
    assert isinstance(stored, DecodedFeed)
    assert [letter.reason for letter in stored.letters] == ["future"]


def test_without_a_city_images_have_no_place() -> None:
    """Told in the dead letters."""
    given = feed(folder={"path": "in"}) | {"name": "radar", "use": "radar_hdf5"}
    lost = decoder_of(FeedConfig.model_validate(given))
    _, stored = lost.decode(Payload(odim([[1, 2], [3, 4]]), "t", datetime(2026, 7, 2, tzinfo=UTC)))
    assert isinstance(stored, DecodedFeed)
    assert [letter.reason for letter in stored.letters] == ["area"]


def test_a_shower_is_where_it_was_put() -> None:
    """The images of these tests are what they say."""
    rate = shower(GRID.x_min + 2000.0, GRID.y_max - 2000.0, 60.0)
    assert np.nanmean(rate[AREA.city.slices]) == pytest.approx(60.0, rel=0.03)
