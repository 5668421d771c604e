"""Turbulence energy of the flow: one equation, with lengths from the distance to walls.

Advection, diffusion, production by strain and dissipation as in Wolfshtein (1969).
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from citytwin.kernels.flow_grid import PAD, Cube
from citytwin.kernels.flow_momentum import (
    BLOCK_ROWS,
    C_MU_4,
    Flow,
    Lines,
    Setting,
    lines_of,
    transport,
    work_rows,
)
from citytwin.kernels.flow_rows import (
    FAST,
    FIRST_FACES,
    GAIN,
    RATE,
    Flat,
    FlatFlags,
    Free,
    Rows,
    add,
    begin,
    tell,
)
from citytwin.kernels.flow_walls import IN_AIR

_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
_LEAST = np.float32(1e-7)
_UPRIGHT, _SIDEWAYS, _WORK = FIRST_FACES, FIRST_FACES + 1, FIRST_FACES + 2
"""Rows of the work space for strain: those of the faces along the row, which is done with them."""
_C_MU = np.float32(0.09)
_LEAF_LOSS = np.float32(5.0)
"""Loss of turbulence energy in foliage per drag (Sanz 2003: beta_d of about 5 with beta_p = 1)."""


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _gradient(
    rows: Rows, total: int, q: Flat, at: int, far: int, across: int, per_m: np.float32
) -> None:
    """Add the gradient of a velocity across itself to a row.

    `far`: from a velocity to that on the far face of its cell; `across`: from a cell to the next.
    """
    n = rows.shape[1] - 1
    out = rows[total, :n]
    a = q[at + across : at + across + n]
    b = q[at + across + far : at + across + far + n]
    c = q[at - across : at - across + n]
    d = q[at - across + far : at - across + far + n]
    for i in range(n):
        out[i] += per_m * ((a[i] + b[i]) - (c[i] + d[i]))


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _add_square(rows: Rows, total: int) -> None:
    """Add the square of the work row to a row, and begin it anew."""
    n = rows.shape[1] - 1
    out = rows[total, :n]
    work = rows[_WORK, :n]
    for i in range(n):
        out[i] += work[i] * work[i]
    for i in range(n):
        work[i] = _ZERO


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _strain(rows: Rows, lines: Lines, at: int, k: int, s: Setting) -> None:
    """Squares of the strain that involves the vertical and of that which does not."""
    width, plane = lines.width, lines.plane
    per_cell, per_height = _ONE / s.cell, _ONE / s.dz[k]
    _stretch(rows, lines.u, lines.v, lines.w, at, (width, plane), (per_cell, per_height))
    per_four = np.float32(0.25) * per_cell
    per_two = _HALF / (_ONE / s.per_rise[k] + _ONE / s.per_rise[k + 1])
    _gradient(rows, _WORK, lines.u, at, 1, width, per_four)
    _gradient(rows, _WORK, lines.v, at, width, 1, per_four)
    _add_square(rows, _SIDEWAYS)
    _gradient(rows, _WORK, lines.u, at, 1, plane, per_two)
    _gradient(rows, _WORK, lines.w, at, plane, 1, per_four)
    _add_square(rows, _UPRIGHT)
    _gradient(rows, _WORK, lines.v, at, width, plane, per_two)
    _gradient(rows, _WORK, lines.w, at, plane, width, per_four)
    _add_square(rows, _UPRIGHT)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _stretch(
    rows: Rows,
    u: Flat,
    v: Flat,
    w: Flat,
    at: int,
    steps: tuple[int, int],
    per_m: tuple[np.float32, np.float32],
) -> None:
    """Begin both squares of the strain with those of gradients along the velocities."""
    n, two = rows.shape[1] - 1, np.float32(2.0)
    width, plane = steps
    per_cell, per_height = per_m
    sideways = rows[_SIDEWAYS, :n]
    west = u[at : at + n]
    east = u[at + 1 : at + 1 + n]
    north = v[at : at + n]
    south = v[at + width : at + width + n]
    for i in range(n):
        x, y = (east[i] - west[i]) * per_cell, (south[i] - north[i]) * per_cell
        sideways[i] = two * (x * x + y * y)
    upright = rows[_UPRIGHT, :n]
    low = w[at : at + n]
    high = w[at + plane : at + plane + n]
    for i in range(n):
        z = (high[i] - low[i]) * per_height
        upright[i] = two * z * z
    work = rows[_WORK, :n]
    for i in range(n):
        work[i] = _ZERO


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _leaf_turbulence(rows: Rows, lines: Lines, at: int) -> None:
    """What trees make and take of turbulence energy (Green 1992, Sanz 2003)."""
    for i in range(rows.shape[1] - 1):
        m = at + i
        leaf = lines.leaves[m]
        if leaf > _ZERO:
            u = _HALF * (lines.u[m] + lines.u[m + 1])
            v = _HALF * (lines.v[m] + lines.v[m + lines.width])
            w = _HALF * (lines.w[m] + lines.w[m + lines.plane])
            square = u * u + v * v + w * w
            part = leaf * np.sqrt(square)
            rows[GAIN, i] += part * (square - _LEAF_LOSS * lines.k[m])
            rows[RATE, i] += _LEAF_LOSS * part


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _made_and_lost(
    rows: Rows, k: Flat, upright: Flat, sideways: Flat, at: int, kept: np.float32
) -> None:
    """Production by strain, dissipation, and what keeps the turbulence that arrives."""
    n = rows.shape[1] - 1
    gain = rows[GAIN, :n]
    rate = rows[RATE, :n]
    up = rows[_UPRIGHT, :n]
    side = rows[_SIDEWAYS, :n]
    nu = upright[at : at + n]
    nu_side = sideways[at : at + n]
    energy = k[at : at + n]
    for i in range(n):
        gain[i] += nu[i] * up[i] + nu_side[i] * side[i]
    for i in range(n):
        loss = _C_MU * energy[i] / (nu[i] + _LEAST)
        gain[i] += (kept - loss) * energy[i]
        rate[i] += np.float32(1.5) * loss


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _finish(
    out: Flat, rows: Rows, n: int, k: Flat, fluid: FlatFlags, at: int, dt: np.float32
) -> None:
    """Take the step in the first n volumes; energy stays above 0 in air."""
    gain = rows[GAIN, :n]
    rate = rows[RATE, :n]
    energy = k[at : at + n]
    air = fluid[at : at + n]
    row = out[at : at + n]
    for i in range(n):
        new = energy[i] + dt * gain[i] / (_ONE + dt * rate[i])
        row[i] = air[i] * max(new, _LEAST)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST, parallel=True)
def advance_energy(out: Cube, flow: Flow, s: Setting) -> None:
    """Write the turbulence energy after one step.

    Parameters
    ----------
    out
        Shape (nz + 5, ny + 5, nx + 5) [m2/s2]; its border is left alone. For a step of no length it
        takes what drives the energy [m2/s3].
    flow
        The state.
    s
        What does not change, and the length of the step.
    """
    target = out.reshape(-1)
    nz, ny, n = s.dz.shape[0], out.shape[1] - PAD - 3, out.shape[2] - PAD - 3
    for block in prange((ny + BLOCK_ROWS - 1) // BLOCK_ROWS):
        first = np.int64(block) * BLOCK_ROWS
        lines, rows = lines_of(3, flow, s), work_rows(n)
        for k in range(nz):
            for j in range(min(BLOCK_ROWS, ny - first)):
                at = (k + PAD) * lines.plane + (first + j + PAD) * lines.width + PAD
                begin(rows, _ZERO, _ZERO, lines.p, at, 0)
                transport(rows, lines.k, lines, at, (k, j), j == 0, s)
                _strain(rows, lines, at, k, s)
                _made_and_lost(rows, lines.k, lines.upright, lines.sideways, at, s.k_gain[k])
                if s.leaves.shape[0] > 1:
                    _leaf_turbulence(rows, lines, at)
                if s.also.shape[0] > 1:
                    add(rows, s.also[3].reshape(-1), at)
                if s.dt > _ZERO:
                    _finish(target, rows, n, lines.k, lines.fluid, at, s.dt)
                else:
                    tell(target, rows, n, Free(lines.fluid, IN_AIR), at)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST, parallel=True)
def eddy_viscosity(out: Cube, k: Cube, length: NDArray[np.uint16], unit_m: np.float32) -> None:
    """Fourth root of 0.09, times root of the energy, times the mixing length (Prandtl 1945).

    Parameters
    ----------
    out
        Shape (nz + 5, ny + 5, nx + 5) [m2/s]; its border is left alone.
    k
        Turbulence energy, of the same shape [m2/s2].
    length
        Mixing length as a count of units, of the same shape; 0 in solids.
    unit_m
        The unit [m].
    """
    scale = C_MU_4 * unit_m
    for level in prange(out.shape[0] - PAD - 3):
        kk = np.int64(level) + PAD
        for jj in range(PAD, out.shape[1] - 3):
            row, energy, count = out[kk, jj], k[kk, jj], length[kk, jj]
            for i in range(PAD, out.shape[2] - 3):
                row[i] = scale * count[i] * np.sqrt(energy[i])
