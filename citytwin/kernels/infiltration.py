"""Water that soaks into the ground or runs into drains: constant, Horton, Green-Ampt."""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.kernels.depth_rows import WaterArrays, changed_depth
from citytwin.kernels.exact_sums import units
from citytwin.kernels.face_discharge import Row
from citytwin.kernels.soils import GroundSinks, SoilTable
from citytwin.kernels.window import Window

_KEEPS = 0.99999
_STEPS = 40
_CLOSE = 1e-12


@njit(cache=True, nogil=True, error_model="numpy")
def horton_total(time_s: float, first_m_s: float, last_m_s: float, decay_per_s: float) -> float:
    """Depth that Horton's law has taken after some time under water.

    Parameters
    ----------
    time_s
        Time under water [s].
    first_m_s, last_m_s
        Rates at first and in the end [m/s].
    decay_per_s
        Decay [1/s], > 0.

    Returns
    -------
    float
        Depth [m].

    Notes
    -----
    Horton (1940), integrated.
    """
    return last_m_s * time_s - (first_m_s - last_m_s) / decay_per_s * math.expm1(
        -decay_per_s * time_s
    )


@njit(cache=True, nogil=True, error_model="numpy")
def horton_time(taken_m: float, first_m_s: float, last_m_s: float, decay_per_s: float) -> float:
    """Time under water after which Horton's law has taken a depth.

    Parameters
    ----------
    taken_m
        Depth [m], >= 0.
    first_m_s, last_m_s
        Rates at first and in the end [m/s]; the first > 0.
    decay_per_s
        Decay [1/s], > 0.

    Returns
    -------
    float
        Time [s].

    Notes
    -----
    Newton steps on the integral of Horton (1940), from below: it rises and bends down.
    """
    time = taken_m / first_m_s
    for _ in range(_STEPS):
        rate = last_m_s + (first_m_s - last_m_s) * math.exp(-decay_per_s * time)
        step = (taken_m - horton_total(time, first_m_s, last_m_s, decay_per_s)) / rate
        time += step
        if abs(step) <= _CLOSE * time:
            break
    return time


@njit(cache=True, nogil=True, error_model="numpy")
def green_ampt_total(taken_m: float, dt_s: float, last_m_s: float, suction_m: float) -> float:
    """Depth that Green and Ampt's law has taken after a further time under water.

    Parameters
    ----------
    taken_m
        Depth taken so far [m], >= 0.
    dt_s
        Time [s], >= 0.
    last_m_s
        Hydraulic conductivity K [m/s], > 0.
    suction_m
        Suction head times deficit of moisture S [m], >= 0.

    Returns
    -------
    float
        Depth F [m], which solves F - F0 - S ln((F + S) / (F0 + S)) = K dt.

    Notes
    -----
    Green and Ampt (1911), the implicit form of Mein and Larson (1973), by Newton steps from above.
    """
    supply = last_m_s * dt_s
    if not supply > 0.0:
        return taken_m
    if not suction_m > 0.0:
        return taken_m + supply
    # Above the root: what the rate at the begin would take, and for a dry start what suction
    # alone would, F = sqrt(2 S K dt), plus gravity.
    gain = supply + math.sqrt(2.0 * suction_m * supply)
    for _ in range(_STEPS):
        total = taken_m + gain
        off = gain - suction_m * math.log1p(gain / (taken_m + suction_m)) - supply
        step = off * (total + suction_m) / total
        gain -= step
        if abs(step) <= _CLOSE * gain:
            break
    return taken_m + gain


@njit(cache=True, nogil=True, error_model="numpy")
def soil_capacity(soils: SoilTable, number: int, memory: float, dt_s: float) -> float:
    """Depth that a soil can take.

    Parameters
    ----------
    soils
        Arrays of shape (n,).
    number
        Of the soil, an integer.
    memory
        Its time under water (Horton) or the depth taken (Green-Ampt) [s or m].
    dt_s
        Time [s], >= 0.

    Returns
    -------
    float
        Depth [m], >= 0.
    """
    kind = soils.kind[number]
    first, last = soils.first_m_s[number], soils.last_m_s[number]
    if kind == 1:
        return float(first * dt_s)
    if kind == 2:
        decay = soils.decay_per_s[number]
        before = horton_total(memory, first, last, decay)
        return float(horton_total(memory + dt_s, first, last, decay) - before)
    if kind == 3:
        return float(green_ampt_total(memory, dt_s, last, soils.suction_m[number]) - memory)
    return 0.0


@njit(cache=True, nogil=True, error_model="numpy")
def soil_memory(
    soils: SoilTable, number: int, memory: float, taken: float, capacity: float, dt_s: float
) -> float:
    """Memory of a soil after it has taken some of what it could.

    Parameters
    ----------
    soils
        Arrays of shape (n,).
    number
        Of the soil, an integer.
    memory
        As for `soil_capacity` [s or m].
    taken, capacity
        Depths [m], >= 0.
    dt_s
        Time [s], >= 0.

    Returns
    -------
    float
        New memory [s or m].
    """
    kind = soils.kind[number]
    if kind == 3:
        return memory + taken
    if kind != 2:
        return memory
    if taken >= capacity * (1.0 - 1e-6):
        return memory + dt_s
    first, last = soils.first_m_s[number], soils.last_m_s[number]
    decay = soils.decay_per_s[number]
    before = horton_total(memory, first, last, decay)
    return float(max(memory, horton_time(before + taken, first, last, decay)))


@njit(cache=True, nogil=True, error_model="numpy")
def withdraw(depth: Row, residual: Row, i: int, wanted: float) -> float:
    """Take a depth from a cell, at most what it holds.

    Parameters
    ----------
    depth, residual
        Water depth and what rounding left out of it, shape (n,), float32 [m], changed in place.
    i
        The cell, an integer.
    wanted
        Depth [m], >= 0.

    Returns
    -------
    float
        Depth that was taken [m].
    """
    taken = np.float32(min(wanted, _KEEPS * np.float64(depth[i])))
    depth[i], residual[i] = changed_depth(depth[i], residual[i], -taken)
    return np.float64(taken)


@njit(cache=True, nogil=True, error_model="numpy")
def soak(
    water: WaterArrays,
    soil: NDArray[np.uint8],
    soils: SoilTable,
    memory: NDArray[np.float64],
    drain_m_s: NDArray[np.float32],
    dt_s: float,
    booked: Window,
) -> tuple[int, int]:
    """Let ground and drains take water where there is some.

    Parameters
    ----------
    water
        Water depth and what rounding left out of it, shape (ny, nx), changed in place, and largest
        depth of each row, shape (ny,), float32 [m].
    soil
        Number of the soil of each cell, shape (ny, nx), uint8.
    soils
        Arrays of shape (n,).
    memory
        Time under water (Horton) or depth taken (Green-Ampt), shape (ny, nx), float64 [s or m],
        changed in place.
    drain_m_s
        Rate that drains take, shape (ny, nx), float32 [m/s].
    dt_s
        Time [s], >= 0.
    booked
        The cells that count in the sums.

    Returns
    -------
    tuple of int
        Sums of the depths that the ground and the drains took [units of 2^-46 m, see `exact_sums`].

    Notes
    -----
    A soil that gets less water than it could take falls back to the time at which it has taken
    as much, as in SWMM (Rossman and Huber 2016).
    """
    soaked, drained = 0, 0
    depth_m, residual_m, row_depth_m = water
    for j in range(depth_m.shape[0]):
        if row_depth_m[j] <= np.float32(0.0):
            continue
        depth, residual = depth_m[j], residual_m[j]
        is_booked = booked.row0 <= j < booked.row1
        for i in range(depth.shape[0]):
            if depth[i] <= np.float32(0.0):
                continue
            counts = is_booked and booked.col0 <= i < booked.col1
            number = np.int64(soil[j, i])
            if soils.kind[number] != 0:
                capacity = soil_capacity(soils, number, memory[j, i], dt_s)
                taken = withdraw(depth, residual, i, capacity)
                memory[j, i] = soil_memory(soils, number, memory[j, i], taken, capacity, dt_s)
                soaked += units(taken) if counts else 0
            if drain_m_s[j, i] > np.float32(0.0):
                taken = withdraw(depth, residual, i, np.float64(drain_m_s[j, i]) * dt_s)
                drained += units(taken) if counts else 0
    return soaked, drained


class LevelSoak:
    """Ground and drains below cells with a level bed; see `GroundTaking`.

    Parameters
    ----------
    sinks
        Of these cells, arrays of shape (ny, nx).
    booked
        The cells that count in the sums.
    """

    def __init__(self, sinks: GroundSinks, booked: Window) -> None:
        self._sinks, self._booked = sinks, booked
        self.memory = np.zeros(sinks.soil.shape)

    def take(self, water: WaterArrays, dt_s: float) -> tuple[int, int]:
        """Let ground and drains take water; see `GroundTaking`."""
        given = self._sinks
        soaked, drained = soak(
            water, given.soil, given.table, self.memory, given.drain_m_s, dt_s, self._booked
        )
        return int(soaked), int(drained)
