"""Fluxes through the edges of the grid for the full solver: walls, free outflow, entries."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.kernels.face_discharge import FACE_WORK_ROWS, GRAVITY_M_S2, Row, edge_discharge
from citytwin.kernels.full_state import FullState, FullWork, as_flux
from citytwin.kernels.riemann import WALL_RISE_M, FaceSide, riemann_flux
from citytwin.kernels.shallow_water import Ground

# Conveyance that stands for an edge where water enters: it passes with the velocity of the cell.
AS_IT_COMES = np.float32(-1.0)

_ZERO = np.float32(0.0)
_TWO = np.float32(2.0)
_GRAVITY = np.float32(GRAVITY_M_S2)
_HALF_GRAVITY = np.float32(0.5 * GRAVITY_M_S2)


@njit(cache=True, nogil=True, error_model="numpy")
def _edge_flux(
    rows: NDArray[np.float32],
    water: FaceSide,
    conveyance: Row,
    fall: Row,
    outwards: np.float32,
    scratch: NDArray[np.float32],
    dry_depth_m: np.float32,
) -> None:
    """Write the fluxes of one side: mirrored water at walls, through flow elsewhere.

    `fall` is the drop of the bed to the cell outside that is thought of, `outwards` is 1 for an
    east or south side and -1 for a west or north side.
    """
    n = conveyance.shape[0]
    flux = as_flux(rows, 0, n)
    out, rise = scratch[FACE_WORK_ROWS, :n], scratch[FACE_WORK_ROWS + 1, :n]
    rise[:] = outwards * (_TWO * WALL_RISE_M)
    riemann_flux(flux, water, water, rise)
    edge_discharge(out, water.depth, conveyance, scratch, dry_depth_m)
    for i in range(n):
        if conveyance[i] != _ZERO:
            depth, speed = water.depth[i], outwards * water.along[i]
            # Shooting water cannot know of the edge and leaves as it comes.
            as_it_comes = conveyance[i] < _ZERO or speed > np.sqrt(_GRAVITY * depth)
            through = depth * speed if as_it_comes else out[i]
            beyond = max(_ZERO, depth - abs(fall[i]))
            pull = _HALF_GRAVITY * ((depth - beyond) * (depth + beyond))
            push = through * through / depth if depth > dry_depth_m else _ZERO
            push = push - (pull if fall[i] > _ZERO else -pull)
            flux.mass[i] = outwards * through
            flux.on_first[i] = push
            flux.on_second[i] = push
            flux.carried[i] = water.across[i]


@njit(cache=True, nogil=True, error_model="numpy")
def _fall_outwards(out: Row, inner: Row, edge: Row, first_order: bool) -> None:
    """Drop of the bed from the edge outwards, taken like that from the inner cell to the edge.

    With slopes inside the cells the pull of the bed is theirs.
    """
    for i in range(out.shape[0]):
        drop = inner[i] - edge[i]
        known = first_order and abs(drop) < WALL_RISE_M
        out[i] = drop if known else _ZERO


@njit(cache=True, nogil=True, error_model="numpy")
def edge_fluxes(
    state: FullState, ground: Ground, work: FullWork, dry_depth_m: np.float32, first_order: bool
) -> None:
    """Find the fluxes through the four edges of the grid.

    Parameters
    ----------
    state
        Water, arrays of shape (ny, nx).
    ground
        Bed and conveyance of the edges, shapes (ny, nx), (nx,) and (ny,).
    work
        Work space; its `north`, `south`, `west` and `east` receive the fluxes.
    dry_depth_m
        Depth at and below which nothing leaves [m].
    first_order
        Whether cells have no slopes.

    Notes
    -----
    Where an edge is free, water leaves with `edge_discharge`, or as it comes when it is faster
    than its waves, since then no wave comes in (Toro 2001, section 8.4); its momentum is q^2 / h,
    and the bed is thought to go on as it comes. Where water enters (conveyance AS_IT_COMES) the
    velocity is that of the water in the cell, in or out.
    """
    ny, nx = state.depth_m.shape
    depth, u, v, bed = state.depth_m, state.x_speed, state.y_speed, ground.bed_m
    scratch = work.scratch
    fall = scratch[FACE_WORK_ROWS + 2]
    one = np.float32(1.0)
    _fall_outwards(fall[:nx], bed[min(1, ny - 1)], bed[0], first_order)
    water = FaceSide(depth[0], v[0], u[0])
    _edge_flux(work.north, water, ground.north, fall[:nx], -one, scratch, dry_depth_m)
    _fall_outwards(fall[:nx], bed[max(ny - 2, 0)], bed[ny - 1], first_order)
    water = FaceSide(depth[ny - 1], v[ny - 1], u[ny - 1])
    _edge_flux(work.south, water, ground.south, fall[:nx], one, scratch, dry_depth_m)
    column = scratch[FACE_WORK_ROWS + 3 : FACE_WORK_ROWS + 8, :ny]
    for side in range(2):
        edge, inner = (0, min(1, nx - 1)) if side == 0 else (nx - 1, max(nx - 2, 0))
        for j in range(ny):
            column[0, j], column[1, j], column[2, j] = depth[j, edge], u[j, edge], v[j, edge]
            column[3, j], column[4, j] = bed[j, inner], bed[j, edge]
        water = FaceSide(column[0], column[1], column[2])
        _fall_outwards(fall[:ny], column[3], column[4], first_order)
        if side == 0:
            _edge_flux(work.west, water, ground.west, fall[:ny], -one, scratch, dry_depth_m)
        else:
            _edge_flux(work.east, water, ground.east, fall[:ny], one, scratch, dry_depth_m)
