"""Speed of the wind flow: steps, bytes against the memory, and the pressure beside plain relaxation.

    python -m benchmarks.wind [--cells 160]

Processor time, one thread, the least of several rounds taken in turn. Two towns are generated, cells
of 2 m: a dense one (blocks of 24 m on a pitch of 40 m, heights 6 to 40 m) and an open one (blocks of
12 m on the same pitch, 4 to 14 m). The rate at which memory can be read and written is measured by
copying, what a step moves is counted (`BYTES_PER_STEP`). The peer of the pressure solver is a
reference of ours, written from the paper on QES-Winds (Bozorgmehr et al. 2021) and named as such: a
serial successive over-relaxation with factor 1.78 over all cells, compiled, of single precision, on
the same right side; both stop at the same largest divergence. QES-Winds itself stops at 500
iterations; so does this.
"""

from __future__ import annotations

import argparse
import time
from typing import NamedTuple

import numpy as np
from numba import njit

from benchmarks.processor import processor
from citytwin.kernels.flow_approach import logarithmic_flow
from citytwin.kernels.flow_grid import PAD, Cube, Flags, FlowGrid, inner
from citytwin.kernels.flow_poisson import inflow, laplacian
from citytwin.kernels.flow_pressure import WorkSpace
from citytwin.kernels.flow_setup import Town
from citytwin.kernels.flow_solver import FlowSolver
from citytwin.kernels.flow_town import fitting_grid
from citytwin.kernels.flow_walls import ACROSS_X, ACROSS_Y, ACROSS_Z
from citytwin.kernels.wind_flow import solve_wind_flow

CELL_M, ROUNDS, STEPS, MOST, FACTOR = 2.0, 3, 5, 500, np.float32(1.78)
TOLERANCE = 1e-3


class Blocks(NamedTuple):
    """A generated town."""

    name: str
    wide: int
    """Side of a block [cells]."""
    lowest_m: float
    highest_m: float


DENSE, OPEN = Blocks("dense", 12, 6.0, 40.0), Blocks("open", 6, 4.0, 14.0)
BYTES_PER_STEP = {
    "velocities": 3 * (7 * 4 + 2 + 8),
    "turbulence energy": 6 * 4 + 1 + 8,
    "length of the step, eddy viscosities": 3 * 4 + 2 * (4 + 2 + 8),
    "divergence, gradient, pressure": 21 + 31 + 16,
    "transforms and columns": 16 + 3 * 12 + 12,
    "one iteration": 8 * 4 + 12 + 16 + 15 + 24,
}
"""Per cell: each array that a pass reads once, what it writes twice (a line is read before)."""


def town_of(n: int, kind: Blocks = DENSE) -> Town:
    """Generated blocks on a pitch of 40 m, open ground around."""
    rng = np.random.default_rng(0)
    top = np.zeros((n, n), dtype=np.float32)
    for row in range(20, n - 32, 20):
        for col in range(20, n - 32, 20):
            heights = rng.uniform(kind.lowest_m, kind.highest_m)
            top[row : row + kind.wide, col : col + kind.wide] = heights
    return Town(top, np.zeros_like(top))


def copied_per_second() -> float:
    """Bytes that a core reads and writes in a second where it only copies; written lines count twice."""
    source = np.ones(1 << 25, dtype=np.float32)
    target, best = np.empty_like(source), np.inf
    for _ in range(2 * ROUNDS):
        begin = time.process_time()
        np.copyto(target, source)
        best = min(best, time.process_time() - begin)
    return 3 * source.nbytes / best


_ZERO = np.float32(0.0)


@njit(cache=True, error_model="numpy")
def relax(p: Cube, b: Cube, faces: Flags, fluid: Flags, grid: tuple, factor: np.float32) -> None:
    """One sweep of successive over-relaxation, serial, in the order of the cells."""
    dz, per_rise, cell = grid
    nz, ny, nx = b.shape
    for k in range(nz):
        kk, share = k + PAD, dz[k] / (cell * cell)
        low, high = per_rise[k], per_rise[k + 1]
        for j in range(ny):
            jj = j + PAD
            for i in range(nx):
                m = i + PAD
                if fluid[kk, jj, m] == 0:
                    continue
                here = faces[kk, jj, m]
                w = share if here & ACROSS_X else _ZERO
                e = share if faces[kk, jj, m + 1] & ACROSS_X else _ZERO
                n = share if here & ACROSS_Y else _ZERO
                s = share if faces[kk, jj + 1, m] & ACROSS_Y else _ZERO
                d = low if here & ACROSS_Z else _ZERO
                t = high if faces[kk + 1, jj, m] & ACROSS_Z else _ZERO
                total = w * p[kk, jj, m - 1] + e * p[kk, jj, m + 1]
                total += n * p[kk, jj - 1, m] + s * p[kk, jj + 1, m]
                total += d * p[kk - 1, jj, m] + t * p[kk + 1, jj, m]
                new = (total + b[k, j, i]) / (w + e + n + s + d + t)
                p[kk, jj, m] += factor * (new - p[kk, jj, m])


def by_relaxation(solver: FlowSolver, right: Cube, most_left: float) -> tuple[float, int, float]:
    """Processor time, sweeps and what is left; the border holds 0, half a cell further out."""
    grid = solver.grid
    p, out = grid.cube(), np.empty(grid.shape, np.float32)
    parts = (grid.dz, grid.per_rise, grid.cell)
    relax(p, right, solver.faces, solver.air, parts, FACTOR)
    p[:] = 0
    spent, left, sweeps = 0.0, np.inf, 0
    while left > most_left and sweeps < MOST:
        begin = time.process_time()
        for _ in range(20):
            relax(p, right, solver.faces, solver.air, parts, FACTOR)
        spent += time.process_time() - begin
        sweeps += 20
        laplacian(out, p, solver.faces, grid.dz, grid.per_rise, grid.cell)
        left = float(np.abs((right - out) * inner(solver.air)).max())
    return spent, sweeps, left


def by_transforms(solver: FlowSolver, right: Cube, most_left: float) -> tuple[float, int, float]:
    """Processor time, iterations and what is left."""
    work = WorkSpace(*(solver.grid.cube() for _ in range(4)))
    largest, best = float(np.abs(right).max()), np.inf
    for _ in range(ROUNDS):
        work.residual.reshape(-1)[: right.size] = right.ravel()
        begin = time.process_time()
        count, left = solver.equation.solve(work, largest, most_left, MOST)
        best = min(best, time.process_time() - begin)
    return best, count, left


def blocked(solver: FlowSolver, approach_speed: Cube) -> Cube:
    """Right side of the start: the approach flow, stopped by the town."""
    grid = solver.grid
    u, v, w = grid.cube(), grid.cube(), grid.cube()
    u[PAD : PAD + grid.nz] = approach_speed[:, None, None]
    u[:, :, 1:] *= solver.air[:, :, 1:] & solver.air[:, :, :-1]
    right = np.empty(grid.shape, np.float32)
    inflow(right, u, v, w, solver.air, grid.dz, grid.cell)
    return right


def bytes_per_cell(grid: FlowGrid) -> float:
    """Arrays that live during a step: 4 + 4 of state, 3 of pressure and viscosity, lengths, flags; of the
    coarser grids lengths and flags.
    """
    padded = float(np.prod([n + 5 for n in grid.shape])) / float(np.prod(grid.shape))
    return padded * (11 * 4 + (2 * 2 + 2) * (1 + 1 / 8 + 1 / 64))


def to_rest(n: int, kind: Blocks) -> None:
    """Print what one direction takes, and 16 of 1 km2 with 100 m around it."""
    town = town_of(n, kind)
    grid = fitting_grid(town, CELL_M)
    begin = time.process_time()
    flow = solve_wind_flow(grid, town, logarithmic_flow(0.3), (1.0, 0.0), [1.5])
    per_cell = (time.process_time() - begin) / float(np.prod(grid.shape))
    steps = " + ".join(str(p.steps) for p in flow.progress)
    minutes = 16 * per_cell * 600.0**2 * grid.nz / 60
    print(
        f"{kind.name}: {grid.nz} levels, {steps} steps, {per_cell * 1e6:.1f} us per cell, "
        f"{flow.divergence:.0e} left; 16 directions of 1 km2: {minutes:.0f} min of one core"
    )


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cells", type=int, default=160, help="cells along a side")
    arguments = parser.parse_args()
    town, approach = town_of(arguments.cells), logarithmic_flow(0.3)
    grid = fitting_grid(town, CELL_M)
    cells = float(np.prod(grid.shape))
    solver = FlowSolver(grid, town, approach, (1.0, 0.0))
    solver.start()
    solver.step()
    per_step = np.inf
    for _ in range(ROUNDS):
        begin = time.process_time()
        for _ in range(STEPS):
            solver.step()
        per_step = min(per_step, (time.process_time() - begin) / STEPS)
    print(f"{processor()}, {grid.shape} cells, {cells / 1e6:.2f} million")
    print(f"steps: {cells / per_step / 1e6:.1f} million cells x steps per second and core")
    moved = float(sum(BYTES_PER_STEP.values()))
    share = moved / copied_per_second() / per_step * cells
    print(
        f"moved: {moved:.0f} bytes per cell and step, {share:.0%} of the time by the rate of copying"
    )
    print(f"memory: {bytes_per_cell(grid):.0f} bytes per cell")
    right = blocked(solver, solver.arriving.speed)
    limit = TOLERANCE * solver.top_speed * min(1.0, float(grid.dz.min()) / CELL_M)
    fast, slow = by_transforms(solver, right, limit), by_relaxation(solver, right, limit)
    for name, (spent, count, left) in (("transforms", fast), ("relaxation", slow)):
        print(
            f"pressure, {name}: {spent / cells * 1e9:.0f} ns per cell, {count} iterations, {left / limit * TOLERANCE:.1e} left"
        )
    print(f"ratio {slow[0] / fast[0]:.0f}")
    for kind in (DENSE, OPEN):
        to_rest(arguments.cells, kind)


if __name__ == "__main__":
    main()
