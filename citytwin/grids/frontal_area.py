"""Frontal area index of the walls for the recorded wind, on coarse cells."""

from __future__ import annotations

import numpy as np
from pydantic import Field as Bound

from citytwin.kernels.morphology import frontal_area_index
from citytwin.kernels.scanline import GridWindow
from citytwin.kernels.wind_rose import wind_rose, wind_sectors
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.cost import Cost
from citytwin.model.free_walls import BESIDE_M, CoarseCells, clipped_walls, free_walls
from citytwin.model.properties import WIND_DIRECTION, WIND_SPEED
from citytwin.model.reach import RowReach
from citytwin.model.steps import Gridder, GridTask, Outcome, Params
from citytwin.model.text import text
from citytwin.model.wind_notes import CALM, of_sensors


class FrontalAreaParams(Params):
    """Size of the coarse cells, sectors of the wind."""

    coarse_cells: int = Bound(default=40, ge=4, le=1000)
    """Cells of the grid along the edge of a coarse cell; 40 of 2.5 m make 100 m."""
    sectors: int = Bound(default=16, ge=4, le=36)


def run(task: GridTask, params: FrontalAreaParams) -> Outcome:
    """Mean index over the sectors of the wind rose, weighted by the run of wind from each."""
    speed, direction = task.records[WIND_SPEED].good(), task.records[WIND_DIRECTION].good()
    rose = wind_rose(
        speed.start_s, speed.result, direction.start_s, direction.result, params.sectors
    )
    winds = wind_sectors(rose, task.grid.convergence_deg)
    sensors = of_sensors(speed, direction)
    if not winds.share.size:
        nothing = np.full(task.tile.shape, np.nan, dtype=np.float32)
        return Outcome({f.FRONTAL_AREA: nothing}, notes=(CALM, sensors))
    walls, heights = free_walls(task.tables[t.BUILDINGS])
    walls, heights = clipped_walls(walls, heights, task.grid.bounds)
    cells = CoarseCells(task.grid, params.coarse_cells)
    coarse, grid = cells.around(task.tile), task.grid
    window = GridWindow(grid.x_min, grid.y_max, cells.edge_m, coarse.row0, coarse.col0)
    index = frontal_area_index(walls, heights, winds.from_rad, window, *coarse.shape)
    mean = np.zeros(coarse.shape)
    for sector, share in zip(index, winds.share, strict=True):
        mean += share * sector
    mean /= cells.share_inside(coarse)
    values = cells.spread(mean, coarse, task.tile)
    return Outcome({f.FRONTAL_AREA: values}, notes=(sensors,))


def margin_m(params: FrontalAreaParams, cell_m: float) -> float:
    """Walls of the coarse cells that the tile touches, and their neighbours [m].

    Parameters
    ----------
    params
        Size of the coarse cells.
    cell_m
        Cell size [m].
    """
    return params.coarse_cells * cell_m + 100.0


GRIDDER = Gridder(
    name="frontal_area",
    title=text("見付面積比", "Frontal area index"),
    inputs=(t.BUILDINGS, WIND_SPEED, WIND_DIRECTION),
    outputs=(f.FRONTAL_AREA,),
    params=FrontalAreaParams,
    margin_m=margin_m,
    # A wall counts in all of a coarse cell, as high as it stands free of what is beside it.
    reach=RowReach(lambda params, cell_m: params.coarse_cells * cell_m, BESIDE_M),
    run=run,
    cost=Cost(seconds_per_megacell=0.5, bytes_per_cell=20.0),
)
