"""The balance of one row of cells in the full solver: a stage of a time step.

Godunov's method (Toro 2001, chapter 9), or the second stage of Heun's (Shu and Osher 1988).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels.depth_rows import rank, ranked
from citytwin.kernels.full_balance import (
    CellFluxes,
    CellGround,
    CellWater,
    average,
    euler_step,
    wave_speed,
)
from citytwin.kernels.full_state import FullNumbers, FullState, FullWork, flux_at
from citytwin.kernels.inertial_state import Ground
from citytwin.kernels.wide_vectors import wide_vectors

_ZERO = np.float32(0.0)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _water_at(state: FullState, j: int, i: int) -> CellWater:
    """Water of a cell."""
    return CellWater(
        state.depth_m[j, i], state.residual_m[j, i], state.x_speed[j, i], state.y_speed[j, i]
    )


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _put_water(state: FullState, j: int, i: int, water: CellWater) -> None:
    """Write the water of a cell."""
    state.depth_m[j, i], state.residual_m[j, i] = water.depth, water.residual
    state.x_speed[j, i], state.y_speed[j, i] = water.x_speed, water.y_speed


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _fluxes_at(work: FullWork, j: int, i: int) -> CellFluxes:
    """Fluxes around cell `i` of row `j`."""
    x, y = work.x_flux, work.y_flux
    return CellFluxes(
        flux_at(x, j % 2, i),
        flux_at(x, j % 2, i + 1),
        flux_at(y, j % 3, i),
        flux_at(y, (j + 1) % 3, i),
    )


@njit(cache=True, nogil=True, error_model="numpy")
def euler_row(
    states: tuple[FullState, FullState],
    ground: Ground,
    j: int,
    work: FullWork,
    numbers: FullNumbers,
    second_order: bool,
) -> None:
    """Write row `j` of the second state: that of the first after an Euler step.

    Parameters
    ----------
    states
        Two states, arrays of shape (ny, nx) and (ny,).
    ground
        Arrays of shape (ny, nx).
    j
        Row.
    work
        Work space with the fluxes around the row and, in second order, its slopes.
    numbers
        Scalars of the step.
    second_order
        Whether cells have slopes.
    """
    wide_vectors()
    read, write = states
    x_slope, y_slope = work.x_slope, work.y_slope
    deepest, fastest = np.int32(0), np.int32(0)
    for i in range(read.depth_m.shape[1]):
        rain = ground.rain_weight[j, i] * numbers.rain_m
        x_half = x_slope[j % 3, 1, i] if second_order else _ZERO
        y_half = y_slope[j % 3, 1, i] if second_order else _ZERO
        cell = CellGround(ground.manning[j, i], rain, x_half, y_half)
        start = _water_at(read, j, i)
        end, _ = euler_step(start, _fluxes_at(work, j, i), cell, numbers)
        _put_water(write, j, i, end)
        deepest = max(deepest, rank(end.depth))
        fastest = max(fastest, rank(wave_speed(end)))
    write.row_depth_m[j] = ranked(deepest)
    write.row_wave_m_s[j] = ranked(fastest)


@njit(cache=True, nogil=True, error_model="numpy")
def heun_row(
    states: tuple[FullState, FullState],
    ground: Ground,
    j: int,
    work: FullWork,
    numbers: FullNumbers,
) -> None:
    """Write row `j` of the second state, the start of the step: its end after the second stage.

    Parameters
    ----------
    states
        Water after the first stage, and at the start; arrays of shape (ny, nx) and (ny,).
    ground
        Arrays of shape (ny, nx).
    j
        Row.
    work
        Work space with the fluxes around the row and its slopes.
    numbers
        Scalars of the step.
    """
    wide_vectors()
    read, write = states
    x_slope, y_slope = work.x_slope, work.y_slope
    deepest, fastest = np.int32(0), np.int32(0)
    for i in range(read.depth_m.shape[1]):
        rain = ground.rain_weight[j, i] * numbers.rain_m
        x_half, y_half = x_slope[j % 3, 1, i], y_slope[j % 3, 1, i]
        cell = CellGround(ground.manning[j, i], rain, x_half, y_half)
        middle = _water_at(read, j, i)
        last, gain = euler_step(middle, _fluxes_at(work, j, i), cell, numbers)
        start = _water_at(write, j, i)
        end = average(start, middle, last, gain, numbers.dry_depth_m)
        _put_water(write, j, i, end)
        deepest = max(deepest, rank(end.depth))
        fastest = max(fastest, rank(wave_speed(end)))
    write.row_depth_m[j] = ranked(deepest)
    write.row_wave_m_s[j] = ranked(fastest)
