"""From fine cells to the coarse ones that water moves between: rain, inflows, levels, first water."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.flood_forcing import Forcing
from citytwin.kernels.flood_part import Cells
from citytwin.kernels.subgrid_storage import CellStorage, held_at

# Water at the start whose surface differs by less within a coarse cell is a pond.
_LEVEL_M = 0.01


def block_sums(fine: NDArray[np.float64], cells: int) -> NDArray[np.float64]:
    """Sum over coarse cells.

    Parameters
    ----------
    fine
        Numbers, shape (m, n), float64 [any unit].
    cells
        Fine cells along a side of a coarse one.

    Returns
    -------
    numpy.ndarray
        Sums, shape (ceil(m / cells), ceil(n / cells)), float64 [the same unit].
    """
    rows, cols = (np.arange(0, size, cells) for size in fine.shape)
    sums: NDArray[np.float64] = np.add.reduceat(np.add.reduceat(fine, rows, axis=0), cols, axis=1)
    return sums


def coarse_forcing(forcing: Forcing, cells: int, columns: int) -> Forcing:
    """Return what brings water, with the coarse cells that hold its fine cells.

    Parameters
    ----------
    forcing
        With cells of the fine grid.
    cells
        Fine cells along a side of a coarse one.
    columns
        Columns of the coarse grid.

    Returns
    -------
    Forcing
        Without the water of the start, which `standing_depth` lays out. Coarse cells that hold any
        fine cell of an inflow share it equally; a level is held in each coarse cell that has any
        fine cell of it; culverts within one coarse cell, whose water is level anyway, are left out.
    """

    def coarse(rows: NDArray[np.int64], cols: NDArray[np.int64]) -> Cells:
        flat = np.unique(np.asarray(rows) // cells * columns + np.asarray(cols) // cells)
        return flat // columns, flat % columns

    inflows = []
    for inflow in forcing.inflows:
        rows, cols = coarse(inflow.rows, inflow.cols)
        inflows.append(replace(inflow, rows=rows, cols=cols))
    stages = []
    for given in forcing.stages:
        rows, cols = coarse(given.rows, given.cols)
        stages.append(replace(given, rows=rows, cols=cols))
    levees = [
        replace(levee, rows=np.asarray(levee.rows) // cells, cols=np.asarray(levee.cols) // cells)
        for levee in forcing.levees
    ]
    culverts, sewers = forcing.culverts, forcing.sewers
    if culverts is not None:
        culverts = culverts.on_coarse(cells)
    if sewers is not None:
        names = ("rows", "cols", "outfall_rows", "outfall_cols")
        sewers = replace(sewers, **{name: getattr(sewers, name) // cells for name in names})
    return replace(
        forcing,
        inflows=tuple(inflows),
        stages=tuple(stages),
        levees=tuple(levees),
        culverts=culverts,
        sewers=sewers,
        initial_depth_m=None,
    )


def standing_depth(
    depth_m: NDArray[np.float32], bed_m: NDArray[np.float32], storage: CellStorage, cells: int
) -> NDArray[np.float32]:
    """Gather the water that stands at the start.

    Parameters
    ----------
    depth_m
        On the fine ground, shape (m, n), float32 [m]; 0 where no water can be.
    bed_m
        Fine ground, shape (m, n), float32 [m]; CLOSED_BED_M where no water can be.
    storage
        Of the coarse cells.
    cells
        Fine cells along a side of a coarse one.

    Returns
    -------
    numpy.ndarray
        Volume over the area of each coarse cell, shape (ny, nx), float32 [m]. Where the surface is
        level it is what the table holds up to there, so that a lake lies still; else it is the
        volume.
    """
    row, col = (np.arange(size) // cells for size in depth_m.shape)

    def on_fine(coarse: NDArray[Any]) -> NDArray[Any]:
        return coarse[row][:, col]

    wet = depth_m > 0
    ground = bed_m.astype(np.float64) - on_fine(storage.bed_m)
    above = np.where(wet, ground + depth_m, 0.0)
    count = np.maximum(block_sums(wet.astype(np.float64), cells), 1.0)
    level = block_sums(above, cells) / count
    mean = block_sums(depth_m.astype(np.float64), cells) / cells**2
    surface = on_fine(level)
    # Also where ground below the surface is dry.
    uneven = np.where(wet, np.abs(above - surface) > _LEVEL_M, ground < surface - _LEVEL_M)
    is_pond = (block_sums(uneven.astype(np.float64), cells) == 0) & (level > 0)
    rows, cols = np.nonzero(is_pond)
    depth = mean.astype(np.float32)
    held = np.empty(rows.size, dtype=np.float32)
    held_at(storage, rows, cols, level[is_pond].astype(np.float32), held)
    depth[is_pond] = held
    return depth
