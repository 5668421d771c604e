"""Ground level: from a terrain raster, else a relief TIN, else the ground heights of buildings."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from citytwin.errors import StepError
from citytwin.kernels.gap_fill import fill_gaps, margin_cells
from citytwin.kernels.plane_raster import burn_planes
from citytwin.kernels.resampling import bilinear, cell_means
from citytwin.kernels.scanline import GridWindow
from citytwin.kernels.tin_raster import burn_triangles
from citytwin.model import crs
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import Bounds, GridSpec, Tile
from citytwin.model.notes import Note
from citytwin.model.ragged import faces_of_geometry
from citytwin.model.raster import Raster
from citytwin.model.steps import Cost, Gridder, GridTask, Outcome, Params
from citytwin.model.text import text

Float32Array = NDArray[np.float32]

FROM_BUILDINGS = Note(
    severity="fallback",
    ja="地形データがないため、建物の地盤高から地盤面を補間しています（概略値）",
    en="No terrain data here: the ground is interpolated from the ground heights of buildings",
)
FILLED = Note(
    severity="info",
    ja="地形データの欠けている所（建物の下など）は周囲から補間しています",
    en="Gaps in the terrain data, such as under buildings, are filled from their surroundings",
)


class TerrainParams(Params):
    """How gaps are closed."""

    fill_levels: int = Field(default=6, ge=1, le=12)
    """Gaps up to about 2**fill_levels cells wide are filled."""
    building_fill_levels: int = Field(default=8, ge=1, le=12)
    """The same where the ground is known at buildings only."""


def run(task: GridTask, params: TerrainParams) -> Outcome:
    """Take the best source the city has, and fill its gaps."""
    if task.rasters.get("terrain_raster") or t.RELIEF in task.tables:
        return _filled(task, _measured, params.fill_levels, t.TerrainSource.MEASURED, (FILLED,))
    if t.BUILDINGS in task.tables:
        levels = params.building_fill_levels
        kind = t.TerrainSource.FROM_BUILDINGS
        return _filled(task, _at_buildings, levels, kind, (FROM_BUILDINGS,))
    msg = "the city has no terrain and no buildings to interpolate it from"
    raise StepError(msg, step="terrain", hint="add a terrain raster or a relief")


def _filled(
    task: GridTask,
    known_of: Callable[[GridTask, Tile], Float32Array],
    levels: int,
    kind: t.TerrainSource,
    notes: tuple[Note, ...],
) -> Outcome:
    wide = _aligned(task.grid, task.tile, levels)
    known = known_of(task, wide)
    filled = fill_gaps(known, wide.row0, wide.col0, levels)
    core = task.tile.within(wide)
    source = np.full(task.tile.shape, f.CLASS_NODATA, dtype=np.uint8)
    gap = t.TerrainSource.FILLED if kind == t.TerrainSource.MEASURED else kind
    source[~np.isnan(filled[core])] = gap
    source[~np.isnan(known[core])] = kind
    return Outcome(
        {f.TERRAIN: np.ascontiguousarray(filled[core]), f.TERRAIN_SOURCE: source}, notes=notes
    )


def _aligned(grid: GridSpec, tile: Tile, levels: int) -> Tile:
    return grid.padded(tile, (margin_cells(levels) + 2**levels) * grid.cell_m)


def _window(grid: GridSpec, tile: Tile) -> GridWindow:
    return GridWindow(grid.x_min, grid.y_max, grid.cell_m, tile.row0, tile.col0)


def _measured(task: GridTask, tile: Tile) -> Float32Array:
    """Cells known from terrain rasters (the first that knows a cell wins), then from the TIN."""
    known = np.full(tile.shape, np.nan, dtype=np.float32)
    for raster in task.rasters.get("terrain_raster", ()):
        known = np.where(np.isnan(known), resampled(raster, task.grid, tile), known)
    relief = task.tables.get(t.RELIEF)
    if relief is not None and len(relief):
        tin = np.full(tile.shape, np.nan, dtype=np.float32)
        corners = np.concatenate(list(relief["triangle"])).reshape(-1, 3, 3)
        burn_triangles(corners, _window(task.grid, tile), tin)
        known = np.where(np.isnan(known), tin, known)
    return known


def _at_buildings(task: GridTask, tile: Tile) -> Float32Array:
    """Ground height of each building over its footprint; the lower one where two overlap."""
    buildings: pd.DataFrame = task.tables[t.BUILDINGS]
    ground = buildings["ground_z_m"].to_numpy(dtype=np.float64)
    faces = faces_of_geometry(list(buildings["geometry"]), -ground)
    depth = np.full(tile.shape, np.nan, dtype=np.float32)
    winner = np.full(tile.shape, -1, dtype=np.int32)
    burn_planes(
        faces.xyz,
        faces.ring_offsets,
        faces.polygon_offsets,
        faces.owners,
        _window(task.grid, tile),
        depth,
        winner,
    )
    return -depth


def resampled(raster: Raster, grid: GridSpec, tile: Tile) -> Float32Array:
    """Bring a foreign raster onto a window of the grid.

    Finer rasters are averaged over the cell, coarser ones interpolated bilinearly.

    Parameters
    ----------
    raster
        Raster in any metric CRS.
    grid
        The city's grid.
    tile
        Window wanted.

    Returns
    -------
    array
        Shape of the tile, float32 [m]; NaN where the raster knows nothing.
    """
    x, y = np.meshgrid(grid.x_centres(tile), grid.y_centres(tile))
    if max(raster.cell_x_m, raster.cell_y_m) <= grid.cell_m:
        rows, cols, values = _samples(raster, grid, grid.bounds_of(tile))
        return cell_means(rows - tile.row0, cols - tile.col0, values, tile.shape)
    east, north = crs.transform(x.ravel(), y.ravel(), grid.crs, raster.crs)
    row = (raster.y_max - north) / raster.cell_y_m - 0.5
    col = (east - raster.x_min) / raster.cell_x_m - 0.5
    return bilinear(raster.values, row, col).reshape(tile.shape)


def _samples(
    raster: Raster, grid: GridSpec, area: Bounds
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Cell centres of a fine raster near an area, in the order of the raster."""
    corners_x = np.array([area.x_min, area.x_max, area.x_min, area.x_max])
    corners_y = np.array([area.y_min, area.y_min, area.y_max, area.y_max])
    east, north = crs.transform(corners_x, corners_y, grid.crs, raster.crs)
    ny, nx = raster.values.shape
    row0 = max(0, math.floor((raster.y_max - north.max()) / raster.cell_y_m) - 2)
    row1 = min(ny, math.ceil((raster.y_max - north.min()) / raster.cell_y_m) + 2)
    col0 = max(0, math.floor((east.min() - raster.x_min) / raster.cell_x_m) - 2)
    col1 = min(nx, math.ceil((east.max() - raster.x_min) / raster.cell_x_m) + 2)
    row0, col0 = min(row0, row1), min(col0, col1)
    x = raster.x_min + (np.arange(col0, col1) + 0.5) * raster.cell_x_m
    y = raster.y_max - (np.arange(row0, row1) + 0.5) * raster.cell_y_m
    xx, yy = np.meshgrid(x, y)
    city_x, city_y = crs.transform(xx.ravel(), yy.ravel(), raster.crs, grid.crs)
    rows, cols = grid.cells_of(city_x, city_y)
    return rows, cols, raster.values[row0:row1, col0:col1].ravel().astype(np.float64)


def margin_m(params: TerrainParams, cell_m: float) -> float:
    """Distance from which triangles and buildings can matter.

    Parameters
    ----------
    params
        How gaps are closed.
    cell_m
        Cell size [m].

    Returns
    -------
    float
        Metres.
    """
    levels = max(params.fill_levels, params.building_fill_levels)
    return float((margin_cells(levels) + 2**levels) * cell_m)


GRIDDER = Gridder(
    name="terrain",
    title=text("地盤高", "Ground level"),
    inputs=(),
    optional=("terrain_raster", t.RELIEF, t.BUILDINGS),
    outputs=(f.TERRAIN, f.TERRAIN_SOURCE),
    params=TerrainParams,
    margin_m=margin_m,
    run=run,
    cost=Cost(seconds_per_megacell=2.0, bytes_per_cell=60.0),
)
