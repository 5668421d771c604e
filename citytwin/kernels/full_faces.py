"""Fluxes through the faces inside the grid for the full solver, of first or second order.

Audusse et al. (2004), sections 3 and 4.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels.full_state import FullState, FullWork, put_flux, put_slopes, slopes_at
from citytwin.kernels.inertial_state import Ground
from citytwin.kernels.muscl import limited_slopes, rise_between, side_after, side_before
from citytwin.kernels.riemann import WALL_RISE_M, FaceSide, riemann_flux
from citytwin.kernels.shallow_water import Field
from citytwin.kernels.wide_vectors import wide_vectors

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _side(depth: Field, along: Field, across: Field, j: int, i: int) -> FaceSide:
    """Water of a cell as a face sees it."""
    return FaceSide(depth[j, i], along[j, i], across[j, i])


@njit(cache=True, nogil=True, error_model="numpy")
def _free_level_slope(rise: np.float32, deepens: np.float32) -> np.float32:
    """Half slope of the level in a cell at a free edge, where the bed goes on as it comes.

    `rise` and `deepens` are the changes of bed and depth over the one cell that is known, in the
    same direction.
    """
    if abs(rise) >= WALL_RISE_M:
        return _ZERO
    level = rise + deepens
    return _HALF * (max(_ZERO, min(level, rise)) + min(_ZERO, max(level, rise)))


@njit(cache=True, nogil=True, error_model="numpy")
def x_slopes(state: FullState, ground: Ground, j: int, work: FullWork) -> None:
    """Find the slopes of row `j` from west to east.

    Parameters
    ----------
    state
        Water, arrays of shape (ny, nx).
    ground
        Bed and conveyance of the edges.
    j
        Row.
    work
        Work space; row `j` takes its place in `x_slope`.
    """
    wide_vectors()
    bed, depth, u, v = ground.bed_m, state.depth_m, state.x_speed, state.y_speed
    rows, k, nx = work.x_slope, j % 3, depth.shape[1]
    for i in range(nx - 2):
        rises = bed[j, i + 1] - bed[j, i], bed[j, i + 2] - bed[j, i + 1]
        before, here = _side(depth, u, v, j, i), _side(depth, u, v, j, i + 1)
        after = _side(depth, u, v, j, i + 2)
        put_slopes(rows, k, i + 1, limited_slopes(before, here, after, rises))
    for of in range(4):
        rows[k, of, 0], rows[k, of, nx - 1] = _ZERO, _ZERO
    if nx == 1:
        return
    if ground.west[j] != _ZERO:
        rise, deepens = bed[j, 1] - bed[j, 0], depth[j, 1] - depth[j, 0]
        rows[k, 1, 0] = _free_level_slope(rise, deepens)
    if ground.east[j] != _ZERO:
        rise, deepens = bed[j, nx - 1] - bed[j, nx - 2], depth[j, nx - 1] - depth[j, nx - 2]
        rows[k, 1, nx - 1] = _free_level_slope(rise, deepens)


@njit(cache=True, nogil=True, error_model="numpy")
def _inner_y_slopes(state: FullState, ground: Ground, j: int, work: FullWork) -> None:
    """Find the slopes of a row between two others."""
    wide_vectors()
    bed, depth, u, v = ground.bed_m, state.depth_m, state.x_speed, state.y_speed
    rows, k = work.y_slope, j % 3
    for i in range(depth.shape[1]):
        rises = bed[j, i] - bed[j - 1, i], bed[j + 1, i] - bed[j, i]
        before, here = _side(depth, v, u, j - 1, i), _side(depth, v, u, j, i)
        after = _side(depth, v, u, j + 1, i)
        put_slopes(rows, k, i, limited_slopes(before, here, after, rises))


@njit(cache=True, nogil=True, error_model="numpy")
def y_slopes(state: FullState, ground: Ground, j: int, work: FullWork) -> None:
    """Find the slopes of row `j` from north to south.

    Parameters
    ----------
    state
        Water, arrays of shape (ny, nx).
    ground
        Bed and conveyance of the edges.
    j
        Row.
    work
        Work space; row `j` takes its place in `y_slope`.
    """
    ny, nx = state.depth_m.shape
    if 0 < j < ny - 1:
        _inner_y_slopes(state, ground, j, work)
        return
    bed, depth, rows = ground.bed_m, state.depth_m, work.y_slope
    rows[j % 3] = _ZERO
    if ny == 1:
        return
    conveyance = ground.north if j == 0 else ground.south
    a, b = (0, 1) if j == 0 else (ny - 2, ny - 1)
    for i in range(nx):
        if conveyance[i] != _ZERO:
            rise, deepens = bed[b, i] - bed[a, i], depth[b, i] - depth[a, i]
            rows[j % 3, 1, i] = _free_level_slope(rise, deepens)


@njit(cache=True, nogil=True, error_model="numpy")
def x_fluxes(state: FullState, ground: Ground, j: int, work: FullWork, second_order: bool) -> None:
    """Find the fluxes through the faces between the cells of row `j`.

    Parameters
    ----------
    state
        Water, arrays of shape (ny, nx).
    ground
        Bed, shape (ny, nx).
    j
        Row.
    work
        Work space; row `j` takes its place in `x_flux`.
    second_order
        Whether cells have slopes; those of the row must have been found.
    """
    wide_vectors()
    bed, depth, u, v = ground.bed_m, state.depth_m, state.x_speed, state.y_speed
    rows, slopes, n = work.x_flux, work.x_slope, depth.shape[1] - 1
    if second_order:
        for i in range(n):
            first, second = slopes_at(slopes, j % 3, i), slopes_at(slopes, j % 3, i + 1)
            left = side_before(_side(depth, u, v, j, i), first)
            right = side_after(_side(depth, u, v, j, i + 1), second)
            rise = rise_between(bed[j, i + 1] - bed[j, i], first, second)
            put_flux(rows, j % 2, i + 1, riemann_flux(left, right, rise))
    else:
        for i in range(n):
            left, right = _side(depth, u, v, j, i), _side(depth, u, v, j, i + 1)
            rise = bed[j, i + 1] - bed[j, i]
            put_flux(rows, j % 2, i + 1, riemann_flux(left, right, rise))


@njit(cache=True, nogil=True, error_model="numpy")
def y_fluxes(state: FullState, ground: Ground, j: int, work: FullWork, second_order: bool) -> None:
    """Find the fluxes through the faces between the rows `j - 1` and `j`.

    Parameters
    ----------
    state
        Water, arrays of shape (ny, nx).
    ground
        Bed, shape (ny, nx).
    j
        Row below the faces, at least 1.
    work
        Work space; the faces take their place in `y_flux`.
    second_order
        Whether cells have slopes; those of both rows must have been found.
    """
    wide_vectors()
    bed, depth, u, v = ground.bed_m, state.depth_m, state.x_speed, state.y_speed
    rows, slopes, nx = work.y_flux, work.y_slope, depth.shape[1]
    if second_order:
        for i in range(nx):
            first, second = slopes_at(slopes, (j - 1) % 3, i), slopes_at(slopes, j % 3, i)
            above = side_before(_side(depth, v, u, j - 1, i), first)
            below = side_after(_side(depth, v, u, j, i), second)
            rise = rise_between(bed[j, i] - bed[j - 1, i], first, second)
            put_flux(rows, j % 3, i, riemann_flux(above, below, rise))
    else:
        for i in range(nx):
            above, below = _side(depth, v, u, j - 1, i), _side(depth, v, u, j, i)
            put_flux(rows, j % 3, i, riemann_flux(above, below, bed[j, i] - bed[j - 1, i]))
