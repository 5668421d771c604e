"""Running maxima of a flood: depth, speed, their product, hazard, times of first wetting."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.kernels.depth_rows import StoredWater
from citytwin.kernels.face_discharge import FaceCells, Row, StepNumbers, flow_depth
from citytwin.kernels.full_state import FullState
from citytwin.kernels.shallow_water import FlowState, Ground

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


@njit(cache=True, nogil=True, error_model="numpy")
def face_speed(out: Row, cells: FaceCells, discharge: Row, numbers: StepNumbers) -> None:
    """Speed through a row of faces: discharge over flow depth.

    Parameters
    ----------
    out
        Receives the speed, shape (n,), float32 [m/s], with the sign of the discharge.
    cells
        The two cells of each face, arrays of shape (n,).
    discharge
        Discharge per width, shape (n,), float32 [m2/s].
    numbers
        Scalars of the step.

    Notes
    -----
    The depth has changed since the discharge was found, so the Froude limit is applied again:
    without it a face that has just run nearly dry would show any speed.
    """
    flow_depth(out, cells, numbers.dry_depth_m)
    dry, froude_speed = numbers.dry_depth_m, numbers.froude_speed
    for i in range(out.shape[0]):
        depth = out[i]
        most = froude_speed * np.sqrt(depth)
        speed = discharge[i] / depth
        speed = min(most, speed)
        speed = max(-most, speed)
        out[i] = speed if depth > dry else _ZERO


@njit(cache=True, nogil=True, error_model="numpy")
def _row_speed(
    out: Row, depth: Row, x_speed: Row, y_speed: tuple[Row, Row], dry_depth_m: np.float32
) -> None:
    """Length of the mean velocity of the faces of each cell."""
    n = out.shape[0]
    west, east, (north, south) = x_speed[:n], x_speed[1:], y_speed
    for i in range(n):
        u = _HALF * (west[i] + east[i])
        v = _HALF * (north[i] + south[i])
        speed = np.sqrt(u * u + v * v)
        out[i] = speed if depth[i] > dry_depth_m else _ZERO


@njit(cache=True, nogil=True, error_model="numpy")
def _raise_row(largest: Row, value: Row) -> None:
    """Take the larger of two rows."""
    for i in range(largest.shape[0]):
        largest[i] = max(largest[i], value[i])


@njit(cache=True, nogil=True, error_model="numpy")
def _raise_rating(
    largest: Row, depth: Row, speed: Row, debris: Debris, dry_depth_m: np.float32
) -> None:
    """Take the larger of the hazard ratings so far and now."""
    for i in range(largest.shape[0]):
        factor = debris.deep if depth[i] > debris.depth_m else debris.shallow
        rating = depth[i] * (speed[i] + _HALF) + factor
        rating = rating if depth[i] > dry_depth_m else _ZERO
        largest[i] = max(largest[i], rating)


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
    """Bring the maxima of row `j` up to date; `speed` is replaced."""
    depth, deepest = water.depth_m[j], water.row_depth_m[j]
    _raise_row(maxima.depth_m[j], depth)
    _raise_row(maxima.speed_m_s[j], speed)
    _raise_rating(maxima.hazard_rating[j], depth, speed, maxima.debris, dry_depth_m)
    for i in range(speed.shape[0]):
        speed[i] = speed[i] * depth[i]
    _raise_row(maxima.depth_speed_m2_s[j], speed)
    for k in range(maxima.threshold_m.shape[0]):
        if deepest >= maxima.threshold_m[k]:
            _stamp_row(maxima.first_time_s[k, j], depth, maxima.threshold_m[k], time_s)


@njit(cache=True, nogil=True, error_model="numpy")
def _y_speed(out: Row, state: FlowState, ground: Ground, j: int, numbers: StepNumbers) -> None:
    """Speed through the north faces of row `j`; at the edges the one cell stands for both."""
    ny = state.depth_m.shape[0]
    above, below = max(j - 1, 0), min(j, ny - 1)
    depth, bed, manning = state.depth_m, ground.bed_m, ground.manning
    cells = FaceCells(
        depth[above], depth[below], bed[above], bed[below], manning[above], manning[below]
    )
    face_speed(out, cells, state.y_discharge[j], numbers)


@njit(cache=True, nogil=True, error_model="numpy")
def _x_speed(out: Row, state: FlowState, ground: Ground, j: int, numbers: StepNumbers) -> None:
    """Speed through the nx + 1 west and east faces of row `j`."""
    depth, bed, manning = state.depth_m[j], ground.bed_m[j], ground.manning[j]
    discharge = state.x_discharge[j]
    n = depth.shape[0]
    inner = FaceCells(
        depth[: n - 1], depth[1:], bed[: n - 1], bed[1:], manning[: n - 1], manning[1:]
    )
    face_speed(out[1:n], inner, discharge[1:n], numbers)
    first = FaceCells(depth[:1], depth[:1], bed[:1], bed[:1], manning[:1], manning[:1])
    face_speed(out[:1], first, discharge[:1], numbers)
    end, ground_end, rough_end = depth[n - 1 :], bed[n - 1 :], manning[n - 1 :]
    last = FaceCells(end, end, ground_end, ground_end, rough_end, rough_end)
    face_speed(out[n : n + 1], last, discharge[n : n + 1], numbers)


@njit(cache=True, nogil=True, error_model="numpy")
def track_maxima(
    maxima: FloodMaxima,
    state: FlowState,
    ground: Ground,
    work: NDArray[np.float32],
    numbers: StepNumbers,
    time_s: np.float32,
) -> None:
    """Bring the running maxima up to the present state.

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

    Notes
    -----
    Speed is the length of the mean of the face velocities q / h_flow, which stays bounded where a
    thin film lies below a step; depth x speed is the maximum of the product, not the product of
    the maxima (as AIDR 2017 needs it), and so is the hazard rating (DEFRA and Environment Agency
    2006, FD2320/TR1).
    """
    ny, nx = state.depth_m.shape
    x_speed, speed = work[0], work[1, :nx]
    north, south = work[2, :nx], work[3, :nx]
    have_south = False
    for j in range(ny):
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
