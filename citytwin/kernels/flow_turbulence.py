"""Turbulence energy of the flow: one equation, with lengths from the distance to walls.

Advection, diffusion, production by strain and dissipation as in Wolfshtein (1969).
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from citytwin.kernels.flow_grid import PAD, Cube
from citytwin.kernels.flow_momentum import C_MU_4, Flow, Setting, row_sums, transport
from citytwin.kernels.flow_rows import FAST, Row

_ZERO, _HALF, _ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
_LEAST = np.float32(1e-7)
_C_MU = np.float32(0.09)
_LEAF_LOSS = np.float32(5.0)
"""Loss of turbulence energy in foliage per drag (Sanz 2003: beta_d of about 5 with beta_p = 1)."""


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _shear(
    strain: Row,
    work: Row,
    first: tuple[Row, Row, Row, Row],
    per_first: np.float32,
    second: tuple[Row, Row, Row, Row],
    per_second: np.float32,
) -> None:
    """Add the square of the sum of two gradients across each other."""
    a, b, c, d = first
    for i in range(work.shape[0]):
        work[i] = per_first * ((a[i] + b[i]) - (c[i] + d[i]))
    a, b, c, d = second
    for i in range(work.shape[0]):
        x, y = work[i], per_second * ((a[i] + b[i]) - (c[i] + d[i]))
        strain[i] += (x + y) * (x + y)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _strain(rows: NDArray[np.float32], at: tuple[int, int], flow: Flow, s: Setting) -> None:
    """Squares of the strain that involves the vertical and of that which does not."""
    kk, jj = at
    upright, sideways, work = rows[0], rows[1], rows[2]
    u, v, w, n, k = flow.u, flow.v, flow.w, rows.shape[1], kk - PAD
    lo, hi, two, quarter = PAD, PAD + n, np.float32(2.0), np.float32(0.25)
    per_cell, per_height = _ONE / s.cell, _ONE / s.dz[k]
    west, east = u[kk, jj, lo:hi], u[kk, jj, lo + 1 : hi + 1]
    north, south = v[kk, jj, lo:hi], v[kk, jj + 1, lo:hi]
    for i in range(n):
        x, y = (east[i] - west[i]) * per_cell, (south[i] - north[i]) * per_cell
        sideways[i] = two * (x * x + y * y)
    low, high = w[kk, jj, lo:hi], w[kk + 1, jj, lo:hi]
    for i in range(n):
        z = (high[i] - low[i]) * per_height
        upright[i] = two * z * z
    first = (
        u[kk, jj + 1, lo:hi],
        u[kk, jj + 1, lo + 1 : hi + 1],
        u[kk, jj - 1, lo:hi],
        u[kk, jj - 1, lo + 1 : hi + 1],
    )
    second = (
        v[kk, jj, lo + 1 : hi + 1],
        v[kk, jj + 1, lo + 1 : hi + 1],
        v[kk, jj, lo - 1 : hi - 1],
        v[kk, jj + 1, lo - 1 : hi - 1],
    )
    _shear(sideways, work, first, quarter * per_cell, second, quarter * per_cell)
    per_two = _HALF / (_ONE / s.per_rise[k] + _ONE / s.per_rise[k + 1])
    first = (
        u[kk + 1, jj, lo:hi],
        u[kk + 1, jj, lo + 1 : hi + 1],
        u[kk - 1, jj, lo:hi],
        u[kk - 1, jj, lo + 1 : hi + 1],
    )
    second = (
        w[kk, jj, lo + 1 : hi + 1],
        w[kk + 1, jj, lo + 1 : hi + 1],
        w[kk, jj, lo - 1 : hi - 1],
        w[kk + 1, jj, lo - 1 : hi - 1],
    )
    _shear(upright, work, first, per_two, second, quarter * per_cell)
    first = (
        v[kk + 1, jj, lo:hi],
        v[kk + 1, jj + 1, lo:hi],
        v[kk - 1, jj, lo:hi],
        v[kk - 1, jj + 1, lo:hi],
    )
    second = (
        w[kk, jj + 1, lo:hi],
        w[kk + 1, jj + 1, lo:hi],
        w[kk, jj - 1, lo:hi],
        w[kk + 1, jj - 1, lo:hi],
    )
    _shear(upright, work, first, per_two, second, quarter * per_cell)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def _leaf_turbulence(gain: Row, rate: Row, at: tuple[int, int], flow: Flow, s: Setting) -> None:
    """What trees make and take of turbulence energy (Green 1992, Sanz 2003)."""
    kk, jj = at
    for i in range(gain.shape[0]):
        m = i + PAD
        leaf = s.leaves[kk, jj, m]
        if leaf > _ZERO:
            u = _HALF * (flow.u[kk, jj, m] + flow.u[kk, jj, m + 1])
            v = _HALF * (flow.v[kk, jj, m] + flow.v[kk, jj + 1, m])
            w = _HALF * (flow.w[kk, jj, m] + flow.w[kk + 1, jj, m])
            square = u * u + v * v + w * w
            part = leaf * np.sqrt(square)
            gain[i] += part * (square - _LEAF_LOSS * flow.k[kk, jj, m])
            rate[i] += _LEAF_LOSS * part


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST, parallel=True)
def advance_energy(out: Cube, flow: Flow, s: Setting) -> None:
    """Write the turbulence energy after one step.

    Parameters
    ----------
    out
        Shape (nz + 5, ny + 5, nx + 5) [m2/s2]; its border is left alone.
    flow
        The state.
    s
        What does not change, and the length of the step.
    """
    nz, ny, n = s.dz.shape[0], flow.k.shape[1] - PAD - 3, flow.k.shape[2] - PAD - 3
    lo, hi = PAD, PAD + n
    for level in prange(nz):
        k = np.int64(level)
        kk = k + PAD
        sums, rows = row_sums(n), np.empty((3, n), dtype=np.float32)
        kept = s.k_gain[k]
        for jj in range(PAD, ny + PAD):
            transport(sums, flow.k, 3, (kk, jj), flow, s)
            _strain(rows, (kk, jj), flow, s)
            gain, rate, up, side = sums.gain, sums.rate, rows[0], rows[1]
            nu, nu_side = flow.upright[kk, jj, lo:hi], flow.sideways[kk, jj, lo:hi]
            energy, air = flow.k[kk, jj, lo:hi], s.fluid[kk, jj, lo:hi]
            for i in range(n):
                gain[i] += nu[i] * up[i] + nu_side[i] * side[i]
            for i in range(n):
                loss = _C_MU * energy[i] / (nu[i] + _LEAST)
                gain[i] += (kept - loss) * energy[i]
                rate[i] += np.float32(1.5) * loss
            if s.leaves.shape[0] > 1:
                _leaf_turbulence(gain, rate, (kk, jj), flow, s)
            row = out[kk, jj, lo:hi]
            for i in range(n):
                new = energy[i] + s.dt * gain[i] / (_ONE + s.dt * rate[i])
                row[i] = air[i] * max(new, _LEAST)


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
