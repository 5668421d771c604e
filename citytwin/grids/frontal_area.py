"""Frontal area index of the walls for the recorded wind, on coarse cells."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pydantic import Field as Bound

from citytwin.kernels.morphology import frontal_area_index
from citytwin.kernels.scanline import GridWindow
from citytwin.kernels.wind_rose import wind_rose
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import Tile
from citytwin.model.notes import Note
from citytwin.model.properties import WIND_DIRECTION, WIND_SPEED
from citytwin.model.steps import Cost, Gridder, GridTask, Outcome, Params
from citytwin.model.text import text

FloatArray = NDArray[np.float64]
CALM = Note(
    severity="loss",
    ja="風の記録に風向のある風がないため、計算していません",
    en="Not computed: the wind record holds no wind with a direction",
)
PARTY_WALL_M = 0.3
"""A wall whose outside lies in a neighbour at this distance is a party wall [m]."""


class FrontalAreaParams(Params):
    """Size of the coarse cells, sectors of the wind."""

    coarse_cells: int = Bound(default=40, ge=4, le=1000)
    """Cells of the grid along the edge of a coarse cell; 40 of 2.5 m make 100 m."""
    sectors: int = Bound(default=16, ge=4, le=36)


def run(task: GridTask, params: FrontalAreaParams) -> Outcome:
    """Mean index over the sectors of the wind rose, weighted by how often the wind blows."""
    from_rad, weight = _winds(task, params)
    if not weight.size:
        nothing = np.full(task.tile.shape, np.nan, dtype=np.float32)
        return Outcome({f.FRONTAL_AREA: nothing}, notes=(CALM,))
    walls, heights = _walls(task.tables[t.BUILDINGS])
    coarse = _coarse_tile(task.tile, params.coarse_cells)
    window = GridWindow(
        task.grid.x_min,
        task.grid.y_max,
        task.grid.cell_m * params.coarse_cells,
        coarse.row0,
        coarse.col0,
    )
    index = frontal_area_index(walls, heights, from_rad, window, *coarse.shape)
    mean = np.zeros(coarse.shape)
    for sector, share in zip(index, weight / weight.sum(), strict=True):
        mean += share * sector
    rows = np.arange(task.tile.row0, task.tile.row1) // params.coarse_cells - coarse.row0
    cols = np.arange(task.tile.col0, task.tile.col1) // params.coarse_cells - coarse.col0
    return Outcome({f.FRONTAL_AREA: mean[np.ix_(rows, cols)].astype(np.float32)})


def _winds(task: GridTask, params: FrontalAreaParams) -> tuple[FloatArray, FloatArray]:
    """Grid azimuths of the sectors with wind [rad], and their frequencies."""
    speed, direction = task.records[WIND_SPEED], task.records[WIND_DIRECTION]
    rose = wind_rose(
        speed.start_s, speed.result, direction.start_s, direction.result, params.sectors
    )
    some = np.nan_to_num(rose.frequency) > 0
    centre = rose.centre_deg[some] - task.grid.convergence_deg
    return np.radians(np.mod(centre, 360.0)), rose.frequency[some]


def _coarse_tile(tile: Tile, cells: int) -> Tile:
    return Tile(
        tile.row0 // cells,
        math.ceil(tile.row1 / cells),
        tile.col0 // cells,
        math.ceil(tile.col1 / cells),
    )


def _walls(buildings: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Outlines as segments with the outside on the right, and how high each stands free [m].

    A party wall counts only with what rises above the neighbour.
    """
    parts, owner = shapely.get_parts(list(buildings["geometry"]), return_index=True)
    parts = shapely.orient_polygons(shapely.force_2d(parts))
    rings, polygon = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    walls = np.column_stack([points[:-1], points[1:]])[same]
    building = owner[polygon[ring[:-1][same]]]
    height = buildings["height_m"].to_numpy(dtype=np.float64, na_value=np.nan)
    along = walls[:, 2:] - walls[:, :2]
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    outside = (walls[:, :2] + walls[:, 2:]) / 2
    outside += PARTY_WALL_M * np.column_stack([along[:, 1], -along[:, 0]]) / length[:, None]
    tree = shapely.STRtree(parts)
    hit, neighbour = tree.query(shapely.points(outside), predicate="within")
    beside = np.zeros(len(walls))
    np.maximum.at(beside, hit, np.nan_to_num(height[owner[neighbour]]))
    return walls, height[building] - beside


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
    run=run,
    cost=Cost(seconds_per_megacell=0.5, bytes_per_cell=20.0),
)
