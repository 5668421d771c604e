"""Ground level: from terrain rasters, else a relief TIN, else the ground heights of buildings."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field as Bound

from citytwin.errors import StepError
from citytwin.kernels.gap_fill import fill_gaps, margin_cells
from citytwin.kernels.plane_raster import burn_planes
from citytwin.kernels.resampling import bilinear, cell_means
from citytwin.kernels.scanline import GridWindow
from citytwin.kernels.tin_raster import burn_triangles
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.burned_lines import (
    LONGEST_OPENING_M,
    WIDEST_M,
    burn_lines,
    ends_on_ground,
)
from citytwin.model.cost import Cost
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.notes import Fact, Note
from citytwin.model.ragged import faces_of_geometry, flattened
from citytwin.model.raster import Raster
from citytwin.model.steps import ClassCounts, Gridder, GridTask, Outcome, Params
from citytwin.model.text import text

Float32Array = NDArray[np.float32]

FROM_BUILDINGS = Note(
    severity="fallback",
    ja="地形データのない所は、建物の地盤高から地盤面を補間しています（概略値）",
    en="Where there is no terrain data, the ground is interpolated from the ground heights of "
    "buildings (approximate)",
)
FILLED = Note(
    severity="info",
    ja="地形データの欠けている所（建物の下など）は周囲から補間しています",
    en="Gaps in the terrain data, such as under buildings, are filled from their surroundings",
)
_SHARES = (
    (t.TerrainSource.MEASURED, "terrain_measured", "測定された地盤の割合", "Ground measured"),
    (t.TerrainSource.FILLED, "terrain_filled", "周囲から補間した割合", "Ground filled in"),
    (
        t.TerrainSource.FROM_BUILDINGS,
        "terrain_from_buildings",
        "建物の地盤高から推定した割合",
        "Ground estimated from buildings",
    ),
    (
        t.TerrainSource.BURNED,
        "terrain_burned",
        "暗渠・アンダーパス・壁を反映した割合",
        "Ground with culverts, underpasses or walls burned in",
    ),
)


class TerrainParams(Params):
    """How gaps are closed."""

    fill_levels: int = Bound(default=6, ge=1, le=12)
    """Gaps up to about 2**fill_levels cells wide are filled."""
    building_fill_levels: int = Bound(default=8, ge=1, le=12)
    """The same where the ground is known at buildings only."""
    longest_opening_m: float = Bound(default=LONGEST_OPENING_M, gt=0, le=1000)
    """Culverts and underpasses without levels are burned in from ground to ground up to this
    length."""


def run(task: GridTask, params: TerrainParams) -> Outcome:
    """Take the best source that each cell has: measured, filled in, or the feet of buildings.

    Gaps that are wider than the filling reaches, such as all that lies outside a raster or a TIN,
    get their level from the ground heights of buildings, as far as these reach, and join the
    measured ground smoothly. Culverts, underpasses and walls are burned into the result, see
    `burn_lines`.

    Parameters
    ----------
    task
        With terrain rasters, a relief or buildings.
    params
        How gaps are closed.

    Raises
    ------
    StepError
        If the city has neither.
    """
    relief = t.RELIEF in task.tables
    buildings = t.BUILDINGS in task.tables
    if not (task.rasters.get("terrain_raster") or relief or buildings):
        msg = "the city has no terrain and no buildings to interpolate it from"
        raise StepError(msg, step="terrain", hint="add a terrain raster or a relief")
    terrain, source = _filled(task, task.tile, params.fill_levels)
    if buildings and np.isnan(terrain).any():
        _estimate(task, params, terrain, source)
    structures = task.tables.get(t.HYDRAULIC_STRUCTURES)
    if structures is None or structures.empty:
        return Outcome({f.TERRAIN: terrain, f.TERRAIN_SOURCE: source})
    burned = burn_lines(
        gpd.GeoDataFrame(structures),
        terrain,
        task.grid,
        task.tile,
        lambda line: ends_on_ground(
            line,
            task.grid,
            params.longest_opening_m,
            lambda row, col: float(_measured(task, Tile(row, row + 1, col, col + 1))[0, 0]),
        ),
    )
    source[burned.burned] = t.TerrainSource.BURNED
    return Outcome({f.TERRAIN: burned.ground_m, f.TERRAIN_SOURCE: source}, notes=burned.notes)


def _filled(task: GridTask, tile: Tile, levels: int) -> tuple[Float32Array, NDArray[np.uint8]]:
    """Measured ground with its narrow gaps closed, and where each cell of it comes from."""
    wide = _aligned(task.grid, tile, levels)
    known = _measured(task, wide)
    core = tile.within(wide)
    filled = np.ascontiguousarray(fill_gaps(known, wide.row0, wide.col0, levels)[core])
    source = np.full(tile.shape, f.CLASS_NODATA, dtype=np.uint8)
    source[~np.isnan(filled)] = t.TerrainSource.FILLED
    source[~np.isnan(known[core])] = t.TerrainSource.MEASURED
    return filled, source


def _estimate(
    task: GridTask, params: TerrainParams, terrain: Float32Array, source: NDArray[np.uint8]
) -> None:
    """Close what is left from buildings and the measured ground around them; in place."""
    levels = params.building_fill_levels
    wide = _aligned(task.grid, task.tile, levels)
    core = task.tile.within(wide)
    feet = _at_buildings(task, wide)
    in_reach = ~np.isnan(fill_gaps(feet, wide.row0, wide.col0, levels)[core])
    measured, _ = _filled(task, wide, params.fill_levels)
    known = np.where(np.isnan(measured), feet, measured)
    estimated = fill_gaps(known, wide.row0, wide.col0, levels)[core]
    lacking = np.isnan(terrain) & in_reach
    terrain[lacking] = estimated[lacking]
    source[lacking] = t.TerrainSource.FROM_BUILDINGS


def summary(cells: ClassCounts) -> tuple[tuple[Fact, ...], tuple[Note, ...]]:
    """Say which share of the ground was measured, filled in, estimated and burned in.

    Parameters
    ----------
    cells
        Cells of each class of ``terrain_source`` over the whole city.
    """
    count = cells[f.TERRAIN_SOURCE]
    total = max(1, sum(count.values()))
    facts = tuple(
        Fact(name=name, label=text(ja, en), value=100.0 * count.get(kind, 0) / total, unit="%")
        for kind, name, ja, en in _SHARES
        if count.get(kind) or kind is not t.TerrainSource.BURNED
    )
    said = (
        (t.TerrainSource.FROM_BUILDINGS, FROM_BUILDINGS),
        (t.TerrainSource.FILLED, FILLED),
    )
    return facts, tuple(note for kind, note in said if count.get(kind))


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
        corners = flattened(relief["triangle"])[0].reshape(-1, 3, 3)
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
    """Distance from which triangles, buildings and structures can matter.

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
    # The estimate looks at ground that has been filled before.
    reaches = (margin_cells(n) + 2**n for n in (params.fill_levels, params.building_fill_levels))
    # Of a line that reaches the tile both ends must find their triangles.
    ends_m = params.longest_opening_m + WIDEST_M + cell_m
    return max(float(sum(reaches) * cell_m), ends_m)


GRIDDER = Gridder(
    name="terrain",
    title=text("地盤高", "Ground level"),
    inputs=(),
    optional=("terrain_raster", t.RELIEF, t.BUILDINGS, t.HYDRAULIC_STRUCTURES),
    any_of=("terrain_raster", t.RELIEF, t.BUILDINGS),
    outputs=(f.TERRAIN, f.TERRAIN_SOURCE),
    params=TerrainParams,
    margin_m=margin_m,
    run=run,
    summary=summary,
    cost=Cost(seconds_per_megacell=2.0, bytes_per_cell=60.0),
)
