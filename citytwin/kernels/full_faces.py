"""Fluxes through the faces inside the grid for the full solver, of first or second order.

Audusse et al. (2004), sections 3 and 4.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.kernels.face_discharge import FACE_WORK_ROWS, Row
from citytwin.kernels.full_state import FullState, FullWork, as_flux, as_side, as_slopes
from citytwin.kernels.muscl import (
    HalfSlopes,
    clear_slopes,
    limited_slopes,
    rise_between,
    side_after,
    side_before,
)
from citytwin.kernels.riemann import WALL_RISE_M, FaceFlux, FaceSide, riemann_flux
from citytwin.kernels.shallow_water import Ground

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)


@njit(cache=True, nogil=True, error_model="numpy")
def _part(water: FaceSide, begin: int, end: int) -> FaceSide:
    """Some cells of a row."""
    return FaceSide(water.depth[begin:end], water.along[begin:end], water.across[begin:end])


@njit(cache=True, nogil=True, error_model="numpy")
def _y_water(state: FullState, j: int) -> FaceSide:
    """Row `j` as seen by its north and south faces."""
    return FaceSide(state.depth_m[j], state.y_speed[j], state.x_speed[j])


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
    rows = work.x_slope[j % 3]
    nx = state.depth_m.shape[1]
    bed, depth = ground.bed_m[j], state.depth_m[j]
    clear_slopes(as_slopes(rows, 0, nx))
    if nx == 1:
        return
    water = FaceSide(depth, state.x_speed[j], state.y_speed[j])
    three = (_part(water, 0, nx - 2), _part(water, 1, nx - 1), _part(water, 2, nx))
    beds = (bed[: nx - 2], bed[1 : nx - 1], bed[2:])
    limited_slopes(as_slopes(rows, 1, nx - 1), three, beds, work.scratch[0, : nx - 2])
    level = rows[1]
    if ground.west[j] != _ZERO:
        level[0] = _free_level_slope(bed[1] - bed[0], depth[1] - depth[0])
    if ground.east[j] != _ZERO:
        rise, deepens = bed[nx - 1] - bed[nx - 2], depth[nx - 1] - depth[nx - 2]
        level[nx - 1] = _free_level_slope(rise, deepens)


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
    rows = work.y_slope[j % 3]
    ny, nx = state.depth_m.shape
    bed, depth = ground.bed_m, state.depth_m
    slopes = as_slopes(rows, 0, nx)
    if 0 < j < ny - 1:
        three = (_y_water(state, j - 1), _y_water(state, j), _y_water(state, j + 1))
        limited_slopes(slopes, three, (bed[j - 1], bed[j], bed[j + 1]), work.scratch[0, :nx])
        return
    clear_slopes(slopes)
    if ny == 1:
        return
    conveyance = ground.north if j == 0 else ground.south
    a, b = (0, 1) if j == 0 else (ny - 2, ny - 1)
    for i in range(nx):
        if conveyance[i] != _ZERO:
            rise, deepens = bed[b, i] - bed[a, i], depth[b, i] - depth[a, i]
            slopes.level[i] = _free_level_slope(rise, deepens)


@njit(cache=True, nogil=True, error_model="numpy")
def _rise(out: Row, bed_1: Row, bed_2: Row) -> None:
    for i in range(out.shape[0]):
        out[i] = bed_2[i] - bed_1[i]


@njit(cache=True, nogil=True, error_model="numpy")
def _sloped_flux(
    flux: FaceFlux,
    water: tuple[FaceSide, FaceSide],
    beds: tuple[Row, Row],
    slopes: tuple[HalfSlopes, HalfSlopes],
    scratch: NDArray[np.float32],
) -> None:
    """Fluxes between the values that cells with slopes have at their faces."""
    n = flux.mass.shape[0]
    first, second, rise = as_side(scratch[:3], n), as_side(scratch[3:6], n), scratch[6, :n]
    side_before(first, water[0], slopes[0])
    side_after(second, water[1], slopes[1])
    rise_between(rise, beds, slopes[0], slopes[1])
    riemann_flux(flux, first, second, rise)


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
    nx = state.depth_m.shape[1]
    bed, scratch = ground.bed_m[j], work.scratch[FACE_WORK_ROWS:]
    beds = (bed[: nx - 1], bed[1:])
    row = FaceSide(state.depth_m[j], state.x_speed[j], state.y_speed[j])
    water = (_part(row, 0, nx - 1), _part(row, 1, nx))
    flux = as_flux(work.x_flux[j % 2], 1, nx)
    if second_order:
        rows = work.x_slope[j % 3]
        slopes = (as_slopes(rows, 0, nx - 1), as_slopes(rows, 1, nx))
        _sloped_flux(flux, water, beds, slopes, scratch)
    else:
        rise = scratch[0, : nx - 1]
        _rise(rise, beds[0], beds[1])
        riemann_flux(flux, water[0], water[1], rise)


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
    nx = state.depth_m.shape[1]
    scratch = work.scratch[FACE_WORK_ROWS:]
    beds = (ground.bed_m[j - 1], ground.bed_m[j])
    water = (_y_water(state, j - 1), _y_water(state, j))
    flux = as_flux(work.y_flux[j % 3], 0, nx)
    if second_order:
        above, below = work.y_slope[(j - 1) % 3], work.y_slope[j % 3]
        slopes = (as_slopes(above, 0, nx), as_slopes(below, 0, nx))
        _sloped_flux(flux, water, beds, slopes, scratch)
    else:
        rise = scratch[0, :nx]
        _rise(rise, beds[0], beds[1])
        riemann_flux(flux, water[0], water[1], rise)
