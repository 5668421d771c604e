"""Speed of the flood schemes, beside landlab and itzi, all in one run.

    python -m benchmarks.flood --peers VENV/bin/python [--rounds 5]

One thread each, processor time. Every round runs each solver once on the same ground, so that what
else the machine does falls on all alike, and counts the mean of its steps, ours with running maxima
and account, those of the peers without the first; the table has the best of the rounds. The set-up
of ours is timed apart and taken off; the steps are so many that it is a small part.
Two cases of 1000 x 1000 cells: a dam that breaks over rolling ground (5 m cells, dry ahead)
and rain on a city of closed blocks (2 m cells, all streets wet). All cells of ours are active: the
rows that would be passed over hold a film of 0.1 mm.

The peers come from PyPI into an environment of their own: ``pip install landlab "requireit<0.5"
itzi``. ``OverlandFlow`` of landlab and the kernel of itzi, which runs without GRASS, solve the local
inertial equations of de Almeida et al. (2012); neither has a full shallow-water solver. Without
``--peers`` they are left out.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks.processor import processor
from citytwin.kernels.flood_forcing import Forcing, RainSeries
from citytwin.kernels.flood_options import Scheme, SolverOptions
from citytwin.kernels.inundation import simulate_inundation

SIDE = 1000
SCHEMES = {
    "inertial": SolverOptions(maxima_every_steps=10),
    "full, first order": SolverOptions(scheme=Scheme.FULL, order=1, maxima_every_steps=10),
    "full, second order": SolverOptions(scheme=Scheme.FULL, maxima_every_steps=10),
}
STEPS = {"inertial": 600, "full, first order": 240, "full, second order": 100}
GOALS = {
    "inertial": "22 and 10",
    "full, first order": "9",
    "full, second order": "3.5",
}
PEERS = ("landlab", "itzi")
_PEER = """
import json, sys, time, warnings
warnings.filterwarnings("ignore")
import numpy as np
ground, depth = (np.load(f"{sys.argv[2]}/{k}.npy") for k in ("ground", "depth"))
cell, rain, steps = float(sys.argv[3]), float(sys.argv[4]), int(sys.argv[5])

def landlab():
    from landlab import RasterModelGrid
    from landlab.components import OverlandFlow
    grid = RasterModelGrid(ground.shape, xy_spacing=cell)
    grid.add_field("topographic__elevation", ground.ravel().astype(float), at="node")
    grid.add_field("surface_water__depth", depth.ravel().astype(float), at="node")
    grid.set_closed_boundaries_at_grid_edges(True, True, True, True)
    flow = OverlandFlow(grid, mannings_n=0.03, rainfall_intensity=rain, steep_slopes=rain > 0)
    flow.overland_flow(dt=0.05)
    def step():
        dt = min(flow.calc_time_step(), 1.0)
        flow.overland_flow(dt=dt)
        return dt
    return step

def itzi():
    from itzi.rasterdomain import RasterDomain
    from itzi.surfaceflow import SurfaceFlowSimulation
    dry = np.zeros(ground.shape, dtype=bool)
    domain = RasterDomain(dtype=np.float32, arr_mask=dry, cell_shape=(cell, cell))
    manning = np.full(ground.shape, 0.03)
    for name, array in (("dem", ground), ("friction", manning), ("water_depth", depth)):
        domain.update_array(name, array.astype(np.float32))
    domain.get_array("ext")[:] = rain
    numbers = dict(dtmax=5.0, cfl=0.7, theta=0.9, hmin=0.005, slmax=0.5, vrouting=0.1, g=9.80665)
    flow = SurfaceFlowSimulation(domain, numbers)
    flow.update_flow_dir()
    return lambda: flow.solve_dt().step().dt.total_seconds()

step = {"landlab": landlab, "itzi": itzi}[sys.argv[1]]()
step()
begin = time.process_time()
flooded = sum(step() for _ in range(steps))
spent = time.process_time() - begin
print(json.dumps([ground.size * steps / spent, flooded / spent]))
"""


class Pace(NamedTuple):
    """How fast a solver is."""

    rate: float
    """Cells times steps per second of processor time."""
    flooded: float
    """Seconds of the flood per second of processor time."""


@dataclass(frozen=True)
class Case:
    """A place and its water."""

    name: str
    ground: np.ndarray
    blocked: np.ndarray
    depth: np.ndarray
    cell_m: float
    rain_mm_h: float


def dam_break() -> Case:
    """A reservoir 1250 m long that breaks over rolling ground."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:SIDE, 0:SIDE] * 5.0
    rolling = 0.3 * np.sin(x / 60) * np.cos(y / 80) + 0.02 * rng.standard_normal(x.shape)
    ground = 2 - 4e-4 * x + rolling
    depth = np.where(x < 1250, np.maximum(5 - ground, 1e-4), 1e-4)
    return Case("dam break", ground, np.zeros(x.shape, dtype=bool), depth, 5.0, 0.0)


def city() -> Case:
    """Blocks of 28 x 38 m with streets of 12 m, 0.15 m of water and rain."""
    rng = np.random.default_rng(1)
    y, x = np.mgrid[0:SIDE, 0:SIDE]
    blocked = (x % 20 >= 6) & (y % 25 >= 6)
    ground = 2e-3 * x + 1e-3 * y + 0.01 * rng.standard_normal(x.shape)
    depth = np.where(blocked, 0.0, 0.15)
    return Case("rain on a city", ground, blocked, depth, 2.0, 70.0)


def ours(case: Case, name: str) -> Pace:
    """Pace of ours, the setting up of the run taken off.

    The mean over all steps, with the maxima and the account of the volume.
    """
    rain = RainSeries(np.array([0.0]), np.array([1e5]), np.array([case.rain_mm_h]))
    forcing = Forcing(rain, initial_depth_m=case.depth.astype(np.float32))

    def run(duration_s: float) -> tuple[float, int]:
        begin = time.process_time()
        made = simulate_inundation(
            case.ground.astype(np.float32),
            case.blocked,
            np.full(case.ground.shape, 0.03, dtype=np.float32),
            case.cell_m,
            duration_s,
            forcing,
            SCHEMES[name],
        )
        return time.process_time() - begin, made.steps

    brief = 1e-3
    once, probe_steps = run(brief)
    length = STEPS[name] * 0.4 * case.cell_m / 9.0
    spent, steps = run(length)
    return Pace(
        (steps - probe_steps) * case.ground.size / (spent - once), (length - brief) / (spent - once)
    )


def peer(name: str, case: Case, python: str, folder: Path) -> Pace:
    """The same of a peer, but for its first step; blocks stand in its terrain, as it closes no cells."""
    np.save(folder / "ground.npy", case.ground + np.where(case.blocked, 8.0, 0.0))
    np.save(folder / "depth.npy", case.depth)
    rain = case.rain_mm_h / 3.6e6
    answer = subprocess.run(
        [python, "-c", _PEER, name, str(folder), str(case.cell_m), str(rain), "16"],
        env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return Pace(*json.loads(answer.stdout))


def row(name: str, paces: dict[str, list[Pace]]) -> str:
    """A line of the table: the best pace, and how often that of each peer its rate is."""
    rates = {solver: [one.rate for one in found] for solver, found in paces.items()}
    cells = [f"{max(rates[name]) / 1e6:.1f}"]
    for other in PEERS:
        if other in rates:
            pairs = zip(rates[name], rates[other], strict=True)
            ratios = [one / peer for one, peer in pairs]
            times = max(rates[name]) / max(rates[other])
            cells.append(f"{times:.1f} ({min(ratios):.1f} - {max(ratios):.1f})")
    hour = 3600 / max(one.flooded for one in paces[name])
    return f"| {name} | {' | '.join([*cells, GOALS.get(name, ''), f'{hour:.0f}'])} |"


def main() -> None:
    """Print one table for each case."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--peers", help="Python of an environment with landlab and itzi")
    parser.add_argument("--rounds", type=int, default=5, help="how often each solver runs")
    given = parser.parse_args()
    python = given.peers
    load = os.getloadavg()[0]
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {processor()}, load {load:.0f} on {os.cpu_count()} cores\n"
    )
    for case in (dam_break(), city()):
        paces: dict[str, list[Pace]] = {}
        for name in SCHEMES:
            ours(case, name)  # compiles
        with tempfile.TemporaryDirectory() as folder:
            for _ in range(given.rounds):
                for name in PEERS if python else ():
                    paces.setdefault(name, []).append(peer(name, case, python, Path(folder)))
                for name in SCHEMES:
                    paces.setdefault(name, []).append(ours(case, name))
        times = "".join(f" times {name} (rounds) |" for name in PEERS if python)
        print(f"| {case.name} | Mcell steps per CPU s |{times} goal | CPU s per hour of flood |")
        print(f"|---|---:|{'---:|' * times.count('times')}---:|---:|")
        for name in paces:
            print(row(name, paces))
        print()


if __name__ == "__main__":
    main()
