"""A small cut of the demo city that runs in seconds, for tests of whole runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

DEMO = Path(__file__).parents[2] / "data" / "demo"

HEAD = """
city: {id: small, title: {ja: 小さな町, en: Small town}}
crs: EPSG:6677
vertical_datum: {ja: T.P., en: T.P.}
time_zone: Asia/Tokyo
data_date: 2026-06-01
out: out
grid: {cell_m: 5.0, bounds: [-44150, -94100, -43850, -93850]}
sources:
"""
BUILDINGS = """\
  - {name: buildings, use: citygml, path: data/udx/bldg, classification: public, synthetic: true,
     title: Demo city, licence: Apache-2.0}
"""
RELIEF = """\
  - {name: relief, use: citygml_relief, path: data/udx/dem, classification: public,
     synthetic: true, title: Demo relief, licence: Apache-2.0}
"""
ROADS = """\
  - {name: roads, use: citygml_roads, path: data/udx/tran, classification: public,
     synthetic: true, title: Demo city, licence: Apache-2.0}
"""
AMEDAS = """\
  - {name: amedas, use: amedas, path: data/feeds/amedas, classification: public,
     synthetic: true, title: Demo weather stations, licence: Apache-2.0}
"""

SMALL = (
    HEAD
    + BUILDINGS
    + RELIEF
    + ROADS
    + AMEDAS
    + """\
  - {name: openmeteo, use: openmeteo, path: data/feeds/openmeteo.json, classification: public,
     synthetic: true, title: Demo hourly weather, licence: Apache-2.0}
records: {rainfall_rate: amedas, wind_speed: openmeteo, wind_from_direction: openmeteo}
simulations:
  - {use: sunlight, params: {date: 2026-12-22, step_minutes: 30}}
  - {use: wind}
  - {use: flood, params: {start: 2026-06-30T19:00:00+09:00, duration_h: 0.5}}
assessments:
  - {use: facades, params: {date: 2026-12-22, step_minutes: 30}}
"""
)


def make_small_city(directory: Path) -> Path:
    """Copy the demo data and write the configuration; return its path."""
    shutil.copytree(DEMO, directory / "data")
    config = directory / "city.yaml"
    config.write_text(SMALL, encoding="utf-8")
    return config


def citytwin(*arguments: str, timeout_s: float = 240) -> subprocess.CompletedProcess[str]:
    """Run the command line as a user does, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "citytwin", *arguments],
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def published_files(city_dir: Path) -> dict[str, bytes]:
    """Content of every file of every published layer, without the run ids."""
    found = {}
    for file in sorted(city_dir.glob("*/*/**/*")):
        parts = file.relative_to(city_dir).parts
        if file.is_file() and parts[0] != "viewer" and file.name != "item.json":
            found["/".join((parts[0], *parts[2:]))] = file.read_bytes()
    return found
