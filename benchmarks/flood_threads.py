"""Two threads of the inertial scheme beside one, on the cases of `benchmarks.flood`.

    python -m benchmarks.flood_threads

Steps alone, without maxima, in turn, the median over rounds. On a machine that other work fills, the time
of the wall says when the threads were let run and not how fast they are. So besides it stands the
longest path: processor time of the slower thread in its bands, and all else that the main thread does
(seams, waking the other one, what Python needs). Where two processors are free the wall shows that.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from statistics import median
from typing import TypeVar

import numpy as np

from benchmarks.flood import SIDE, Case, city, dam_break
from benchmarks.processor import processor
from citytwin.kernels.flood_forcing import Forcing
from citytwin.kernels.flood_options import SolverOptions
from citytwin.kernels.flood_setup import check_cells, lay_ground, start_depth
from citytwin.kernels.inertial_scheme import InertialScheme
from citytwin.kernels.row_bands import RowBands

ROUNDS, STEPS, THREADS = 15, 20, 2
_T = TypeVar("_T")


class TimedBands(RowBands):
    """Bands that know the processor time that each has taken."""

    def __init__(self, count: int) -> None:
        super().__init__((SIDE, SIDE), count)
        self.spent = [0.0] * len(self.rows)

    def run(self, work: Callable[[int], _T]) -> list[_T]:
        """See `RowBands`."""

        def timed(band: int) -> _T:
            begin = time.thread_time()
            made = work(band)
            self.spent[band] += time.thread_time() - begin
            return made

        return super().run(timed)


def scheme_of(case: Case, threads: int) -> InertialScheme:
    """A case at its start."""
    ground, manning = case.ground.astype(np.float32), np.full(case.ground.shape, 0.03, np.float32)
    cells, options = check_cells(ground, case.blocked, manning), SolverOptions(threads=threads)
    laid = lay_ground(ground, manning, cells, case.cell_m, options.edges)
    depth = start_depth(Forcing(initial_depth_m=case.depth.astype(np.float32)), cells)
    scheme = InertialScheme(laid, depth, case.cell_m, options)
    scheme.bands = TimedBands(threads)
    return scheme


def spend(scheme: InertialScheme, case: Case) -> tuple[float, float]:
    """Time of the wall and longest path of some steps [s]."""
    bands = scheme.bands
    assert isinstance(bands, TimedBands)
    bands.spent = [0.0] * len(bands.rows)
    wall, main = time.perf_counter(), time.thread_time()
    for _ in range(STEPS):
        dt = min(0.3, 0.9 * scheme.longest_step_s(0.0))
        scheme.advance(dt, np.float32(case.rain_mm_h / 3.6e6 * dt), np.float32(0.0))
    main = time.thread_time() - main
    return time.perf_counter() - wall, main - bands.spent[0] + max(bands.spent)


def main() -> None:
    """Print a table."""
    load = os.getloadavg()[0]
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {processor()}, load {load:.0f} on {os.cpu_count()} cores\n"
    )
    print("| case | ratio of the wall | of the longest paths (rounds) | same bits |")
    print("|---|---:|---:|---|")
    for case in (dam_break(), city()):
        one, several = scheme_of(case, 1), scheme_of(case, THREADS)
        for scheme in (one, several):
            spend(scheme, case)  # compiles
        walls, paths = [], []
        for _ in range(ROUNDS):
            alone, shared = spend(one, case), spend(several, case)
            walls.append(alone[0] / shared[0])
            paths.append(alone[1] / shared[1])
        same = one.water.depth_m.tobytes() == several.water.depth_m.tobytes()
        said = f"{median(paths):.2f} ({min(paths):.2f} - {max(paths):.2f})"
        print(f"| {case.name} | {median(walls):.2f} | {said} | {'yes' if same else 'NO'} |")


if __name__ == "__main__":
    main()
