"""A flood in one array, and in tiles on one and on two worker processes: time, bytes, messages.

    python -m benchmarks.flood_scale --side 1024 --tile 512

All cells are active: it rains everywhere, and a lake in a corner sets the time step. The processor
time of the workers tells what tiles cost beside the water itself (cells computed twice, copies to go
back to, exchange); the time of the wall says something about two workers only where nothing else runs.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from distributed import Client, LocalCluster

from benchmarks.processor import processor
from citytwin.engine.blocks import SimulationTask, simulate_tile
from citytwin.engine.city_store import CityStore
from citytwin.engine.tile_hand import look_into
from citytwin.engine.tiled_run import Hands
from citytwin.kernels.flood_options import SolverOptions
from citytwin.kernels.flood_tile_ground import halo_cells
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec, Tile
from citytwin.simulations.flood.forcing import options_of
from citytwin.simulations.flood.params import FloodParams
from citytwin.simulations.flood.step import SIMULATION

CELL_M, BYTES_PER_CELL = 5.0, 16
"""Depth, its residual and two discharges or velocities in single precision."""


@dataclass
class Measured:
    """One run."""

    name: str
    wall_s: float
    cpu_s: float
    steps: float
    swap_s: float = 0.0
    exchanges: int = 0


def params_of(minutes: float, side_m: float) -> FloodParams:
    """Rain on all, and a lake of a metre."""
    corner = [[0, 0], [side_m / 8, 0], [side_m / 8, -side_m / 8], [0, -side_m / 8]]
    return FloodParams.model_validate(
        {
            "duration_h": minutes / 60,
            "rain": [{"start_minutes": 0, "end_minutes": 60, "mm_per_h": 60}],
            "initial_water": [{"level_m": 3.0, "outline": corner}],
        }
    )


def city(folder: Path, side: int, tile: int, params: FloodParams) -> CityStore:
    """Rolling ground."""
    grid = GridSpec("EPSG:6677", 0.0, 0.0, CELL_M, side, side)
    store = CityStore(folder, grid.crs, "UTC", tile, grid)
    y, x = np.mgrid[:side, :side]
    ground = (2.0 + 0.3 * np.sin(0.05 * x) * np.cos(0.04 * y)).astype(np.float32)
    store.fields.create(f.TERRAIN)
    for part in grid.tiles(tile):
        store.fields.write(f.TERRAIN, part, ground[part.slices])
    for field in SIMULATION.made(params):
        store.fields.create(field)
    return store


def task_of(store: CityStore, params: FloodParams, cores: tuple[Tile, ...]) -> SimulationTask:
    """The flood as the engine sends it."""
    whole, given = store.spec.whole, params.model_dump_json()
    return SimulationTask("flood", given, whole, whole, (f.TERRAIN,), (), (), "benchmark", cores)


def in_one_array(store: CityStore, params: FloodParams) -> Measured:
    """The flood in this process."""
    begin, cpu = time.perf_counter(), time.process_time()
    made = simulate_tile(task_of(store, params, ()), store)
    steps = next(fact.value for fact in made.facts if fact.name == "time_steps")
    return Measured("one array", time.perf_counter() - begin, time.process_time() - cpu, steps)


def in_tiles(store: CityStore, params: FloodParams, tile: int, workers: int) -> Measured:
    """The flood on workers, led from here; the tiles are open when the clock starts."""
    task = task_of(store, params, tuple(store.spec.tiles(tile)))
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        hands = Hands(client, task, store)
        assert SIMULATION.tiled is not None
        leader = SIMULATION.tiled.lead(look_into(task, store), params, hands)
        leader.advance()  # compiles, or loads what was compiled
        result = Measured(f"tiles of {tile}, workers: {workers}", 0.0, 0.0, 0.0)
        swap = hands.swap

        def timed_swap() -> None:
            begin = time.perf_counter()
            swap()
            result.swap_s += time.perf_counter() - begin
            result.exchanges += 1

        hands.swap = timed_swap  # type: ignore[method-assign]
        before = sum(client.run(time.process_time).values())
        begin = time.perf_counter()
        while leader.time_s < leader.end_s:
            leader.advance()
        result.wall_s = time.perf_counter() - begin
        result.cpu_s = sum(client.run(time.process_time).values()) - before
        result.steps = leader.finish().facts[-1].value
        hands.close()
    return result


def exchanged_bytes(store: CityStore, tile: int, options: SolverOptions) -> int:
    """Bytes that all tiles take over in one exchange."""
    halo, total = halo_cells(options) * store.spec.cell_m, 0
    for core in store.spec.tiles(tile):
        rows, cols = store.spec.padded(core, halo).shape
        total += (rows * cols - core.shape[0] * core.shape[1]) * BYTES_PER_CELL
    return total


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--tile", type=int, default=512)
    parser.add_argument("--minutes", type=float, default=4.0)
    given = parser.parse_args()
    params = params_of(given.minutes, given.side * CELL_M)
    with tempfile.TemporaryDirectory() as scratch:
        store = city(Path(scratch), given.side, given.tile, params)
        in_one_array(store, params_of(0.05, given.side * CELL_M))  # compiles
        runs = [in_one_array(store, params)]
        runs += [in_tiles(store, params, given.tile, workers) for workers in (1, 2)]
        moved = exchanged_bytes(store, given.tile, options_of(params, store.spec.cell_m))
    print(f"{datetime.now(UTC):%Y-%m-%d}, {processor()}, load {os.getloadavg()[0]:.0f}")
    cells = given.side**2
    print("| run | wall s | CPU s | steps | Mcell steps per CPU s | exchanges | swap s each |")
    print("|---|---:|---:|---:|---:|---:|---:|")
    for run in runs:
        rate = cells * run.steps / run.cpu_s / 1e6
        each = f"{run.swap_s / run.exchanges:.3f}" if run.exchanges else ""
        print(
            f"| {run.name} | {run.wall_s:.1f} | {run.cpu_s:.1f} | {run.steps:.0f} | {rate:.0f} |"
            f" {run.exchanges or ''} | {each} |"
        )
    print(f"bytes taken over in one exchange, all tiles: {moved / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
