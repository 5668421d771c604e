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
from citytwin.kernels.wind_rose import wind_rose, wind_sectors
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import Bounds, GridSpec, Tile
from citytwin.model.properties import WIND_DIRECTION, WIND_SPEED
from citytwin.model.steps import Cost, Gridder, GridTask, Outcome, Params
from citytwin.model.text import text
from citytwin.model.wind_notes import CALM, of_sensors

FloatArray = NDArray[np.float64]
PARTY_WALL_M = 0.3
"""A wall whose outside lies in a neighbour at this distance is a party wall [m]."""


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
    walls, heights = _walls(task.tables[t.BUILDINGS])
    walls, heights = _clipped(walls, heights, task.grid.bounds)
    coarse = _coarse_tile(task.tile, params.coarse_cells)
    window = GridWindow(
        task.grid.x_min,
        task.grid.y_max,
        task.grid.cell_m * params.coarse_cells,
        coarse.row0,
        coarse.col0,
    )
    index = frontal_area_index(walls, heights, winds.from_rad, window, *coarse.shape)
    mean = np.zeros(coarse.shape)
    for sector, share in zip(index, winds.share, strict=True):
        mean += share * sector
    mean /= _share_inside(task.grid, coarse, params.coarse_cells)
    rows = np.arange(task.tile.row0, task.tile.row1) // params.coarse_cells - coarse.row0
    cols = np.arange(task.tile.col0, task.tile.col1) // params.coarse_cells - coarse.col0
    values = mean[np.ix_(rows, cols)].astype(np.float32)
    return Outcome({f.FRONTAL_AREA: values}, notes=(sensors,))


def _coarse_tile(tile: Tile, cells: int) -> Tile:
    return Tile(
        tile.row0 // cells,
        math.ceil(tile.row1 / cells),
        tile.col0 // cells,
        math.ceil(tile.col1 / cells),
    )


def _share_inside(grid: GridSpec, coarse: Tile, cells: int) -> FloatArray:
    """Part of the ground of each coarse cell that lies on the grid, which its edge may cut."""
    rows = np.minimum(np.arange(coarse.row0 + 1, coarse.row1 + 1) * cells, grid.ny)
    cols = np.minimum(np.arange(coarse.col0 + 1, coarse.col1 + 1) * cells, grid.nx)
    high = rows - np.arange(coarse.row0, coarse.row1) * cells
    wide = cols - np.arange(coarse.col0, coarse.col1) * cells
    return np.outer(high, wide) / float(cells**2)


def _clipped(
    walls: FloatArray, heights: FloatArray, bounds: Bounds
) -> tuple[FloatArray, FloatArray]:
    """The parts of walls inside the city, whose ground alone counts (Liang and Barsky 1984)."""
    begin, along = walls[:, :2], walls[:, 2:] - walls[:, :2]
    low, high = np.zeros(len(walls)), np.ones(len(walls))
    for axis, least, most in ((0, bounds.x_min, bounds.x_max), (1, bounds.y_min, bounds.y_max)):
        step = np.where(along[:, axis] == 0, 1e-30, along[:, axis])
        at = np.sort([(least - begin[:, axis]) / step, (most - begin[:, axis]) / step], axis=0)
        low, high = np.maximum(low, at[0]), np.minimum(high, at[1])
    keep = low < high
    ends = [begin + share[:, None] * along for share in (low, high)]
    # Walls that are inside as a whole keep their bits.
    cut = (
        np.where((low == 0)[:, None], begin, ends[0]),
        np.where((high == 1)[:, None], walls[:, 2:], ends[1]),
    )
    return np.column_stack(cut)[keep], heights[keep]


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
    roof_z = buildings["roof_z_m"].to_numpy(dtype=np.float64)
    foot_z = buildings["ground_z_m"].to_numpy(dtype=np.float64)
    along = walls[:, 2:] - walls[:, :2]
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    outside = (walls[:, :2] + walls[:, 2:]) / 2
    outside += PARTY_WALL_M * np.column_stack([along[:, 1], -along[:, 0]]) / length[:, None]
    tree = shapely.STRtree(parts)
    hit, neighbour = tree.query(shapely.points(outside), predicate="within")
    # By levels, not heights: on a slope the neighbour's roof may lie below this one's foot.
    free_from_z = foot_z[building]
    np.maximum.at(free_from_z, hit, roof_z[owner[neighbour]])
    return walls, roof_z[building] - free_from_z


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
