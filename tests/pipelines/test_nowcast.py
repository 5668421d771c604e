"""A nowcast in a published city: its layer comes beside the others, with what it descends from."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from citytwin.config import LoadedConfig, load
from citytwin.engine.live_layers import KEPT_FOR, with_live
from citytwin.formats.observations import Batch, Reading
from citytwin.live.following import Follower
from citytwin.live.nowcast import Nowcasts
from citytwin.live.recent import Recent
from citytwin.live.warned_area import raster_of, warned
from citytwin.live_config import NowcastConfig
from citytwin.model.properties import RAINFALL_RATE
from citytwin.store.latest import published_city
from citytwin.store.observations import Thing
from citytwin.store.standing_city import stands
from tests.pipelines.here import citytwin_here
from tests.pipelines.small_city import make_small_city, published_files
from tests.unit.alerts.sample_rules import rain_rule

LIVE = """
layers: [terrain, buildings, flood_depth_max]
live:
  feeds:
    - {name: sensors, use: senml, folder: {path: in}, classification: public, licence: Apache-2.0,
       title: Sensors, synthetic: true}
  nowcast: {when: {property: rainfall_rate}, at_least: 20, past_minutes: 10, next_minutes: 10,
            budget_s: 60, every_minutes: 1}
"""


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory, workers: str) -> LoadedConfig:
    """A small published city with a section `live`."""
    config = make_small_city(tmp_path_factory.mktemp("nowcast"))
    text = config.read_text("utf-8")
    begin, end = text.index("  - {use: sunlight"), text.index("  - {use: flood")
    text = text[:begin] + text[end:]
    config.write_text(text[: text.index("assessments:")] + LIVE, "utf-8")
    done = citytwin_here("run", str(config), "--scheduler", workers)
    assert done.returncode == 0, done.stderr
    return load(config)


def raining(rate: float, *, synthetic: bool = True) -> Recent:
    """A gauge that has measured a rate for ten minutes."""
    found = Recent(timedelta(hours=1))
    now_s = int(time.time())
    readings = tuple(
        Reading("g", RAINFALL_RATE, now_s - 60 * k, now_s - 60 * k, rate) for k in range(10)
    )
    thing = Thing("urn:citytwin:sensors:g", "sensors", "G", "g", 139.3, 35.1, synthetic=synthetic)
    found.add("sensors", Batch("f", "cd" * 32, (), readings), [thing])
    return found


def nowcasts(loaded: LoadedConfig, rate: float) -> Follower:
    """Of the section `live`."""
    live = loaded.config.live
    assert live is not None
    assert isinstance(live.nowcast, NowcastConfig)
    return Follower(Nowcasts(loaded, live.nowcast, raining(rate)))


def test_a_drizzle_starts_nothing(loaded: LoadedConfig) -> None:
    """Below the value that the configuration names."""
    quiet = nowcasts(loaded, 19.9)
    assert not quiet.step(datetime.now(UTC))
    assert not quiet.busy


def test_a_downpour_becomes_a_layer(loaded: LoadedConfig) -> None:
    """Computed in a process of its own; the others stay, byte for byte."""
    before = published_files(loaded.city_dir)
    downpour = nowcasts(loaded, 90.0)
    assert not downpour.step(datetime.now(UTC))
    assert downpour.busy
    end = time.monotonic() + 280
    while not downpour.step(datetime.now(UTC)):
        assert downpour.busy
        assert time.monotonic() < end
        time.sleep(0.2)
    assert (downpour.published, downpour.failed) == (1, 0)
    latest = published_city(loaded.city_dir)
    assert latest is not None
    assert stands(loaded.city_dir, latest)
    assert [entry.id for entry in latest.layers] == [
        "terrain", "flood_nowcast", "flood_depth_max", "buildings",
    ]  # fmt: skip
    after = published_files(loaded.city_dir)
    assert {name: content for name, content in after.items() if name in before} == before
    entry = latest.layers[1]
    document = json.loads((loaded.city_dir / entry.path / "layer.json").read_text("utf-8"))
    assert any("90.0 mm/h going on" in note["en"] for note in document["notes"])
    assert "synthetic" in {note["severity"] for note in document["notes"]}
    inputs = json.loads((loaded.city_dir / entry.path / "inputs.json").read_text("utf-8"))
    assert [one["sha256"] for one in inputs] == ["cd" * 32]
    found = raster_of(loaded.city_dir, "flood_nowcast")
    assert found is not None
    depth, grid = found
    assert grid.cell_m >= 5.0
    # Twenty minutes of 90 mm/h bring 30 mm; hollows hold more, and nothing is deeper than a storey.
    assert 0.03 < float(np.nanmax(depth)) < 3.0
    rings = warned(loaded.city_dir, rain_rule(area="flood_nowcast", area_from=0.05))
    assert rings
    assert not downpour.step(datetime.now(UTC)), "the next may begin a minute later at the earliest"
    assert not downpour.busy


def test_a_stop_leaves_the_city_as_it_was(loaded: LoadedConfig) -> None:
    """Ended while it computes."""
    before = (loaded.city_dir / "latest.json").read_bytes()
    stopped = nowcasts(loaded, 90.0)
    stopped.step(datetime.now(UTC))
    assert stopped.busy
    time.sleep(1.0)
    stopped.stop()
    assert not stopped.busy
    assert (loaded.city_dir / "latest.json").read_bytes() == before


def test_the_whole_city_is_warned_where_the_layer_is_missing(
    loaded: LoadedConfig, tmp_path: Path
) -> None:
    """And nobody where nothing is published."""
    (ring,) = warned(loaded.city_dir, rain_rule(area="no_such_layer"))
    assert len(ring) == 5
    assert warned(tmp_path, rain_rule()) == ()


def test_the_next_run_leaves_a_young_nowcast_on_the_map(loaded: LoadedConfig, workers: str) -> None:
    """With the same bytes, and takes one of six hours ago off."""
    before = published_files(loaded.city_dir)
    assert "flood_nowcast/layer.json" in before
    text = loaded.file.read_text("utf-8")
    fewer = text.replace("layers: [terrain, buildings, flood_depth_max]", "layers: [terrain]")
    loaded.file.write_text(fewer, "utf-8")
    done = citytwin_here("run", str(loaded.file), "--scheduler", workers)
    assert done.returncode == 0, done.stderr
    latest = published_city(loaded.city_dir)
    assert latest is not None
    assert stands(loaded.city_dir, latest)
    assert {entry.id for entry in latest.layers} == {"terrain", "flood_nowcast"}
    after = published_files(loaded.city_dir)
    for name in (name for name in after if name.startswith("flood_nowcast/")):
        assert after[name] == before[name]
    later = datetime.now(UTC) + KEPT_FOR
    assert with_live(load(loaded.file), [], "EPSG:6677", later - timedelta(hours=1))
    assert with_live(load(loaded.file), [], "EPSG:6677", later + timedelta(minutes=1)) == []
    assert with_live(load(loaded.file), [], "EPSG:6676", later - timedelta(hours=1)) == []
