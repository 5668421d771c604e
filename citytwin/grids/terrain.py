"""Ground level: from a terrain raster, else a relief TIN, else the ground heights of buildings."""

from __future__ import annotations

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
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec, Tile
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
    rows: pd.DataFrame = task.tables[t.BUILDINGS]
    buildings = rows[rows["ground_z_m"].notna()]
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

    Rasters of at most half the cell are averaged over it, coarser ones interpolated bilinearly:
    the mean of one or two samples would move the ground sideways by up to half a cell.

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
    if raster.coarsest_m <= grid.cell_m / 2:
        rows, cols, values = raster.samples(grid, grid.bounds_of(tile))
        return cell_means(rows - tile.row0, cols - tile.col0, values, tile.shape)
    x, y = np.meshgrid(grid.x_centres(tile), grid.y_centres(tile))
    row, col = raster.position(x.ravel(), y.ravel(), grid.crs)
    return bilinear(raster.values, row, col).reshape(tile.shape)


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
