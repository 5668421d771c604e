"""A published town whose fields are known by hand, and a mast in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import geopandas as gpd
import numpy as np
import shapely
import yaml
from pyproj import Transformer

from citytwin.config import LoadedConfig, load
from citytwin.engine.city_store import MERGED, CityStore
from citytwin.engine.protecting import protect
from citytwin.engine.request import work_dir
from citytwin.engine.run import DEFAULT_TILE_CELLS
from citytwin.formats.observations import Batch, Reading
from citytwin.live.recent import Recent
from citytwin.model.axes import evenly
from citytwin.model.fields import SURFACE_HEIGHT, WIND_SPEED_RATIO_BY_DIRECTION
from citytwin.model.properties import WIND_DIRECTION, WIND_SPEED
from citytwin.model.tables import ROADS
from citytwin.security.key_files import write_new_key
from citytwin.store.latest import published_city
from citytwin.store.observations import Thing
from citytwin.store.publish import publish
from citytwin.store.standing_city import stands
from citytwin.store.tables import conform
from tests.unit.live.live_city import city, feed
from tests.unit.store.little_city import GRID, run_info, stage

MAST = "urn:citytwin:sensors:roof"
RATIOS = (1.0, 0.5, 0.25, 0.75)
"""Of wind from north, east, south and west, in every cell but the first."""
LAYERS = (
    "terrain",
    "irradiance_now",
    "wind_speed_ratio_by_direction",
    "wind_speed_now",
    "road_speeds",
    "traffic",
)
GATE = (139.757, 35.692)
"""Longitude and latitude of a detector, on the only road."""
ROOF_M = 12.0
"""Height of the level surface of the town."""
_MORE = """
simulations:
  - {use: wind_by_direction, params: {directions: 4}}
  - {use: wind_now, params: {moment: 2026-06-01T12:00:00+09:00}}
  - {use: irradiance_now, params: {directions: 16, linke_turbidity: 3.0}}
assessments:
  - {use: road_speeds, params: {match_m: 5}}
"""
_SOURCES = (("roads", "citygml_roads"), ("weather", "openmeteo"))
"""Name and format of what the last run read besides its buildings."""


def town(folder: Path, classification: str = "public", **live: object) -> LoadedConfig:
    """Publish the town; its batch wind is that of a made-up day.

    Where its feed is restricted, the town is sealed, and `CITYTWIN_KEYS` must be `keys` beside it.
    """
    loaded = city(folder, [feed(folder={"path": "in"}, classification=classification)], **live)
    content = yaml.safe_load(loaded.file.read_text("utf-8")) | yaml.safe_load(_MORE)
    for name, form in _SOURCES:
        content["sources"].append(content["sources"][0] | {"name": name, "use": form})
    if classification == "restricted":
        content |= {"publication": "served", "encryption": {"key": "town-2026"}}
        write_new_key(folder / "keys", "town-2026")
    loaded.file.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    loaded = load(loaded.file)
    protect(loaded)
    work = CityStore(work_dir(loaded), GRID.crs, "Asia/Tokyo", DEFAULT_TILE_CELLS, GRID)
    ratios = np.empty((4, *GRID.shape), dtype=np.float32)
    ratios[:] = np.array(RATIOS)[:, None, None]
    ratios[:, 0, 0] = np.nan
    work.fields.create(WIND_SPEED_RATIO_BY_DIRECTION, evenly(4))
    work.fields.write(WIND_SPEED_RATIO_BY_DIRECTION, GRID.whole, ratios)
    work.fields.create(SURFACE_HEIGHT)
    level = np.full(GRID.shape, ROOF_M, dtype=np.float32)
    work.fields.write(SURFACE_HEIGHT, GRID.whole, level)
    work.write_table(MERGED, ROADS, _roads())
    staged = [stage(folder / "out" / "staged", name) for name in LAYERS]
    publish(loaded.city_dir, staged, replace(run_info(), publication=loaded.config.publication))
    return loaded


def _roads() -> gpd.GeoDataFrame:
    """One road of 40 m, with the gate in its middle."""
    to_plane = Transformer.from_crs("EPSG:4326", GRID.crs, always_xy=True)
    x, y = to_plane.transform(*GATE)
    columns = {
        "road_id": ["road_1"],
        "name": ["Gate Street"],
        "function": ["市道"],
        "width_m": [8.0],
        "level": [0],
        "source": ["roads"],
    }
    shape = shapely.box(x - 20, y - 4, x + 20, y + 4)
    roads = gpd.GeoDataFrame(columns, geometry=[shape], crs=GRID.crs)
    return gpd.GeoDataFrame(conform(ROADS, roads, GRID.crs))


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
