"""Scalars of a step of the local inertial equations (de Almeida et al. 2012)."""

from __future__ import annotations

import math

import numpy as np

from citytwin.kernels.face_discharge import GRAVITY_M_S2, StepNumbers
from citytwin.kernels.flood_options import SolverOptions

_NONE = np.float32(0.0)


def step_numbers(
    options: SolverOptions,
    cell_m: float,
    dt_s: float,
    rain_m: np.float32 = _NONE,
    loss_m: np.float32 = _NONE,
) -> StepNumbers:
    """Return the scalars of a step in single precision.

    Parameters
    ----------
    options
        Numbers of the scheme.
    cell_m
        Cell size [m], > 0.
    dt_s
        Time step [s], > 0.
    rain_m, loss_m
        Rain of the step, and depth that drains can take [m], >= 0.
    """
    side = 0.5 * (1.0 - options.centre_weight)
    # Longest stable step for water of 1 m; it falls with the root of the depth.
    stable_s = options.courant_number * cell_m / math.sqrt(GRAVITY_M_S2)
    return StepNumbers(
        quarter_gravity_dt=np.float32(0.25 * GRAVITY_M_S2 * dt_s),
        gravity_dt_per_cell=np.float32(GRAVITY_M_S2 * dt_s / cell_m),
        dt_per_cell=np.float32(dt_s / cell_m),
        side_weight=np.float32(side),
        side_weight_per_root=np.float32(side * dt_s / stable_s),
        dry_depth_m=np.float32(options.dry_depth_m),
        froude_speed=np.float32(options.froude_max * math.sqrt(GRAVITY_M_S2)),
        rain_m=rain_m,
        loss_m=loss_m,
    )
