"""Longest stable time step of the two schemes."""

from __future__ import annotations

import math

from citytwin.kernels.face_discharge import GRAVITY_M_S2
from citytwin.kernels.flood_options import Scheme, SolverOptions


def longest_step_s(
    options: SolverOptions, cell_m: float, deepest_m: float, wave_m_s: float, gain_m: float
) -> float:
    """Longest stable step of some water.

    Parameters
    ----------
    options
        Scheme and Courant number.
    cell_m
        Cell size [m], > 0.
    deepest_m
        Largest depth [m], >= 0.
    wave_m_s
        Speed of the fastest wave [m/s]; of the full scheme alone.
    gain_m
        Depth that a cell may gain from outside during the step [m], >= 0.

    Returns
    -------
    float
        Time step [s]; infinite where nothing limits it.

    Notes
    -----
    dt = alpha dx / sqrt(g h) (Bates, Horritt and Fewtrell 2010), dt = alpha dx / (|u| + sqrt(g h))
    (Toro 2001). What is poured in between the steps is not yet in the waves of the full scheme.
    """
    reach_m = options.courant_number * cell_m
    if options.scheme is Scheme.FULL:
        wave = max(wave_m_s, math.sqrt(GRAVITY_M_S2 * deepest_m))
        wave += math.sqrt(GRAVITY_M_S2 * gain_m)
        return reach_m / wave if wave > 0 else math.inf
    # Longest for water of 1 m; it falls with the root of the depth.
    deepest = deepest_m + gain_m
    longest = reach_m / math.sqrt(GRAVITY_M_S2)
    return longest / math.sqrt(deepest) if deepest > 0 else math.inf
