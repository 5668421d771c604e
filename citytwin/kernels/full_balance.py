"""Depth and velocity of a cell from the fluxes through its faces.

Godunov's method in its conservative form (Toro 2001, chapter 9) and the mean of two steps of Heun
(Shu and Osher 1988). Functions of single numbers without a branch: loops over a row that call them
become vector code.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.depth_rows import largest, risen_depth
from citytwin.kernels.face_discharge import GRAVITY_M_S2, Row
from citytwin.kernels.full_state import FullNumbers, FullState
from citytwin.kernels.manning_friction import slowed
from citytwin.kernels.riemann import FaceFlux

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_HALF = np.float32(0.5)
_GRAVITY = np.float32(GRAVITY_M_S2)


class CellWater(NamedTuple):
    """Water of a cell.

    Parameters
    ----------
    depth, residual
        Water depth and what rounding left out of it [m].
    x_speed, y_speed
        Velocities [m/s].
    """

    depth: np.float32
    residual: np.float32
    x_speed: np.float32
    y_speed: np.float32


class CellFluxes(NamedTuple):
    """Fluxes through the faces of a cell.

    Parameters
    ----------
    west, east
        Through the faces west and east of it.
    north, south
        Through the faces north and south of it.
    """

    west: FaceFlux
    east: FaceFlux
    north: FaceFlux
    south: FaceFlux


class CellGround(NamedTuple):
    """Ground and weather of a cell.

    Parameters
    ----------
    manning
        Manning's n [s/m^(1/3)].
    rain_m
        Rain of the step that it receives [m].
    x_slope, y_slope
        Half slopes of the level within the cell [m]; 0 in first order.
    """

    manning: np.float32
    rain_m: np.float32
    x_slope: np.float32
    y_slope: np.float32


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _momentum(
    start: tuple[np.float32, np.float32],
    fluxes: tuple[FaceFlux, FaceFlux, FaceFlux, FaceFlux],
    half_level: np.float32,
    numbers: FullNumbers,
) -> np.float32:
    """Momentum per area at the end of a step, from depth and velocity at its start.

    `fluxes` are those before and after the cell in that direction, then those beside it.
    """
    depth, along = start
    before, after, left, right = fluxes
    pushed = after.on_first - before.on_second
    drifted = right.mass * right.carried - left.mass * left.carried
    momentum = depth * along - numbers.dt_per_cell * (pushed + drifted)
    # The slope of the water level within the cell pulls.
    return momentum - numbers.gravity_dt_per_cell * (depth * (half_level + half_level))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def euler_step(
    water: CellWater, fluxes: CellFluxes, ground: CellGround, numbers: FullNumbers
) -> tuple[CellWater, np.float32]:
    """Return the water of a cell after an Euler step, and what its depth gained.

    Parameters
    ----------
    water
        At the start of the step.
    fluxes
        Through the faces of the cell.
    ground
        Of the cell.
    numbers
        Scalars of the step.

    Returns
    -------
    tuple
        Water at the end and gain [m]. A film has no velocity.
    """
    west, east, north, south = fluxes
    x_momentum = _momentum(
        (water.depth, water.x_speed), (west, east, north, south), ground.x_slope, numbers
    )
    y_momentum = _momentum(
        (water.depth, water.y_speed), (north, south, west, east), ground.y_slope, numbers
    )
    entered = (west.mass - east.mass) + (north.mass - south.mass)
    gain = numbers.dt_per_cell * entered + ground.rain_m
    depth, residual = risen_depth(water.depth, water.residual, gain)
    deep = max(numbers.dry_depth_m, depth)
    inverse = _ONE / deep
    some = inverse if depth > numbers.dry_depth_m else _ZERO
    speeds = x_momentum * some, y_momentum * some
    u, v = slowed(speeds, inverse, deep, ground.manning, numbers.gravity_dt)
    return CellWater(depth, residual, u, v), gain


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def average(
    start: CellWater, middle: CellWater, end: CellWater, gain: np.float32, dry_depth_m: np.float32
) -> CellWater:
    """Return the mean of the start of a step and the end of its second stage (Heun's method).

    Parameters
    ----------
    start
        Water at the start of the step.
    middle
        Water after the first stage.
    end
        Water after the second stage.
    gain
        What the depth gained in the second stage [m].
    dry_depth_m
        Depth at and below which water has no velocity [m].

    Returns
    -------
    CellWater
        Water at the end of the step.
    """
    x_twice = start.depth * start.x_speed + end.depth * end.x_speed
    y_twice = start.depth * start.y_speed + end.depth * end.y_speed
    rounded = (middle.residual - start.residual) + gain
    mean_gain = _HALF * ((middle.depth - start.depth) + rounded)
    depth, residual = risen_depth(start.depth, start.residual, mean_gain)
    inverse = _HALF / max(dry_depth_m, depth)
    inverse = inverse if depth > dry_depth_m else _ZERO
    return CellWater(depth, residual, x_twice * inverse, y_twice * inverse)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def wave_speed(water: CellWater) -> np.float32:
    """Return the speed of the fastest wave along x or y.

    Parameters
    ----------
    water
        Of a cell.

    Returns
    -------
    numpy.float32
        Speed [m/s].
    """
    fastest = max(abs(water.x_speed), abs(water.y_speed))
    wave: np.float32 = fastest + np.sqrt(_GRAVITY * water.depth)
    return wave


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
    depth, x_speed, y_speed = state.depth_m, state.x_speed, state.y_speed
    for i in range(wave.shape[0]):
        water = CellWater(depth[j, i], _ZERO, x_speed[j, i], y_speed[j, i])
        wave[i] = wave_speed(water)
    largest(depth[j], state.row_depth_m[j : j + 1])
    largest(wave, state.row_wave_m_s[j : j + 1])
