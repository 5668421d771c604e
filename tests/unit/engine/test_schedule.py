"""Parts are made, skipped where they stand, and made anew where what stood is gone."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
from distributed import Client

from citytwin import registry
from citytwin.engine.city_store import CityStore
from citytwin.engine.plan import Job
from citytwin.engine.report import RunReport, Silent
from citytwin.engine.schedule import Scheduler
from citytwin.engine.standing import Standing
from citytwin.engine.table_entry import TableEntry
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.steps import Gridder
from citytwin.store.manifest import Manifest
from citytwin.store.tables import conform
from citytwin.testing.small_town import small_town

TOWN = small_town(20, 24)


def run_terrain(work: Path, client: Client) -> RunReport:
    """Run the gridder of the ground on the buildings of the town."""
    store = CityStore(work, TOWN.grid.crs, "Asia/Tokyo", 16, TOWN.grid)
    frame = conform(t.BUILDINGS, TOWN.tables[t.BUILDINGS], TOWN.grid.crs)
    store.write_table("merged", t.BUILDINGS, frame)
    entry = TableEntry.stored("merged", store.root, store.files_of("merged", t.BUILDINGS))
    standing = Standing(tables={t.BUILDINGS: entry})
    step: Any = next(s for s in registry.all_of(Gridder) if s.name == "terrain")
    manifest = Manifest(work / "manifest.sqlite")
    report = RunReport("town")
    scheduler = Scheduler(client, store, manifest, standing, Silent(), report)
    scheduler.run([Job(step, step.params(), (t.BUILDINGS,), step.outputs)])
    manifest.close()
    assert not report.failures
    assert not np.isnan(store.fields.read(f.TERRAIN, TOWN.grid.whole)).all()
    return report


def test_what_stands_is_skipped_unless_its_array_is_gone(tmp_path: Path, client: Client) -> None:
    """A field deleted from the working store is made anew, never read as empty."""
    tiles = len(list(TOWN.grid.tiles(16)))
    assert run_terrain(tmp_path, client).rows[0].standing == 0
    assert run_terrain(tmp_path, client).rows[0].standing == tiles
    (gone,) = tmp_path.glob(f"fields/*/{f.TERRAIN.name}")
    shutil.rmtree(gone)
    assert run_terrain(tmp_path, client).rows[0].standing == 0


def test_a_chunk_that_is_gone_is_made_anew(tmp_path: Path, client: Client) -> None:
    """Only its tile; after a power cut a record may outlive what it stands for."""
    tiles = len(list(TOWN.grid.tiles(16)))
    run_terrain(tmp_path, client)
    before = sorted(tmp_path.glob(f"fields/*/{f.TERRAIN.name}/c/*/*"))
    assert len(before) == tiles
    data = before[-1].read_bytes()
    before[-1].unlink()
    assert run_terrain(tmp_path, client).rows[0].standing == tiles - 1
    assert before[-1].read_bytes() == data
