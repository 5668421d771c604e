"""A published town whose fields are known by hand, and a mast in it."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

from citytwin.config import LoadedConfig, load
from citytwin.engine.request import work_dir
from citytwin.engine.run import DEFAULT_TILE_CELLS
from citytwin.formats.observations import Batch, Reading
from citytwin.live.recent import Recent
from citytwin.model.axes import evenly
from citytwin.model.fields import WIND_SPEED_RATIO_BY_DIRECTION
from citytwin.model.properties import WIND_DIRECTION, WIND_SPEED
from citytwin.store.fields import FieldStore
from citytwin.store.latest import published_city
from citytwin.store.observations import Thing
from citytwin.store.publish import publish
from citytwin.store.standing_city import stands
from tests.unit.live.live_city import city, feed
from tests.unit.store.little_city import GRID, run_info, stage

MAST = "urn:citytwin:sensors:roof"
RATIOS = (1.0, 0.5, 0.25, 0.75)
"""Of wind from north, east, south and west, in every cell but the first."""
LAYERS = ("terrain", "wind_speed_ratio_by_direction", "wind_speed_now", "traffic")


def town(folder: Path, **live: object) -> LoadedConfig:
    """Publish the town; its batch wind is that of a made-up day."""
    loaded = city(folder, [feed(folder={"path": "in"})], **live)
    more = "simulations: [{use: wind_now, params: {moment: 2026-06-01T12:00:00+09:00}}]\n"
    loaded.file.write_text(loaded.file.read_text("utf-8") + more, "utf-8")
    loaded = load(loaded.file)
    store = FieldStore(work_dir(loaded) / "fields", GRID, DEFAULT_TILE_CELLS)
    store.create(WIND_SPEED_RATIO_BY_DIRECTION, evenly(4))
    ratios = np.empty((4, *GRID.shape), dtype=np.float32)
    ratios[:] = np.array(RATIOS)[:, None, None]
    ratios[:, 0, 0] = np.nan
    store.write(WIND_SPEED_RATIO_BY_DIRECTION, GRID.whole, ratios)
    staged = [stage(folder / "out" / "staged", name) for name in LAYERS]
    publish(loaded.city_dir, staged, run_info())
    return loaded


def measured(recent: Recent, at: datetime, speed: float, from_deg: float | None, raw: str) -> None:
    """Take in what the mast measured at one time, 10 m above the ground."""
    second = int(at.timestamp())
    readings = [Reading("roof", WIND_SPEED, second, second, speed)]
    if from_deg is not None:
        readings.append(Reading("roof", WIND_DIRECTION, second, second, from_deg))
    thing = Thing(
        MAST, "sensors", "Roof", "weather_station", 139.7, 35.7, height_m=10.0, synthetic=True
    )
    recent.add("sensors", Batch("f", raw * 32, (), tuple(readings)), [thing])


def nothing_measured() -> Recent:
    """Before the first value."""
    return Recent(timedelta(hours=1))


def order_of(loaded: LoadedConfig) -> list[str]:
    """Layers of the map."""
    latest = published_city(loaded.city_dir)
    assert latest is not None
    return [entry.id for entry in latest.layers]


def layer_folder(loaded: LoadedConfig, layer: str) -> Path:
    """Of a layer that stands published, in a city that is whole."""
    latest = published_city(loaded.city_dir)
    assert latest is not None
    assert stands(loaded.city_dir, latest)
    return next(loaded.city_dir / entry.path for entry in latest.layers if entry.id == layer)
