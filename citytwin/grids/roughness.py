"""Manning roughness from land use and roads."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pydantic import Field

from citytwin.kernels.footprint_raster import footprint_mask
from citytwin.kernels.scanline import GridWindow
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.ragged import faces_of_geometry
from citytwin.model.steps import Cost, Gridder, GridTask, Outcome, Params
from citytwin.model.text import text


class RoughnessParams(Params):
    """Manning's n [s m-1/3] by what covers the ground.

    Defaults for farmland, roads and other ground: the values of Japanese inundation practice
    (flood simulation manual of the Public Works Research Institute, 1996), as commonly quoted;
    not checked against the original. Water and green: middle of the ranges of Chow (1959).
    """

    farmland: float = Field(default=0.060, gt=0, le=0.5)
    road: float = Field(default=0.047, gt=0, le=0.5)
    water: float = Field(default=0.030, gt=0, le=0.5)
    green: float = Field(default=0.050, gt=0, le=0.5)
    other: float = Field(default=0.050, gt=0, le=0.5)


_FARMLAND = ("paddy", "field")


def run(task: GridTask, params: RoughnessParams) -> Outcome:
    """Give every cell the roughness of the last of: other, farmland, green, water, road."""
    shape = task.fields[f.TERRAIN].shape
    manning = np.full(shape, params.other, dtype=np.float32)
    parcels = task.tables.get(t.LAND_USE)
    if parcels is not None:
        _paint(task, manning, parcels[parcels["use"].isin(_FARMLAND)], params.farmland)
        _paint(task, manning, parcels[parcels["use"] == "green"], params.green)
        _paint(task, manning, parcels[parcels["use"] == "water"], params.water)
    roads = task.tables.get(t.ROADS)
    if roads is not None:
        _paint(task, manning, roads[roads["level"] == 0], params.road)
    return Outcome({f.ROUGHNESS: manning})


def _paint(task: GridTask, manning: np.ndarray, rows: pd.DataFrame, value: float) -> None:
    faces = faces_of_geometry(list(rows["geometry"]), np.zeros(len(rows)))
    mask = np.zeros(manning.shape, dtype=np.uint8)
    grid, tile = task.grid, task.tile
    window = GridWindow(grid.x_min, grid.y_max, grid.cell_m, tile.row0, tile.col0)
    footprint_mask(faces.xyz, faces.ring_offsets, faces.polygon_offsets, window, mask)
    manning[mask == 1] = value


GRIDDER = Gridder(
    name="roughness",
    title=text("粗度", "Roughness"),
    inputs=(f.TERRAIN,),
    optional=(t.LAND_USE, t.ROADS),
    outputs=(f.ROUGHNESS,),
    params=RoughnessParams,
    margin_m=lambda _params, _cell_m: 0.0,
    run=run,
    cost=Cost(seconds_per_megacell=0.3, bytes_per_cell=10.0),
)
