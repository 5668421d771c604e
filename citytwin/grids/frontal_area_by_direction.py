"""Frontal area index of the walls for winds from every side, on coarse cells."""

from __future__ import annotations

import numpy as np
from pydantic import Field as Bound

from citytwin.kernels.morphology import frontal_area_index
from citytwin.kernels.scanline import GridWindow
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.axes import Direction, evenly
from citytwin.model.cost import Cost
from citytwin.model.free_walls import BESIDE_M, CoarseCells, clipped_walls, free_walls
from citytwin.model.reach import RowReach
from citytwin.model.steps import Gridder, GridTask, Outcome, Params
from citytwin.model.text import text


class FrontalAreaByDirectionParams(Params):
    """Size of the coarse cells, directions of the wind."""

    coarse_cells: int = Bound(default=40, ge=4, le=1000)
    """Cells of the grid along the edge of a coarse cell; 40 of 2.5 m make 100 m."""
    directions: int = Bound(default=16, ge=1, le=72)
    """Number of directions, evenly around from true north."""


def run(task: GridTask, params: FrontalAreaByDirectionParams) -> Outcome:
    """Walls that face each direction, per ground; walls behind each other count both."""
    walls, heights = free_walls(task.tables[t.BUILDINGS])
    walls, heights = clipped_walls(walls, heights, task.grid.bounds)
    cells = CoarseCells(task.grid, params.coarse_cells)
    coarse, grid = cells.around(task.tile), task.grid
    window = GridWindow(grid.x_min, grid.y_max, cells.edge_m, coarse.row0, coarse.col0)
    from_deg = np.array([one.from_deg for one in directions(params)]) - grid.convergence_deg
    index = frontal_area_index(walls, heights, np.radians(from_deg % 360.0), window, *coarse.shape)
    index /= cells.share_inside(coarse)
    return Outcome({f.FRONTAL_AREA_BY_DIRECTION: cells.spread(index, coarse, task.tile)})


def directions(params: FrontalAreaByDirectionParams) -> tuple[Direction, ...]:
    """Directions of the result.

    Parameters
    ----------
    params
        How many.
    """
    return evenly(params.directions)


def margin_m(params: FrontalAreaByDirectionParams, cell_m: float) -> float:
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
    name="frontal_area_by_direction",
    title=text("風向別の見付面積比", "Frontal area index by direction"),
    inputs=(t.BUILDINGS,),
    outputs=(f.FRONTAL_AREA_BY_DIRECTION,),
    params=FrontalAreaByDirectionParams,
    margin_m=margin_m,
    # A wall counts in all of a coarse cell, as high as it stands free of what is beside it.
    reach=RowReach(lambda params, cell_m: params.coarse_cells * cell_m, BESIDE_M),
    run=run,
    directions=directions,
    cost=Cost(seconds_per_megacell=1.0, bytes_per_cell=80.0),
)
