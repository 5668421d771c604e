"""Coarse cells that keep the detail of small ones: how far from the small ones, and at what cost.

    python -m benchmarks.flood_subgrid [--demo out/demo]

Floods on small cells, on coarse cells with tables of the small ones (``flow_cell_m``), and on coarse cells
without tables (mean of the ground; built where more than half is). Error is the root mean square of the
largest depth where it is deeper than 0.1 m on small cells; time that of the processor, the least of the
rounds, on one thread. ``--demo`` adds the published demo city: ground and share of buildings at 2.5 m.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray

from benchmarks.processor import processor
from citytwin.kernels.inundation import (
    EdgeKind,
    Edges,
    Forcing,
    Inflow,
    Inundation,
    RainSeries,
    SolverOptions,
    simulate_inundation,
)

ROUNDS, DEEP_M, LOOK_EVERY = 3, 0.1, 8
F = np.float32


@dataclass(frozen=True, eq=False)
class Case:
    """A flood on small cells."""

    name: str
    terrain: NDArray[np.float32]
    blocked: NDArray[np.bool_]
    cell_m: float
    duration_s: float
    edges: Edges
    forcing: Callable[[int], Forcing]
    """Of cells that are so many times as large."""
    sizes: tuple[int, ...]


def streets() -> Case:
    """Blocks of 23 x 37 m with streets of 4 and 6 m that fall by 1 in 500; 12 m3/s enter in the west."""
    y, x = np.mgrid[:240, :420]
    rough = np.random.default_rng(4).normal(0, 0.01, y.shape)
    terrain = (4 - 0.002 * x + rough).astype(F)
    blocked = (y % 27 >= 4) & (x % 43 >= 6)

    def forcing(times: int) -> Forcing:
        rows = np.arange(240 // times)
        inflow = Inflow(rows, np.zeros_like(rows), np.array([0.0, 1e5]), np.full(2, 12.0))
        return Forcing(inflows=(inflow,))

    edges = Edges(east=EdgeKind.CRITICAL)
    return Case("streets, 1 m", terrain, blocked, 1.0, 1800.0, edges, forcing, (5, 10))


def demo(folder: Path) -> Case:
    """Rain of 80 mm/h for 40 minutes on the demo city, an hour."""
    terrain, coverage = (_newest(folder, name) for name in ("terrain", "building_coverage"))
    storm = RainSeries(np.array([0.0]), np.array([2400.0]), np.array([80.0]))
    edges = Edges(*[EdgeKind.NORMAL_DEPTH] * 4)
    given = (3600.0, edges, lambda _times: Forcing(rain=storm), (4, 8))
    return Case("demo city, 2.5 m", terrain.astype(F), coverage > 0.5, 2.5, *given)


def _newest(folder: Path, layer: str) -> NDArray[np.float32]:
    with rasterio.open(max((folder / layer).glob(f"*/{layer}.tif"))) as file:
        return file.read(1)


def run(case: Case, times: int, *, tables: bool) -> tuple[NDArray[np.float32], Inundation, float]:
    """Largest depth on small cells, the flood, and its processor time [s]."""
    terrain, blocked, size, number = case.terrain, case.blocked, case.cell_m, times
    if not tables:
        terrain, blocked = coarser(terrain, blocked, times)
        size, number = case.cell_m * times, 1
    forcing = case.forcing(1 if tables else times)
    manning = np.full(terrain.shape, 0.03, dtype=F)
    options = SolverOptions(
        edges=case.edges, subgrid_cells=number, maxima_every_steps=LOOK_EVERY, steps_kept=16
    )
    begin = time.process_time()
    flood = simulate_inundation(terrain, blocked, manning, size, case.duration_s, forcing, options)
    seconds = time.process_time() - begin
    depth = flood.max_depth_m
    if not tables and times > 1:
        ny, nx = case.terrain.shape
        depth = np.repeat(np.repeat(depth, times, axis=0), times, axis=1)[:ny, :nx]
    return depth, flood, seconds


def coarser(
    terrain: NDArray[np.float32], blocked: NDArray[np.bool_], times: int
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Mean of the ground outside of buildings, and where these cover more than half."""
    ny, nx = (n // times for n in terrain.shape)
    blocks = (slice(ny * times), slice(nx * times))
    built = blocked[blocks].reshape(ny, times, nx, times)
    level = terrain[blocks].reshape(ny, times, nx, times).astype(np.float64)
    share = built.mean(axis=(1, 3))
    open_ground = np.where(built, 0.0, level).sum(axis=(1, 3))
    count = np.maximum((~built).sum(axis=(1, 3)), 1)
    return (open_ground / count).astype(F), share > 0.5


def lines(case: Case) -> Iterator[str]:
    """Rows of the table."""
    variants = [(1, True), *((n, True) for n in case.sizes), *((n, False) for n in case.sizes)]
    best = dict.fromkeys(variants, np.inf)
    depths = {}
    for _ in range(ROUNDS):
        for variant in variants:
            times, tables = variant
            depth, flood, seconds = run(case, times, tables=tables)
            assert flood.ledger.relative_error < 1e-7
            best[variant], depths[variant] = min(best[variant], seconds), depth
    fine = depths[1, True]
    wet = fine > DEEP_M
    for times, tables in variants:
        depth = depths[times, tables]
        known = wet & ~np.isnan(depth)
        error = np.sqrt(((depth - fine)[known].astype(np.float64) ** 2).mean())
        both, either = (wet & (depth > DEEP_M)).sum(), (wet | (depth > DEEP_M)).sum()
        how = "small cells" if times == 1 else f"{case.cell_m * times:g} m"
        how += "" if times == 1 else (", tables" if tables else ", no tables")
        seconds = best[times, tables]
        yield (
            f"| {case.name} | {how} | {100 * error:.1f} cm | {both / either:.0%} | {seconds:.2f} s | "
            f"{seconds / best[1, True]:.3f} |"
        )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--demo", type=Path, help="Folder of the published demo city.")
    given = parser.parse_args()
    cases = [streets(), *([] if given.demo is None else [demo(given.demo)])]
    print(f"{datetime.now(tz=UTC):%Y-%m-%d}, {processor()}, one thread, least of {ROUNDS} rounds")
    print()
    print("| case | cells | RMSE of the largest depth | same extent | processor time | share |")
    print("|---|---|---:|---:|---:|---:|")
    for case in cases:
        for line in lines(case):
            print(line, flush=True)


if __name__ == "__main__":
    main()
