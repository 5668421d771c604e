"""How long a flood will take and how much memory: for the plan, before anything is known of it."""

from __future__ import annotations

from citytwin.kernels.flood_options import Scheme, courant_of
from citytwin.model.cost import Cost
from citytwin.simulations.flood.params import LOOK_EVERY_STEPS, FloodParams

# Waves of water 3 m deep at rest, and flowing at 2 m/s [m/s]; deeper water takes longer in
# proportion.
_WAVE_M_S = {Scheme.INERTIAL: 5.5, Scheme.FULL: 7.5}
# Million cells and steps in a second on one thread, see benchmarks/README.md.
_RATE = {(Scheme.INERTIAL, 1): 270.0, (Scheme.FULL, 1): 150.0, (Scheme.FULL, 2): 54.0}
# Million coarse cells and steps in a second, and seconds that a look at a million cells of the ground
# in them takes; they are looked at every eighth step.
_SUBGRID_RATE, _LOOK_S = 10.0, 0.01
# Arrays that every run holds, and depth and speed of each moment that is kept [bytes per cell].
_STATE, _FRAME = {Scheme.INERTIAL: 110.0, Scheme.FULL: 126.0}, 8.0


def cost_of(params: FloodParams, cell_m: float) -> Cost:
    """Estimate the cost of a run in which all cells are wet from begin to end.

    Parameters
    ----------
    params
        Length of the run, scheme and order, moments that are kept.
    cell_m
        Size of the cells [m].

    Returns
    -------
    Cost
        Time on one thread and memory. Dry rows are passed over, so most runs take less.
    """
    side_m = params.flow_cell_m or cell_m
    step_s = courant_of(params.scheme, params.courant) * side_m / _WAVE_M_S[params.scheme]
    order = params.order if params.scheme is Scheme.FULL else 1
    per_step_s = 1.0 / _RATE[params.scheme, order]
    if params.flow_cell_m is not None:
        per_step_s = (cell_m / side_m) ** 2 / _SUBGRID_RATE + _LOOK_S / LOOK_EVERY_STEPS
    seconds = params.duration_h * 3600.0 / step_s * per_step_s
    return Cost(seconds, _STATE[params.scheme] + _FRAME * len(params.frame_times_s))
