"""One time step of the local inertial shallow-water equations on a staggered grid.

A single sweep from north to south: faces of a row, limiter, then the depths of the row above, so
that all rows in use stay in the cache. Rows without water are passed over; the result has the
same bits as if they had been computed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.kernels.depth_rows import deposit, drain, largest
from citytwin.kernels.donor_limiter import CellFaces, donor_share, limit_discharge
from citytwin.kernels.face_discharge import (
    FACE_WORK_ROWS,
    FaceCells,
    NearbyDischarge,
    Row,
    StepNumbers,
    edge_discharge,
    face_discharge,
)

# Bed level of cells that hold no water: their faces are closed because no water level reaches it.
CLOSED_BED_M = np.float32(1e6)
# Two rows of shares, one of outflow, one of depth change, besides those of the faces.
STEP_WORK_ROWS = FACE_WORK_ROWS + 4

_ZERO = np.float32(0.0)


class Ground(NamedTuple):
    """What does not change during a run.

    Parameters
    ----------
    bed_m
        Bed level, shape (ny, nx), float32 [m]; CLOSED_BED_M in cells that hold no water.
    manning
        Manning's n, shape (ny, nx), float32 [s/m^(1/3)], finite, >= 0.
    rain_weight
        Share of the rain of one cell that each cell receives, shape (ny, nx), float32 [-]; 0 in
        closed cells, more than 1 where roofs drain to.
    north, south
        Conveyance of the edge, see `edge_discharge`, shape (nx,), float32 [m^(1/3)/s].
    west, east
        The same, shape (ny,).
    """

    bed_m: NDArray[np.float32]
    manning: NDArray[np.float32]
    rain_weight: NDArray[np.float32]
    north: Row
    south: Row
    west: Row
    east: Row


class FlowState(NamedTuple):
    """Water on the ground; every array is changed in place.

    Parameters
    ----------
    depth_m
        Water depth, shape (ny, nx), float32 [m], >= 0.
    residual_m
        What rounding has left out of `depth_m`, shape (ny, nx), float32 [m].
    row_depth_m
        Largest depth of each row, shape (ny,), float32 [m].
    x_discharge
        Discharge per width through west and east faces at the start of the step, shape
        (ny, nx + 1), float32 [m2/s], positive to the east.
    y_discharge
        The same through north and south faces, shape (ny + 1, nx), positive to the south.
    x_next, y_next
        Receive the discharges at the end of the step, shapes as above.
    """

    depth_m: NDArray[np.float32]
    residual_m: NDArray[np.float32]
    row_depth_m: Row
    x_discharge: NDArray[np.float32]
    y_discharge: NDArray[np.float32]
    x_next: NDArray[np.float32]
    y_next: NDArray[np.float32]


@njit(cache=True, nogil=True, error_model="numpy")
def _x_faces(
    state: FlowState, ground: Ground, j: int, work: NDArray[np.float32], numbers: StepNumbers
) -> None:
    """Advance the faces between the cells of row `j`."""
    depth, bed, manning = state.depth_m[j], ground.bed_m[j], ground.manning[j]
    along = state.x_discharge[j]
    north, south = state.y_discharge[j], state.y_discharge[j + 1]
    n = depth.shape[0] - 1
    cells = FaceCells(depth[:n], depth[1:], bed[:n], bed[1:], manning[:n], manning[1:])
    nearby = NearbyDischarge(
        along[:n], along[1 : n + 1], along[2:], north[:n], north[1:], south[:n], south[1:]
    )
    face_discharge(state.x_next[j, 1 : n + 1], cells, nearby, work, numbers)


@njit(cache=True, nogil=True, error_model="numpy")
def _y_faces(
    state: FlowState, ground: Ground, j: int, work: NDArray[np.float32], numbers: StepNumbers
) -> None:
    """Advance the faces between the rows `j - 1` and `j`."""
    depth, bed, manning = state.depth_m, ground.bed_m, ground.manning
    along, across = state.y_discharge, state.x_discharge
    nx = depth.shape[1]
    cells = FaceCells(depth[j - 1], depth[j], bed[j - 1], bed[j], manning[j - 1], manning[j])
    nearby = NearbyDischarge(
        along[j - 1],
        along[j],
        along[j + 1],
        across[j - 1, :nx],
        across[j, :nx],
        across[j - 1, 1:],
        across[j, 1:],
    )
    face_discharge(state.y_next[j], cells, nearby, work, numbers)


@njit(cache=True, nogil=True, error_model="numpy")
def _edge_faces(
    state: FlowState, ground: Ground, work: NDArray[np.float32], numbers: StepNumbers
) -> None:
    """Set the outflow through the four edges of the grid."""
    ny, nx = state.depth_m.shape
    dry = numbers.dry_depth_m
    edge_discharge(state.y_next[ny], state.depth_m[ny - 1], ground.south, work, dry)
    edge_discharge(state.y_next[0], state.depth_m[0], ground.north, work, dry)
    for i in range(nx):
        state.y_next[0, i] = -state.y_next[0, i]
    column, out = work[FACE_WORK_ROWS, :ny], work[FACE_WORK_ROWS + 1, :ny]
    column[:] = state.depth_m[:, 0]
    edge_discharge(out, column, ground.west, work, dry)
    for j in range(ny):
        state.x_next[j, 0] = -out[j]
    column[:] = state.depth_m[:, nx - 1]
    edge_discharge(out, column, ground.east, work, dry)
    state.x_next[:, nx] = out


@njit(cache=True, nogil=True, error_model="numpy")
def _balance_row(
    state: FlowState, ground: Ground, j: int, gain: Row, numbers: StepNumbers
) -> float:
    """Bring the depths of row `j` to the end of the step; return the drained depth."""
    depth, residual, weight = state.depth_m[j], state.residual_m[j], ground.rain_weight[j]
    north, south = state.y_next[j], state.y_next[j + 1]
    nx = depth.shape[0]
    west, east = state.x_next[j, :nx], state.x_next[j, 1:]
    scale, rain = numbers.dt_per_cell, numbers.rain_m
    for i in range(nx):
        gain[i] = scale * ((west[i] - east[i]) + (north[i] - south[i]))
    if rain > _ZERO:
        for i in range(nx):
            gain[i] = gain[i] + weight[i] * rain
    deposit(depth, residual, gain)
    taken = drain(depth, residual, gain, numbers.loss_m) if numbers.loss_m > _ZERO else 0.0
    largest(depth, state.row_depth_m[j : j + 1])
    return taken


@njit(cache=True, nogil=True, error_model="numpy")
def _row_is_wet(state: FlowState, j: int) -> bool:
    """Whether row `j` exists and holds water (a NaN counts as water)."""
    return 0 <= j < state.row_depth_m.shape[0] and not state.row_depth_m[j] <= _ZERO


@njit(cache=True, nogil=True, error_model="numpy")
def _open_faces(
    state: FlowState, ground: Ground, j: int, work: NDArray[np.float32], numbers: StepNumbers
) -> None:
    """Advance the faces inside row `j` and those below it; faces between dry cells are zero."""
    ny, nx = state.depth_m.shape
    wet = _row_is_wet(state, j)
    if wet:
        _x_faces(state, ground, j, work, numbers)
    else:
        state.x_next[j, 1:nx] = _ZERO
    if j + 1 < ny:
        if wet or _row_is_wet(state, j + 1):
            _y_faces(state, ground, j + 1, work, numbers)
        else:
            state.y_next[j + 1, :] = _ZERO


@njit(cache=True, nogil=True, error_model="numpy")
def _limit_row(state: FlowState, j: int, share: Row, row: Row, dt_per_cell: np.float32) -> bool:
    """Find the shares of row `j` and limit its west and east faces; return whether any was."""
    nx = state.depth_m.shape[1]
    x_next = state.x_next[j]
    faces = CellFaces(x_next[:nx], x_next[1:], state.y_next[j], state.y_next[j + 1])
    if not donor_share(share, row, state.depth_m[j], faces, dt_per_cell):
        return False
    limit_discharge(x_next[1:nx], share[: nx - 1], share[1:])
    limit_discharge(x_next[:1], share[:1], share[:1])
    limit_discharge(x_next[nx:], share[nx - 1 :], share[nx - 1 :])
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def advance(
    state: FlowState, ground: Ground, work: NDArray[np.float32], numbers: StepNumbers
) -> float:
    """Advance depth and discharge by one time step.

    Parameters
    ----------
    state
        Arrays of shape (ny, nx), (ny, nx + 1), (ny + 1, nx) and (ny,), changed in place; the
        caller exchanges `x_next`, `y_next` with `x_discharge`, `y_discharge` after the step.
    ground
        Arrays of shape (ny, nx), (nx,) and (ny,).
    work
        Work space, shape (STEP_WORK_ROWS, max(ny, nx) + 1), float32.
    numbers
        Scalars of the step; the step must satisfy dt <= alpha dx / sqrt(g largest depth).

    Returns
    -------
    float
        Sum over the cells of the depth taken by drains, float64 [m].

    Notes
    -----
    de Almeida et al. (2012) on a staggered grid; the depth balance is exact up to rounding since
    each face is computed once and limited before both of its cells use it.
    """
    ny, nx = state.depth_m.shape
    share, share_above = work[FACE_WORK_ROWS, :nx], work[FACE_WORK_ROWS + 1, :nx]
    row = work[FACE_WORK_ROWS + 2, :nx]
    rains = numbers.rain_m > _ZERO
    drained = 0.0
    active_above, limited_above = False, False
    _edge_faces(state, ground, work, numbers)
    for j in range(ny):
        active = _row_is_wet(state, j - 1) or _row_is_wet(state, j) or _row_is_wet(state, j + 1)
        _open_faces(state, ground, j, work, numbers)
        share, share_above = share_above, share
        limited = active and _limit_row(state, j, share, row, numbers.dt_per_cell)
        if not active:
            share[:] = np.float32(1.0)
        if limited or limited_above:
            limit_discharge(state.y_next[j], share_above if j > 0 else share, share)
        if j > 0 and (active_above or rains):
            drained += _balance_row(state, ground, j - 1, row, numbers)
        active_above, limited_above = active, limited
    if limited_above:
        limit_discharge(state.y_next[ny], share, share)
    if active_above or rains:
        drained += _balance_row(state, ground, ny - 1, row, numbers)
    return drained
