"""One time step of the local inertial shallow-water equations on a staggered grid.

A single sweep from north to south: faces of a row, limiter, then the depths of the row above, so
that all rows in use stay in the cache. Rows without water are passed over; the result has the
same bits as if they had been computed.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.kernels.depth_rows import drain, largest, rank, ranked, risen_depth
from citytwin.kernels.donor_limiter import (
    CellFaces,
    donor_share,
    lacking,
    limit_discharge,
    outflow_m,
)
from citytwin.kernels.face_discharge import (
    FaceCells,
    NearbyDischarge,
    Row,
    StepNumbers,
    edge_discharge,
    face_discharge,
)
from citytwin.kernels.inertial_state import FlowState, Ground
from citytwin.kernels.wide_vectors import wide_vectors

# New discharges inside a row, above and below it, two rows of shares, one of any use.
STEP_WORK_ROWS = 6

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)

Field: TypeAlias = NDArray[np.float32]


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _x_face(
    depth: Field,
    bed: Field,
    manning: Field,
    x: Field,
    y: Field,
    j: int,
    i: int,
    numbers: StepNumbers,
) -> np.float32:
    """New discharge between the cells `i` and `i + 1` of row `j`."""
    cells = FaceCells(
        depth[j, i], depth[j, i + 1], bed[j, i], bed[j, i + 1], manning[j, i], manning[j, i + 1]
    )
    across = (y[j, i] + y[j, i + 1]) + (y[j + 1, i] + y[j + 1, i + 1])
    nearby = NearbyDischarge(x[j, i], x[j, i + 1], x[j, i + 2], across)
    discharge: np.float32 = face_discharge(cells, nearby, numbers)
    return discharge


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _y_face(
    depth: Field,
    bed: Field,
    manning: Field,
    x: Field,
    y: Field,
    j: int,
    i: int,
    numbers: StepNumbers,
) -> np.float32:
    """New discharge between the rows `j` and `j + 1` in column `i`."""
    cells = FaceCells(
        depth[j, i], depth[j + 1, i], bed[j, i], bed[j + 1, i], manning[j, i], manning[j + 1, i]
    )
    across = (x[j, i] + x[j + 1, i]) + (x[j, i + 1] + x[j + 1, i + 1])
    nearby = NearbyDischarge(y[j, i], y[j + 1, i], y[j + 2, i], across)
    discharge: np.float32 = face_discharge(cells, nearby, numbers)
    return discharge


class NewDischarge(NamedTuple):
    """Discharges at the end of the step around a row, kept apart while the old ones are needed.

    Parameters
    ----------
    inside
        Through the west and east faces of its cells, shape (nx + 1,), float32 [m2/s].
    above, below
        Through the north and south faces, shape (nx,).
    """

    inside: Row
    above: Row
    below: Row


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _row_faces(
    state: FlowState, ground: Ground, j: int, new: NewDischarge, numbers: StepNumbers
) -> None:
    """Advance the faces between the cells of row `j` and those below it."""
    wide_vectors()
    depth, x, y = state.depth_m, state.x_discharge, state.y_discharge
    bed, manning, inside, below = ground.bed_m, ground.manning, new.inside, new.below
    nx = depth.shape[1]
    for i in range(nx - 1):
        inside[i + 1] = _x_face(depth, bed, manning, x, y, j, i, numbers)
        below[i] = _y_face(depth, bed, manning, x, y, j, i, numbers)
    below[nx - 1] = _y_face(depth, bed, manning, x, y, j, nx - 1, numbers)


@njit(cache=True, nogil=True, error_model="numpy")
def _x_faces(state: FlowState, ground: Ground, j: int, inside: Row, numbers: StepNumbers) -> None:
    """Advance the faces between the cells of row `j` alone."""
    wide_vectors()
    depth, x, y = state.depth_m, state.x_discharge, state.y_discharge
    bed, manning = ground.bed_m, ground.manning
    for i in range(depth.shape[1] - 1):
        inside[i + 1] = _x_face(depth, bed, manning, x, y, j, i, numbers)


@njit(cache=True, nogil=True, error_model="numpy")
def _y_faces(state: FlowState, ground: Ground, j: int, below: Row, numbers: StepNumbers) -> None:
    """Advance the faces below the cells of row `j` alone."""
    wide_vectors()
    depth, x, y = state.depth_m, state.x_discharge, state.y_discharge
    bed, manning = ground.bed_m, ground.manning
    for i in range(depth.shape[1]):
        below[i] = _y_face(depth, bed, manning, x, y, j, i, numbers)


@njit(cache=True, nogil=True, error_model="numpy")
def _edge_row(
    out: Row, depth_m: Row, conveyance: Row, outwards: np.float32, dry_depth_m: np.float32
) -> None:
    """Set the outflow through the north (`outwards` is -1) or south edge of the grid."""
    for i in range(out.shape[0]):
        out[i] = outwards * edge_discharge(depth_m[i], conveyance[i], dry_depth_m)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _set(out: Field, j: int, row: Row) -> None:
    """Copy a row."""
    wide_vectors()
    for i in range(out.shape[1]):
        out[j, i] = row[i]


@njit(cache=True, nogil=True, error_model="numpy")
def _fill(out: Row, number: np.float32) -> None:
    """Write a number everywhere."""
    wide_vectors()
    for i in range(out.shape[0]):
        out[i] = number


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def balance_row(
    state: FlowState, ground: Ground, j: int, scratch: Row, numbers: StepNumbers
) -> int:
    """Bring the depths of a row to the end of the step.

    Parameters
    ----------
    state
        Arrays of shape (ny, nx), (ny, nx + 1), (ny + 1, nx) and (ny,), changed in place.
    ground
        Arrays of shape (ny, nx).
    j
        The row.
    scratch
        Work space, shape (nx,), float32.
    numbers
        Scalars of the step.

    Returns
    -------
    int
        Sum over the booked cells of the depths taken by drains [units of 2^-46 m, see
        `exact_sums`].
    """
    wide_vectors()
    depth, residual, weight = state.depth_m, state.residual_m, ground.rain_weight
    x, y = state.x_discharge, state.y_discharge
    scale, rain = numbers.dt_per_cell, numbers.rain_m
    nx = depth.shape[1]
    most = np.int32(0)
    if rain > _ZERO:
        for i in range(nx):
            gain = scale * ((x[j, i] - x[j, i + 1]) + (y[j, i] - y[j + 1, i]))
            gain = gain + weight[j, i] * rain
            new, rest = risen_depth(depth[j, i], residual[j, i], gain)
            depth[j, i], residual[j, i] = new, rest
            most = max(most, rank(new))
    else:
        for i in range(nx):
            gain = scale * ((x[j, i] - x[j, i + 1]) + (y[j, i] - y[j + 1, i]))
            new, rest = risen_depth(depth[j, i], residual[j, i], gain)
            depth[j, i], residual[j, i] = new, rest
            most = max(most, rank(new))
    state.row_depth_m[j] = ranked(most)
    taken, booked = 0, ground.booked
    if numbers.loss_m > _ZERO:
        taken = drain(depth[j], residual[j], scratch, numbers.loss_m, booked.col0, booked.col1)
        taken = taken if booked.row0 <= j < booked.row1 else 0
        largest(depth[j], state.row_depth_m[j : j + 1])
    return taken


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _row_is_wet(state: FlowState, j: int) -> bool:
    """Whether row `j` exists and holds water (a NaN counts as water)."""
    return 0 <= j < state.row_depth_m.shape[0] and not state.row_depth_m[j] <= _ZERO


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _open_faces(
    state: FlowState,
    ground: Ground,
    j: int,
    new: NewDischarge,
    numbers: StepNumbers,
    at_seam: bool,
) -> None:
    """Advance the faces inside row `j` and, but at a seam, those below; between dry cells all are 0."""
    ny, nx = state.depth_m.shape
    depth, dry = state.depth_m, numbers.dry_depth_m
    if j + 1 == ny:
        _edge_row(new.below, depth[j], ground.south, _ONE, dry)
    wet = _row_is_wet(state, j)
    if wet:
        new.inside[0] = -edge_discharge(depth[j, 0], ground.west[j], dry)
        new.inside[nx] = edge_discharge(depth[j, nx - 1], ground.east[j], dry)
        if j + 1 < ny and not at_seam:
            _row_faces(state, ground, j, new, numbers)
            return
        _x_faces(state, ground, j, new.inside, numbers)
    else:
        _fill(new.inside, _ZERO)
    if at_seam:
        return
    if _row_is_wet(state, j + 1):
        _y_faces(state, ground, j, new.below, numbers)
    elif j + 1 < ny:
        _fill(new.below, _ZERO)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _put_row(
    state: FlowState, j: int, new: NewDischarge, north: Row, dt_per_cell: np.float32
) -> bool:
    """Keep the new discharge through the west, east and north faces of row `j`, not yet limited.

    Return whether any of its cells must be limited. `north` receives those through the north faces.
    """
    wide_vectors()
    depth, x = state.depth_m, state.x_discharge
    inside, above, below = new
    most, nx = np.int32(0), depth.shape[1]
    for i in range(nx):
        outflow = outflow_m(inside[i], inside[i + 1], above[i], below[i], dt_per_cell)
        most = max(most, lacking(outflow, depth[j, i]))
        x[j, i], north[i] = inside[i], above[i]
    x[j, nx] = inside[nx]
    return bool(most > np.int32(0))


@njit(cache=True, nogil=True, error_model="numpy")
def _limit_row(
    state: FlowState, j: int, new: NewDischarge, share: Row, dt_per_cell: np.float32
) -> None:
    """Write the shares of row `j` and limit its west and east faces."""
    nx = state.depth_m.shape[1]
    inside = new.inside
    faces = CellFaces(inside[:nx], inside[1:], new.above, new.below)
    donor_share(share, state.depth_m[j], faces, dt_per_cell)
    limit_discharge(inside[1:nx], share[: nx - 1], share[1:])
    limit_discharge(inside[:1], share[:1], share[:1])
    limit_discharge(inside[nx:], share[nx - 1 :], share[nx - 1 :])
    _set(state.x_discharge, j, inside)


class Seams(NamedTuple):
    """Where bands of rows meet that are advanced side by side; every array is work space.

    Parameters
    ----------
    row
        First row of each band but the first, shape (n,), int64, ascending, at least 2 apart from
        each other and from the edges.
    discharge
        New discharge through the faces above it, not yet limited, shape (n, nx), float32 [m2/s].
    share
        Shares of the row above and of the row itself, shape (n, 2, nx), float32.
    is_limited, is_active
        Whether these rows are limited, and whether any water is near, shape (n, 2), bool.
    """

    row: NDArray[np.int64]
    discharge: NDArray[np.float32]
    share: NDArray[np.float32]
    is_limited: NDArray[np.bool_]
    is_active: NDArray[np.bool_]


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _seam_share(seams: Seams, k: int, side: int, share: Row, limited: bool, active: bool) -> None:
    """Keep what the seam `k` needs to know of the row above it (`side` 0) or below it (1)."""
    seams.is_limited[k, side], seams.is_active[k, side] = limited, active
    for i in range(share.shape[0]):
        seams.share[k, side, i] = share[i] if limited else _ONE


@njit(cache=True, nogil=True, error_model="numpy")
def open_seams(state: FlowState, ground: Ground, seams: Seams, numbers: StepNumbers) -> None:
    """Advance the faces between bands, before any of these changes what they depend on.

    Parameters
    ----------
    state, ground
        As for `advance_band`; not changed.
    seams
        Receives the discharge.
    numbers
        Scalars of the step.
    """
    for k in range(seams.row.shape[0]):
        j = seams.row[k] - 1
        if _row_is_wet(state, j) or _row_is_wet(state, j + 1):
            _y_faces(state, ground, j, seams.discharge[k], numbers)
        else:
            _fill(seams.discharge[k], _ZERO)


@njit(cache=True, nogil=True, error_model="numpy")
def close_seams(
    state: FlowState, ground: Ground, work: NDArray[np.float32], seams: Seams, numbers: StepNumbers
) -> int:
    """Finish the rows on both sides of the seams, when all bands are done.

    Parameters
    ----------
    state, ground
        As for `advance_band`.
    work
        Work space of any band, shape (STEP_WORK_ROWS, max(ny, nx) + 1), float32 [any unit].
    seams
        What the bands have left there.
    numbers
        Scalars of the step.

    Returns
    -------
    int
        As of `advance_band`.
    """
    drained, rains = 0, numbers.rain_m > _ZERO
    row = work[5, : state.depth_m.shape[1]]
    for k in range(seams.row.shape[0]):
        j = seams.row[k]
        if seams.is_limited[k, 0] or seams.is_limited[k, 1]:
            limit_discharge(seams.discharge[k], seams.share[k, 0], seams.share[k, 1])
        _set(state.y_discharge, j, seams.discharge[k])
        for side in range(2):
            if seams.is_active[k, side] or rains:
                drained += balance_row(state, ground, j - 1 + side, row, numbers)
    return drained


@njit(cache=True, nogil=True, error_model="numpy")
def advance_band(  # noqa: C901 - one sweep: each row is used while it is in the cache
    state: FlowState,
    ground: Ground,
    work: NDArray[np.float32],
    numbers: StepNumbers,
    seams: Seams,
    band: int,
) -> int:
    """Advance depth and discharge of a band of rows by one time step.

    Parameters
    ----------
    state
        Arrays of shape (ny, nx), (ny, nx + 1), (ny + 1, nx) and (ny,), changed in place.
    ground
        Arrays of shape (ny, nx), (nx,) and (ny,).
    work
        Work space of this band alone, shape (STEP_WORK_ROWS, max(ny, nx) + 1), float32.
    numbers
        Scalars of the step; the step must satisfy dt <= alpha dx / sqrt(g largest depth).
    seams
        Where bands meet, their discharge found by `open_seams`; without any, one band is all rows.
    band
        Which band, 0 in the north. They may be advanced in any order or at once.

    Returns
    -------
    int
        Sum over the booked cells of the depths taken by drains [units of 2^-46 m, see
        `exact_sums`]; the rows beside seams, which `close_seams` finishes, are left out.

    Notes
    -----
    de Almeida et al. (2012) on a staggered grid; the depth balance is exact up to rounding since
    each face is computed once and limited before both of its cells use it.
    """
    wide_vectors()
    ny, nx = state.depth_m.shape
    inside, above, below = work[0, : nx + 1], work[1, :nx], work[2, :nx]
    share, share_above, row = work[3, :nx], work[4, :nx], work[5, :nx]
    rains = numbers.rain_m > _ZERO
    drained, last = 0, seams.row.shape[0]
    begin = seams.row[band - 1] if band > 0 else 0
    end = seams.row[band] if band < last else ny
    active_above, limited_above = False, False
    if band > 0:
        above[:] = seams.discharge[band - 1]
    else:
        _edge_row(above, state.depth_m[0], ground.north, -_ONE, numbers.dry_depth_m)
    for j in range(begin, end):
        active = _row_is_wet(state, j - 1) or _row_is_wet(state, j) or _row_is_wet(state, j + 1)
        is_after_seam = band > 0 and j == begin
        new = NewDischarge(inside, above, below)
        _open_faces(state, ground, j, new, numbers, band < last and j + 1 == end)
        if band < last and j + 1 == end:
            below[:] = seams.discharge[band]
        # No face is left that needs the old discharges of this row and of the faces above it; those
        # at a seam the other band still needs.
        share, share_above = share_above, share
        north = row if is_after_seam else state.y_discharge[j]
        limited = False
        if active:
            limited = _put_row(state, j, new, north, numbers.dt_per_cell)
        else:
            _set(state.x_discharge, j, inside)
            _fill(north, _ZERO)
        if limited:
            _limit_row(state, j, new, share, numbers.dt_per_cell)
        if is_after_seam:
            _seam_share(seams, band - 1, 1, share, limited, active)
        elif limited or limited_above:
            if not limited:
                _fill(share, _ONE)
            if not limited_above:
                _fill(share_above, _ONE)
            limit_discharge(above, share_above if j > 0 else share, share)
            _set(state.y_discharge, j, above)
        if j > begin + (1 if band > 0 else 0) and (active_above or rains):
            drained += balance_row(state, ground, j - 1, row, numbers)
        active_above, limited_above = active, limited
        above, below = below, above
    if band < last:
        _seam_share(seams, band, 0, share, limited_above, active_above)
        return drained
    if limited_above:
        limit_discharge(above, share, share)
    _set(state.y_discharge, ny, above)
    if active_above or rains:
        drained += balance_row(state, ground, ny - 1, row, numbers)
    return drained
