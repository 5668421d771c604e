"""A flood of a city in tiles on two worker processes: same bits and same account as in one array."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from distributed import Client, LocalCluster

from citytwin.engine.blocks import SimulationTask, simulate_tile
from citytwin.engine.city_store import CityStore
from citytwin.engine.results import TileResult
from citytwin.engine.tiled_run import simulate_in_tiles
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.simulations.flood.params import FloodParams
from citytwin.simulations.flood.step import SIMULATION

# Workers compile the kernels where nobody has yet.
pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]
GRID = GridSpec("EPSG:6677", -44000.0, -93000.0, 5.0, 120, 150)
TILE_CELLS = 48
PARAMS = FloodParams.model_validate(
    {
        "duration_h": 0.15,
        "start": "2026-06-30T19:00:00+09:00",
        "frame_minutes": 4,
        "gauges": [
            {"name": "behind the breach", "x": -43950.0, "y": -93250.0},
            {"name": "side of four tiles", "x": -43759.0, "y": -93241.0},
        ],
        "rain": [{"start_minutes": 1, "end_minutes": 6, "mm_per_h": 70}],
        "inflows": [
            {
                "x": -43758.0,
                "y": -93241.0,
                "radius_m": 12,
                "hydrograph": [{"minutes": 0, "m3_s": 0}, {"minutes": 20, "m3_s": 9}],
            }
        ],
        "levees": [
            {
                "line": [[-43995, -93020], [-43995, -93580]],
                "land": "left",
                "crest_m": [4.5],
                "stage": [{"minutes": 0, "level_m": 3.8}],
                "breaches": [{"x": -43995, "y": -93250, "width_m": 40, "start_minutes": 1}],
            }
        ],
        "levels": [
            {
                "edge": "south",
                "stage": [{"minutes": 0, "level_m": 1.2}, {"minutes": 24, "level_m": 2}],
            }
        ],
        "initial_water": [
            {
                "level_m": 2.6,
                "outline": [[-43500, -93100], [-43400, -93100], [-43400, -93200], [-43500, -93200]],
            }
        ],
        "infiltration": [{"covers": ["other"], "law": "constant", "rate_mm_per_h": 5}],
        "drainage_zones": [
            {
                "outline": [[-43900, -93100], [-43600, -93100], [-43600, -93400], [-43900, -93400]],
                "mm_per_h": 20,
            }
        ],
    }
)


def city(folder: Path) -> CityStore:
    """Rolling ground with blocks, one of which lies across the sides of tiles."""
    store = CityStore(folder, GRID.crs, "Asia/Tokyo", TILE_CELLS, GRID, checkpoint_s=1.0)
    y, x = np.mgrid[: GRID.ny, : GRID.nx]
    terrain = (2.5 - 0.01 * y + np.sin(0.2 * x) * np.cos(0.15 * y)).astype(np.float32)
    terrain[50:54, 60:64] = np.nan
    terrain[30, 130] = 40.0
    terrain[47:49, 20] = 40.0  # over the side of two tiles: no lone cell
    mask = np.zeros(GRID.shape, dtype=np.uint8)
    mask[40:60, 80:110] = mask[20:28, 30:34] = mask[90:99, 44:52] = 1
    mask[47:49, 95:97] = 0
    for field, array in ((f.TERRAIN, terrain), (f.BUILDING_MASK, mask)):
        store.fields.create(field)
        for tile in GRID.tiles(TILE_CELLS):
            store.fields.write(field, tile, array[tile.slices])
    for field in SIMULATION.made(PARAMS):
        instants = SIMULATION.instants(PARAMS, store.site)
        store.fields.create(field, instants if field.axis else ())
    return store


def task(*, tiled: bool) -> SimulationTask:
    """The flood in one array or in tiles."""
    whole = GRID.whole
    return SimulationTask(
        step_name="flood",
        params_json=PARAMS.model_dump_json(),
        tile=whole,
        padded=whole,
        fields=(f.TERRAIN, f.BUILDING_MASK),
        tables=(),
        records=(),
        fingerprint="the run",
        cores=tuple(GRID.tiles(TILE_CELLS)) if tiled else (),
    )


@pytest.fixture(scope="module")
def in_one_array(tmp_path_factory: pytest.TempPathFactory) -> TileResult:
    """The result to compare with."""
    made: TileResult = simulate_tile(task(tiled=False), city(tmp_path_factory.mktemp("whole")))
    return made.model_copy(update={"seconds": 0.0})


@pytest.fixture(scope="module")
def workers() -> Iterator[Client]:
    """Two worker processes; one that is killed is followed by another."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture
def client(workers: Client) -> Client:
    """Both of them."""
    workers.wait_for_workers(2, timeout=60)
    return workers


def test_two_workers_give_the_bits_of_one_array(
    client: Client, in_one_array: TileResult, tmp_path: Path
) -> None:
    """Every field, every figure of the account, every remark."""
    store = city(tmp_path)
    made = client.submit(simulate_in_tiles, task(tiled=True), store, pure=False).result(600)
    assert made.model_copy(update={"seconds": 0.0}) == in_one_array
    facts = {fact.name: fact.value for fact in made.facts}
    assert facts["breach_volume"] > 0
    assert min(facts["gauge_1_depth_max"], facts["gauge_2_depth_max"]) > 0
    assert facts["volume_error"] < 1e-7
    said = " ".join(note.en for note in made.notes)
    assert "not known in 16 cells" in said
    assert "spikes: 1 cells" in said


def test_a_killed_worker_costs_no_bit(
    client: Client, in_one_array: TileResult, tmp_path: Path
) -> None:
    """Kill -9 of the worker that does not lead, once a state was kept; the run goes on from it."""
    store = city(tmp_path)
    future = client.submit(simulate_in_tiles, task(tiled=True), store, pure=False)
    state = store.checkpoint("simulate:flood")
    patience = time.monotonic() + 600
    while not state.exists():
        assert time.monotonic() < patience
        assert not future.done(), future
        time.sleep(0.05)
    leading = next(worker for worker, keys in client.processing().items() if future.key in keys)
    pids = client.run(os.getpid)
    victim = next(pid for worker, pid in pids.items() if worker != leading)
    os.kill(victim, signal.SIGKILL)
    made = future.result(600)
    assert made.model_copy(update={"seconds": 0.0}) == in_one_array
