"""A cut of the demo city with the hourly wind of a weather model."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from tests.pipelines.small_city import BUILDINGS, DEMO, HEAD, RELIEF

CITY = (
    HEAD.replace("id: small", "id: town")
    + BUILDINGS
    + RELIEF
    + """\
  - {name: forecast, use: openmeteo, path: forecast.json, classification: public,
     title: Forecast, licence: CC-BY-4.0}
simulations:
  - {use: wind_by_direction, params: {directions: 4}}
"""
)


def make_windy_town(folder: Path, more: str, begin: datetime, speeds: Sequence[float]) -> Path:
    """Write a town with winds from the north, hour by hour [m/s], and what its configuration says besides."""
    for part in ("udx/bldg", "udx/dem", "codelists"):
        shutil.copytree(DEMO / part, folder / "data" / part)
    times = [f"{begin + timedelta(hours=k):%Y-%m-%dT%H:%M}" for k in range(len(speeds))]
    wind = {
        "latitude": 36.0,
        "longitude": 139.35,
        "utc_offset_seconds": 0,
        "hourly_units": {"time": "iso8601", "wind_speed_10m": "m/s", "wind_direction_10m": "°"},
        "hourly": {
            "time": times,
            "wind_speed_10m": list(speeds),
            "wind_direction_10m": [0] * len(speeds),
        },
    }
    (folder / "forecast.json").write_text(json.dumps(wind), "utf-8")
    (folder / "city.yaml").write_text(CITY + more, "utf-8")
    return folder / "city.yaml"
