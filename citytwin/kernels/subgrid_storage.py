"""How much water a coarse cell holds at each level, from the fine ground in it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.kernels.face_discharge import Row
from citytwin.kernels.flood_part import Cells
from citytwin.kernels.inertial_state import CLOSED_BED_M
from citytwin.kernels.shallow_water import Field

STORAGE_STEPS = 32
"""Levels of the table of a cell, above its lowest ground in the ratio of their squares: close
together where a ditch or gutter fills."""

_ZERO = np.float32(0.0)
_ONE = np.float32(1.0)
_STEPS = np.float32(STORAGE_STEPS)
_PER_STEP = np.float32(1.0 / STORAGE_STEPS)


class CellStorage(NamedTuple):
    """Level and volume of coarse cells; depths are volumes over the area of the whole cell.

    Parameters
    ----------
    bed_m
        Lowest open ground, shape (ny, nx), float32 [m]; CLOSED_BED_M in cells without any.
    relief_m
        Highest open ground above it, shape (ny, nx), float32 [m], >= 0.
    depth_m
        Depth of the water whose surface lies at relief (k / STORAGE_STEPS)^2 above `bed_m`, shape
        (ny, nx, STORAGE_STEPS + 1), float32 [m]; rising.
    open_share
        Open part of the cell, shape (ny, nx), float32, 0 to 1.
    lowest_row, lowest_col
        Fine row and column of the lowest open ground, of several that nearest to the middle, shape
        (ny, nx), int64; -1 in cells without any.
    """

    bed_m: Field
    relief_m: Field
    depth_m: NDArray[np.float32]
    open_share: Field
    lowest_row: NDArray[np.int64]
    lowest_col: NDArray[np.int64]


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def surface_m(
    storage: CellStorage, j: int, i: int, depth_m: np.float32
) -> tuple[np.float32, np.float32]:
    """Return the water surface of a cell that holds some water, and how much of it is wet.

    Parameters
    ----------
    storage
        Tables of shape (ny, nx, n).
    j, i
        The cell.
    depth_m
        Volume over the area of the cell [m], >= 0.

    Returns
    -------
    tuple of numpy.float32
        Surface above the lowest open ground [m], and the share of the cell by whose area the volume
        changes with the level [-]; 0 and 1 for a cell without open ground.
    """
    open_share, relief, table = storage.open_share[j, i], storage.relief_m[j, i], storage.depth_m
    if not open_share > _ZERO:
        return _ZERO, _ONE
    if depth_m >= table[j, i, STORAGE_STEPS]:
        return relief + (depth_m - table[j, i, STORAGE_STEPS]) / open_share, open_share
    low, high = 0, STORAGE_STEPS
    while high - low > 1:
        middle = (low + high) // 2
        if depth_m < table[j, i, middle]:
            high = middle
        else:
            low = middle
    level = relief * (np.float32(low * low) * (_PER_STEP * _PER_STEP))
    span = relief * (np.float32(2 * low + 1) * (_PER_STEP * _PER_STEP))
    share = (table[j, i, low + 1] - table[j, i, low]) / span
    return level + (depth_m - table[j, i, low]) / share, share


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def held_m(storage: CellStorage, j: int, i: int, surface_m: np.float32) -> np.float32:
    """Return what a cell holds up to a level: the inverse of `surface_m`.

    Parameters
    ----------
    storage
        Tables of shape (ny, nx, n).
    j, i
        The cell.
    surface_m
        Water surface above the lowest open ground [m].

    Returns
    -------
    numpy.float32
        Volume over the area of the cell [m], >= 0.
    """
    open_share, relief, table = storage.open_share[j, i], storage.relief_m[j, i], storage.depth_m
    if not (surface_m > _ZERO and open_share > _ZERO):
        return _ZERO
    held: np.float32
    if surface_m >= relief:
        held = table[j, i, STORAGE_STEPS] + (surface_m - relief) * open_share
        return held
    low = min(int(np.sqrt(surface_m / relief) * _STEPS), STORAGE_STEPS - 1)
    level = relief * (np.float32(low * low) * (_PER_STEP * _PER_STEP))
    span = relief * (np.float32(2 * low + 1) * (_PER_STEP * _PER_STEP))
    along = (surface_m - level) / span
    held = max(_ZERO, table[j, i, low] + along * (table[j, i, low + 1] - table[j, i, low]))
    return held


@njit(cache=True, nogil=True, error_model="numpy")
def _tabulate(bed_m: Field, cells: int, storage: CellStorage) -> None:
    """Fill the tables of all cells."""
    fine_rows, fine_cols = bed_m.shape
    ny, nx = storage.bed_m.shape
    per_cell = 1.0 / (cells * cells)
    middle = 0.5 * (cells - 1)
    for j in range(ny):
        for i in range(nx):
            rows = range(j * cells, min((j + 1) * cells, fine_rows))
            cols = range(i * cells, min((i + 1) * cells, fine_cols))
            low, high, count, nearest = CLOSED_BED_M, -CLOSED_BED_M, 0, np.inf
            for r in rows:
                for c in cols:
                    z = bed_m[r, c]
                    if z >= CLOSED_BED_M:
                        continue
                    count, high = count + 1, max(high, z)
                    away = (r - j * cells - middle) ** 2 + (c - i * cells - middle) ** 2
                    if z < low or (z == low and away < nearest):
                        low, nearest = z, away
                        storage.lowest_row[j, i], storage.lowest_col[j, i] = r, c
            storage.bed_m[j, i] = low
            storage.open_share[j, i] = np.float32(count * per_cell)
            storage.relief_m[j, i] = high - low if count > 0 else _ZERO
            relief = np.float64(storage.relief_m[j, i])
            for k in range(1, STORAGE_STEPS + 1):
                surface, volume = relief * (k / STORAGE_STEPS) ** 2, 0.0
                for r in rows:
                    for c in cols:
                        volume += max(0.0, surface - np.float64(bed_m[r, c] - low))
                storage.depth_m[j, i, k] = np.float32(volume * per_cell)


def cell_storage(bed_m: Field, cells: int) -> CellStorage:
    """Tabulate what coarse cells hold.

    Parameters
    ----------
    bed_m
        Fine ground, shape (m, n), float32 [m]; CLOSED_BED_M where no water can be.
    cells
        Fine cells along a side of a coarse one, >= 1; the last ones may reach over the fine grid,
        where they are closed.

    Returns
    -------
    CellStorage
        Of ceil(m / cells) x ceil(n / cells) cells.

    Notes
    -----
    The water surface of a cell is level (Casulli 2009, International Journal for Numerical Methods
    in Fluids 60; van Ormondt, Leijnse, de Goede et al. 2025, Geoscientific Model Development 18).
    """
    shape = tuple(-(-n // cells) for n in bed_m.shape)
    storage = CellStorage(
        np.zeros(shape, dtype=np.float32),
        np.zeros(shape, dtype=np.float32),
        np.zeros((*shape, STORAGE_STEPS + 1), dtype=np.float32),
        np.zeros(shape, dtype=np.float32),
        np.full(shape, -1, dtype=np.int64),
        np.full(shape, -1, dtype=np.int64),
    )
    _tabulate(bed_m, cells, storage)
    return storage


@njit(cache=True, nogil=True, error_model="numpy")
def surfaces_at(
    storage: CellStorage,
    rows: NDArray[np.int64],
    cols: NDArray[np.int64],
    depth_m: Row,
    above_m: Row,
    share: Row,
) -> None:
    """Find the water surface of some cells.

    Parameters
    ----------
    storage
        Tables of shape (ny, nx, n).
    rows, cols
        The cells, shape (m,), int64.
    depth_m
        Volume over the area of each, shape (m,), float32 [m].
    above_m, share
        Receive what `surface_m` says of each, shape (m,), float32 [m and -].
    """
    for k in range(rows.shape[0]):
        above_m[k], share[k] = surface_m(storage, rows[k], cols[k], depth_m[k])


@njit(cache=True, nogil=True, error_model="numpy")
def held_at(
    storage: CellStorage, rows: NDArray[np.int64], cols: NDArray[np.int64], surface_m: Row, out: Row
) -> None:
    """Find what some cells hold up to given levels.

    Parameters
    ----------
    storage
        Tables of shape (ny, nx, n).
    rows, cols
        The cells, shape (m,), int64.
    surface_m
        Water surface above the lowest open ground of each, shape (m,), float32 [m].
    out
        Receives the volumes over the area of the cell, shape (m,), float32 [m].
    """
    for k in range(rows.shape[0]):
        out[k] = held_m(storage, rows[k], cols[k], surface_m[k])


class TabledCells:
    """Cells with tables, for levees and given levels; see `WaterStorage`.

    Parameters
    ----------
    storage
        Tables of shape (ny, nx, n).
    """

    def __init__(self, storage: CellStorage) -> None:
        self._storage = storage

    def beds(self, depth_m: Field, cells: Cells) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where the water of some cells stands; see `WaterStorage`."""
        depth = depth_m[cells]
        above, share = np.empty_like(depth), np.empty_like(depth)
        surfaces_at(self._storage, *cells, depth, above, share)
        bed = self._storage.bed_m[cells].astype(np.float64) + above - depth
        return bed, share.astype(np.float64)

    def held(self, level_m: float, cells: Cells) -> NDArray[np.float32]:
        """What some cells hold up to a level; see `WaterStorage`."""
        above = (level_m - self._storage.bed_m[cells].astype(np.float64)).astype(np.float32)
        out = np.empty_like(above)
        held_at(self._storage, *cells, above, out)
        return out
