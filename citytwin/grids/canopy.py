"""Tops and bases of tree crowns: from the plants of the city model and rasters of tree heights."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from pydantic import Field as Bound

from citytwin.kernels.crown_raster import burn_crowns
from citytwin.kernels.plane_raster import burn_planes
from citytwin.kernels.resampling import cell_means
from citytwin.kernels.scanline import GridWindow
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.cost import Cost
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.notes import Note, tally
from citytwin.model.ragged import faces_of_geometry
from citytwin.model.raster import Raster
from citytwin.model.reach import RowReach
from citytwin.model.steps import Gridder, GridTask, Outcome, Params
from citytwin.model.text import text

Float32Array = NDArray[np.float32]

WIDEST_RADIUS_M = 50.0
"""Half of the widest crown that formats let pass [m]."""
_WITHOUT_HEIGHT = text(
    "高さの記録がない樹木 {count} 件は影を落としません",
    "{count} plants without a height cast no shade",
)
_WITHOUT_CROWN = text(
    "樹冠の直径の記録がない単独木 {count} 本に標準の直径を使っています",
    "{count} trees without a recorded crown have one of the assumed diameter",
)


class CanopyParams(Params):
    """What is taken for a crown, and what is assumed where nothing is recorded."""

    lowest_m: float = Bound(default=0.5, gt=0, le=20)
    """Lower plants are ground cover: people and windows look over them."""
    trunk_share: float = Bound(default=0.25, ge=0, le=0.95)
    """Share of a tree's height without branches, as UMEP assumes it."""
    shrub_m: float = Bound(default=3.0, ge=0, le=20)
    """Lower plants are shrubs, with leaves down to the ground: the Japanese standard for plants in
    public works calls plants trees from this height on."""
    unknown_crown_m: float = Bound(default=3.0, gt=0, le=30)
    """Diameter of a single tree's crown where none is recorded."""


def run(task: GridTask, params: CanopyParams) -> Outcome:
    """Bring crowns onto the grid, above the ground of each cell.

    Single trees are ellipsoids, covers as high as their mean height all over. Where a raster of
    tree heights knows a tree it joins those of the model.

    Parameters
    ----------
    task
        With the terrain, and plants or rasters of tree heights or both.
    params
        What is assumed.
    """
    terrain = task.fields[f.TERRAIN]
    top, base = np.full((2, *terrain.shape), np.nan, dtype=np.float32)
    plants = task.tables.get(t.VEGETATION)
    notes: tuple[Note, ...] = ()
    if plants is not None and len(plants):
        notes = _plants(gpd.GeoDataFrame(plants), task.grid, task.tile, params, (top, base))
    for raster in task.rasters.get("canopy_raster", ()):
        _raster(raster, task.grid, task.tile, params, (top, base))
    return Outcome({f.CANOPY_TOP: terrain + top, f.CANOPY_BASE: terrain + base}, notes=notes)


def _plants(
    plants: gpd.GeoDataFrame,
    grid: GridSpec,
    tile: Tile,
    params: CanopyParams,
    canopy: tuple[Float32Array, Float32Array],
) -> tuple[Note, ...]:
    """Burn plants of known height; in place. Say what had to be left out or assumed."""
    height = plants["height_m"].to_numpy(dtype=np.float64, na_value=np.nan)
    crown = plants["crown_diameter_m"].to_numpy(dtype=np.float64, na_value=np.nan)
    single = (plants["kind"] == "single").to_numpy(dtype=np.bool_)
    window = GridWindow(grid.x_min, grid.y_max, grid.cell_m, tile.row0, tile.col0)
    high = height >= params.lowest_m
    trees = plants[single & high]
    places = np.column_stack([trees.geometry.x, trees.geometry.y])
    radius = np.where(np.isnan(crown), params.unknown_crown_m, crown)[single & high] / 2
    tall = height[single & high]
    burn_crowns(places, radius, np.column_stack([_base(tall, params), tall]), window, *canopy)
    covers, tall = plants[~single & high], height[~single & high]
    above = np.full(tile.shape, np.nan, dtype=np.float32)
    owner = np.full(tile.shape, -1, dtype=np.int32)
    faces = faces_of_geometry(list(covers.geometry), tall)
    burn_planes(
        faces.xyz, faces.ring_offsets, faces.polygon_offsets, faces.owners, window, above, owner
    )
    _join(above, np.append(_base(tall, params), np.nan)[owner].astype(np.float32), canopy)
    here = grid.middles_in(plants.geometry.bounds.to_numpy(dtype=np.float64), tile)
    told = (
        tally("loss", _WITHOUT_HEIGHT, int((np.isnan(height) & here).sum())),
        tally("fallback", _WITHOUT_CROWN, int((single & high & np.isnan(crown) & here).sum())),
    )
    return tuple(note for note in told if note.count)


def _base(height_m: NDArray[np.float64], params: CanopyParams) -> NDArray[np.float64]:
    """Height of the lowest leaves above the ground [m]."""
    return np.where(height_m < params.shrub_m, 0.0, params.trunk_share * height_m)


def _raster(
    raster: Raster,
    grid: GridSpec,
    tile: Tile,
    params: CanopyParams,
    canopy: tuple[Float32Array, Float32Array],
) -> None:
    """Join a raster of heights above the ground; in place.

    Of a finer raster the trees in a cell are averaged; where a cell may hold none of its samples,
    as in a raster that is as fine but turned, the nearest one is taken.
    """
    if math.sqrt(2.0) * raster.coarsest_m <= grid.cell_m:
        rows, cols, values = raster.samples(grid, grid.bounds_of(tile))
        values = np.where(values >= params.lowest_m, values, np.nan)
        height = cell_means(rows - tile.row0, cols - tile.col0, values, tile.shape)
    else:
        height = _nearest(raster, grid, tile)
        height[~(height >= params.lowest_m)] = np.nan
    base = _base(height.astype(np.float64), params).astype(np.float32)
    _join(height, np.where(np.isnan(height), np.float32(np.nan), base), canopy)


def _nearest(raster: Raster, grid: GridSpec, tile: Tile) -> Float32Array:
    x, y = np.meshgrid(grid.x_centres(tile), grid.y_centres(tile))
    row, col = (np.rint(place).astype(np.int64) for place in
                raster.position(x.ravel(), y.ravel(), grid.crs))  # fmt: skip
    ny, nx = raster.values.shape
    inside = (row >= 0) & (row < ny) & (col >= 0) & (col < nx)
    height = np.full(row.shape, np.nan, dtype=np.float32)
    height[inside] = raster.values[row[inside], col[inside]]
    return height.reshape(tile.shape)


def _join(top: Float32Array, base: Float32Array, canopy: tuple[Float32Array, Float32Array]) -> None:
    """Widen crowns by others above or below them; in place."""
    np.fmax(canopy[0], top, out=canopy[0])
    np.fmin(canopy[1], base, out=canopy[1])


GRIDDER = Gridder(
    name="canopy",
    title=text("樹冠", "Tree crowns"),
    inputs=(f.TERRAIN,),
    optional=(t.VEGETATION, "canopy_raster"),
    any_of=(t.VEGETATION, "canopy_raster"),
    outputs=(f.CANOPY_TOP, f.CANOPY_BASE),
    params=CanopyParams,
    margin_m=lambda _params, cell_m: WIDEST_RADIUS_M + cell_m,
    reach=RowReach(lambda _params, cell_m: WIDEST_RADIUS_M + cell_m),
    run=run,
    cost=Cost(seconds_per_megacell=0.5, bytes_per_cell=40.0),
)
