"""The cases of SWASHES by the full shallow-water equations (CITYTWIN_SAMPLES/flood/analytic).

State and arithmetic are in single precision, as in cities and benchmarks. SWASHES takes 9.81 m/s2 for
gravity, 0.03 % more than here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from citytwin.kernels.flood_stage import StageCells, StageSeries
from citytwin.kernels.inundation import (
    EdgeKind,
    Edges,
    Forcing,
    Inflow,
    Inundation,
    RainSeries,
    Scheme,
    SolverOptions,
    simulate_inundation,
)
from tests.physics.full_runs import G

F = np.float32
SAMPLES = Path(os.environ.get("CITYTWIN_SAMPLES", "missing")) / "flood" / "analytic"


@dataclass(frozen=True)
class Profile:
    """Columns of a SWASHES file, or means of `every` cells of it."""

    x: np.ndarray
    depth: np.ndarray
    bed: np.ndarray

    @property
    def cell_m(self) -> float:
        """Distance of the points."""
        return float(self.x[1] - self.x[0])


def profile(name: str, every: int = 1) -> Profile:
    """Read a file in one dimension."""
    columns = np.genfromtxt(SAMPLES / f"{name}.txt")
    return Profile(*(columns[:, k].reshape(-1, every).mean(axis=1) for k in (0, 1, 3)))


def run(
    bed: np.ndarray,
    manning: np.ndarray | float,
    cell_m: float,
    duration_s: float,
    forcing: Forcing,
    order: int,
    edges: Edges | None = None,
) -> Inundation:
    """A channel two cells wide; the checks that every run must pass."""
    terrain = np.repeat(bed[None], 2, axis=0).astype(F)
    rough = np.broadcast_to(np.asarray(manning, dtype=F), terrain.shape)
    options = SolverOptions(
        scheme=Scheme.FULL, order=order, dry_depth_m=1e-6, edges=edges or Edges()
    )
    blocked = np.zeros(terrain.shape, dtype=bool)
    result = simulate_inundation(
        terrain, blocked, rough.copy(), cell_m, duration_s, forcing, options
    )
    assert result.final_depth_m.min() >= 0
    assert result.ledger.relative_error < 1e-7
    np.testing.assert_array_equal(result.final_depth_m[0], result.final_depth_m[1])
    return result


def still(depth: np.ndarray) -> Forcing:
    """Water at rest and nothing else."""
    return Forcing(initial_depth_m=np.repeat(depth[None], 2, axis=0).astype(F))


@dataclass(frozen=True)
class Channel:
    """A steady flow: what comes in, the level at the end, and how the run is laid out."""

    name: str
    discharge_m2_s: float
    manning: float
    start_level_m: float
    duration_s: float
    end_depth_m: float | None = None
    shooting_depth_m: float | None = None
    rain_m_s: float = 0.0

    def settled(self, order: int, every: int) -> tuple[np.ndarray, Profile, Inundation]:
        """Depth in the channel after the run.

        Water is poured in at rest at the head of a frictionless reach of 20 cells before the
        channel; where it must come shooting, it falls there over a sill whose height follows from
        the energy it needs.
        """
        case = profile(self.name, every)
        lead, cell, q = 20 // every, case.cell_m, self.discharge_m2_s
        reach = np.full(lead, case.bed[0])
        if self.shooting_depth_m is not None:
            h = self.shooting_depth_m
            sill = h + q**2 / (2 * G * h**2) - 1.5 * (q**2 / G) ** (1 / 3)
            along = (np.arange(lead) + 0.5) / lead
            reach += 0.5 * sill * (1 + np.cos(np.pi * np.maximum(along - 0.3, 0) / 0.7))
            reach[along < 0.3] -= 0.4
        bed = np.concatenate([reach, case.bed])
        rough = np.where(np.arange(bed.size) < lead, 0.0, self.manning)
        enters = (q - self.rain_m_s * lead * cell) * cell * 2
        inflow = Inflow(
            np.arange(2), np.zeros(2, dtype=int), np.array([0, 1e7]), np.full(2, enters)
        )
        always = np.array([0.0]), np.array([1e7]), np.array([self.rain_m_s * 3.6e6])
        forcing = replace(
            still(np.maximum(self.start_level_m - bed, 0)),
            rain=RainSeries(*always) if self.rain_m_s else RainSeries(),
            inflows=(inflow,),
        )
        edges = Edges(east=EdgeKind.CRITICAL)
        if self.end_depth_m is not None:
            level = StageSeries(np.zeros(1), np.array([bed[-1] + self.end_depth_m]))
            held = StageCells(np.arange(2), np.full(2, bed.size - 1), level)
            forcing, edges = replace(forcing, stages=(held,)), Edges()
        result = run(bed, rough, cell, self.duration_s, forcing, order, edges)
        return result.final_depth_m[0, lead:], case, result


BUMP = Channel("bump_subcritical_L25_n200", 4.42, 0.0, 2.0, 150.0, 2.0)
JUMP = Channel("bump_transcritical_shock_L25_n200", 0.18, 0.0, 0.33, 200.0, 0.33)
SLOW = Channel("macdonald_long_subcritical_manning_L1000_n200", 2.0, 0.033, 0, 2000.0, 0.748324)
SHOOTING = Channel(
    "macdonald_long_supercritical_manning_L1000_n200", 2.5, 0.04, 0, 2000.0, None, 0.741514
)
CHANNEL_JUMP = Channel(
    "macdonald_long_super_to_sub_manning_L1000_n200", 2.0, 0.0218, 0, 2000.0, 1.33475, 0.543791
)
RAIN = Channel(
    "macdonald_rain_subcritical_manning_L1000_n200",
    1.0, 0.033, 0, 3000.0, 0.748324, None, 0.001,
)  # fmt: skip
UNDULATING = Channel(
    "macdonald_undulating_subcritical_manning_L5000_n500", 2.0, 0.03, 0, 12000.0, 1.125
)
