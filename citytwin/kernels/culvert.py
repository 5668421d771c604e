"""Discharge of a culvert: the control at its inlet or at its outlet, whichever lets less pass."""

from __future__ import annotations

import math
from typing import NamedTuple

from numba import njit

from citytwin.kernels.culvert_inlets import INLET_NUMBERS
from citytwin.kernels.face_discharge import GRAVITY_M_S2

_KU = 1.811  # for SI
_FREE_TO, _DROWNED_FROM = 3.5, 4.0
_STEEPEST = 0.1
_CRITICAL = 2.0 / 3.0
_TWO_G = 2.0 * GRAVITY_M_S2
_HALVINGS = 40


@njit(cache=True, nogil=True, error_model="numpy")
def _pipe_section(depth_m: float, diameter_m: float) -> tuple[float, float, float]:
    """Area [m2], surface width and wetted perimeter [m] of a pipe filled to a depth."""
    angle = 2.0 * math.acos(max(1.0 - 2.0 * depth_m / diameter_m, -1.0))
    area = 0.125 * diameter_m**2 * (angle - math.sin(angle))
    return area, diameter_m * math.sin(0.5 * angle), 0.5 * diameter_m * angle


@njit(cache=True, nogil=True, error_model="numpy")
def _critical(
    depth_m: float, width_m: float, height_m: float, is_pipe: bool
) -> tuple[float, float]:
    """Discharge [m3/s] that is critical at a depth, and its head above the invert [m]."""
    area, surface = width_m * depth_m, width_m
    if is_pipe:
        area, surface, _ = _pipe_section(depth_m, height_m)
    middle = area / max(surface, 1e-9 * height_m)
    return area * math.sqrt(GRAVITY_M_S2 * middle), depth_m + 0.5 * middle


@njit(cache=True, nogil=True, error_model="numpy")
def _free_inlet(
    heads: float, width_m: float, height_m: float, scale: float, fall: float, inlet: int
) -> tuple[float, float]:
    """Scaled discharge of a free inlet of form 1, and the head over its height to which it is free.

    Both by halving the critical depth, with which discharge and head grow.
    """
    numbers = INLET_NUMBERS[inlet]
    is_pipe, k, m = numbers[0] > 0.0, numbers[2], numbers[3]
    low, high = 0.0, height_m
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        if _critical(middle, width_m, height_m, is_pipe)[0] < _FREE_TO * scale:
            low = middle
        else:
            high = middle
    free_to = _critical(low, width_m, height_m, is_pipe)[1] / height_m + k * _FREE_TO**m + fall
    low = 0.0
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        flow, head = _critical(middle, width_m, height_m, is_pipe)
        if head / height_m + k * (flow / scale) ** m + fall < heads:
            low = middle
        else:
            high = middle
    return _critical(low, width_m, height_m, is_pipe)[0] / scale, free_to


@njit(cache=True, nogil=True, error_model="numpy")
def inlet_discharge(
    head_m: float, width_m: float, height_m: float, slope: float, inlet: int = 0
) -> float:
    """Discharge that the inlet of a culvert lets pass.

    Parameters
    ----------
    head_m
        Water above the invert of the inlet [m].
    width_m, height_m
        Of the opening [m], > 0; of a pipe its height is the diameter.
    slope
        Fall of the barrel [-]; counts up to 0.1 either way.
    inlet
        Place in `INLETS`.

    Returns
    -------
    float
        Discharge [m3/s], >= 0.

    Notes
    -----
    Schall et al. (2012), Hydraulic design of highway culverts (HDS-5, 3rd edition), FHWA, appendix
    A: equations A.1 (form 1) or A.2 (form 2) while the inlet is free, A.3 where it is drowned, a
    straight line between both; constants of `INLETS`.
    """
    if not head_m > 0.0:
        return 0.0
    numbers = INLET_NUMBERS[inlet]
    k, m, c, y = numbers[2], numbers[3], numbers[4], numbers[5]
    area = width_m * height_m
    if numbers[0] > 0.0:
        area = 0.25 * math.pi * height_m**2
    scale = area * math.sqrt(height_m) / _KU
    depths = head_m / height_m
    scaled: float
    fall = numbers[6] * min(max(slope, -_STEEPEST), _STEEPEST)
    drowned_from = c * _DROWNED_FROM**2 + y + fall
    if numbers[1] == 1.0:
        scaled, free_to = _free_inlet(depths, width_m, height_m, scale, fall, inlet)
    else:
        scaled, free_to = (depths / k) ** (1.0 / m), k * _FREE_TO**m
    if depths >= drowned_from:
        scaled = math.sqrt((depths - y - fall) / c)
    elif depths > free_to:
        share = (depths - free_to) / (drowned_from - free_to)
        scaled = _FREE_TO + share * (_DROWNED_FROM - _FREE_TO)
    return scaled * scale


class Barrel(NamedTuple):
    """What leads the water.

    Parameters
    ----------
    width_m, height_m, length_m
        Size [m], > 0; of a pipe the height is the diameter.
    manning
        Manning's n [s/m^(1/3)], >= 0.
    inlet
        Place of its inlet in `INLETS`; the same at both ends.
    """

    width_m: float
    height_m: float
    length_m: float
    manning: float
    inlet: int = 0


@njit(cache=True, nogil=True, error_model="numpy")
def culvert_discharge(
    first_m: float,
    second_m: float,
    first_level_m: float,
    second_level_m: float,
    barrel: Barrel,
) -> float:
    """Discharge through a culvert towards the lower of two water levels.

    Parameters
    ----------
    first_m, second_m
        Water levels at both ends [m].
    first_level_m, second_level_m
        Inverts at both ends [m].
    barrel
        Between them.

    Returns
    -------
    float
        Discharge [m3/s], positive from the first end to the second.

    Notes
    -----
    The lesser of the controls at the inlet (`inlet_discharge`) and at the outlet: HDS-5 equation
    3.6, head above the outflow = (1 + entrance loss + 2 g n^2 L / R^(4/3)) V^2 / 2 g. The
    barrel is as deep as the water at its outlet, at least two thirds of the head above the higher
    invert (the critical depth of a flow without losses in a box) and at most full; the roof of a box
    counts in R more and more over the last tenth of the height.
    """
    width_m, height_m, length_m, manning, inlet = barrel
    if first_m >= second_m:
        head, tail, upper, outlet = first_m, second_m, first_level_m, second_level_m
    else:
        head, tail, upper, outlet = second_m, first_m, second_level_m, first_level_m
    above = head - max(upper, outlet)
    if not above > 0.0 or head == tail:
        return 0.0
    slope = (upper - outlet) / length_m
    through_inlet = inlet_discharge(head - upper, width_m, height_m, slope, inlet)
    depth = min(max(tail - outlet, _CRITICAL * above), height_m)
    roof = min(max(10.0 * depth / height_m - 9.0, 0.0), 1.0)
    area = width_m * depth
    radius = area / (width_m + 2.0 * depth + roof * width_m)
    if INLET_NUMBERS[inlet, 0] > 0.0:
        area, _, perimeter = _pipe_section(depth, height_m)
        radius = area / perimeter
    loss = 1.0 + INLET_NUMBERS[inlet, 7] + _TWO_G * manning**2 * length_m / radius ** (4.0 / 3.0)
    drop = max(head - max(tail, outlet + depth), 0.0)
    through_outlet = area * math.sqrt(_TWO_G * drop / loss)
    flow: float = min(through_inlet, through_outlet)
    return flow if first_m >= second_m else -flow
