"""Discharge of a box culvert: the control at its inlet or at its outlet, whichever lets less pass."""

from __future__ import annotations

import math

from numba import njit

from citytwin.kernels.face_discharge import GRAVITY_M_S2

# Square headwall with chamfered edges: table A.1 of HDS-5, chart 10, scale 1, form 2.
_K, _M, _C, _Y, _KS = 0.515, 0.667, 0.0375, 0.79, -0.5
_KU = 1.811  # for SI
_FREE_TO, _DROWNED_FROM = 3.5, 4.0
_STEEPEST = 0.1
_ENTRANCE_LOSS = 0.5
_CRITICAL = 2.0 / 3.0
_TWO_G = 2.0 * GRAVITY_M_S2


@njit(cache=True, nogil=True, error_model="numpy")
def inlet_discharge(head_m: float, width_m: float, height_m: float, slope: float) -> float:
    """Discharge that the inlet of a box culvert lets pass.

    Parameters
    ----------
    head_m
        Water above the invert of the inlet [m].
    width_m, height_m
        Of the opening [m], > 0.
    slope
        Fall of the barrel [-]; counts up to 0.1 either way.

    Returns
    -------
    float
        Discharge [m3/s], >= 0.

    Notes
    -----
    Schall et al. (2012), Hydraulic design of highway culverts (HDS-5, 3rd edition), FHWA, appendix
    A: equation A.2 (form 2) while the inlet is free, A.3 where it is drowned, a straight line
    between both; constants of a square headwall with chamfered edges.
    """
    if not head_m > 0.0:
        return 0.0
    depths = head_m / height_m
    scaled: float
    fall = _KS * min(max(slope, -_STEEPEST), _STEEPEST)
    free_to = _K * _FREE_TO**_M
    drowned_from = _C * _DROWNED_FROM**2 + _Y + fall
    if depths <= free_to:
        scaled = (depths / _K) ** (1.0 / _M)
    elif depths >= drowned_from:
        scaled = math.sqrt((depths - _Y - fall) / _C)
    else:
        share = (depths - free_to) / (drowned_from - free_to)
        scaled = _FREE_TO + share * (_DROWNED_FROM - _FREE_TO)
    return scaled * width_m * height_m * math.sqrt(height_m) / _KU


@njit(cache=True, nogil=True, error_model="numpy")
def culvert_discharge(
    first_m: float,
    second_m: float,
    first_level_m: float,
    second_level_m: float,
    width_m: float,
    height_m: float,
    length_m: float,
    manning: float,
) -> float:
    """Discharge through a box culvert towards the lower of two water levels.

    Parameters
    ----------
    first_m, second_m
        Water levels at both ends [m].
    first_level_m, second_level_m
        Inverts at both ends [m].
    width_m, height_m, length_m
        Of the barrel [m], > 0.
    manning
        Manning's n of the barrel [s/m^(1/3)], >= 0.

    Returns
    -------
    float
        Discharge [m3/s], positive from the first end to the second.

    Notes
    -----
    The lesser of the controls at the inlet (`inlet_discharge`) and at the outlet: HDS-5 equation
    3.6, head above the outflow = (1 + entrance loss of 0.5 + 2 g n^2 L / R^(4/3)) V^2 / 2 g. The
    barrel is as deep as the water at its outlet, at least two thirds of the head above the higher
    invert (the critical depth of a flow without losses) and at most full; the roof counts in R
    more and more over the last tenth of the height.
    """
    if first_m >= second_m:
        head, tail, inlet, outlet = first_m, second_m, first_level_m, second_level_m
    else:
        head, tail, inlet, outlet = second_m, first_m, second_level_m, first_level_m
    above = head - max(inlet, outlet)
    if not above > 0.0 or head == tail:
        return 0.0
    through_inlet = inlet_discharge(head - inlet, width_m, height_m, (inlet - outlet) / length_m)
    depth = min(max(tail - outlet, _CRITICAL * above), height_m)
    roof = min(max(10.0 * depth / height_m - 9.0, 0.0), 1.0)
    radius = width_m * depth / (width_m + 2.0 * depth + roof * width_m)
    loss = 1.0 + _ENTRANCE_LOSS + _TWO_G * manning**2 * length_m / radius ** (4.0 / 3.0)
    drop = max(head - max(tail, outlet + depth), 0.0)
    through_outlet = width_m * depth * math.sqrt(_TWO_G * drop / loss)
    flow: float = min(through_inlet, through_outlet)
    return flow if first_m >= second_m else -flow
