"""Depth and velocity of a row of cells from the fluxes through its faces.

Godunov's method in its conservative form (Toro 2001, chapter 9) and the mean of two steps of Heun
(Shu and Osher 1988).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.depth_rows import deposit, largest
from citytwin.kernels.face_discharge import GRAVITY_M_S2, Row
from citytwin.kernels.full_state import FullNumbers, FullState
from citytwin.kernels.manning_friction import slow_down
from citytwin.kernels.riemann import FaceFlux

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_TWO = np.float32(2.0)
_HALF = np.float32(0.5)
_GRAVITY = np.float32(GRAVITY_M_S2)


class RowWater(NamedTuple):
    """Water of one row of cells.

    Parameters
    ----------
    depth, residual
        Water depth and what rounding left out of it, shape (n,), float32 [m].
    x_speed, y_speed
        Velocities, shape (n,), float32 [m/s].
    """

    depth: Row
    residual: Row
    x_speed: Row
    y_speed: Row


class RowFluxes(NamedTuple):
    """Fluxes through the faces of one row of cells.

    Parameters
    ----------
    west, east
        Through the faces west and east of each cell, arrays of shape (n,).
    north, south
        Through the faces north and south of it, arrays of shape (n,).
    """

    west: FaceFlux
    east: FaceFlux
    north: FaceFlux
    south: FaceFlux


@njit(cache=True, nogil=True, error_model="numpy")
def row_of(state: FullState, j: int) -> RowWater:
    """Return the water of a row.

    Parameters
    ----------
    state
        Arrays of shape (ny, nx).
    j
        Row.

    Returns
    -------
    RowWater
        Views of shape (nx,).
    """
    return RowWater(state.depth_m[j], state.residual_m[j], state.x_speed[j], state.y_speed[j])


@njit(cache=True, nogil=True, error_model="numpy")
def momentum_gain(
    along: Row,
    water: RowWater,
    fluxes: tuple[FaceFlux, FaceFlux, FaceFlux, FaceFlux],
    scale: np.float32,
) -> None:
    """Bring the momentum per area of a row to the end of a step.

    Parameters
    ----------
    along
        Velocity in one direction on entry, momentum per area on return, shape (n,) [m2/s].
    water
        Water at the start, arrays of shape (n,).
    fluxes
        Through the faces before and after the cell in that direction, then through those beside
        it, arrays of shape (n,).
    scale
        Time step over cell size [s/m].
    """
    before, after, left, right = fluxes
    push_before, push_after = before.on_second, after.on_first
    through_left, carried_left = left.mass, left.carried
    through_right, carried_right = right.mass, right.carried
    depth = water.depth
    for i in range(along.shape[0]):
        pushed = push_after[i] - push_before[i]
        drifted = through_right[i] * carried_right[i] - through_left[i] * carried_left[i]
        along[i] = depth[i] * along[i] - scale * (pushed + drifted)


@njit(cache=True, nogil=True, error_model="numpy")
def slope_pull(momentum: Row, depth: Row, half_level: Row, scale: np.float32) -> None:
    """Let the slope of the water level within the cells pull.

    Parameters
    ----------
    momentum
        Momentum per area, shape (n,), float32 [m2/s], changed in place.
    depth
        Water depth, shape (n,), float32 [m].
    half_level
        Half slopes of the level in the direction of the momentum, shape (n,), float32 [m].
    scale
        Gravity times time step over cell size [1/s].
    """
    for i in range(momentum.shape[0]):
        momentum[i] = momentum[i] - scale * (depth[i] * (_TWO * half_level[i]))


@njit(cache=True, nogil=True, error_model="numpy")
def depth_gain(
    gain: Row, fluxes: RowFluxes, rain_weight: Row, scale: np.float32, rain_m: np.float32
) -> None:
    """Find what the depths of a row gain in a step.

    Parameters
    ----------
    gain
        Receives the gain, shape (n,), float32 [m].
    fluxes
        Through the faces, arrays of shape (n,).
    rain_weight
        Share of the rain, shape (n,), float32 [-].
    scale
        Time step over cell size [s/m].
    rain_m
        Rain of the step [m].
    """
    west, east = fluxes.west.mass, fluxes.east.mass
    north, south = fluxes.north.mass, fluxes.south.mass
    for i in range(gain.shape[0]):
        gain[i] = scale * ((west[i] - east[i]) + (north[i] - south[i]))
    if rain_m > _ZERO:
        for i in range(gain.shape[0]):
            gain[i] = gain[i] + rain_weight[i] * rain_m


@njit(cache=True, nogil=True, error_model="numpy")
def velocities(
    water: RowWater, manning: Row, work: tuple[Row, Row, Row], numbers: FullNumbers
) -> None:
    """Turn momentum into velocity and slow it down by friction; a film has none.

    Parameters
    ----------
    water
        Depth at the end of the step; momentum per area in place of the velocities on entry, the
        velocities on return, arrays of shape (n,).
    manning
        Manning's n, shape (n,), float32 [s/m^(1/3)].
    work
        Three rows of work space, shape (n,), float32.
    numbers
        Scalars of the step.
    """
    depth, x_speed, y_speed = water.depth, water.x_speed, water.y_speed
    deep = work[0]
    dry = numbers.dry_depth_m
    for i in range(depth.shape[0]):
        deep[i] = max(dry, depth[i])
        inverse = _ONE / deep[i]
        inverse = inverse if depth[i] > dry else _ZERO
        x_speed[i] = x_speed[i] * inverse
        y_speed[i] = y_speed[i] * inverse
    slow_down((x_speed, y_speed), deep, manning, (work[1], work[2]), numbers.gravity_dt)


@njit(cache=True, nogil=True, error_model="numpy")
def average(
    start: RowWater, middle: RowWater, end: RowWater, gain: Row, dry_depth_m: np.float32
) -> None:
    """Take the mean of the start of a step and the end of its second stage (Heun's method).

    Parameters
    ----------
    start
        Water at the start of the step on entry, at its end on return, arrays of shape (n,).
    middle
        Water after the first stage.
    end
        Water after the second stage; its velocities are replaced.
    gain
        What the depth gained in the second stage, shape (n,), float32 [m]; replaced.
    dry_depth_m
        Depth at and below which water has no velocity [m].
    """
    n = gain.shape[0]
    for i in range(n):
        end.x_speed[i] = start.depth[i] * start.x_speed[i] + end.depth[i] * end.x_speed[i]
    for i in range(n):
        end.y_speed[i] = start.depth[i] * start.y_speed[i] + end.depth[i] * end.y_speed[i]
    for i in range(n):
        rounded = (middle.residual[i] - start.residual[i]) + gain[i]
        gain[i] = _HALF * ((middle.depth[i] - start.depth[i]) + rounded)
    deposit(start.depth, start.residual, gain)
    for i in range(n):
        depth = start.depth[i]
        inverse = _HALF / max(dry_depth_m, depth)
        inverse = inverse if depth > dry_depth_m else _ZERO
        start.x_speed[i] = end.x_speed[i] * inverse
        start.y_speed[i] = end.y_speed[i] * inverse


@njit(cache=True, nogil=True, error_model="numpy")
def note_largest(state: FullState, j: int, wave: Row) -> None:
    """Write the largest depth and the fastest wave of a row.

    Parameters
    ----------
    state
        Arrays of shape (ny, nx) and (ny,); the entries of row `j` are renewed.
    j
        Row.
    wave
        Work space, shape (nx,), float32.
    """
    depth, x_speed, y_speed = state.depth_m[j], state.x_speed[j], state.y_speed[j]
    for i in range(wave.shape[0]):
        fastest = max(abs(x_speed[i]), abs(y_speed[i]))
        wave[i] = fastest + np.sqrt(_GRAVITY * depth[i])
    largest(depth, state.row_depth_m[j : j + 1])
    largest(wave, state.row_wave_m_s[j : j + 1])
