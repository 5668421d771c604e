"""Runs of the full scheme on open ground from any depth and velocity."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from citytwin.kernels.flood_options import Scheme, SolverOptions
from citytwin.kernels.flood_setup import Cells, lay_ground
from citytwin.kernels.full_scheme import FullScheme

F = np.float32
G = 9.80665


@dataclass(frozen=True)
class Moving:
    """Water after a run, and the largest depth and speed met on the way."""

    depth: np.ndarray
    x_speed: np.ndarray
    y_speed: np.ndarray
    max_depth: np.ndarray
    max_speed: np.ndarray
    steps: int
    volume_error: float


def run_full(
    bed: np.ndarray,
    depth: np.ndarray,
    cell_m: float,
    duration_s: float,
    *,
    velocity: tuple[np.ndarray, np.ndarray] | None = None,
    manning: float = 0.0,
    order: int = 2,
) -> Moving:
    """Frictionless, closed, in single precision as everywhere; films move from 1e-6 m on.

    Arrays lie row by row, as those of cities do: the scheme would be compiled anew for transposed ones.
    """
    options = SolverOptions(scheme=Scheme.FULL, order=order, dry_depth_m=1e-6)
    everywhere = np.ones(bed.shape, dtype=bool)
    rough = np.full(bed.shape, manning, dtype=F)
    cells = Cells(everywhere, ~everywhere)
    ground = lay_ground(bed.astype(F, order="C"), rough, cells, cell_m, options.edges)
    scheme = FullScheme(ground, depth.astype(F, order="C"), cell_m, options)
    water = scheme.water
    if velocity is not None:
        water.x_speed[:], water.y_speed[:] = velocity
        fastest = np.maximum(abs(water.x_speed), abs(water.y_speed))
        water.row_wave_m_s[:] = (fastest + np.sqrt(G * water.depth_m)).max(axis=1)
    before = water.depth_m.sum(dtype=float)
    most, fastest = water.depth_m.copy(), np.hypot(water.x_speed, water.y_speed)
    time, steps = 0.0, 0
    while time < duration_s:
        dt = min(scheme.longest_step_s(0.0), duration_s - time)
        scheme.advance(dt, F(0), F(0))
        time, steps = time + dt, steps + 1
        water = scheme.water
        assert water.depth_m.min() >= 0
        most = np.maximum(most, water.depth_m)
        fastest = np.maximum(fastest, np.hypot(water.x_speed, water.y_speed))
    error = abs(water.depth_m.sum(dtype=float) / before - 1)
    return Moving(water.depth_m, water.x_speed, water.y_speed, most, fastest, steps, error)


def l1(got: np.ndarray, expected: np.ndarray) -> float:
    """Sum of the errors over the sum of the expected values."""
    return float(np.abs(got - expected).sum() / np.abs(expected).sum())


def orders(errors: list[float]) -> list[float]:
    """Order of convergence between grids, each twice as fine as the one before."""
    return [float(np.log2(a / b)) for a, b in pairwise(errors)]
