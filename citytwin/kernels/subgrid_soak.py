"""Ground and drains below coarse cells: they take water where the fine ground is wet."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.kernels.depth_rows import WaterArrays
from citytwin.kernels.exact_sums import units
from citytwin.kernels.inertial_state import CLOSED_BED_M
from citytwin.kernels.infiltration import soil_capacity, soil_memory, withdraw
from citytwin.kernels.shallow_water import Field
from citytwin.kernels.soils import GroundSinks, SoilTable
from citytwin.kernels.subgrid_storage import CellStorage, surface_m

_KEEPS = 0.99999


@njit(cache=True, nogil=True, error_model="numpy")
def soak_coarse(
    water: WaterArrays,
    storage: CellStorage,
    fine: tuple[Field, NDArray[np.uint8], NDArray[np.float32], NDArray[np.float64]],
    soils: SoilTable,
    fallen_m: Field,
    cells: int,
    dt_s: float,
) -> tuple[int, int]:
    """Let ground and drains take water from coarse cells.

    Parameters
    ----------
    water
        Volume over the area of the cell and what rounding left out of it, shape (ny, nx), float32 [m],
        changed in place, and the largest depth of each row, shape (ny,), float32 [m].
    storage
        Tables of shape (ny, nx, n).
    fine
        Fine ground level [m], number of the soil, rate that drains take [m/s], and the memory of the soil
        [s or m], see `soil_capacity`, which is changed in place, shape (m, n) each.
    soils
        Arrays of shape (k,).
    fallen_m
        Rain of this time, volume over the area of the cell, shape (ny, nx), float32 [m].
    cells
        Fine cells along a side of a coarse one.
    dt_s
        Time [s], >= 0.

    Returns
    -------
    tuple of int
        Sums of the depths that the ground and the drains took [units of 2^-46 m, see `exact_sums`].

    Notes
    -----
    The surface in a cell is level (Casulli 2009); each fine cell below it takes by its own law and
    memory (Horton 1940; Green and Ampt 1911), at most the water above it. Fine cells above the surface take
    of the rain that fell on them before it runs down.
    """
    bed, soil, drain_m_s, memory = fine
    depth_m, residual_m, _row_depth_m = water
    soaked, drained, per_cell = 0, 0, 1.0 / (cells * cells)
    for j in range(depth_m.shape[0]):
        for i in range(depth_m.shape[1]):
            if depth_m[j, i] <= np.float32(0.0):
                continue
            above, _share = surface_m(storage, j, i, depth_m[j, i])
            low, film = storage.bed_m[j, i], fallen_m[j, i] / storage.open_share[j, i]
            into_ground, into_drains = 0.0, 0.0
            for r in range(j * cells, min((j + 1) * cells, bed.shape[0])):
                for c in range(i * cells, min((i + 1) * cells, bed.shape[1])):
                    if bed[r, c] >= CLOSED_BED_M:
                        continue
                    deep = _KEEPS * np.float64(max(above - (bed[r, c] - low), film))
                    number = np.int64(soil[r, c])
                    if soils.kind[number] != 0:
                        capacity = soil_capacity(soils, number, memory[r, c], dt_s)
                        taken = min(capacity, deep)
                        memory[r, c] = soil_memory(
                            soils, number, memory[r, c], taken, capacity, dt_s
                        )
                        into_ground += taken
                        deep -= taken
                    into_drains += min(np.float64(drain_m_s[r, c]) * dt_s, deep)
            if into_ground > 0.0:
                soaked += units(withdraw(depth_m[j], residual_m[j], i, into_ground * per_cell))
            if into_drains > 0.0:
                drained += units(withdraw(depth_m[j], residual_m[j], i, into_drains * per_cell))
    return soaked, drained


class CoarseSoak:
    """Ground and drains below coarse cells; see `GroundTaking`.

    Parameters
    ----------
    sinks
        Of the fine cells, arrays of shape (m, n).
    storage
        Tables of the coarse cells.
    bed_m
        Fine ground level, shape (m, n), float32 [m].
    fallen_m
        Rain since water was taken last, which others add to, shape (ny, nx), float32 [m]; set to 0 here.
    cells
        Fine cells along a side of a coarse one.
    """

    def __init__(
        self,
        sinks: GroundSinks,
        storage: CellStorage,
        bed_m: Field,
        fallen_m: Field,
        cells: int,
    ) -> None:
        self._sinks, self._storage, self._bed_m, self._cells = sinks, storage, bed_m, cells
        self._fallen_m = fallen_m
        self.memory = np.zeros(sinks.soil.shape)

    def take(self, water: WaterArrays, dt_s: float) -> tuple[int, int]:
        """Let ground and drains take water; see `GroundTaking`."""
        given = self._sinks
        fine = (self._bed_m, given.soil, given.drain_m_s, self.memory)
        soaked, drained = soak_coarse(
            water, self._storage, fine, given.table, self._fallen_m, self._cells, dt_s
        )
        self._fallen_m[:] = 0.0
        return int(soaked), int(drained)
