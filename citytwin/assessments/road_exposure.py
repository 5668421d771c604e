"""Each road segment with its flood depth and the time at which cars can no longer pass."""

from __future__ import annotations

import math

import numpy as np
import shapely
from numpy.typing import NDArray
from pydantic import Field as Bound

from citytwin.kernels.footprint_raster import footprint_mask
from citytwin.kernels.scanline import GridWindow
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.ragged import faces_of_geometry
from citytwin.model.steps import Assessed, Assessment, CityState, Cost, Params
from citytwin.model.text import text


class RoadExposureParams(Params):
    """What makes a segment impassable."""

    blocked_share: float = Bound(default=0.05, gt=0, le=1)
    """A segment is closed once this share of its cells is too deep for cars; a share rather
    than one cell, because a single low cell is more often an error of the terrain."""


def run(city: CityState, params: RoadExposureParams) -> Assessed:
    """Read depth and time on the open cells of each segment; bridges stay open."""
    roads = city.table(t.ROADS)
    open_ground = city[f.BUILDING_MASK] == 0
    depth = np.full(len(roads), np.nan)
    closed = np.full(len(roads), np.nan)
    levels = roads["level"].to_numpy(dtype=np.int64)
    for row, (geometry, level) in enumerate(zip(roads.geometry, levels, strict=True)):
        cells = _cells(city.grid, geometry)
        if level > 0 or cells is None:
            continue
        window, inside = cells
        inside &= open_ground[window.slices]
        if inside.any():
            depth[row] = _highest(city[f.FLOOD_DEPTH_MAX][window.slices][inside])
            times = city[f.FLOOD_IMPASSABLE][window.slices][inside]
            closed[row] = _time_of_share(times, params.blocked_share)
    frame = roads[["road_id", "name", "function", "geometry"]].copy()
    frame["flood_depth_max_m"] = depth
    frame["impassable_after_min"] = closed
    return Assessed(frame[list(t.ROAD_EXPOSURE.column_names)])


def _cells(grid: GridSpec, geometry: shapely.Geometry) -> tuple[Tile, NDArray[np.bool_]] | None:
    """Window of a polygon on the grid and the cells whose centre lies in it.

    A lane narrower than a cell may hold no centre; the cells that it runs through stand for it.
    """
    if geometry is None or geometry.is_empty:
        return None
    cells = _burned(grid, geometry)
    if cells is None or cells[1].any():
        return cells
    return _burned(grid, geometry.buffer(grid.cell_m / 2))


def _burned(grid: GridSpec, geometry: shapely.Geometry) -> tuple[Tile, NDArray[np.bool_]] | None:
    west, south, east, north = geometry.bounds
    rows, cols = grid.cells_of(np.array([west, east]), np.array([north, south]))
    window = Tile(
        max(0, int(rows[0])),
        min(grid.ny, int(rows[1]) + 1),
        max(0, int(cols[0])),
        min(grid.nx, int(cols[1]) + 1),
    )
    if window.row1 <= window.row0 or window.col1 <= window.col0:
        return None
    faces = faces_of_geometry([geometry], np.zeros(1))
    mask = np.zeros(window.shape, dtype=np.uint8)
    place = GridWindow(grid.x_min, grid.y_max, grid.cell_m, window.row0, window.col0)
    footprint_mask(faces.xyz, faces.ring_offsets, faces.polygon_offsets, place, mask)
    return window, mask == 1


def _highest(values: NDArray[np.float32]) -> float:
    known = values[~np.isnan(values)]
    return float(known.max()) if known.size else math.nan


def _time_of_share(times: NDArray[np.float32], share: float) -> float:
    """Time at which the given share of cells has become impassable; NaN when it never does."""
    needed = max(1, math.ceil(share * times.size - 1e-9))  # 0.07 x 100 is above 7 in binary
    reached = np.sort(times[~np.isnan(times)])
    return float(reached[needed - 1]) if reached.size >= needed else math.nan


ASSESSMENT = Assessment(
    name="road_exposure",
    title=text("道路の通行可否", "Roads that become impassable"),
    inputs=(t.ROADS, f.BUILDING_MASK, f.FLOOD_DEPTH_MAX, f.FLOOD_IMPASSABLE),
    output=t.ROAD_EXPOSURE,
    params=RoadExposureParams,
    run=run,
    cost=Cost(seconds_per_megacell=0.5, bytes_per_cell=20.0),
)
