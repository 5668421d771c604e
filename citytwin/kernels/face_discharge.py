"""Discharge through the faces of one row of cells: the local inertial momentum equation.

Every loop reads rows that are already shifted and uses one index, so that the compiler makes
vector code of it; no fast-math flag is set, so that scalar tail, vector body and the interpreted
function give the same bits.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

Row: TypeAlias = NDArray[np.float32]

GRAVITY_M_S2 = 9.80665

# Rows of work space that `face_discharge` and `edge_discharge` need.
FACE_WORK_ROWS = 5

_ZERO = np.float32(0.0)
_QUARTER = np.float32(0.25)
_HALF = np.float32(0.5)
_THIRD = np.float32(1.0 / 3.0)
_FOUR_THIRDS = np.float32(4.0 / 3.0)
# Discharge [m2/s] taken as none: its square would fall out of the range of normal numbers, and
# still water far from any flow would be computed many times slower.
_STILL = np.float32(1e-15)
# Bit pattern from which one third of the bits of x is taken to start the root (error < 4 %).
_ROOT_SEED = np.float32(0x54A21D2A)


class StepNumbers(NamedTuple):
    """The scalars of one time step, all float32.

    Parameters
    ----------
    gravity_dt
        Gravity times time step [m/s], > 0.
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

    gravity_dt: np.float32
    gravity_dt_per_cell: np.float32
    dt_per_cell: np.float32
    side_weight: np.float32
    side_weight_per_root: np.float32
    dry_depth_m: np.float32
    froude_speed: np.float32
    rain_m: np.float32
    loss_m: np.float32


class FaceCells(NamedTuple):
    """The two cells of each face of a row: first = west or north, second = east or south.

    Parameters
    ----------
    depth_first, depth_second
        Water depth, shape (n,) [m].
    bed_first, bed_second
        Bed level, shape (n,) [m].
    manning_first, manning_second
        Manning's n, shape (n,) [s/m^(1/3)].
    """

    depth_first: Row
    depth_second: Row
    bed_first: Row
    bed_second: Row
    manning_first: Row
    manning_second: Row


class NearbyDischarge(NamedTuple):
    """Discharge per width, at the start of the step, on and around the faces of a row.

    Parameters
    ----------
    before, here, after
        The previous face along the flow, the face itself, the next one, shape (n,) [m2/s].
    across_first_low, across_second_low, across_first_high, across_second_high
        Discharge across the flow at the four faces that touch the two cells, shape (n,) [m2/s].
    """

    before: Row
    here: Row
    after: Row
    across_first_low: Row
    across_second_low: Row
    across_first_high: Row
    across_second_high: Row


@njit(cache=True, nogil=True, error_model="numpy")
def inverse_cube_root(out: Row, x: Row) -> None:
    """Write x^(-1/3) of a row: a seed from the bit pattern and three Newton steps.

    Parameters
    ----------
    out
        Receives the root, shape (n,), float32 [unit of `x` to the power -1/3]; relative error
        < 3e-7.
    x
        Positive normal numbers, shape (n,), float32 [m or any unit].

    Notes
    -----
    Only multiplications and subtractions: a call of ``pow`` per face would take most of the time
    of a step, and its last bit differs between libraries.
    """
    n = x.shape[0]
    seed_bits = out.view(np.int32)
    x_bits = x.view(np.int32)
    for i in range(n):
        seed_bits[i] = np.int32(_ROOT_SEED - np.float32(x_bits[i]) * _THIRD)
    for i in range(n):
        root = out[i]
        third = x[i] * _THIRD
        root = root * (_FOUR_THIRDS - third * ((root * root) * root))
        root = root * (_FOUR_THIRDS - third * ((root * root) * root))
        root = root * (_FOUR_THIRDS - third * ((root * root) * root))
        out[i] = root


@njit(cache=True, nogil=True, error_model="numpy")
def flow_depth(out: Row, cells: FaceCells, dry_depth_m: np.float32) -> None:
    """Write the flow depth of each face: highest water level minus highest bed.

    Parameters
    ----------
    out
        Receives the flow depth, shape (n,), float32 [m], never below `dry_depth_m`.
    cells
        The two cells of each face, arrays of shape (n,) [m].
    dry_depth_m
        Smallest value that is written [m]; a face at this value is closed.

    Notes
    -----
    Written with depths and the step of the bed, not with levels, so that cities at 1000 m lose no
    digits; a cell with zero depth and a very high bed closes its faces without a mask.
    """
    n = out.shape[0]
    depth_first, depth_second = cells.depth_first, cells.depth_second
    bed_first, bed_second = cells.bed_first, cells.bed_second
    for i in range(n):
        rise = bed_second[i] - bed_first[i]
        from_first = depth_first[i] - (max(_ZERO, rise))
        from_second = depth_second[i] - (-rise if rise < _ZERO else _ZERO)
        depth = max(from_second, from_first)
        out[i] = max(dry_depth_m, depth)


@njit(cache=True, nogil=True, error_model="numpy")
def face_discharge(
    out: Row,
    cells: FaceCells,
    nearby: NearbyDischarge,
    work: NDArray[np.float32],
    numbers: StepNumbers,
) -> None:
    """Advance the discharge through a row of faces by one time step.

    Parameters
    ----------
    out
        Receives discharge per width, shape (n,), float32 [m2/s], positive from the first cell
        to the second.
    cells
        The two cells of each face, arrays of shape (n,).
    nearby
        Discharge at the start of the step, arrays of shape (n,) [m2/s].
    work
        Work space, shape (FACE_WORK_ROWS, >= n), float32.
    numbers
        Scalars of the step.

    Notes
    -----
    de Almeida, Bates, Freer and Souvignet (2012), eq. 8: the inertial equation of Bates, Horritt
    and Fewtrell (2010) with the discharge averaged over neighbouring faces (theta) and friction
    taken at the new time. Friction uses the length of the discharge VECTOR; the component across
    the face is the mean of the four faces that touch it. The result is limited to
    Froude number x sqrt(g h) h.

    The neighbours' weight falls with the local wave speed. With one weight everywhere the
    averaging acts once per step, so a deep river anywhere in the city, which shortens the step,
    would brake the flow in every street.
    """
    n = out.shape[0]
    depth, push, root, length = work[0, :n], work[1, :n], work[2, :n], work[3, :n]
    wave = work[4, :n]
    depth_first, depth_second = cells.depth_first, cells.depth_second
    bed_first, bed_second = cells.bed_first, cells.bed_second
    manning_first, manning_second = cells.manning_first, cells.manning_second
    before, here, after = nearby.before, nearby.here, nearby.after
    low_first, low_second = nearby.across_first_low, nearby.across_second_low
    high_first, high_second = nearby.across_first_high, nearby.across_second_high
    side_most, side_per_root = numbers.side_weight, numbers.side_weight_per_root
    dry, froude_speed = numbers.dry_depth_m, numbers.froude_speed
    gravity_dt, gravity_dt_per_cell = numbers.gravity_dt, numbers.gravity_dt_per_cell

    flow_depth(depth, cells, dry)
    inverse_cube_root(root, depth)
    for i in range(n):
        climb = (depth_second[i] - depth_first[i]) + (bed_second[i] - bed_first[i])
        push[i] = gravity_dt_per_cell * depth[i] * climb
        wave[i] = np.sqrt(depth[i])
    for i in range(n):
        side = min(side_most, side_per_root * wave[i])
        bend = (before[i] + after[i]) - np.float32(2.0) * here[i]
        push[i] = (here[i] + side * bend) - push[i]
    for i in range(n):
        # The pairs lie on either side of the face, so a mirrored city gives the same sum.
        total = (low_first[i] + low_second[i]) + (high_first[i] + high_second[i])
        across = _QUARTER * total
        length[i] = np.sqrt(here[i] * here[i] + across * across)
    for i in range(n):
        manning = _HALF * (manning_first[i] + manning_second[i])
        squared = root[i] * root[i]
        steep = (squared * squared) * squared * root[i]
        friction = gravity_dt * (manning * manning) * length[i] * steep
        discharge = push[i] / (np.float32(1.0) + friction)
        most = froude_speed * depth[i] * wave[i]
        discharge = min(most, discharge)
        discharge = max(-most, discharge)
        moves = (depth[i] > dry) & (abs(discharge) > _STILL)
        out[i] = discharge if moves else _ZERO


@njit(cache=True, nogil=True, error_model="numpy")
def edge_discharge(
    out: Row,
    depth_m: Row,
    conveyance: Row,
    work: NDArray[np.float32],
    dry_depth_m: np.float32,
) -> None:
    """Free outflow over the edge of the grid: normal flow, at most critical flow.

    Parameters
    ----------
    out
        Receives the outflow per width, shape (n,), float32 [m2/s], >= 0.
    depth_m
        Water depth of the cells at the edge, shape (n,), float32 [m].
    conveyance
        S_out / sqrt(S) / Manning's n of these cells, shape (n,), float32 [m^(1/3)/s], with the bed
        slope S and its part S_out across the edge; 0 closes the edge, a very large number gives
        critical flow.
    work
        Work space, shape (FACE_WORK_ROWS, >= n), float32.
    dry_depth_m
        Depth at and below which nothing leaves [m], > 0.

    Notes
    -----
    Normal flow is Manning's q = h^(5/3) sqrt(S) / n down the slope, critical flow q = h sqrt(g h).
    """
    n = out.shape[0]
    depth, root = work[0, :n], work[1, :n]
    critical_speed = np.float32(np.sqrt(GRAVITY_M_S2))
    for i in range(n):
        depth[i] = max(dry_depth_m, depth_m[i])
    inverse_cube_root(root, depth)
    for i in range(n):
        normal = conveyance[i] * (depth[i] * depth[i]) * root[i]
        critical = critical_speed * depth[i] * np.sqrt(depth[i])
        discharge = min(critical, normal)
        out[i] = discharge if depth[i] > dry_depth_m else _ZERO
