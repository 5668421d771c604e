"""Rows and planes of the pressure equation: divergence, Laplacian, gradient, tridiagonal systems."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from citytwin.kernels.flow_grid import PAD, Cube, Flags, Levels
from citytwin.kernels.flow_rows import FAST
from citytwin.kernels.flow_walls import ACROSS_X, ACROSS_Y, ACROSS_Z

ADDED = FAST | {"reassoc"}
"""For sums and largest values of rows: their order is the compiler's, always the same."""
_ZERO, _ONE, _TWO = np.float32(0.0), np.float32(1.0), np.float32(2.0)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=ADDED, parallel=True)
def inflow(
    out: Cube, u: Cube, v: Cube, w: Cube, fluid: Flags, dz: Levels, cell: np.float32
) -> float:
    """What enters each cell and does not leave it, per ground area; returns the largest.

    Parameters
    ----------
    out
        Shape (nz, ny, nx) [m/s], 0 in solids.
    u, v, w
        Velocities on faces, shape (nz + 5, ny + 5, nx + 5) [m/s].
    fluid
        1 in cells of air.
    dz
        Thickness of the levels, shape (nz,) [m].
    cell
        Edge of a cell [m].
    """
    nz, ny, nx = out.shape
    most = np.zeros(nz)
    for level in prange(nz):
        k = np.int64(level)
        kk, share, largest = k + PAD, dz[k] / cell, _ZERO
        for j in range(ny):
            jj, row = j + PAD, out[k, j]
            along, north, south = u[kk, jj], v[kk, jj], v[kk, jj + 1]
            low, high, air = w[kk, jj], w[kk + 1, jj], fluid[kk, jj]
            for i in range(nx):
                row[i] = share * (along[i + PAD] - along[i + PAD + 1])
            for i in range(nx):
                row[i] += share * (north[i + PAD] - south[i + PAD])
            for i in range(nx):
                row[i] = air[i + PAD] * (row[i] + (low[i + PAD] - high[i + PAD]))
            for i in range(nx):
                largest = max(largest, abs(row[i]))
        most[k] = largest
    return float(most.max())


@njit(cache=True, nogil=True, error_model="numpy", fastmath=ADDED, parallel=True)
def laplacian(
    out: Cube, p: Cube, faces: Flags, dz: Levels, per_rise: Levels, cell: np.float32
) -> float:
    """Negative Laplacian per ground area; returns the product of both fields.

    Parameters
    ----------
    out
        Shape (nz, ny, nx) [unit of p per m].
    p
        Shape (nz + 5, ny + 5, nx + 5), any unit, its border filled.
    faces
        Faces through which it acts, shape of p, bits of `free_faces`.
    dz, per_rise
        Of the grid, shape (nz,) [m] and (nz + 1,) [1/m].
    cell
        Edge of a cell [m].
    """
    nz, ny, nx = out.shape
    sums = np.zeros(nz)
    for level in prange(nz):
        k = np.int64(level)
        kk, share, total = k + PAD, dz[k] / (cell * cell), 0.0
        low, high = per_rise[k], per_rise[k + 1]
        for j in range(ny):
            jj, row = j + PAD, out[k, j]
            own, north, south = p[kk, jj], p[kk, jj - 1], p[kk, jj + 1]
            below, above = p[kk - 1, jj], p[kk + 1, jj]
            free, behind, over = faces[kk, jj], faces[kk, jj + 1], faces[kk + 1, jj]
            for i in range(nx):
                m = i + PAD
                west = own[m] - own[m - 1] if free[m] & ACROSS_X else _ZERO
                east = own[m] - own[m + 1] if free[m + 1] & ACROSS_X else _ZERO
                row[i] = share * (west + east)
            for i in range(nx):
                m = i + PAD
                before = own[m] - north[m] if free[m] & ACROSS_Y else _ZERO
                after = own[m] - south[m] if behind[m] & ACROSS_Y else _ZERO
                row[i] += share * (before + after)
            for i in range(nx):
                m = i + PAD
                down = own[m] - below[m] if free[m] & ACROSS_Z else _ZERO
                up = own[m] - above[m] if over[m] & ACROSS_Z else _ZERO
                row[i] += low * down + high * up
            part = _ZERO
            for i in range(nx):
                part += row[i] * own[i + PAD]
            total += float(part)
        sums[k] = total
    return float(sums.sum())


@njit(cache=True, nogil=True, error_model="numpy", fastmath=ADDED, parallel=True)
def solve_columns(
    z: Cube, waves: tuple[Levels, Levels], dz: Levels, per_rise: Levels, cell: np.float32
) -> None:
    """Solve the tridiagonal system of every mode, in place (Thomas 1949).

    Parameters
    ----------
    z
        Modes of the right side in, of the solution out, shape (nz, ny, nx), any unit.
    waves
        Eigenvalues along y and x, shape (ny,) and (nx,), a factor each.
    dz, per_rise
        Of the grid, shape (nz,) [m] and (nz + 1,) [1/m].
    cell
        Edge of a cell [m].
    """
    nz, ny, nx = z.shape
    for mode in prange(ny):
        j = np.int64(mode)
        upper = np.empty((nz, nx), dtype=np.float32)
        wave = (waves[0][j] + waves[1]) / (cell * cell)
        for k in range(nz):
            low = per_rise[k] if k > 0 else _ZERO
            # Above the top the pressure has the opposite sign, so that it is 0 on the face.
            high = per_rise[k + 1] * (_ONE if k + 1 < nz else _TWO)
            row, now = z[k, j], upper[k]
            before, above = z[max(k - 1, 0), j], upper[max(k - 1, 0)]
            thick = dz[k]
            if k == 0:
                for i in range(nx):
                    inverse = _ONE / (wave[i] * thick + high)
                    now[i] = high * inverse
                    row[i] *= inverse
            else:
                for i in range(nx):
                    inverse = _ONE / (wave[i] * thick + high + low - low * above[i])
                    now[i] = high * inverse
                    row[i] = (row[i] + low * before[i]) * inverse
        for k in range(nz - 2, -1, -1):
            row, above, now = z[k, j], z[k + 1, j], upper[k]
            for i in range(nx):
                row[i] += now[i] * above[i]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=ADDED, parallel=True)
def product_in_air(r: Cube, z: Cube, fluid: Flags) -> float:
    """Set z to 0 in solids and return its product with r.

    Parameters
    ----------
    r, z
        Shape (nz, ny, nx), any unit.
    fluid
        1 in cells of air.
    """
    nz, ny, nx = r.shape
    sums = np.zeros(nz)
    for level in prange(nz):
        k = np.int64(level)
        total = 0.0
        for j in range(ny):
            a, b, air, part = r[k, j], z[k, j], fluid[k + PAD, j + PAD], _ZERO
            for i in range(nx):
                b[i] *= air[i + PAD]
            for i in range(nx):
                part += a[i] * b[i]
            total += float(part)
        sums[k] = total
    return float(sums.sum())


@njit(cache=True, nogil=True, error_model="numpy", fastmath=ADDED, parallel=True)
def turn(d: Cube, z: Cube, keep: np.float32) -> None:
    """Next direction: z plus a share of the one before.

    Parameters
    ----------
    d
        Shape (nz + 5, ny + 5, nx + 5), any unit, changed.
    z
        Shape (nz, ny, nx), the same unit.
    keep
        The share, a factor.
    """
    nz, ny, nx = z.shape
    for level in prange(nz):
        k = np.int64(level)
        for j in range(ny):
            row, new = d[k + PAD, j + PAD], z[k, j]
            for i in range(nx):
                row[i + PAD] = new[i] + keep * row[i + PAD]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=ADDED, parallel=True)
def go_along(x: Cube, r: Cube, d: Cube, q: Cube, far: np.float32) -> float:
    """Go along a direction; returns the largest residual.

    Parameters
    ----------
    x, d
        Solution and direction, shape (nz + 5, ny + 5, nx + 5), any unit.
    r, q
        Residual and what the direction does to it, shape (nz, ny, nx), any unit.
    far
        How far, a factor.
    """
    nz, ny, nx = r.shape
    most = np.zeros(nz)
    for level in prange(nz):
        k = np.int64(level)
        largest = _ZERO
        for j in range(ny):
            found, toward, rest, change = x[k + PAD, j + PAD], d[k + PAD, j + PAD], r[k, j], q[k, j]
            for i in range(nx):
                found[i + PAD] += far * toward[i + PAD]
            for i in range(nx):
                rest[i] -= far * change[i]
            for i in range(nx):
                largest = max(largest, abs(rest[i]))
        most[k] = largest
    return float(most.max())


@njit(cache=True, nogil=True, error_model="numpy", fastmath=ADDED, parallel=True)
def take_gradient(
    u: Cube, v: Cube, w: Cube, p: Cube, faces: Flags, per_rise: Levels, cell: np.float32
) -> None:
    """Take the gradient of a field off the free faces.

    Parameters
    ----------
    u, v, w
        Velocities on faces, shape (nz + 5, ny + 5, nx + 5) [m/s], changed.
    p
        The field, of the same shape [m2/s], its border filled.
    faces
        Which faces are free, of the same shape, bits of `free_faces`.
    per_rise
        Of the grid, shape (nz + 1,) [1/m].
    cell
        Edge of a cell [m].
    """
    nz, ny, nx = per_rise.shape[0] - 1, u.shape[1] - PAD - 3, u.shape[2] - PAD - 3
    per_cell = _ONE / cell
    for level in prange(nz + 1):
        k = np.int64(level)
        kk, per_m = k + PAD, per_rise[k]
        for jj in range(PAD, ny + 1 + PAD):
            own, north, below = p[kk, jj], p[kk, jj - 1], p[kk - 1, jj]
            # Beyond the last level and row no face is free.
            row, free = u[kk, jj], faces[kk, jj]
            for i in range(PAD, nx + 1 + PAD):
                row[i] -= per_cell * (own[i] - own[i - 1]) if free[i] & ACROSS_X else _ZERO
            row = v[kk, jj]
            for i in range(PAD, nx + PAD):
                row[i] -= per_cell * (own[i] - north[i]) if free[i] & ACROSS_Y else _ZERO
            row = w[kk, jj]
            for i in range(PAD, nx + PAD):
                row[i] -= per_m * (own[i] - below[i]) if free[i] & ACROSS_Z else _ZERO
