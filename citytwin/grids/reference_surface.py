"""A surveyed surface (LiDAR, photogrammetry) on the city's grid, to compare the model with."""

from __future__ import annotations

import numpy as np

from citytwin.errors import StepError
from citytwin.kernels.resampling import cell_means
from citytwin.model import fields as f
from citytwin.model.cost import Cost
from citytwin.model.steps import Gridder, GridTask, NoParams, Outcome
from citytwin.model.text import text


def run(task: GridTask, params: NoParams) -> Outcome:
    """Mean of the survey's cells in each cell; the first survey that knows a cell wins."""
    del params
    grid, tile = task.grid, task.tile
    known = np.full(tile.shape, np.nan, dtype=np.float32)
    for raster in task.rasters["surface_raster"]:
        if raster.coarsest_m > grid.cell_m:
            msg = f"{raster.source} has cells of {raster.coarsest_m} m, the grid of {grid.cell_m} m"
            raise StepError(
                msg,
                step="reference_surface",
                hint="a reference must be at least as fine as the grid",
            )
        rows, cols, values = raster.samples(grid, grid.bounds_of(tile))
        mean = cell_means(rows - tile.row0, cols - tile.col0, values, tile.shape)
        known = np.where(np.isnan(known), mean, known)
    return Outcome({f.REFERENCE_SURFACE: known})


GRIDDER = Gridder(
    name="reference_surface",
    title=text("測量による地表面", "Surveyed surface"),
    inputs=("surface_raster",),
    outputs=(f.REFERENCE_SURFACE,),
    params=NoParams,
    margin_m=lambda _params, _cell_m: 0.0,
    run=run,
    cost=Cost(seconds_per_megacell=1.0, bytes_per_cell=40.0),
)
