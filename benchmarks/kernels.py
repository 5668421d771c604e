"""Speed of the kernels on one thread: cells per second, best and median of several runs."""

from __future__ import annotations

import platform
import statistics
import time
from collections.abc import Callable

import numpy as np

from benchmarks.processor import processor
from citytwin.kernels.flood_forcing import Forcing, RainSeries
from citytwin.kernels.flood_options import SolverOptions
from citytwin.kernels.horizon_sweep import accumulate_sunlit
from citytwin.kernels.inundation import simulate_inundation
from citytwin.kernels.sheltering import sheltering
from citytwin.kernels.sun_bundle import Suns
from citytwin.kernels.wind_proxy import FETCH_M

RUNS = 3


def town(ny: int, nx: int) -> np.ndarray:
    """Blocks of 20 m on a gentle slope, cell 2 m, shape (ny, nx) [m]."""
    y, x = np.mgrid[0:ny, 0:nx]
    block = (x % 30 < 18) & (y % 25 < 15)
    return (0.02 * x + np.where(block, 20.0, 0.0)).astype(np.float32)


def timed(work: Callable[[], float]) -> tuple[float, float]:
    """Best and median rate of several runs, after one that compiles."""
    work()
    rates = []
    for _ in range(RUNS):
        begin = time.perf_counter()
        units = work()
        rates.append(units / (time.perf_counter() - begin))
    return max(rates), statistics.median(rates)


def sunlight() -> float:
    """Cells times suns of a winter day at 10 minutes on 1000 x 1000 cells."""
    surface = town(1000, 1000)
    azimuth = np.linspace(2.2, 4.1, 54)
    altitude = np.full(54, 0.4)
    accumulate_sunlit(surface, surface, 2.0, Suns(azimuth, altitude, np.ones(54)), 0, 0)
    return float(surface.size * 54)


def wind() -> float:
    """Cells times directions of 16 winds on 300 x 300 cells."""
    height = town(300, 300)
    sheltering(height, 2.0, np.radians(np.arange(0, 360, 22.5)), FETCH_M)
    return float(height.size * 16)


def flood() -> float:
    """Cells times steps of ten minutes of rain on 500 x 500 cells between closed blocks."""
    surface = town(500, 500)
    y, x = np.mgrid[0:500, 0:500]
    blocked = (x % 30 < 18) & (y % 25 < 15)
    ground = (0.02 * x).astype(np.float32)
    rain = RainSeries(np.array([0.0]), np.array([600.0]), np.array([80.0]))
    manning = np.full(surface.shape, 0.05, dtype=np.float32)
    made = simulate_inundation(
        ground, blocked, manning, 2.0, 600.0, Forcing(rain), SolverOptions(dt_max_s=1.0)
    )
    return float(made.steps * ground.size)


def main() -> None:
    """Print the table."""
    print(f"{processor()}, Python {platform.python_version()}, {RUNS} runs, one thread")
    print(f"{'kernel':<12}{'unit':<24}{'best':>12}{'median':>12}")
    for name, unit, work in (
        ("sunlight", "Mcell suns per s", sunlight),
        ("wind", "Mcell directions per s", wind),
        ("flood", "Mcell steps per s", flood),
    ):
        best, median = timed(work)
        print(f"{name:<12}{unit:<24}{best / 1e6:>12.1f}{median / 1e6:>12.1f}")


if __name__ == "__main__":
    main()
