"""Cities whose nights are measured: the embedded demo city, and generated ones of 4.8 and 19 km2."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import rasterio
from rasterio.transform import from_origin

from benchmarks.synthetic_city import COLUMNS, write_meshes

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "data" / "demo"
GROUND_M = 5.0
"""Level plain that the generated city stands on."""
_CORNER = (-30_300, -55_500)
"""South-west corner of the generated cities [m]."""
_MESH_M = (1200, 1000)
"""What a mesh takes of the grid, eastward and northward [m]."""
_SEED = 20260331
_FLOOD = re.compile(r"  - use: flood\n    params:\n(?:      .*\n)+")
_GENERATED = """\
city: {id: large, title: {ja: 合成都市, en: Synthetic city}}
crs: EPSG:6677
vertical_datum: {ja: T.P., en: T.P.}
time_zone: Asia/Tokyo
data_date: 2026-03-31
out: ../out
grid: {cell_m: 2.5, bounds: BOUNDS}
sources:
  - {name: buildings, use: citygml, path: ../data/large/udx/bldg, classification: public,
     synthetic: true, title: Synthetic city, licence: Apache-2.0}
  - {name: ground, use: geotiff_terrain, path: ../data/large/ground.tif, classification: public,
     synthetic: true, title: Synthetic plain, licence: Apache-2.0}
  - {name: amedas, use: amedas, path: ../data/demo/feeds/amedas, classification: public,
     synthetic: true, title: Demo weather stations, licence: Apache-2.0}
  - {name: openmeteo, use: openmeteo, path: ../data/demo/feeds/openmeteo.json,
     classification: public, synthetic: true, title: Demo hourly weather, licence: Apache-2.0}
  - {name: openmeteo_2025, use: openmeteo, path: ../data/demo/feeds/openmeteo_2025.json,
     classification: public, synthetic: true, title: Demo radiation, licence: Apache-2.0}
records:
  rainfall_rate: amedas
  wind_speed: openmeteo
  wind_from_direction: openmeteo
  surface_downwelling_shortwave_flux_in_air: openmeteo_2025
simulations:
  - {use: sunlight, params: {date: 2026-12-22}}
  - {use: shadow, params: {date: 2026-12-22, step_minutes: 30}}
  - {use: sky_view}
  - {use: irradiation, params: {first_day: 2025-01-01, last_day: 2025-12-31}}
  - {use: roof_irradiation, params: {year: 2025, observed: radiation}}
  - {use: wind}
  - use: flood
    params:
      start: 2026-06-30T18:30:00+09:00
      duration_h: 2
assessments:
  - {use: facades, params: {date: 2026-12-22}}
"""


@dataclass(frozen=True)
class NightCity:
    """A city to be run, and where the files lie that change."""

    name: str
    config: Path
    buildings: Path
    """A file of CityGML."""
    gauges: Path
    """One map of AMeDAS within the time of the flood."""


def demo(root: Path, *, flood: bool) -> NightCity:
    """Copy the demo city.

    Parameters
    ----------
    root
        Where to.
    flood
        Whether its flood is simulated.
    """
    shutil.copytree(DEMO, root / "data" / "demo")
    text = (ROOT / "pipelines" / "demo.yaml").read_text("utf-8")
    buildings = root / "data" / "demo" / "udx" / "bldg" / "52395288_bldg_6697_op.gml"
    return _configured("demo city, 0.9 km2", root, text, buildings, flood=flood)


def generated(root: Path, *, flood: bool, side: int) -> NightCity:
    """Write a city on a level plain.

    Parameters
    ----------
    root
        Where to.
    flood
        Whether a flood is simulated.
    side
        Meshes along it; each has 1,500 buildings.
    """
    shutil.copytree(DEMO / "feeds", root / "data" / "demo" / "feeds")
    folder = root / "data" / "large"
    meshes = tuple(row * COLUMNS + column for row in range(side) for column in range(side))
    files = write_meshes(folder, meshes, _SEED, (GROUND_M, GROUND_M))
    west, south = _CORNER
    east, north = west + side * _MESH_M[0], south + side * _MESH_M[1]
    level = np.full(((north - south) // 20 + 20, (east - west) // 20 + 20), GROUND_M, np.float32)
    with rasterio.open(
        folder / "ground.tif", "w", driver="GTiff", height=level.shape[0], width=level.shape[1],
        count=1, dtype="float32", crs="EPSG:6677",
        transform=from_origin(west - 200, north + 200, 20, 20),
    ) as file:  # fmt: skip
        file.write(level, 1)
    text = _GENERATED.replace("BOUNDS", str([west, south, east, north]))
    area_km2 = (east - west) * (north - south) / 1e6
    return _configured(f"generated city, {area_km2:.1f} km2", root, text, files[0], flood=flood)


def _configured(name: str, root: Path, text: str, buildings: Path, *, flood: bool) -> NightCity:
    without, found = _FLOOD.subn("", text)
    assert found == 1, "the configuration has one flood"
    config = root / "pipelines" / "city.yaml"
    config.parent.mkdir()
    config.write_text(text if flood else without, encoding="utf-8")
    gauges = root / "data" / "demo" / "feeds" / "amedas" / "map_20260630191000.json"
    return NightCity(name, config, buildings, gauges)


CITIES: dict[str, Callable[..., NightCity]] = {
    "demo": demo,
    "large": partial(generated, side=2),
    "ward": partial(generated, side=4),
}
