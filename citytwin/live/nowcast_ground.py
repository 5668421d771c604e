"""The ground of a nowcast: fields of the last run, on as coarse a grid as the budget asks for."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import rioxarray  # noqa: F401 - registers `.rio`
import xarray as xr
from numpy.typing import NDArray

from citytwin.errors import StoreError
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.store.fields import FieldStore

GROUND = (f.TERRAIN, f.BUILDING_MASK, f.ROUGHNESS)
"""What a nowcast runs over."""
COARSEST_M = 50.0
"""Streets vanish long before; what would need coarser cells is not computed."""
_USUAL_S = 5e-7
_SHARE = 0.5
"""Of the budget that is planned for: the machine does other things too."""


@dataclass(frozen=True)
class Effort:
    """What a run takes: so many seconds per cell and per metre of cell and second of flood.

    The time step of the scheme grows with the cell (Courant, Friedrichs and Lewy, 1928), so that a
    run on cells twice as large takes an eighth of the time.
    """

    per_step_s: float = _USUAL_S

    def seconds(self, grid: GridSpec, duration_s: float) -> float:
        """Forecast of a run [s].

        Parameters
        ----------
        grid
            On which.
        duration_s
            Length of the flood [s].
        """
        return self.per_step_s * grid.ny * grid.nx * duration_s / grid.cell_m

    def learned(self, grid: GridSpec, duration_s: float, took_s: float) -> Effort:
        """Return what a run has taught.

        Parameters
        ----------
        grid
            On which.
        duration_s
            Length of the flood [s].
        took_s
            What it took [s].
        """
        return Effort(took_s * grid.cell_m / (grid.ny * grid.nx * duration_s))

    def factor(self, grid: GridSpec, duration_s: float, budget_s: float) -> int | None:
        """Return how many cells in a row become one, so that a run ends within its budget.

        Parameters
        ----------
        grid
            Of the city.
        duration_s
            Length of the flood [s].
        budget_s
            What it may take [s].

        Returns
        -------
        int or None
            None where cells would be larger than 50 m.
        """
        factor = 1
        while self.seconds(coarser(grid, factor), duration_s) > _SHARE * budget_s:
            factor += 1
            if grid.cell_m * factor > max(COARSEST_M, grid.cell_m):
                return None
        return factor


def coarser(grid: GridSpec, factor: int) -> GridSpec:
    """Return a grid of larger cells from the same corner; it holds all of the other.

    Parameters
    ----------
    grid
        Of the city.
    factor
        Cells in a row that become one.
    """
    return replace(
        grid,
        cell_m=grid.cell_m * factor,
        ny=math.ceil(grid.ny / factor),
        nx=math.ceil(grid.nx / factor),
    )


def ground(work: Path, grid: GridSpec, tile_cells: int, factor: int) -> dict[str, xr.DataArray]:
    """Read terrain, buildings and roughness of the last run, and make them coarser.

    Heights and roughness are means; a cell is built where at least half of it is.

    Parameters
    ----------
    work
        Working store of the city.
    grid
        Of the city.
    tile_cells
        Side of the tiles of the working store.
    factor
        Cells in a row that become one.

    Raises
    ------
    StoreError
        If there is no terrain.
    """
    store = FieldStore(work / "fields", grid, tile_cells)
    wide = coarser(grid, factor)
    found: dict[str, xr.DataArray] = {}
    for field in GROUND:
        if not store.has(field, grid.whole):
            continue
        values = store.read(field, grid.whole).astype(np.float64)
        if field.dtype != "float32":
            values[values == field.nodata] = np.nan
        blocks = _means(values, factor)
        if field is f.BUILDING_MASK:
            blocks = (np.nan_to_num(blocks) >= 0.5).astype(np.float64)
        found[field.name] = raster(blocks, wide)
    if f.TERRAIN.name not in found:
        msg = f"the working store {work} holds no terrain"
        raise StoreError(msg, hint="run `citytwin run` with the same configuration first")
    return found


def _means(values: NDArray[np.float64], factor: int) -> NDArray[np.float64]:
    ny, nx = (-(-size // factor) for size in values.shape)
    padded = np.full((ny * factor, nx * factor), np.nan)
    padded[: values.shape[0], : values.shape[1]] = values
    blocks = padded.reshape(ny, factor, nx, factor)
    count = np.isfinite(blocks).sum(axis=(1, 3))
    total = np.nansum(blocks, axis=(1, 3))
    means: NDArray[np.float64] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return means


def raster(values: NDArray[np.float64], grid: GridSpec) -> xr.DataArray:
    """Return an array as the raster that a simulation takes.

    Parameters
    ----------
    values
        Shape of the grid, row 0 in the north.
    grid
        Where its cells lie.
    """
    coordinates = {"y": grid.y_centres(grid.whole), "x": grid.x_centres(grid.whole)}
    array = xr.DataArray(values.astype(np.float32), dims=("y", "x"), coords=coordinates)
    located: xr.DataArray = array.rio.write_crs(grid.crs)
    return located
