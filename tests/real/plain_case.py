"""Test 4 of the Environment Agency benchmark (Neelz and Pender 2013): a flood over a plain.

A plain of 1000 x 2000 m, n 0.05, up to 20 m3/s through 20 m in the middle of the west side; the
other sides are free. Published are series at six gauges (CITYTWIN_SAMPLES/flood/ea4).
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from citytwin.kernels.inundation import (
    EdgeKind,
    Edges,
    Forcing,
    Inflow,
    Inundation,
    Recording,
    Scheme,
    SolverOptions,
    simulate_inundation,
)

F = np.float32
SAMPLES = Path(os.environ.get("CITYTWIN_SAMPLES", "missing")) / "flood"
CELL_M = 5.0
GAUGES_M = [(50, 1000), (100, 1000), (200, 1000), (300, 1000), (400, 1000), (300, 1300)]


def flat(
    shape: tuple[int, int],
    manning: float,
    cell_m: float,
    duration_s: float,
    forcing: Forcing,
    options: SolverOptions,
) -> Inundation:
    """A run on a flat bed at 0 m without buildings."""
    return simulate_inundation(
        np.zeros(shape, dtype=F),
        np.zeros(shape, dtype=bool),
        np.full(shape, manning, dtype=F),
        cell_m,
        duration_s,
        forcing,
        options,
    )


def table(name: str) -> np.ndarray:
    """Numbers of a CSV file below its header."""
    return np.genfromtxt(SAMPLES / name, delimiter=",", skip_header=1)


@dataclass(frozen=True)
class Plain:
    """The part of the plain around the inlet that is computed, and for how long."""

    east_m: int
    half_width_m: int
    duration_s: int
    gauges: int


WHOLE = Plain(1000, 1000, 18000, 6)
# The published front reaches 300 m after 2760 s: until then the part knows nothing of the rest.
NEAR_THE_INLET = Plain(320, 320, 2700, 3)


@dataclass(frozen=True)
class PlainSeries:
    """Depth at the first gauges of the plain."""

    time_s: np.ndarray
    depth_m: np.ndarray
    volume_error: float


def plain_series(scheme: Scheme, plain: Plain) -> PlainSeries:
    """Run the plain at 5 m. A gauge stands on the corner of four cells: their mean."""
    ny, nx = int(2 * plain.half_width_m / CELL_M), int(plain.east_m / CELL_M)
    hydrograph = table("ea4/ea4_hydrograph.csv")
    rows = np.arange(ny // 2 - 2, ny // 2 + 2)
    inflow = Inflow(rows, np.zeros_like(rows), hydrograph[:, 0], 20 * hydrograph[:, 1])
    cells = tuple(
        (int((1000 + plain.half_width_m - y) / CELL_M) - down, int(x / CELL_M) - left)
        for x, y in GAUGES_M[: plain.gauges]
        for down in (1, 0)
        for left in (1, 0)
    )
    times = tuple(float(t) for t in range(0, plain.duration_s + 1, 20))
    free = EdgeKind.CRITICAL
    options = SolverOptions(
        scheme=scheme,
        edges=Edges(north=free, south=free, east=free),
        recording=Recording(gauge_cells=cells, gauge_times_s=times),
    )
    forcing = Forcing(inflows=(inflow,))
    result = flat((ny, nx), 0.05, CELL_M, float(plain.duration_s), forcing, options)
    depth = result.gauges.depth_m.reshape(len(times), plain.gauges, 4).mean(axis=2)
    return PlainSeries(np.array(times), depth, result.ledger.relative_error)


@dataclass(frozen=True)
class Misfit:
    """How far a gauge is from the published series."""

    peak_mm: float
    rmse_mm: float
    late_s: float


def first_time(time_s: np.ndarray, depth_m: np.ndarray) -> float:
    """Time at which a series first reaches 2 cm, by straight lines between its points."""
    k = int(np.argmax(depth_m >= 0.02))
    share = (0.02 - depth_m[k - 1]) / (depth_m[k] - depth_m[k - 1])
    return float(time_s[k - 1] + share * (time_s[k] - time_s[k - 1]))


def misfits(series: PlainSeries, reference: str) -> list[Misfit]:
    """Of every gauge, over the times of the series; peaks are the largest depths of these times."""
    published = table(f"ea4/ref_lisflood_fp8_{reference}.csv")
    published = published[published[:, 0] <= series.time_s[-1]]
    found = []
    for k in range(series.depth_m.shape[1]):
        expected, depth = published[:, k + 1], series.depth_m[:, k]
        got = np.interp(published[:, 0], series.time_s, depth)
        late = first_time(series.time_s, depth) - first_time(published[:, 0], expected)
        found.append(
            Misfit(
                1000 * float(abs(depth.max() - expected.max())),
                1000 * float(np.sqrt(((got - expected) ** 2).mean())),
                late,
            )
        )
    return found
