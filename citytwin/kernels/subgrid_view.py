"""The water of coarse cells on the fine ground in them: depths and velocities."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.face_discharge import StepNumbers, inverse_cube_root
from citytwin.kernels.full_state import FullState
from citytwin.kernels.shallow_water import Field
from citytwin.kernels.subgrid_step import Sections, Surfaces

_ZERO = np.float32(0.0)
_HALF = np.float32(0.5)
_SMOOTHEST = np.float32(1e-6)


class CoarseWater(NamedTuple):
    """Water of coarse cells.

    Parameters
    ----------
    bed_m
        Lowest open ground of each, shape (ny, nx), float32 [m].
    surfaces
        Arrays of shape (ny, nx).
    discharge
        Per width of the faces across x and y, shape (ny, nx + 1) and (ny + 1, nx), float32 [m2/s].
    sections
        Of these faces.
    """

    bed_m: Field
    surfaces: Surfaces
    discharge: tuple[Field, Field]
    sections: tuple[Sections, Sections]


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _mean_speed(
    through: Field, now: Sections, j: int, i: int, down: int, numbers: StepNumbers
) -> np.float32:
    """Mean of the velocities through two opposite faces of a cell."""
    speed = _ZERO
    for side in range(2):
        row, col = j + side * down, i + side * (1 - down)
        area, wave = now.area_m[row, col], now.wave[row, col]
        if area > _ZERO:
            most = numbers.froude_speed * wave
            speed += max(-most, min(most, through[row, col] / area))
    return _HALF * speed


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _pace(deep: np.float32, manning: np.float32) -> np.float32:
    """Velocity by Manning's formula in one fine cell, over the root of the slope."""
    pace: np.float32 = deep * inverse_cube_root(deep) / max(manning, _SMOOTHEST)
    return pace


@njit(cache=True, nogil=True, error_model="numpy")
def show_water(
    fine: FullState,
    deepest_m: Field,
    ground: tuple[Field, Field],
    coarse: CoarseWater,
    cells: int,
    numbers: StepNumbers,
) -> None:
    """Lay the water of coarse cells onto the fine ground.

    Parameters
    ----------
    fine
        Receives depth and velocity, arrays of shape (m, n) and (m,).
    deepest_m
        Largest depth so far, shape (m, n), float32 [m]; raised to that of the highest surface of
        the coarse cell.
    ground
        Fine ground level [m] and Manning's n [s/m^(1/3)], shape (m, n), float32.
    coarse
        Water of the coarse cells and their faces.
    cells
        Fine cells along a side of a coarse one.
    numbers
        Scalars of the step.

    Notes
    -----
    The surface of a coarse cell is level. Its velocity, the mean of discharge over area of flow of
    opposite faces, is spread as h^(2/3) / n, as under one friction slope (divided channel method,
    Lotter 1933), so that the mean weighted by depth is kept.
    """
    bed, manning = ground
    surfaces, sections = coarse.surfaces, coarse.sections
    rows, cols = bed.shape
    dry = numbers.dry_depth_m
    for j in range(surfaces.above_bed_m.shape[0]):
        first, last = j * cells, min((j + 1) * cells, rows)
        fine.row_depth_m[first:last] = _ZERO
        for i in range(surfaces.above_bed_m.shape[1]):
            begin, end = i * cells, min((i + 1) * cells, cols)
            level, highest = surfaces.above_bed_m[j, i], surfaces.highest_m[j, i]
            if not highest > _ZERO:
                continue  # nothing has been here
            low = coarse.bed_m[j, i]
            held, moved = _ZERO, _ZERO
            for r in range(first, last):
                for c in range(begin, end):
                    ground_m = bed[r, c] - low
                    deep = max(_ZERO, level - ground_m)
                    fine.depth_m[r, c] = deep
                    deepest_m[r, c] = max(deepest_m[r, c], highest - ground_m)
                    fine.x_speed[r, c] = _ZERO
                    if deep > dry:
                        pace = _pace(deep, manning[r, c])
                        fine.x_speed[r, c] = pace
                        held += deep
                        moved += deep * pace
                        fine.row_depth_m[r] = max(fine.row_depth_m[r], deep)
            u = v = _ZERO
            if held > _ZERO:
                scale = held / moved
                u = scale * _mean_speed(coarse.discharge[0], sections[0], j, i, 0, numbers)
                v = scale * _mean_speed(coarse.discharge[1], sections[1], j, i, 1, numbers)
            for r in range(first, last):
                for c in range(begin, end):
                    pace = fine.x_speed[r, c]
                    fine.x_speed[r, c], fine.y_speed[r, c] = u * pace, v * pace
