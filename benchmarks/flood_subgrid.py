"""Coarse cells with tables of 1 m ground beside cells of 1 m, and beside coarse cells without tables.

    python -m benchmarks.flood_subgrid

A generated city: turned streets 4 to 7 m wide, a ditch of 3 m, a levee 2 m wide aslant through the cells, rain
and an inflow. Depths and extent are compared where either flood is deeper than `WET_M`, on cells of 1
m. Processor time of one thread, the best of two runs, maxima included.
"""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from benchmarks.processor import processor
from citytwin.kernels.coarse_cells import block_sums
from citytwin.kernels.flood_forcing import Forcing, Inflow, RainSeries
from citytwin.kernels.flood_options import EdgeKind, Edges, SolverOptions
from citytwin.kernels.flood_result import Inundation
from citytwin.kernels.inundation import simulate_inundation
from citytwin.simulations.flood.params import LOOK_EVERY_STEPS

SIDE, DURATION_S, WET_M = 400, 2400.0, 0.1
F = np.float32


class City(NamedTuple):
    """Ground [m] and houses on cells of some size [m], and the cells where water enters."""

    ground: NDArray[np.float32]
    blocked: NDArray[np.bool_]
    cell_m: float
    rows: NDArray[np.int64]
    cols: NDArray[np.int64]


def city() -> City:
    """On cells of 1 m."""
    y, x = np.mgrid[:SIDE, :SIDE].astype(np.float64)
    along, across = x * 0.966 + y * 0.259, y * 0.966 - x * 0.259
    houses = (along % 47 >= 7) & (across % 26 >= 4)
    ground = 5 - 0.001 * x - 0.0005 * y + 0.4 * np.sin(x / 90) * np.cos(y / 70)
    ground += np.random.default_rng(7).normal(0, 0.01, ground.shape)
    ditch = np.abs(across % 130 - 2) < 1.5
    ground -= np.where(ditch, 0.8, 0.0)
    levee = np.abs(0.8 * x + 0.6 * y - 330) <= 1.4
    ground += np.where(levee, 1.5, 0.0)
    rows, cols = np.nonzero((np.hypot(x - 60, y - 60) < 12) & ~houses)
    return City(ground.astype(F), houses & ~levee & ~ditch, 1.0, rows, cols)


def coarsened(fine: City, cells: int) -> City:
    """Mean ground of the open part; a house where it covers half of a cell."""
    open_part = block_sums((~fine.blocked).astype(np.float64), cells)
    level = block_sums(np.where(fine.blocked, 0.0, fine.ground), cells)
    ground = np.where(open_part > 0, level / np.maximum(open_part, 1), 1e3).astype(F)
    blocked = open_part < 0.5 * cells**2
    flat = np.unique(fine.rows // cells * ground.shape[1] + fine.cols // cells)
    rows, cols = flat // ground.shape[1], flat % ground.shape[1]
    free = ~blocked[rows, cols]
    return City(ground, blocked, float(cells), rows[free], cols[free])


def flood(place: City, subgrid_cells: int = 1) -> tuple[Inundation, float]:
    """The flood and the processor time of its run [s]."""
    inflow = Inflow(
        place.rows, place.cols, np.array([0.0, 600.0, 1800.0]), np.array([0.0, 8.0, 0.0])
    )
    rain = RainSeries(np.array([0.0]), np.array([1800.0]), np.array([60.0]))
    options = SolverOptions(
        edges=Edges(east=EdgeKind.NORMAL_DEPTH),
        steps_kept=16,
        subgrid_cells=subgrid_cells,
        maxima_every_steps=1 if subgrid_cells == 1 else LOOK_EVERY_STEPS,
    )
    manning = np.full(place.ground.shape, 0.03, F)
    begin = time.process_time()
    made = simulate_inundation(
        place.ground,
        place.blocked,
        manning,
        place.cell_m,
        DURATION_S,
        Forcing(rain, (inflow,)),
        options,
    )
    return made, time.process_time() - begin


def on_fine(made: Inundation, coarse: City, fine: City) -> NDArray[np.float64]:
    """Largest depths of coarse cells on the ground of the fine ones: level less ground."""
    cells = int(coarse.cell_m)
    depth = np.nan_to_num(made.max_depth_m)
    level = np.where(depth > 0.005, coarse.ground + depth, -np.inf)
    spread = np.repeat(np.repeat(level, cells, axis=0), cells, axis=1)
    cut = spread[: fine.ground.shape[0], : fine.ground.shape[1]]
    return np.maximum(cut - fine.ground, 0.0)


def main() -> None:
    """Print a table."""
    fine = city()
    truth, spent = flood(fine)
    spent = min(spent, flood(fine)[1])
    deep = np.nan_to_num(truth.max_depth_m)
    print(f"{datetime.now(UTC):%Y-%m-%d}, {processor()}, load {os.getloadavg()[0]:.0f}\n")
    print(
        "| cells | tables | steps | CPU s | times faster | bias m | RMSE m | same extent | volume |"
    )
    print("|---|---|---:|---:|---:|---:|---:|---:|---:|")
    error = truth.ledger.relative_error
    print(f"| 1 m | | {truth.steps} | {spent:.1f} | 1 | | | | {error:.0e} |")
    for cells in (5, 10, 20):
        plain = coarsened(fine, cells)
        for has_tables in (True, False):
            runs = [flood(fine, cells) if has_tables else flood(plain) for _ in range(2)]
            made, took = runs[0][0], min(one[1] for one in runs)
            found = np.nan_to_num(made.max_depth_m) if has_tables else on_fine(made, plain, fine)
            wet = ~fine.blocked & ((deep > WET_M) | (found > WET_M))
            off = (found - deep)[wet]
            extent = ((deep > WET_M) & (found > WET_M))[wet].mean()
            print(
                f"| {cells} m | {'yes' if has_tables else 'no'} | {made.steps} | {took:.1f} "
                f"| {spent / took:.0f} | {off.mean():+.3f} | {np.sqrt((off**2).mean()):.3f} "
                f"| {extent:.0%} | {made.ledger.relative_error:.0e} |"
            )


if __name__ == "__main__":
    main()
