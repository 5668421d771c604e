"""The second night of a simulation makes what a change reaches, and records what it was made from."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client
from numpy.typing import NDArray

from citytwin import registry
from citytwin.engine import schedule
from citytwin.engine.blocks import stored_part
from citytwin.engine.city_store import CityStore
from citytwin.engine.lineage import Lineage
from citytwin.engine.plan import Job
from citytwin.engine.reached import ReachedTask, simulate_reached
from citytwin.engine.report import RunReport, Silent
from citytwin.engine.results import TileResult
from citytwin.engine.schedule import Scheduler
from citytwin.engine.standing import Standing
from citytwin.model import fields as f
from citytwin.model.steps import Simulation
from citytwin.store.manifest import Manifest
from citytwin.testing.small_town import small_town

TOWN = small_town(40, 44, 2.5)
TILE_CELLS = 30
REACHED: list[ReachedTask] = []


def noted(task: ReachedTask, store: CityStore) -> TileResult:
    """Do as the engine does, and note what for."""
    REACHED.append(task)
    return simulate_reached(task, store)


def night(work: Path, client: Client, surface: NDArray[np.float32]) -> NDArray[np.float32]:
    """Run the sunlit hours over a surface in four tiles; return them."""
    store = CityStore(work, TOWN.grid.crs, "Asia/Tokyo", TILE_CELLS, TOWN.grid)
    store.fields.create(f.SURFACE_HEIGHT)
    standing = Standing(lineage={f.SURFACE_HEIGHT: Lineage()})
    standing.fields[f.SURFACE_HEIGHT] = {
        tile: stored_part(store, f.SURFACE_HEIGHT, tile, surface[tile.slices])
        for tile in TOWN.grid.tiles(TILE_CELLS)
    }
    step: Any = next(s for s in registry.all_of(Simulation) if s.name == "sunlight")
    params = step.params(date="2026-12-22", step_minutes=60, min_altitude_deg=25.0)
    report = RunReport("town")
    with closing(Manifest(work / "manifest.sqlite")) as manifest:
        scheduler = Scheduler(client, store, manifest, standing, Silent(), report)
        scheduler.run([Job(step, params, (f.SURFACE_HEIGHT,), step.outputs)])
    assert not report.failures
    return store.fields.read(f.SUNLIT_HOURS, TOWN.grid.whole)


def test_nights_after_changes_are_those_of_a_full_run(
    tmp_path: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wall comes and goes near the corner of four tiles; nights follow each other."""
    monkeypatch.setattr(schedule, "simulate_reached", noted)
    REACHED.clear()
    plain = np.array(TOWN.fields[f.SURFACE_HEIGHT])
    walled = plain.copy()
    walled[28:31, 27:32] += 3.0
    surfaces = [plain, walled, plain]
    found = [night(tmp_path / "city", client, surface) for surface in surfaces]
    assert len(REACHED) == 8  # four tiles in each of the two nights after the first
    for number, surface in enumerate(surfaces):
        new = night(tmp_path / f"new{number}", client, surface)
        assert found[number].tobytes() == new.tobytes()
    assert found[0].tobytes() != found[1].tobytes()


def test_records_of_another_version_are_no_reason_to_fail(
    tmp_path: Path, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What nobody can read any more is made whole."""
    monkeypatch.setattr(schedule, "simulate_reached", noted)
    REACHED.clear()
    plain = np.array(TOWN.fields[f.SURFACE_HEIGHT])
    night(tmp_path / "city", client, plain)
    with closing(sqlite3.connect(tmp_path / "city" / "manifest.sqlite")) as manifest, manifest:
        manifest.execute('UPDATE results SET payload = \'{"of": "long ago"}\'')
    plain[28:31, 27:32] += 3.0
    found = night(tmp_path / "city", client, plain)
    assert found.tobytes() == night(tmp_path / "new", client, plain).tobytes()
    assert not REACHED
