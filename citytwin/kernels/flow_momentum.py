"""Momentum of the flow: one explicit step before the pressure corrects it.

Reynolds-averaged equations on a staggered grid, written as differences to the own value so that
a uniform wind stays one. The eddy viscosity has two values: upright exchange is limited by the
height above the ground, exchange sideways by the distance to buildings alone, as horizontal eddies
of the boundary layer are wider than high (Stull 1988, section 9.4). Over open ground, where nothing
changes sideways, the second has no effect and the approach flow keeps its profile.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange

from citytwin.kernels.flow_grid import PAD, Cube, Flags, Levels
from citytwin.kernels.flow_rows import (
    FAST,
    FIRST_FACES,
    GAIN,
    RATE,
    WALLS,
    Across,
    Flat,
    FlatFlags,
    Free,
    Row,
    Rows,
    add,
    begin,
    drag,
    exchange,
    finish,
    pass_faces,
    tell,
    walls_below,
    walls_beside,
)
from citytwin.kernels.flow_walls import ACROSS_X, ACROSS_Y, ACROSS_Z

C_MU_4 = np.float32(0.09**0.25)
"""Fourth root of the constant of the eddy viscosity, 0.09 (Launder & Spalding 1974)."""
_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)


class Flow(NamedTuple):
    """The state, arrays with border."""

    u: Cube
    """Velocity along x, on west faces [m/s]."""
    v: Cube
    """Along y, towards the south, on north faces [m/s]."""
    w: Cube
    """Upwards, on lower faces [m/s]."""
    k: Cube
    """Turbulence energy in cells [m2/s2]."""
    p: Cube
    """Pressure over density in cells [m2/s2]."""
    upright: Cube
    """Eddy viscosity of exchange along z [m2/s]; 0 in solids."""
    sideways: Cube
    """Eddy viscosity of exchange along x and y [m2/s]; 0 in solids."""


class Setting(NamedTuple):
    """What does not change during the steps."""

    fluid: Flags
    """Cells of air."""
    free: Flags
    """Faces whose velocity is free, bits of `free_faces`."""
    built: Row
    """1 in columns of buildings, 0 on open ground, shape ((ny + 5) * (nx + 5),)."""
    leaves: Cube
    """Drag of trees per speed [1/m]; of shape (1, 1, 1) where there are none."""
    dz: Levels
    per_rise: Levels
    force: Levels
    """What keeps the approach flow going along x and y, shape (2, nz) [m/s2]."""
    k_gain: Levels
    """What keeps its turbulence, per energy, shape (nz,) [1/s]."""
    floor: Levels
    """Drag of ground and of roofs per root of energy, shape (2, nz) [1/m]."""
    wall: np.float32
    """Drag of walls per root of energy [1/m]."""
    cell: np.float32
    walled: int
    """Levels from the ground up in which something solid may stand."""
    dt: np.float32
    """Length of a step [s]; at 0 what drives the quantities is told instead of them."""
    also: Cube
    """What drives them besides, velocities along x, y and z [m/s2] and energy [m2/s3], shape
    (4, nz + 5, ny + 5, nx + 5); of shape (1, 1, 1, 1) where there is nothing."""


BLOCK_ROWS = 16
"""Rows that are taken through all levels together: what passes a face is found once, and kept until
the turn of the volume behind it comes."""
_UNROLLED = 32
"""Volumes that a compiled loop takes at a time: four vectors of 256 bits."""
_ALONG, _BETWEEN_ROWS, _BETWEEN_LEVELS = FIRST_FACES, FIRST_FACES + 4, FIRST_FACES + 12
"""First rows of the faces in the work space: of one row of volumes, of two between rows that take
turns, and of two for each row of a block."""


class Lines(NamedTuple):
    """The state and what does not change, as flat arrays, and how a quantity stands in them."""

    u: Flat
    v: Flat
    w: Flat
    k: Flat
    p: Flat
    upright: Flat
    sideways: Flat
    fluid: FlatFlags
    leaves: Flat
    width: int
    """From a row to the next."""
    plane: int
    """From a level to the next."""
    axis: int
    """0, 1, 2 where the quantity stands on faces across x, y, z; 3 in cells."""
    shift: int
    """Back to the other cell of its volumes; 0 in cells."""


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def lines_of(axis: int, flow: Flow, s: Setting) -> Lines:
    """Lay the arrays flat.

    Parameters
    ----------
    axis
        0, 1, 2 where the quantity stands on faces across x, y, z; 3 in cells.
    flow
        The state.
    s
        What does not change.
    """
    width, plane = flow.k.shape[2], flow.k.shape[1] * flow.k.shape[2]
    shift = 0
    if axis == 0:
        shift = 1
    elif axis == 1:
        shift = width
    elif axis == 2:
        shift = plane
    return Lines(
        flow.u.reshape(-1), flow.v.reshape(-1), flow.w.reshape(-1), flow.k.reshape(-1),
        flow.p.reshape(-1), flow.upright.reshape(-1), flow.sideways.reshape(-1),
        s.fluid.reshape(-1), s.leaves.reshape(-1), width, plane, axis, shift,
    )  # fmt: skip


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def work_rows(n: int) -> Rows:
    """Return work space.

    Rows are filled up to whole vectors, as the volumes left over would be taken one by one: what is
    found beyond the last volume, in the border and the row behind it, is never written.

    Parameters
    ----------
    n
        Number of control volumes of a row.
    """
    # A row shorter than that would reach beyond the border.
    whole = (n + _UNROLLED - 1) // _UNROLLED * _UNROLLED if n >= _UNROLLED else n
    return np.zeros((_BETWEEN_LEVELS + 8 * BLOCK_ROWS, whole + 1), dtype=np.float32)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _shares(axis: int, k: int, dz: Levels) -> tuple[np.float32, np.float32]:
    """Weights of the cells of a volume in what passes its sides; one on a level reaches over two."""
    if axis != 2:
        return _HALF, _HALF
    below, above = dz[max(k - 1, 0)], dz[min(k, dz.shape[0] - 1)]
    return above / (below + above), below / (below + above)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _across_levels(axis: int, k: int, plane: int, shift: int, s: Setting) -> Across:
    """How faces below volumes of a level lie."""
    last = s.dz.shape[0] - 1
    if axis == 2:
        per_rise = _ONE / s.dz[min(max(k - 1, 0), last)]
        return Across(plane, shift, _HALF, _HALF, per_rise, per_rise)
    return Across(plane, shift, _HALF, _HALF, s.per_rise[min(k, last + 1)], _ONE / s.cell)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def transport(
    rows: Rows, q: Flat, lines: Lines, at: int, place: tuple[int, int], is_first: bool, s: Setting
) -> None:
    """Advection and diffusion of a quantity in the control volumes of a row.

    Rows of a block are taken from the first on, and levels from the lowest on: what passes the
    faces below and before a row has been found with its neighbours.

    Parameters
    ----------
    rows
        Work space; adds to gain [unit of q per s] and rate [1/s].
    q
        The quantity with its border, any unit.
    lines
        The state.
    at
        Where the first volume stands.
    place
        Level and row within the block.
    is_first
        Whether it is the first row of the block.
    s
        What does not change.
    """
    k, row = place
    axis, shift, width, plane = lines.axis, lines.shift, lines.width, lines.plane
    n = rows.shape[1] - 1
    per_cell, square = _ONE / s.cell, _ONE / (s.cell * s.cell)
    shares = _shares(axis, k, s.dz)
    per_shift = s.per_rise[k] if axis == 2 else per_cell
    along = Across(1, shift, shares[0], shares[1], per_cell, per_shift)
    pass_faces(rows, _ALONG, n + 1, q, lines.u, lines.sideways, at, along)
    exchange(rows, _ALONG, _ALONG, 1, q, at, per_cell, (square, square))
    north, south = _BETWEEN_ROWS + 4 * (row & 1), _BETWEEN_ROWS + 4 * (1 - (row & 1))
    between = Across(width, shift, shares[0], shares[1], per_cell, per_shift)
    if is_first:
        pass_faces(rows, north, n, q, lines.v, lines.sideways, at, between)
    pass_faces(rows, south, n, q, lines.v, lines.sideways, at + width, between)
    exchange(rows, north, south, 0, q, at, per_cell, (square, square))
    below = _BETWEEN_LEVELS + 4 * (2 * row + (k & 1))
    above = _BETWEEN_LEVELS + 4 * (2 * row + 1 - (k & 1))
    floor, lid = (
        _across_levels(axis, k, plane, shift, s),
        _across_levels(axis, k + 1, plane, shift, s),
    )
    if k == 0:
        pass_faces(rows, below, n, q, lines.w, lines.upright, at, floor)
    pass_faces(rows, above, n, q, lines.w, lines.upright, at + plane, lid)
    per_m = s.per_rise[k] if axis == 2 else _ONE / s.dz[k]
    exchange(rows, below, above, 0, q, at, per_m, (per_m * floor.per_m, per_m * lid.per_m))


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _wall_drag(
    rows: Rows, q: Flat, lines: Lines, at: int, place: tuple[int, int], s: Setting
) -> None:
    """Drag of the walls, roofs and ground along which the air of a row goes."""
    k, jj = place
    axis, shift, width = lines.axis, lines.shift, lines.width
    if axis == 2:
        rows[WALLS].fill(_ZERO)
    else:
        below, column = at - lines.plane, jj * width + PAD
        scales = (s.floor[0, k], s.floor[1, k] - s.floor[0, k])
        places, columns = (below, below - shift), (column, column - shift)
        walls_below(rows, lines.fluid, s.built, places, columns, scales)
    if axis != 1:
        walls_beside(rows, lines.fluid, at, shift, width, s.wall)
    if axis != 0:
        walls_beside(rows, lines.fluid, at, shift, 1, s.wall)
    drag(rows, q, lines.k, at, shift)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _leaf_drag(rows: Rows, q: Flat, lines: Lines, at: int) -> None:
    """Drag of trees: leaf drag times speed times velocity (Green 1992)."""
    shift, width, plane, axis = lines.shift, lines.width, lines.plane, lines.axis
    # From a velocity to the next along its axis, back by half a volume where that is its own.
    east = 0 if axis == 0 else 1
    for i in range(rows.shape[1] - 1):
        m = at + i
        leaf = _HALF * (lines.leaves[m] + lines.leaves[m - shift])
        if leaf > _ZERO:
            u = _HALF * (lines.u[m] + lines.u[m + east])
            v = _HALF * (lines.v[m] + lines.v[m + (0 if axis == 1 else width)])
            w = _HALF * (lines.w[m] + lines.w[m + (0 if axis == 2 else plane)])
            part = leaf * np.sqrt(u * u + v * v + w * w)
            rows[RATE, i] += part
            rows[GAIN, i] -= part * q[m]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST, parallel=True)
def advance_momentum(out: Cube, axis: int, flow: Flow, s: Setting) -> None:
    """Write the velocity along an axis after one step, before the pressure corrects it.

    Parameters
    ----------
    out
        Shape (nz + 5, ny + 5, nx + 5) [m/s]; its border is left alone. For a step of no length it
        takes what drives the velocity [m/s2].
    axis
        0 along x, 1 along y, 2 along z.
    flow
        The state.
    s
        What does not change, and the length of the step.
    """
    target = out.reshape(-1)
    q = (flow.u if axis == 0 else (flow.v if axis == 1 else flow.w)).reshape(-1)
    free = Free(
        s.free.reshape(-1), ACROSS_X if axis == 0 else (ACROSS_Y if axis == 1 else ACROSS_Z)
    )
    az, ay, ax = (1 if axis == 2 else 0), (1 if axis == 1 else 0), (1 if axis == 0 else 0)
    nz, many, n = s.dz.shape[0], out.shape[1] - PAD - 3 + ay, out.shape[2] - PAD - 3 + ax
    for block in prange((many + BLOCK_ROWS - 1) // BLOCK_ROWS):
        first = np.int64(block) * BLOCK_ROWS  # an unsigned index would wrap below 0
        lines, rows = lines_of(axis, flow, s), work_rows(n)
        for k in range(nz + az):
            force = s.force[axis, k] if axis < 2 else _ZERO
            per_m = s.per_rise[k] if az else _ONE / s.cell
            for j in range(min(BLOCK_ROWS, many - first)):
                jj = first + j + PAD
                at = (k + PAD) * lines.plane + jj * lines.width + PAD
                begin(rows, force, per_m, lines.p, at, lines.shift)
                transport(rows, q, lines, at, (k, j), j == 0, s)
                if k <= s.walled:
                    _wall_drag(rows, q, lines, at, (k, jj), s)
                if s.leaves.shape[0] > 1:
                    _leaf_drag(rows, q, lines, at)
                if s.also.shape[0] > 1:
                    add(rows, s.also[axis].reshape(-1), at)
                if s.dt > _ZERO:
                    finish(target, rows, n, q, free, at, s.dt)
                else:
                    tell(target, rows, n, free, at)
