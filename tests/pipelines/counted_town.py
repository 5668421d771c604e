"""A town of two cheap layers: water that stands, and traffic that was counted on three days."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from tests.pipelines.small_city import DEMO

DAYS = ("20240528", "20240529", "20240530")
COUNTED = """
city: {id: counted, title: {ja: 交通の町, en: Counted town}}
crs: EPSG:6677
vertical_datum: {ja: T.P., en: T.P.}
time_zone: Asia/Tokyo
data_date: 2024-05-01
out: out
grid: {cell_m: 5.0, bounds: [-44150, -94100, -43850, -93850]}
nights: {at: "02:30"}
sources:
  - {name: road_counts, use: road_counts, path: data/traffic, classification: public,
     synthetic: true, title: Demo traffic, licence: Apache-2.0}
  - {name: water, use: citygml_water, path: data/udx/wtr, classification: public, synthetic: true,
     title: Demo city, licence: Apache-2.0}
layers: [water, traffic]
"""
PER_DAY = 13
"""Counts of each detector on one day: every five minutes from 17:00 to 18:00, in Tokyo."""
_CARS = re.compile(r'("上り・小型交通量":)(\d+)')


def make_counted_town(directory: Path) -> Path:
    """Write three days of counts and what else the town needs; return its configuration."""
    shutil.copytree(DEMO / "udx" / "wtr", directory / "data" / "udx" / "wtr")
    shutil.copytree(DEMO / "codelists", directory / "data" / "codelists")
    for number, day in enumerate(DAYS):
        write_counts(directory, day, more=10 * number)
    config = directory / "city.yaml"
    config.write_text(COUNTED, encoding="utf-8")
    return config


def write_counts(directory: Path, day: str, more: int) -> None:
    """Write the counts of the demo city as those of another day, with some cars more on one side."""
    text = (DEMO / "feeds" / "traffic" / "jartic_5m.geojson").read_text("utf-8")
    raised = _CARS.sub(lambda match: f"{match[1]}{int(match[2]) + more}", text)
    folder = directory / "data" / "traffic"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{day}.geojson").write_text(raised.replace("20260630", day), encoding="utf-8")
