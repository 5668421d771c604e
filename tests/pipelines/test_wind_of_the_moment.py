"""The wind of the moment is that of the run, though the feed holds days to come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import rasterio

from citytwin.config import load
from citytwin.engine.bind import bind
from citytwin.engine.preview import preview
from citytwin.engine.report import RunReport, Silent
from citytwin.engine.request import MANIFEST, carried_out, work_dir
from citytwin.engine.run import RunOptions, run
from citytwin.engine.sketch_store import SketchStore
from citytwin.store.manifest import Manifest
from citytwin.twin import Twin
from tests.pipelines.edited_nights import newest_files
from tests.pipelines.night_town import TILE_CELLS, made_by, workers_here
from tests.pipelines.small_city import published_files
from tests.pipelines.windy_town import make_windy_town

MORE = """\
  - {use: wind_now, params: {}}
layers: [wind_speed_now]
"""
BEGIN = datetime(2026, 11, 27, tzinfo=UTC)
"""First hour of the forecast."""
SPEEDS = [round(1.0 + 0.1 * hour, 1) for hour in range(96)]
"""Of four days, 0.1 m/s more each hour [m/s]."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A scheduler with a worker."""
    with workers_here() as it:
        yield it


def run_at(config: Path, address: str, hour: float) -> RunReport:
    """Run so many hours after the first of the forecast."""
    now = BEGIN + timedelta(hours=hour)
    options = RunOptions(scheduler=address, tile_cells=TILE_CELLS, now=lambda: now)
    report = run(load(config), options, Silent())
    assert not report.failures, report.failures
    return report


def stands(config: Path, hour: float) -> bool:
    """Whether a run at this time would do nothing at all."""
    return carried_out(load(config), BEGIN + timedelta(hours=hour)) is not None


def planned(config: Path, hour: float, scratch: Path) -> dict[str, str]:
    """What would be made at this time, and why."""
    loaded = load(config)
    manifest = Manifest.reading(work_dir(loaded) / MANIFEST)
    zone, crs = loaded.config.time_zone, loaded.config.crs
    store = SketchStore(work_dir(loaded), crs, zone, TILE_CELLS, scratch=scratch)
    rows = preview(bind(loaded), store, manifest, BEGIN + timedelta(hours=hour))
    manifest.close()
    return {row.key: row.reason for row in rows if row.reason}


def shown(config: Path) -> tuple[datetime, list[str]]:
    """Time of the map, and what it says that is no mere information."""
    layer = Twin(config.parent / "out" / "town")["wind_speed_now"]
    told = [note.en for note in layer.document.notes if note.severity == "fallback"]
    return datetime.fromisoformat(layer.document.valid_time), told


def highest(config: Path) -> float:
    """Highest speed on the map [m/s]."""
    (file,) = sorted((config.parent / "out" / "town" / "wind_speed_now").glob("*/*.tif"))[-1:]
    with rasterio.open(file) as raster:
        return float(np.nanmax(raster.read(1, masked=True).filled(np.nan)))


@pytest.mark.long
def test_nights_follow_the_clock_and_nothing_else(address: str, tmp_path: Path) -> None:
    """An hour that has become past makes the map anew; minutes, and hours to come, do not."""
    config = make_windy_town(tmp_path / "nights", MORE, BEGIN, SPEEDS)
    run_at(config, address, 20.3)
    assert shown(config)[0] == BEGIN + timedelta(hours=20)
    assert not any("the run" in note for note in shown(config)[1])
    said = " ".join(
        note.en for note in Twin(tmp_path / "nights/out/town")["wind_speed_now"].document.notes
    )
    assert "a weather model, as its analysis or forecast, has 3.0 m/s" in said
    before, wind = published_files(tmp_path / "nights/out/town"), highest(config)
    assert stands(config, 20.9)
    assert not stands(config, 21.0)
    assert not stands(config, 19.9)  # the clock was put back
    assert not planned(config, 20.9, tmp_path)
    assert made_by(run_at(config, address, 20.9)) == {}
    assert published_files(tmp_path / "nights/out/town") == before

    why = planned(config, 21.2, tmp_path)
    assert why == {"simulate:wind_now": "inputs changed, its records up to 2026-11-27 21:12 UTC"}
    made = made_by(run_at(config, address, 21.2))
    assert set(made) == {"simulate:wind_now", "make layers"}
    assert shown(config)[0] == BEGIN + timedelta(hours=21)
    assert highest(config) == pytest.approx(wind * 3.1 / 3.0, abs=0.015)  # kept to 0.01
    new = make_windy_town(tmp_path / "new", MORE, BEGIN, SPEEDS)
    run_at(new, address, 21.7)
    assert newest_files(tmp_path / "nights/out/town") == newest_files(tmp_path / "new/out/town")

    run_at(config, address, 20.0)
    assert shown(config)[0] == BEGIN + timedelta(hours=20)
    assert highest(config) == pytest.approx(wind, rel=1e-6)


@pytest.mark.long
def test_records_that_are_old_or_all_to_come_make_a_map_that_says_so(
    address: str, tmp_path: Path
) -> None:
    """And where a moment is given, it is that one, whatever the clock shows."""
    config = make_windy_town(tmp_path, MORE, BEGIN, SPEEDS)
    run_at(config, address, -40.0)
    time, told = shown(config)
    assert time == BEGIN
    assert any(note.startswith("All of the record is later than the run by a day") for note in told)
    run_at(config, address, 95.0 + 6.5)
    time, told = shown(config)
    assert time == BEGIN + timedelta(hours=95)
    assert any(
        "2026-12-01 08:00 local time, 6 hours or more before the run" in note for note in told
    )
    assert stands(config, 95.0 + 23.9)
    assert not stands(config, 95.0 + 24.0)

    moment = "params: {moment: 2026-11-29T09:00:00+09:00}"
    config.write_text(
        config.read_text("utf-8").replace(
            "{use: wind_now, params: {}", "{use: wind_now, " + moment
        ),
        "utf-8",
    )
    run_at(config, address, 200.0)
    time, told = shown(config)
    assert time == BEGIN + timedelta(hours=48)
    assert not any("the run" in note for note in told)
    assert stands(config, -1000.0)
    assert stands(config, 1000.0)
