"""What covers the ground, and its Manning roughness, from land use and roads."""

from __future__ import annotations

import numpy as np
import pandas as pd
from pydantic import Field

from citytwin.kernels.footprint_raster import footprint_mask
from citytwin.kernels.scanline import GridWindow
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.cost import Cost
from citytwin.model.ragged import faces_of_geometry
from citytwin.model.reach import OWN_CELLS
from citytwin.model.steps import Gridder, GridTask, Outcome, Params
from citytwin.model.tables import GroundCover
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


_LATER_HIDES = (
    GroundCover.BUILDING,
    GroundCover.BARE,
    GroundCover.PADDY,
    GroundCover.FIELD,
    GroundCover.GREEN,
    GroundCover.WATER,
)
"""Land uses in the order in which they are painted; roads come last of all."""


def run(task: GridTask, params: RoughnessParams) -> Outcome:
    """Give every cell the last cover of: other, building, bare, farmland, green, water, road."""
    cover = np.full(task.fields[f.TERRAIN].shape, GroundCover.OTHER, dtype=np.uint8)
    parcels = task.tables.get(t.LAND_USE)
    if parcels is not None:
        for use in _LATER_HIDES:
            _paint(task, cover, parcels[parcels["use"] == use.name.lower()], use)
    roads = task.tables.get(t.ROADS)
    if roads is not None:
        _paint(task, cover, roads[roads["level"] == 0], GroundCover.ROAD)
    manning = np.full(len(GroundCover), params.other, dtype=np.float32)
    manning[[GroundCover.PADDY, GroundCover.FIELD]] = params.farmland
    manning[GroundCover.GREEN] = params.green
    manning[GroundCover.WATER] = params.water
    manning[GroundCover.ROAD] = params.road
    return Outcome({f.ROUGHNESS: manning[cover], f.GROUND_COVER: cover})


def _paint(task: GridTask, cover: np.ndarray, rows: pd.DataFrame, value: GroundCover) -> None:
    faces = faces_of_geometry(list(rows["geometry"]), np.zeros(len(rows)))
    mask = np.zeros(cover.shape, dtype=np.uint8)
    grid, tile = task.grid, task.tile
    window = GridWindow(grid.x_min, grid.y_max, grid.cell_m, tile.row0, tile.col0)
    footprint_mask(faces.xyz, faces.ring_offsets, faces.polygon_offsets, window, mask)
    cover[mask == 1] = value


GRIDDER = Gridder(
    name="roughness",
    title=text("地表の種別と粗度", "Cover of the ground and roughness"),
    inputs=(f.TERRAIN,),
    optional=(t.LAND_USE, t.ROADS),
    outputs=(f.ROUGHNESS, f.GROUND_COVER),
    params=RoughnessParams,
    margin_m=lambda _params, _cell_m: 0.0,
    reach=OWN_CELLS,
    run=run,
    cost=Cost(seconds_per_megacell=0.3, bytes_per_cell=10.0),
)
