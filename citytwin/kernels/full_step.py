"""One time step of the full shallow-water equations: Euler, or Heun with slopes inside cells.

A single sweep from north to south: fluxes of a row, limiter, then the cells of the row above, so
that all rows in use stay in the cache. Rows without water are passed over; the result has the
same bits as if they had been computed.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.kernels.depth_rows import drain
from citytwin.kernels.donor_limiter import CellFaces, donor_share, limit_discharge
from citytwin.kernels.face_discharge import Row
from citytwin.kernels.full_balance import note_largest
from citytwin.kernels.full_edges import edge_fluxes
from citytwin.kernels.full_faces import x_fluxes, x_slopes, y_fluxes, y_slopes
from citytwin.kernels.full_rows import euler_row, heun_row
from citytwin.kernels.full_state import EdgeFlow, FullNumbers, FullState, FullWork
from citytwin.kernels.inertial_state import Ground
from citytwin.kernels.wide_vectors import wide_vectors
from citytwin.kernels.window import Window

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)


@njit(cache=True, nogil=True, error_model="numpy")
def _is_wet(state: FullState, j: int) -> bool:
    """Whether row `j` exists and holds water (a NaN counts as water)."""
    return 0 <= j < state.row_depth_m.shape[0] and not state.row_depth_m[j] <= _ZERO


@njit(cache=True, nogil=True, error_model="numpy")
def _copy(out: NDArray[np.float32], rows: NDArray[np.float32]) -> None:
    """Copy fluxes; a loop takes a tenth of the time of an assignment to compile."""
    for k in range(rows.shape[0]):
        for i in range(rows.shape[1]):
            out[k, i] = rows[k, i]


@njit(cache=True, nogil=True, error_model="numpy")
def _add_to(total: NDArray[np.float64], row: Row, weight: float) -> None:
    """Add a row times a weight."""
    for i in range(total.shape[0]):
        total[i] += weight * row[i]


@njit(cache=True, nogil=True, error_model="numpy")
def _open_faces(
    state: FullState, ground: Ground, j: int, work: FullWork, second_order: bool
) -> None:
    """Find the fluxes inside row `j` and below it; between dry cells there are none."""
    ny, nx = state.depth_m.shape
    wet, wet_below = _is_wet(state, j), _is_wet(state, j + 1)
    x, y = work.x_flux[j % 2], work.y_flux[(j + 1) % 3]
    if wet and nx > 1:
        if second_order:
            x_slopes(state, ground, j, work)
        x_fluxes(state, ground, j, work, second_order)
    else:
        x[:] = _ZERO
        work.x_slope[j % 3] = _ZERO
    for k in range(4):
        x[k, 0], x[k, nx] = work.west[0, k, j], work.east[0, k, j]
    if second_order and j + 1 < ny and (wet or wet_below or _is_wet(state, j + 2)):
        y_slopes(state, ground, j + 1, work)
    if j + 1 == ny:
        _copy(y, work.south[0])
    elif wet or wet_below:
        y_fluxes(state, ground, j + 1, work, second_order)
    else:
        y[:] = _ZERO


@njit(cache=True, nogil=True, error_model="numpy")
def _limit_row(state: FullState, j: int, work: FullWork, dt_per_cell: np.float32) -> bool:
    """Find the shares of row `j` and limit its west and east faces; return whether any was."""
    nx = state.depth_m.shape[1]
    through, share = work.x_flux[j % 2, 0], work.share[j % 2]
    faces = CellFaces(through[:nx], through[1:], work.y_flux[j % 3, 0], work.y_flux[(j + 1) % 3, 0])
    if not donor_share(share, state.depth_m[j], faces, dt_per_cell):
        return False
    limit_discharge(through[1:nx], share[: nx - 1], share[1:])
    limit_discharge(through[:1], share[:1], share[:1])
    limit_discharge(through[nx:], share[nx - 1 :], share[nx - 1 :])
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def _stage(
    states: tuple[FullState, FullState],
    ground: Ground,
    work: FullWork,
    edge_flow: EdgeFlow,
    numbers: FullNumbers,
    second_order: bool,
    last_stage: bool,
) -> None:
    """Take one Euler step from the first state to the second; the edges have been found."""
    wide_vectors()
    read = states[0]
    ny, nx = read.depth_m.shape
    rains, scale = numbers.rain_m > _ZERO, numbers.dt_per_cell
    weight = 0.5 if second_order else 1.0
    _copy(work.y_flux[0], work.north[0])
    if second_order:
        y_slopes(read, ground, 0, work)
    active_above, limited_above = False, False
    for j in range(ny + 1):
        active, limited = False, False
        if j < ny:
            active = _is_wet(read, j - 1) or _is_wet(read, j) or _is_wet(read, j + 1)
            _open_faces(read, ground, j, work, second_order)
            limited = active and _limit_row(read, j, work, scale)
            if not limited:
                work.share[j % 2] = _ONE
        if limited or limited_above:
            above = work.share[(j - 1) % 2 if j > 0 else 0]
            below = work.share[j % 2 if j < ny else (j - 1) % 2]
            limit_discharge(work.y_flux[j % 3, 0], above, below)
        if j > 0:
            if active_above or rains:
                if second_order and last_stage:
                    heun_row(states, ground, j - 1, work, numbers)
                else:
                    euler_row(states, ground, j - 1, work, numbers, second_order)
            through = work.x_flux[(j - 1) % 2, 0]
            edge_flow.west[j - 1] += weight * through[0]
            edge_flow.east[j - 1] += weight * through[nx]
        active_above, limited_above = active, limited
        if j == 0:
            _add_to(edge_flow.north, work.y_flux[0, 0], weight)
    _add_to(edge_flow.south, work.y_flux[ny % 3, 0], weight)


@njit(cache=True, nogil=True, error_model="numpy")
def _drain_rows(state: FullState, work: FullWork, loss_m: np.float32, booked: Window) -> int:
    """Let the drains take water from all wet rows; return the sum of what is booked."""
    ny, nx = state.depth_m.shape
    taken = 0
    for j in range(ny):
        if _is_wet(state, j):
            depth, residual = state.depth_m[j], state.residual_m[j]
            row = work.scratch[0, :nx]
            drained = drain(depth, residual, row, loss_m, booked.col0, booked.col1)
            taken += drained if booked.row0 <= j < booked.row1 else 0
            note_largest(state, j, work.scratch[0, :nx])
    return taken


def advance_full(
    states: tuple[FullState, FullState],
    ground: Ground,
    work: FullWork,
    edge_flow: EdgeFlow,
    numbers: FullNumbers,
    second_order: bool,
) -> int:
    """Advance depth and velocity by one time step.

    Parameters
    ----------
    states
        Water at the start, and arrays like those that the steps before have left or zero; shapes
        (ny, nx) and (ny,).
    ground
        Arrays of shape (ny, nx), (nx,) and (ny,).
    work
        Work space.
    edge_flow
        Receives the discharge through the edges, shapes (nx,) and (ny,).
    numbers
        Scalars of the step; the step must satisfy dt (|u| + sqrt(g h)) <= alpha dx along x and y,
        with alpha below one half.
    second_order
        Whether cells have slopes and the step two stages. The end of the step is then in the
        first state; else in the second, and the caller exchanges them.

    Returns
    -------
    int
        Sum over the booked cells of the depths taken by drains [units of 2^-46 m, see
        `exact_sums`].

    Notes
    -----
    Godunov's method with the hydrostatic reconstruction of Audusse et al. (2004); in second order
    MUSCL (van Leer 1979) and Heun's method, a mean of Euler steps (Shu and Osher 1988). Each face
    is computed once and limited before both of its cells use it, in every stage, so no cell gives
    more than it holds and a mean of depths >= 0 is >= 0.
    """
    for side in edge_flow:
        side[:] = 0.0
    for stage in range(2 if second_order else 1):
        read, write = states if stage == 0 else states[::-1]
        # Apart from the sweep, so that each is compiled once.
        edge_fluxes(read, ground, work, numbers.dry_depth_m, not second_order)
        _stage((read, write), ground, work, edge_flow, numbers, second_order, stage == 1)
    if numbers.loss_m > _ZERO:
        end = states[0 if second_order else 1]
        drained: int = _drain_rows(end, work, numbers.loss_m, ground.booked)
        return drained
    return 0
