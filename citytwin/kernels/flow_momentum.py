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
    Row,
    add_to,
    carried,
    drag,
    edge_viscosity,
    finish,
    mean_of,
    renewed,
    spread,
    walls_beside,
)

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
    x: Flags
    y: Flags
    z: Flags
    """Cells of air, and faces whose velocity is free."""
    built: Row
    """1 in columns of buildings, 0 on open ground, shape ((ny + 5) * (nx + 5),)."""
    width: int
    """Of a row of these, nx + 5."""
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
    dt: np.float32


class Sums(NamedTuple):
    """Rows of work space."""

    gain: Row
    rate: Row
    speed: Row
    flux: Row
    edge: Row


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def row_sums(n: int) -> Sums:
    """Return rows of work space.

    Parameters
    ----------
    n
        Number of control volumes.
    """
    rows = np.empty((5, n), dtype=np.float32)
    return Sums(rows[0], rows[1], rows[2], rows[3], rows[4])


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _side(
    sums: Sums,
    through: tuple[Row, Row],
    shares: tuple[np.float32, np.float32],
    q: tuple[Row, Row, Row, Row],
    own: Row,
    nu: tuple[Row, Row, Row, Row],
    per_m: tuple[np.float32, np.float32, np.float32],
    stress: bool,
) -> None:
    """Add what passes one side; `per_m`: of the volume (signed), across the side, of the stress."""
    mean_of(sums.speed, through[0], through[1], shares[0], shares[1])
    edge_viscosity(sums.edge, nu[0], nu[1], nu[2], nu[3])
    carried(sums.flux, sums.speed, q[0], q[1], q[2], q[3], own)
    spread(sums.flux, sums.edge, q[1], q[2], per_m[1])
    if stress:
        spread(sums.flux, sums.edge, through[1], through[0], per_m[2])
    add_to(sums.gain, sums.flux, -per_m[0])
    renewed(sums.rate, sums.edge, sums.speed, abs(per_m[0]) * per_m[1], -per_m[0])


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def transport(sums: Sums, q: Cube, axis: int, at: tuple[int, int], flow: Flow, s: Setting) -> None:
    """Advection and diffusion of a quantity in the control volumes of a row.

    Parameters
    ----------
    sums
        Work space; gain and rate are set, shape (n,) [unit of q per s, 1/s].
    q
        The quantity with its border, shape (nz + 5, ny + 5, nx + 5), any unit.
    axis
        0, 1, 2 where it stands on faces across x, y, z; 3 in cells.
    at
        Level and row of it, border included.
    flow
        The state.
    s
        What does not change.
    """
    kk, jj = at
    az, ay, ax = (1 if axis == 2 else 0), (1 if axis == 1 else 0), (1 if axis == 0 else 0)
    n, k, last = sums.gain.shape[0], kk - PAD, s.dz.shape[0] - 1
    lo, hi = PAD, PAD + n
    per_cell, stress = _ONE / s.cell, axis < 3
    even = (_HALF, _HALF)
    shares, per_height = even, _ONE / s.dz[min(k, last)]
    if az:
        below, above = s.dz[max(k - 1, 0)], s.dz[min(k, last)]
        shares, per_height = (above / (below + above), below / (below + above)), s.per_rise[k]
    per_own = per_height if az else per_cell
    row, nu = q[kk, jj], flow.sideways
    own = row[lo:hi]
    for i in range(n):
        sums.gain[i] = _ZERO
        sums.rate[i] = _ZERO
    for side in range(2):  # west, east
        o, f = lo - 1 + side, lo + side
        around = (
            nu[kk, jj, o : o + n],
            nu[kk, jj, f : f + n],
            nu[kk - az, jj - ay, o : o + n],
            nu[kk - az, jj - ay, f : f + n],
        )
        if ax:
            around = (around[0], around[0], around[0], around[0])
        through = (flow.u[kk, jj, f : f + n], flow.u[kk - az, jj - ay, f - ax : f - ax + n])
        values = (
            row[o - 1 : o - 1 + n],
            row[o : o + n],
            row[o + 1 : o + 1 + n],
            row[o + 2 : o + 2 + n],
        )
        scale = per_cell if side else -per_cell
        _side(sums, through, shares, values, own, around, (scale, per_cell, per_own), stress)
    for side in range(2):  # north, south
        o, f = jj - 1 + side, jj + side
        around = (
            nu[kk, o, lo:hi],
            nu[kk, f, lo:hi],
            nu[kk - az, o, lo - ax : hi - ax],
            nu[kk - az, f, lo - ax : hi - ax],
        )
        if ay:
            around = (around[0], around[0], around[0], around[0])
        through = (flow.v[kk, f, lo:hi], flow.v[kk - az, f - ay, lo - ax : hi - ax])
        values = (q[kk, o - 1, lo:hi], q[kk, o, lo:hi], q[kk, o + 1, lo:hi], q[kk, o + 2, lo:hi])
        scale = per_cell if side else -per_cell
        _side(sums, through, shares, values, own, around, (scale, per_cell, per_own), stress)
    nu = flow.upright
    for side in range(2):  # below, above
        o, f = kk - 1 + side, kk + side
        around = (
            nu[o, jj, lo:hi],
            nu[f, jj, lo:hi],
            nu[o, jj - ay, lo - ax : hi - ax],
            nu[f, jj - ay, lo - ax : hi - ax],
        )
        per_rise = s.per_rise[min(k + side, last + 1)]
        if az:
            around = (around[0], around[0], around[0], around[0])
            per_rise = _ONE / s.dz[min(max(k - 1 + side, 0), last)]
        through = (flow.w[f, jj, lo:hi], flow.w[f - az, jj - ay, lo - ax : hi - ax])
        values = (q[o - 1, jj, lo:hi], q[o, jj, lo:hi], q[o + 1, jj, lo:hi], q[o + 2, jj, lo:hi])
        scale = per_height if side else -per_height
        _side(sums, through, even, values, own, around, (scale, per_rise, per_own), stress)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _wall_drag(
    sums: Sums, speed: Row, axis: int, at: tuple[int, int], flow: Flow, s: Setting
) -> None:
    """Drag of the walls, roofs and ground along which the air of a row goes."""
    kk, jj = at
    az, ay, ax = (1 if axis == 2 else 0), (1 if axis == 1 else 0), (1 if axis == 0 else 0)
    n, air, walls = speed.shape[0], s.fluid, sums.flux
    lo, hi, low, high = PAD, PAD + n, PAD - ax, PAD - ax + n
    energies = (flow.k[kk, jj, lo:hi], flow.k[kk - az, jj - ay, low:high])
    if not ay:
        walls_beside(
            walls,
            air[kk, jj - 1, lo:hi],
            air[kk - az, jj - 1, low:high],
            air[kk, jj + 1, lo:hi],
            air[kk - az, jj + 1, low:high],
        )
        drag(sums.gain, sums.rate, speed, energies, walls, s.wall)
    if not ax:
        walls_beside(
            walls,
            air[kk, jj, lo - 1 : hi - 1],
            air[kk - az, jj - ay, lo - 1 : hi - 1],
            air[kk, jj, lo + 1 : hi + 1],
            air[kk - az, jj - ay, lo + 1 : hi + 1],
        )
        drag(sums.gain, sums.rate, speed, energies, walls, s.wall)
    if not az:
        ground, more = s.floor[0, kk - PAD], s.floor[1, kk - PAD] - s.floor[0, kk - PAD]
        here, there = air[kk - 1, jj, lo:hi], air[kk - 1, jj - ay, low:high]
        start, before = jj * s.width + lo, (jj - ay) * s.width + low
        built_here, built_there = s.built[start : start + n], s.built[before : before + n]
        for i in range(n):
            walls[i] = _HALF * (_ONE - here[i]) * (ground + more * built_here[i])
            walls[i] += _HALF * (_ONE - there[i]) * (ground + more * built_there[i])
        drag(sums.gain, sums.rate, speed, energies, walls, _ONE)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _leaf_drag(
    sums: Sums, row: Row, axis: int, at: tuple[int, int], flow: Flow, s: Setting
) -> None:
    """Drag of trees: leaf drag times speed times velocity (Green 1992)."""
    kk, jj = at
    az, ay, ax = (1 if axis == 2 else 0), (1 if axis == 1 else 0), (1 if axis == 0 else 0)
    half = _HALF
    for i in range(row.shape[0]):
        m = i + PAD
        leaf = half * (s.leaves[kk, jj, m] + s.leaves[kk - az, jj - ay, m - ax])
        if leaf > _ZERO:
            u = half * (flow.u[kk, jj, m] + flow.u[kk, jj, m + 1 - ax])
            v = half * (flow.v[kk, jj, m] + flow.v[kk, jj + 1 - ay, m])
            w = half * (flow.w[kk, jj, m] + flow.w[kk + 1 - az, jj, m])
            part = leaf * np.sqrt(u * u + v * v + w * w)
            sums.rate[i] += part
            sums.gain[i] -= part * row[i]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST, parallel=True)
def advance_momentum(out: Cube, axis: int, flow: Flow, s: Setting) -> None:
    """Write the velocity along an axis after one step, before the pressure corrects it.

    Parameters
    ----------
    out
        Shape (nz + 5, ny + 5, nx + 5) [m/s]; its border is left alone.
    axis
        0 along x, 1 along y, 2 along z.
    flow
        The state.
    s
        What does not change, and the length of the step.
    """
    q = flow.u if axis == 0 else (flow.v if axis == 1 else flow.w)
    faces = s.x if axis == 0 else (s.y if axis == 1 else s.z)
    az, ay, ax = (1 if axis == 2 else 0), (1 if axis == 1 else 0), (1 if axis == 0 else 0)
    nz, ny, nx = s.dz.shape[0], q.shape[1] - PAD - 3, q.shape[2] - PAD - 3
    n = nx + ax
    lo, hi = PAD, PAD + n
    for level in prange(nz + az):
        k = np.int64(level)  # an unsigned index would wrap below 0
        kk = k + PAD
        sums = row_sums(n)
        force = s.force[axis, k] if axis < 2 else _ZERO
        per_m = s.per_rise[k] if az else _ONE / s.cell
        for jj in range(PAD, ny + ay + PAD):
            row = q[kk, jj, lo:hi]
            transport(sums, q, axis, (kk, jj), flow, s)
            here, before = flow.p[kk, jj, lo:hi], flow.p[kk - az, jj - ay, lo - ax : hi - ax]
            gain = sums.gain
            for i in range(n):
                gain[i] += force - per_m * (here[i] - before[i])
            _wall_drag(sums, row, axis, (kk, jj), flow, s)
            if s.leaves.shape[0] > 1:
                _leaf_drag(sums, row, axis, (kk, jj), flow, s)
            finish(out[kk, jj, lo:hi], row, gain, sums.rate, faces[kk, jj, lo:hi], s.dt)
