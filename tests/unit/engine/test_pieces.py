"""A tile that is too much for a worker is made in pieces with the same bits, or left empty."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from distributed import Client, KilledWorker

from citytwin import registry
from citytwin.engine import parts, schedule
from citytwin.engine.blocks import SimulationTask, halo_m, simulate_tile
from citytwin.engine.city_store import CityStore
from citytwin.engine.gridding import GridderTask, grid_tile
from citytwin.engine.lineage import Lineage
from citytwin.engine.pieces import make_in_pieces
from citytwin.engine.plan import Job
from citytwin.engine.report import Exit, RunReport, Silent
from citytwin.engine.results import TileResult
from citytwin.engine.schedule import Scheduler
from citytwin.engine.standing import Standing
from citytwin.engine.table_entry import TableEntry
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import Tile
from citytwin.model.reach import FieldRanges
from citytwin.model.steps import Gridder, Simulation
from citytwin.store.fields import extremes
from citytwin.store.manifest import Manifest
from citytwin.store.tables import conform
from citytwin.testing.small_town import small_town

TOWN = small_town(20, 24)
DEAD = KilledWorker("task", SimpleNamespace(address="tcp://a-worker"), 3)
TOO_MUCH = Tile(0, 16, 0, 16)


def too_much(task: GridderTask, store: CityStore) -> TileResult:
    """Die on one tile."""
    if task.tile == TOO_MUCH:
        raise DEAD
    return grid_tile(task, store)


def greedy(task: GridderTask, store: CityStore) -> TileResult:
    """Ask for more memory than any machine has on one tile."""
    if task.tile == TOO_MUCH:
        np.ones(1 << 60, dtype=np.uint8)
    return grid_tile(task, store)


def dead(_task: GridderTask, _store: CityStore) -> TileResult:
    """Die."""
    raise DEAD


TOO_LARGE = pytest.mark.parametrize("on_one_tile", [too_much, greedy])


def run_terrain(work: Path, client: Client, *, may_leave_empty: bool) -> tuple[RunReport, Any]:
    """Run the gridder of the ground; return what was said, and the ground."""
    store = CityStore(work, TOWN.grid.crs, "Asia/Tokyo", 16, TOWN.grid)
    frame = conform(t.BUILDINGS, TOWN.tables[t.BUILDINGS], TOWN.grid.crs)
    store.write_table("merged", t.BUILDINGS, frame)
    entry = TableEntry.stored("merged", store.root, store.files_of("merged", t.BUILDINGS))
    standing = Standing(tables={t.BUILDINGS: entry}, lineage={t.BUILDINGS: Lineage()})
    step: Any = next(s for s in registry.all_of(Gridder) if s.name == "terrain")
    manifest = Manifest(work / "manifest.sqlite")
    report = RunReport("town")
    scheduler = Scheduler(
        client, store, manifest, standing, Silent(), report, may_leave_empty=may_leave_empty
    )
    scheduler.run([Job(step, step.params(), (t.BUILDINGS,), step.outputs)])
    recorded = manifest.standing("grid:terrain", TOO_MUCH.name)
    manifest.close()
    said = standing.lineage.get(f.TERRAIN)
    return report, (store.fields.read(f.TERRAIN, TOWN.grid.whole), recorded, said)


@TOO_LARGE
def test_pieces_give_the_bits_of_the_whole(
    tmp_path: Path, client: Client, monkeypatch: pytest.MonkeyPatch, on_one_tile: Callable[..., Any]
) -> None:
    """The worker dies on the whole tile, or gets no memory; nobody sees it in the result."""
    _, (whole, _, _) = run_terrain(tmp_path / "a", client, may_leave_empty=False)
    monkeypatch.setattr(parts, "grid_tile", on_one_tile)
    report, (found, recorded, _) = run_terrain(tmp_path / "b", client, may_leave_empty=False)
    assert not report.failures
    assert recorded is not None
    np.testing.assert_array_equal(found, whole)


@TOO_LARGE
def test_a_tile_that_nobody_can_make_fails_the_run_or_is_left_empty(
    tmp_path: Path, client: Client, monkeypatch: pytest.MonkeyPatch, on_one_tile: Callable[..., Any]
) -> None:
    """As the configuration wants it; empty, it is told, counts as a loss and is tried again."""
    monkeypatch.setattr(parts, "grid_tile", on_one_tile)
    monkeypatch.setattr(schedule, "make_in_pieces", dead)
    report, _ = run_terrain(tmp_path / "a", client, may_leave_empty=False)
    assert report.exit_code is Exit.FAILED
    assert "for want of memory" in report.failures[0]
    report, (found, recorded, said) = run_terrain(tmp_path / "b", client, may_leave_empty=True)
    assert report.exit_code is Exit.LOSSES
    assert report.lost_tiles == 1
    assert recorded is None
    assert np.isnan(found[:16, :16]).all()
    assert not np.isnan(found[16:, 16:]).all()
    assert [note.en for note in said.notes if note.severity == "loss"] == report.losses
    assert "a tile is empty" in report.losses[0]


def test_a_simulation_that_looks_around_gives_the_same_in_pieces(tmp_path: Path) -> None:
    """Each piece sees as far as the tile did."""
    store = CityStore(tmp_path, TOWN.grid.crs, "Asia/Tokyo", 16, TOWN.grid)
    step: Any = next(s for s in registry.all_of(Simulation) if s.name == "sky_view")
    for field in step.inputs:
        store.fields.create(field)
        for tile in TOWN.grid.tiles(16):
            store.fields.write(field, tile, TOWN.fields[field][tile.slices])
    for field in step.outputs:
        store.fields.create(field)
    tile, params = Tile(0, 16, 0, 16), step.params()
    seen = {field: extremes(field, TOWN.fields[field]) for field in step.inputs}
    reach_m = halo_m(step, params, FieldRanges(seen), TOWN.grid.cell_m)
    assert reach_m > 0
    task = SimulationTask(
        step_name=step.name,
        params_json=params.model_dump_json(),
        tile=tile,
        padded=TOWN.grid.padded(tile, reach_m),
        fields=tuple(step.inputs),
        tables=(),
        records=(),
        fingerprint="f",
        halo_m=reach_m,
    )
    whole, pieces = simulate_tile(task, store), make_in_pieces(task, store)
    for name, part in pieces.parts.items():
        assert part.before == part.digest == whole.parts[name].digest
        assert part.spots == ()
        assert (part.low, part.high) == (whole.parts[name].low, whole.parts[name].high)
