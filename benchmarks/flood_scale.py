"""A flood in one array, and in tiles on one and on two worker processes: bits, bytes, messages, time.

    python -m benchmarks.flood_scale --side 1024 --tile 256

Two floods: rain on all cells and a lake in a corner, and the lake alone, which leaves most tiles dry. Of
each run in tiles it tells whether all fields have the bits of the run in one array, how often a tile took
a step and how often it passed over one because it was dry, what the workers sent each other, and how many
calls the leader made. The processor time of the workers tells what tiles cost beside the water itself
(cells computed twice, copies to go back to, exchange); the time of the wall says something about two
workers only where nothing else runs. Below stands what the same would be on 100 workers: a model.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from distributed import Client, LocalCluster

from benchmarks.processor import processor
from citytwin.engine.blocks import SimulationTask, simulate_tile
from citytwin.engine.city_store import CityStore
from citytwin.engine.tile_hand import TileHand, look_into
from citytwin.engine.tiled_run import Hands, whole_digest
from citytwin.kernels.flood_options import SolverOptions
from citytwin.kernels.flood_run import FloodRun
from citytwin.kernels.flood_tile_ground import halo_cells
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec, Tile
from citytwin.simulations.flood.forcing import options_of
from citytwin.simulations.flood.params import FloodParams
from citytwin.simulations.flood.step import SIMULATION

CELL_M, BYTES_PER_CELL = 5.0, 16
"""Depth, its residual and two discharges or velocities in single precision."""


STEPS_PER_EXCHANGE = 16
LINK_BYTES_PER_S, CALL_S, WORKERS = 1e9, 1e-3, 100
"""Of the model: speed of a link, time of a call through the scheduler."""


@dataclass
class Measured:
    """One run."""

    name: str
    wall_s: float
    cpu_s: float
    steps: float
    digests: tuple[str, ...]
    calls: int = 0
    exchanges: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    """Of the workers, see `counted`."""


def params_of(minutes: float, side_m: float, rain_mm_per_h: float) -> FloodParams:
    """A lake of a metre in a corner, and rain on all."""
    corner = [[0, 0], [side_m / 8, 0], [side_m / 8, -side_m / 8], [0, -side_m / 8]]
    return FloodParams.model_validate(
        {
            "duration_h": minutes / 60,
            "rain": [{"start_minutes": 0, "end_minutes": 60, "mm_per_h": rain_mm_per_h}],
            "initial_water": [{"level_m": 3.0, "outline": corner}],
        }
    )


def counted() -> None:
    """Let a worker count steps of tiles, those passed over, and what it sends to others."""
    move, cut, counts = FloodRun.move, TileHand.cut, Counter[str]()
    sys.modules["citytwin"].counts = counts  # type: ignore[attr-defined]

    def counting_move(self: FloodRun, step: Any, *, is_still: bool = False) -> None:
        counts["steps"] += 1
        rain = self.sources.forcing.rain
        dry = is_still and rain.depth_until_m(step.until_s) == rain.depth_until_m(step.time_s)
        counts["dry"] += int(dry)
        move(self, step, is_still=is_still)

    async def counting_cut(self: TileHand, wanted: Any) -> list[Any]:
        told = await cut(self, wanted)
        sent = sum(array.nbytes for arrays in told for array in arrays.values())
        counts["requests"] += 1
        counts["bytes"] += sent
        return told

    FloodRun.move, TileHand.cut = counting_move, counting_cut  # type: ignore[method-assign]


def counts_here() -> Counter[str]:
    """What a worker has counted."""
    found: Counter[str] = sys.modules["citytwin"].counts  # type: ignore[attr-defined]
    return found


def city(folder: Path, side: int, tile: int, params: FloodParams) -> CityStore:
    """Rolling ground."""
    grid = GridSpec("EPSG:6677", 0.0, 0.0, CELL_M, side, side)
    store = CityStore(folder, grid.crs, "UTC", tile, grid)
    y, x = np.mgrid[:side, :side]
    ground = (2.0 + 0.3 * np.sin(0.05 * x) * np.cos(0.04 * y)).astype(np.float32)
    store.fields.create(f.TERRAIN)
    for part in grid.tiles(tile):
        store.fields.write(f.TERRAIN, part, ground[part.slices])
    for made in SIMULATION.made(params):
        store.fields.create(made)
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
    wall, used = time.perf_counter() - begin, time.process_time() - cpu
    return Measured("one array", wall, used, steps, digests(store, params))


def digests(store: CityStore, params: FloodParams) -> tuple[str, ...]:
    """Of all fields as they are stored."""
    return tuple(whole_digest(store, made) for made in SIMULATION.made(params))


def in_tiles(store: CityStore, params: FloodParams, tile: int, workers: int) -> Measured:
    """The flood on workers, led from here; the tiles are open when the clock starts."""
    task = task_of(store, params, tuple(store.spec.tiles(tile)))
    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster, set_as_default=False) as client,
        client.as_current(),  # actors ask for the client of the place where they are called
    ):
        client.run(counted)
        hands = Hands(client, task, store)
        assert SIMULATION.tiled is not None
        leader = SIMULATION.tiled.lead(look_into(task, store), params, hands)
        leader.advance()  # compiles, or loads what was compiled
        result = Measured(f"tiles of {tile}, workers: {workers}", 0.0, 0.0, 0.0, ())
        swap, ask = hands.swap, hands.ask

        def counted_swap() -> None:
            result.exchanges += 1
            result.calls += workers
            swap()

        def counted_ask(what: str, *arguments: Any) -> Sequence[Any]:
            result.calls += workers
            return ask(what, *arguments)

        hands.swap, hands.ask = counted_swap, counted_ask  # type: ignore[method-assign]
        before = sum(client.run(time.process_time).values())
        begin = time.perf_counter()
        while leader.time_s < leader.end_s:
            leader.advance()
        result.wall_s = time.perf_counter() - begin
        result.cpu_s = sum(client.run(time.process_time).values()) - before
        for own in client.run(counts_here).values():
            result.counts.update(own)
        done = leader.finish()
        result.steps = next(fact.value for fact in done.facts if fact.name == "time_steps")
        hands.finish(done.common)
        result.digests = digests(store, params)
        hands.close()
    return result


def exchanged_bytes(store: CityStore, tile: int, options: SolverOptions) -> int:
    """Bytes that all tiles take over in one exchange where all are wet."""
    halo, total = halo_cells(options) * store.spec.cell_m, 0
    for core in store.spec.tiles(tile):
        rows, cols = store.spec.padded(core, halo).shape
        total += (rows * cols - core.shape[0] * core.shape[1]) * BYTES_PER_CELL
    return total


def model(cells_per_s: float, halo: int) -> Iterator[str]:
    """What an exchange costs on many workers, each with one tile, all wet."""
    yield "| tile | cells besides | bytes of a worker | of all | calls | compute s | send s | calls s |"
    yield "|---:|---:|---:|---:|---:|---:|---:|---:|"
    for tile in (1024, 2048, 4096):
        besides = (tile + 2 * halo) ** 2 - tile**2
        own = besides * BYTES_PER_CELL
        compute = (tile**2 + besides) * STEPS_PER_EXCHANGE / cells_per_s
        calls = 2 * WORKERS
        yield (
            f"| {tile} | {besides / tile**2:.1%} | {own / 1e6:.1f} MB | {WORKERS * own / 1e9:.2f} GB |"
            f" {calls} | {compute:.2f} | {own / LINK_BYTES_PER_S:.3f} | {calls * CALL_S:.1f} |"
        )


def compared(store: CityStore, name: str, params: FloodParams, tile: int) -> Iterator[str]:
    """Rows of the table for one flood."""
    whole = in_one_array(store, params)
    cells = store.spec.ny * store.spec.nx
    for run in (whole, *(in_tiles(store, params, tile, workers) for workers in (1, 2))):
        count, equal = run.counts, "yes" if run.digests == whole.digests else "NO"
        rate = cells * run.steps / run.cpu_s / 1e6
        told = "| | | | | |"
        if run.exchanges:
            told = (
                f"| {equal} | {count['dry']} of {count['steps']} | {run.exchanges} | {run.calls} |"
                f" {count['requests']}, {count['bytes'] / 1e6:.1f} MB |"
            )
        yield (
            f"| {name} | {run.name} | {run.wall_s:.1f} | {run.cpu_s:.1f} | {run.steps:.0f} |"
            f" {rate:.0f} {told}"
        )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", type=int, default=1024)
    parser.add_argument("--tile", type=int, default=256)
    parser.add_argument("--minutes", type=float, default=4.0)
    parser.add_argument("--million-cells-per-s", type=float, default=250.0, help="Of the model.")
    given = parser.parse_args()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {processor()}, load {os.getloadavg()[0]:.0f}")
    print()
    print(
        "| flood | run | wall s | CPU s | steps | Mcell steps per CPU s | same bits |"
        " steps of dry tiles | exchanges | calls of the leader | between workers |"
    )
    print("|---|---|---:|---:|---:|---:|---|---:|---:|---:|---:|")
    side_m = given.side * CELL_M
    floods = (("rain and a lake", 60.0), ("a lake alone", 0.0))
    for name, rain in floods:
        params = params_of(given.minutes, side_m, rain)
        with tempfile.TemporaryDirectory() as scratch:
            store = city(Path(scratch), given.side, given.tile, params)
            in_one_array(store, params_of(0.05, side_m, 60.0))  # compiles
            for row in compared(store, name, params, given.tile):
                print(row, flush=True)
            moved = exchanged_bytes(store, given.tile, options_of(params, store.spec.cell_m))
    print()
    print(f"Bytes that all tiles take over in one exchange where all are wet: {moved / 1e6:.2f} MB")
    print(f"Model for {WORKERS} workers, {STEPS_PER_EXCHANGE} steps per exchange:")
    print()
    for row in model(given.million_cells_per_s * 1e6, halo_cells(options_of(params, CELL_M))):
        print(row)


if __name__ == "__main__":
    main()
