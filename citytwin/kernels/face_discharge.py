"""Discharge through a face between two cells: the local inertial momentum equation.

Functions of single numbers without a branch: the loops over a row that call them become vector
code. No fast-math flag is set and products are fused with sums by name alone (`fused`), so that
scalar tail, vector body and the interpreted function give the same bits.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.kernels.fused import fused

Row: TypeAlias = NDArray[np.float32]

GRAVITY_M_S2 = 9.80665

_CRITICAL_SPEED = np.float32(np.sqrt(GRAVITY_M_S2))  # of water 1 m deep
_ZERO = np.float32(0.0)
_TWO = np.float32(2.0)
_QUARTER = np.float32(0.25)
_THIRD = np.float32(1.0 / 3.0)
# Discharge [m2/s] taken as none: its square would fall out of the range of normal numbers, and
# still water far from any flow would be computed many times slower.
_STILL = np.float32(1e-15)
# Bit pattern from which one third of the bits of x is taken to start the root, and the polynomial
# that turns this start r into x^(-1/3) by E = x r^3, which is 0.579 to 0.702: the least largest
# error of r ((((E - d) E + c) E - b) E + a), 7e-8, found by weighted least squares (Lawson 1961).
# The start is so much too small that the term of fourth degree has the factor 1, which saves a
# multiplication.
_ROOT_SEED = np.float32(0x5486C000)
_ROOT_TERMS = (
    np.float32(2.17510152),
    np.float32(-3.40691745),
    np.float32(4.56862458),
    np.float32(-3.33159611),
)


class StepNumbers(NamedTuple):
    """The scalars of one time step, all float32.

    Parameters
    ----------
    quarter_gravity_dt
        A quarter of gravity times time step [m/s], > 0: friction is found from twice Manning's n.
    gravity_dt_per_cell
        Gravity times time step over cell size [1/s], > 0.
    dt_per_cell
        Time step over cell size [s/m], > 0.
    side_weight
        (1 - theta) / 2, largest weight of each neighbouring face [-], 0 to 0.25.
    side_weight_per_root
        Weight of each neighbouring face per square root of the flow depth [m^-0.5].
    dry_depth_m
        Flow depth at and below which a face carries nothing [m], > 0.
    froude_speed
        Froude limit times sqrt(gravity) [m^0.5/s]; infinite for no limit.
    rain_m
        Rain that falls during the step [m], >= 0.
    loss_m
        Depth that drains take during the step where there is water [m], >= 0.
    """

    quarter_gravity_dt: np.float32
    gravity_dt_per_cell: np.float32
    dt_per_cell: np.float32
    side_weight: np.float32
    side_weight_per_root: np.float32
    dry_depth_m: np.float32
    froude_speed: np.float32
    rain_m: np.float32
    loss_m: np.float32


class FaceCells(NamedTuple):
    """The two cells of a face: first = west or north, second = east or south.

    Parameters
    ----------
    depth_first, depth_second
        Water depth [m].
    bed_first, bed_second
        Bed level [m].
    manning_first, manning_second
        Manning's n [s/m^(1/3)].
    """

    depth_first: np.float32
    depth_second: np.float32
    bed_first: np.float32
    bed_second: np.float32
    manning_first: np.float32
    manning_second: np.float32


class NearbyDischarge(NamedTuple):
    """Discharge per width, at the start of the step, on and around a face.

    Parameters
    ----------
    before, here, after
        The previous face along the flow, the face itself, the next one [m2/s].
    across
        Sum of the discharges across the flow at the four faces that touch the two cells [m2/s].
        Pairs on either side of the face are added first, so a mirrored city gives the same sum.
    """

    before: np.float32
    here: np.float32
    after: np.float32
    across: np.float32


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def inverse_cube_root(x: np.float32) -> np.float32:
    """Return x^(-1/3): a seed from the bit pattern and a polynomial.

    Parameters
    ----------
    x
        Positive normal number [m or any unit].

    Returns
    -------
    numpy.float32
        The root [unit of `x` to the power -1/3]; relative error < 4e-7.

    Notes
    -----
    Only multiplications and sums: a call of ``pow`` per face would take most of the time of a step,
    and its last bit differs between libraries. There are eight; two Newton steps have eleven.
    """
    bits = np.float32(np.float32(x).view(np.int32))
    root = np.int32(fused(bits, -_THIRD, _ROOT_SEED)).view(np.float32)
    cube = (x * root) * (root * root)
    terms = fused(cube + _ROOT_TERMS[3], cube, _ROOT_TERMS[2])
    terms = fused(fused(terms, cube, _ROOT_TERMS[1]), cube, _ROOT_TERMS[0])
    exact: np.float32 = root * terms
    return exact


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def flow_depth(
    depth_first: np.float32, depth_second: np.float32, rise: np.float32, dry_depth_m: np.float32
) -> np.float32:
    """Return the flow depth of a face: highest water level minus highest bed.

    Parameters
    ----------
    depth_first, depth_second
        Water depth of the two cells [m].
    rise
        Bed level of the second cell less that of the first [m].
    dry_depth_m
        Smallest value that is returned [m]; a face at this value is closed.

    Returns
    -------
    numpy.float32
        Flow depth [m], never below `dry_depth_m`.

    Notes
    -----
    Written with depths and the step of the bed, not with levels, so that cities at 1000 m lose no
    digits; a cell with zero depth and a very high bed closes its faces without a mask.
    """
    fall = min(_ZERO, rise)
    from_first = depth_first - (rise - fall)
    from_second = depth_second + fall
    return max(dry_depth_m, from_second, from_first)


class FlowSection(NamedTuple):
    """The water in a face, per width of the face.

    Parameters
    ----------
    depth
        Highest water level minus the level from which water passes [m], >= `dry_depth_m`.
    area
        Area of flow [m]; on a level bed the depth.
    wave
        Square root of the hydraulic depth, area over width of the water surface [m^0.5].
    rough
        (2 n)^2 [s2/m^(2/3)] of a level bed on which this discharge has this friction slope.
    """

    depth: np.float32
    area: np.float32
    wave: np.float32
    rough: np.float32


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def moved_discharge(
    section: FlowSection, climb: np.float32, nearby: NearbyDischarge, numbers: StepNumbers
) -> np.float32:
    """Advance the discharge through a section by one time step.

    Parameters
    ----------
    section
        The water in the face.
    climb
        Water level of the second cell less that of the first [m].
    nearby
        Discharge at the start of the step.
    numbers
        Scalars of the step.

    Returns
    -------
    numpy.float32
        Discharge per width [m2/s], positive from the first cell to the second.

    Notes
    -----
    de Almeida, Bates, Freer and Souvignet (2012), eq. 8: the inertial equation of Bates, Horritt
    and Fewtrell (2010) with the discharge averaged over neighbouring faces (theta) and friction
    taken at the new time. Friction uses the length of the discharge VECTOR; the component across
    the face is the mean of the four faces that touch it. The result is limited to
    Froude number x sqrt(g h) h.

    The factor 1 / (1 + g dt n^2 |q| / h^(7/3)) is written as h^2 / (h^2 + g dt n^2 |q| h^(-1/3)):
    one division, and the error of the root counts once instead of seven times.

    The neighbours' weight falls with the local wave speed. With one weight everywhere the
    averaging acts once per step, so a deep river anywhere in the city, which shortens the step,
    would brake the flow in every street.
    """
    depth, here = section.depth, nearby.here
    side = min(numbers.side_weight, numbers.side_weight_per_root * section.wave)
    bend = fused(-_TWO, here, nearby.before + nearby.after)
    pull = numbers.gravity_dt_per_cell * section.area
    push = fused(-pull, climb, fused(side, bend, here))
    across = _QUARTER * nearby.across
    length = np.sqrt(fused(here, here, across * across))
    squared = depth * depth
    rough = numbers.quarter_gravity_dt * section.rough
    drag = length * inverse_cube_root(depth)
    discharge = (push * squared) / fused(rough, drag, squared)
    most = (numbers.froude_speed * section.area) * section.wave
    discharge = max(-most, min(most, discharge))
    moves = (depth > numbers.dry_depth_m) & (abs(discharge) > _STILL)
    return discharge if moves else _ZERO


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def face_discharge(cells: FaceCells, nearby: NearbyDischarge, numbers: StepNumbers) -> np.float32:
    """Advance the discharge through a face between level beds by one time step.

    Parameters
    ----------
    cells
        The two cells of the face.
    nearby
        Discharge at the start of the step.
    numbers
        Scalars of the step.

    Returns
    -------
    numpy.float32
        Discharge per width [m2/s], see `moved_discharge`.
    """
    rise = cells.bed_second - cells.bed_first
    depth = flow_depth(cells.depth_first, cells.depth_second, rise, numbers.dry_depth_m)
    climb = (cells.depth_second - cells.depth_first) + rise
    twice = cells.manning_first + cells.manning_second
    section = FlowSection(depth, depth, np.sqrt(depth), twice * twice)
    discharge: np.float32 = moved_discharge(section, climb, nearby, numbers)
    return discharge


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def edge_discharge(
    depth_m: np.float32, conveyance: np.float32, dry_depth_m: np.float32
) -> np.float32:
    """Return the free outflow over the edge of the grid: normal flow, at most critical flow.

    Parameters
    ----------
    depth_m
        Water depth of the cell at the edge [m].
    conveyance
        S_out / sqrt(S) / Manning's n of the cell [m^(1/3)/s], with the bed slope S and its part
        S_out across the edge; 0 closes the edge, a very large number gives critical flow.
    dry_depth_m
        Depth at and below which nothing leaves [m], > 0.

    Returns
    -------
    numpy.float32
        Outflow per width [m2/s], >= 0.

    Notes
    -----
    Normal flow is Manning's q = h^(5/3) sqrt(S) / n down the slope, critical flow q = h sqrt(g h).
    """
    depth = max(dry_depth_m, depth_m)
    normal = conveyance * (depth * depth) * inverse_cube_root(depth)
    critical = _CRITICAL_SPEED * depth * np.sqrt(depth)
    discharge = min(critical, normal)
    return discharge if depth > dry_depth_m else _ZERO
