"""Running maxima of a flood: depth, speed, their product, hazard, times of first wetting."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.kernels.depth_rows import StoredWater
from citytwin.kernels.face_discharge import Row, StepNumbers, flow_depth
from citytwin.kernels.full_state import FullState
from citytwin.kernels.inertial_state import FlowState, Ground
from citytwin.kernels.wide_vectors import wide_vectors

# Rows of work space that `track_maxima` needs.
MAXIMA_WORK_ROWS = 4

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)


class Debris(NamedTuple):
    """What floating debris adds to the hazard rating.

    Parameters
    ----------
    depth_m
        Depth above which debris floats [m], >= 0.
    shallow, deep
        Debris factor up to that depth, and above it [-], 0 to 1: 0.5 and 1 beyond 0.25 m where
        debris cannot be ruled out (Surendran et al. 2008, supplementary note to FD2320).
    """

    depth_m: np.float32
    shallow: np.float32
    deep: np.float32


class FloodMaxima(NamedTuple):
    """What the run keeps of each cell; every array is changed in place.

    Parameters
    ----------
    depth_m
        Largest depth so far, shape (ny, nx), float32 [m].
    speed_m_s
        Largest speed so far, shape (ny, nx), float32 [m/s].
    depth_speed_m2_s
        Largest product of depth and speed at one time, shape (ny, nx), float32 [m2/s].
    hazard_rating
        Largest depth x (speed + 0.5) + debris factor at one time, shape (ny, nx), float32 [-].
    first_time_s
        Time at which the depth first reached each threshold, shape (k, ny, nx), float32 [s];
        NaN where it has not.
    threshold_m
        The thresholds, shape (k,), float32 [m], > 0.
    debris
        Of the hazard rating.
    """

    depth_m: NDArray[np.float32]
    speed_m_s: NDArray[np.float32]
    depth_speed_m2_s: NDArray[np.float32]
    hazard_rating: NDArray[np.float32]
    first_time_s: NDArray[np.float32]
    threshold_m: Row
    debris: Debris


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def face_speed(
    depth: np.float32, discharge: np.float32, froude_speed: np.float32, dry_depth_m: np.float32
) -> np.float32:
    """Return the speed through a face: discharge over flow depth.

    Parameters
    ----------
    depth
        Flow depth now [m], >= `dry_depth_m`.
    discharge
        Discharge per width [m2/s].
    froude_speed
        Froude limit times sqrt(gravity) [m^0.5/s].
    dry_depth_m
        Depth at which a face is closed [m].

    Returns
    -------
    numpy.float32
        Speed [m/s], with the sign of the discharge.

    Notes
    -----
    The depth has changed since the discharge was found, so the Froude limit is applied again:
    without it a face that has just run nearly dry would show any speed.
    """
    most = froude_speed * np.sqrt(depth)
    speed = max(-most, min(most, discharge / depth))
    return speed if depth > dry_depth_m else _ZERO


@njit(cache=True, nogil=True, error_model="numpy")
def _stamp_row(first: Row, depth: Row, threshold_m: np.float32, time_s: np.float32) -> None:
    """Write the time where a threshold is reached for the first time."""
    for i in range(first.shape[0]):
        old = first[i]
        stamped = time_s if depth[i] >= threshold_m else old
        first[i] = stamped if old != old else old


@njit(cache=True, nogil=True, error_model="numpy")
def _raise_maxima(
    maxima: FloodMaxima,
    j: int,
    water: StoredWater,
    speed: Row,
    dry_depth_m: np.float32,
    time_s: np.float32,
) -> None:
    """Bring the maxima of row `j` up to date."""
    wide_vectors()
    depth, debris = water.depth_m, maxima.debris
    deepest, fastest = maxima.depth_m, maxima.speed_m_s
    strongest, worst = maxima.depth_speed_m2_s, maxima.hazard_rating
    for i in range(speed.shape[0]):
        deep, fast = depth[j, i], speed[i]
        factor = debris.deep if deep > debris.depth_m else debris.shallow
        rating = deep * (fast + _HALF) + factor
        rating = rating if deep > dry_depth_m else _ZERO
        deepest[j, i] = max(deepest[j, i], deep)
        fastest[j, i] = max(fastest[j, i], fast)
        strongest[j, i] = max(strongest[j, i], deep * fast)
        worst[j, i] = max(worst[j, i], rating)
    for k in range(maxima.threshold_m.shape[0]):
        if water.row_depth_m[j] >= maxima.threshold_m[k]:
            _stamp_row(maxima.first_time_s[k, j], depth[j], maxima.threshold_m[k], time_s)


@njit(cache=True, nogil=True, error_model="numpy")
def _y_speed(out: Row, state: FlowState, ground: Ground, j: int, numbers: StepNumbers) -> None:
    """Speed through the north faces of row `j`; at the edges the one cell stands for both."""
    wide_vectors()
    depth, bed, through = state.depth_m, ground.bed_m, state.y_discharge
    dry, froude_speed = numbers.dry_depth_m, numbers.froude_speed
    ny, nx = depth.shape
    above, below = max(j - 1, 0), min(j, ny - 1)
    for i in range(nx):
        rise = bed[below, i] - bed[above, i]
        deep = flow_depth(depth[above, i], depth[below, i], rise, dry)
        out[i] = face_speed(deep, through[j, i], froude_speed, dry)


@njit(cache=True, nogil=True, error_model="numpy")
def _x_speed(out: Row, state: FlowState, ground: Ground, j: int, numbers: StepNumbers) -> None:
    """Speed through the nx + 1 west and east faces of row `j`."""
    wide_vectors()
    depth, bed, through = state.depth_m, ground.bed_m, state.x_discharge
    dry, froude_speed = numbers.dry_depth_m, numbers.froude_speed
    nx = depth.shape[1]
    for i in range(nx - 1):
        rise = bed[j, i + 1] - bed[j, i]
        deep = flow_depth(depth[j, i], depth[j, i + 1], rise, dry)
        out[i + 1] = face_speed(deep, through[j, i + 1], froude_speed, dry)
    out[0] = face_speed(max(dry, depth[j, 0]), through[j, 0], froude_speed, dry)
    out[nx] = face_speed(max(dry, depth[j, nx - 1]), through[j, nx], froude_speed, dry)


@njit(cache=True, nogil=True, error_model="numpy")
def _row_speed(
    out: Row, depth: Row, x_speed: Row, y_speed: tuple[Row, Row], dry_depth_m: np.float32
) -> None:
    """Length of the mean velocity of the faces of each cell."""
    wide_vectors()
    n = out.shape[0]
    west, east, (north, south) = x_speed[:n], x_speed[1:], y_speed
    for i in range(n):
        u = _HALF * (west[i] + east[i])
        v = _HALF * (north[i] + south[i])
        speed = np.sqrt(u * u + v * v)
        out[i] = speed if depth[i] > dry_depth_m else _ZERO


@njit(cache=True, nogil=True, error_model="numpy")
def track_maxima(
    maxima: FloodMaxima,
    state: FlowState,
    ground: Ground,
    work: NDArray[np.float32],
    numbers: StepNumbers,
    time_s: np.float32,
    begin: int,
    end: int,
) -> None:
    """Bring the running maxima of some rows up to the present state.

    Parameters
    ----------
    maxima
        Arrays of shape (ny, nx) and (k, ny, nx), changed in place.
    state
        Depth and discharge now (`x_discharge`, `y_discharge`), shapes as in `FlowState`.
    ground
        Bed and roughness, shape (ny, nx).
    work
        Work space, shape (MAXIMA_WORK_ROWS, nx + 1), float32.
    numbers
        Scalars of the step.
    time_s
        Time now [s].
    begin, end
        The rows; bands of them may be brought up at once, each with work space of its own.

    Notes
    -----
    Speed is the length of the mean of the face velocities q / h_flow, which stays bounded where a
    thin film lies below a step; depth x speed is the maximum of the product, not the product of
    the maxima (as AIDR 2017 needs it), and so is the hazard rating (DEFRA and Environment Agency
    2006, FD2320/TR1).
    """
    wide_vectors()
    nx = state.depth_m.shape[1]
    x_speed, speed = work[0], work[1, :nx]
    north, south = work[2, :nx], work[3, :nx]
    have_south = False
    for j in range(begin, end):
        north, south = south, north
        if state.row_depth_m[j] <= _ZERO:
            have_south = False
            continue
        depth = state.depth_m[j]
        if not have_south:
            _y_speed(north, state, ground, j, numbers)
        _y_speed(south, state, ground, j + 1, numbers)
        have_south = True
        _x_speed(x_speed[: nx + 1], state, ground, j, numbers)
        _row_speed(speed, depth, x_speed, (north, south), numbers.dry_depth_m)
        _raise_maxima(maxima, j, state, speed, numbers.dry_depth_m, time_s)


@njit(cache=True, nogil=True, error_model="numpy")
def track_cell_maxima(
    maxima: FloodMaxima,
    state: FullState,
    work: NDArray[np.float32],
    dry_depth_m: np.float32,
    time_s: np.float32,
) -> None:
    """Bring the running maxima up to the present state of the full solver.

    Parameters
    ----------
    maxima
        Arrays of shape (ny, nx) and (k, ny, nx), changed in place.
    state
        Depth and velocity now, arrays of shape (ny, nx).
    work
        Work space, shape (>= 1, >= nx), float32.
    dry_depth_m
        Depth at and below which there is no hazard [m].
    time_s
        Time now [s].
    """
    ny, nx = state.depth_m.shape
    speed = work[0, :nx]
    for j in range(ny):
        if state.row_depth_m[j] <= _ZERO:
            continue
        u, v = state.x_speed[j], state.y_speed[j]
        for i in range(nx):
            speed[i] = np.sqrt(u[i] * u[i] + v[i] * v[i])
        _raise_maxima(maxima, j, state, speed, dry_depth_m, time_s)
