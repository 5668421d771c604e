"""Fluxes through the edges of the grid for the full solver: walls, free outflow, entries."""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels.face_discharge import GRAVITY_M_S2, edge_discharge
from citytwin.kernels.full_state import FullState, FullWork, put_flux
from citytwin.kernels.inertial_state import Ground
from citytwin.kernels.riemann import WALL_RISE_M, FaceFlux, FaceSide, riemann_flux

# Conveyance that stands for an edge where water enters: it passes with the velocity of the cell.
AS_IT_COMES = np.float32(-1.0)

_ZERO = np.float32(0.0)
_GRAVITY = np.float32(GRAVITY_M_S2)
_BEYOND_A_WALL = np.float32(2.0) * WALL_RISE_M
_HALF_GRAVITY = np.float32(0.5 * GRAVITY_M_S2)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _edge_flux(
    water: FaceSide,
    conveyance: np.float32,
    fall: np.float32,
    outwards: np.float32,
    dry_depth_m: np.float32,
) -> FaceFlux:
    """Flux through an edge: mirrored water at a wall, through flow elsewhere.

    `fall` is the drop of the bed to the cell outside that is thought of, `outwards` is 1 for an
    east or south side and -1 for a west or north side.
    """
    wall = riemann_flux(water, water, outwards * _BEYOND_A_WALL)
    depth, speed = water.depth, outwards * water.along
    leaves = edge_discharge(depth, conveyance, dry_depth_m)
    # Shooting water cannot know of the edge and leaves as it comes.
    as_it_comes = (conveyance < _ZERO) | (speed > np.sqrt(_GRAVITY * depth))
    through = depth * speed if as_it_comes else leaves
    beyond = max(_ZERO, depth - abs(fall))
    pull = _HALF_GRAVITY * ((depth - beyond) * (depth + beyond))
    push = through * through / depth if depth > dry_depth_m else _ZERO
    push = push - (pull if fall > _ZERO else -pull)
    free = FaceFlux(outwards * through, push, push, water.across)
    return free if conveyance != _ZERO else wall


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _fall_outwards(inner: np.float32, edge: np.float32, first_order: bool) -> np.float32:
    """Drop of the bed from the edge outwards, taken like that from the inner cell to the edge.

    With slopes inside the cells the pull of the bed is theirs.
    """
    drop = inner - edge
    return drop if first_order and abs(drop) < WALL_RISE_M else _ZERO


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
    one = np.float32(1.0)
    for edge, inner, outwards in ((0, min(1, ny - 1), -one), (ny - 1, max(ny - 2, 0), one)):
        rows, conveyance = work.north, ground.north
        if outwards > _ZERO:
            rows, conveyance = work.south, ground.south
        for i in range(nx):
            fall = _fall_outwards(bed[inner, i], bed[edge, i], first_order)
            water = FaceSide(depth[edge, i], v[edge, i], u[edge, i])
            flux = _edge_flux(water, conveyance[i], fall, outwards, dry_depth_m)
            put_flux(rows, 0, i, flux)
    for edge, inner, outwards in ((0, min(1, nx - 1), -one), (nx - 1, max(nx - 2, 0), one)):
        rows, conveyance = work.west, ground.west
        if outwards > _ZERO:
            rows, conveyance = work.east, ground.east
        for j in range(ny):
            fall = _fall_outwards(bed[j, inner], bed[j, edge], first_order)
            water = FaceSide(depth[j, edge], u[j, edge], v[j, edge])
            flux = _edge_flux(water, conveyance[j], fall, outwards, dry_depth_m)
            put_flux(rows, 0, j, flux)
