"""Scheduler, worker and client of a night, each for a process of its own.

All that a run imports is imported here, so that processes forked from one that has imported this
module begin at once.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import dask
from distributed import Scheduler, Worker

from citytwin import registry
from citytwin.config import load
from citytwin.engine.fetching import fetch_sources
from citytwin.engine.report import Silent
from citytwin.engine.run import RunOptions, run
from citytwin.errors import CityTwinError
from citytwin.model.steps import (
    Assessment,
    Format,
    Gridder,
    LayerRecipe,
    Simulation,
)
from citytwin.nights.recording import recorded
from tests.pipelines.night_town import TILE_CELLS

LOOK_EVERY_S = 0.05
for kind in (Assessment, Format, Gridder, LayerRecipe, Simulation):
    registry.all_of(kind)
logging.getLogger("distributed").setLevel(logging.CRITICAL)
# Faults are told by exit codes and texts; tracebacks of libraries would hide the table.
_QUIET = {"distributed.admin.tick.limit": "300s", "distributed.worker.memory.spill": False}


def run_scheduler(address_file: Path) -> None:
    """Serve, and say where."""

    async def serve() -> None:
        async with Scheduler(
            host="127.0.0.1", port=0, dashboard_address="127.0.0.1:0"
        ) as scheduler:
            aside = address_file.with_suffix(".new")
            aside.write_text(scheduler.address, encoding="utf-8")
            aside.replace(address_file)
            await scheduler.finished()

    with dask.config.set(_QUIET):
        asyncio.run(serve())


def _address(address_file: Path) -> str:
    while not address_file.exists():
        time.sleep(LOOK_EVERY_S)
    return address_file.read_text(encoding="utf-8")


def run_worker(address_file: Path) -> None:
    """Work for the scheduler until it goes away."""

    async def work() -> None:
        address = _address(address_file)
        async with Worker(address, nthreads=1, host="127.0.0.1", death_timeout=5) as worker:
            await worker.finished()

    with dask.config.set(_QUIET):
        asyncio.run(work())


def run_client(config: Path, address_file: Path, said: Path, now: str) -> None:
    """Run a configuration as the command does, and write down what it said."""
    sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - for its whole life
    logging.disable(logging.ERROR)
    clock = partial(datetime.fromisoformat, now) if now else partial(datetime.now, UTC)
    options = RunOptions(scheduler=_address(address_file), tile_cells=TILE_CELLS, now=clock)
    try:
        loaded = load(config)
        with recorded(loaded, clock) as entry:
            fetch_sources(loaded)
            report = run(loaded, options, Silent())
            entry.ended(report)
    except (CityTwinError, OSError) as error:
        said.write_text(f"{type(error).__name__}: {error}", encoding="utf-8")
        sys.exit(1)
    told = [*(f"healed: {text}" for text in report.healed), *report.losses, *report.failures]
    said.write_text("; ".join(told), encoding="utf-8")
    sys.exit(int(report.exit_code))


def client_of(code: int | None) -> str:
    """Say how a client ended."""
    if code is None:
        return "HANGS"
    return f"killed ({-code})" if code < 0 else f"exit {code}"
