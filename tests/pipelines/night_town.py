"""A cut of the demo city small enough for many whole runs, and ways to run it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from distributed import LocalCluster

from citytwin.config import load
from citytwin.engine.report import RunReport, Silent
from citytwin.engine.run import RunOptions, run
from tests.pipelines.small_city import AMEDAS, BUILDINGS, DEMO, HEAD, RELIEF

TILE_CELLS = 20
NIGHT = (
    HEAD.replace("id: small", "id: town")
    + BUILDINGS
    + RELIEF
    + AMEDAS
    + """\
simulations:
  - {use: sunlight, params: {date: 2026-12-22, step_minutes: 30}}
  - {use: flood, params: {start: 2026-06-30T19:00:00+09:00, duration_h: 0.5}}
layers: [sunlit_hours, flood_depth_max, buildings]
"""
)


def make_night_town(directory: Path) -> Path:
    """Copy what the town needs of the demo data and write its configuration; return its path."""
    for part in ("udx/bldg", "udx/dem", "codelists", "feeds/amedas"):
        if (DEMO / part).is_dir():
            shutil.copytree(DEMO / part, directory / "data" / part)
    config = directory / "city.yaml"
    config.write_text(NIGHT, encoding="utf-8")
    return config


@contextmanager
def workers_here() -> Iterator[str]:
    """Address of a scheduler with one worker, both in this process."""
    with LocalCluster(
        n_workers=1,
        threads_per_worker=1,
        processes=False,
        protocol="tcp://",
        dashboard_address="127.0.0.1:0",
    ) as cluster:
        yield cluster.scheduler_address


def run_here(config: Path, address: str, *, verify: bool = False) -> RunReport:
    """Run a configuration on these workers, in tiles that cut the town into nine."""
    options = RunOptions(scheduler=address, tile_cells=TILE_CELLS, verify=verify)
    return run(load(config), options, Silent())


def made_by(report: RunReport) -> dict[str, int]:
    """Parts that a run made, by step; those that stood are left out."""
    counts = {row.key: row.parts - row.standing for row in report.rows}
    return {key: count for key, count in counts.items() if count}
