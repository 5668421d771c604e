"""Each road segment with its flood depth and the times between which cars cannot pass."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from citytwin.kernels.footprint_raster import footprint_mask
from citytwin.kernels.parting import parting_time
from citytwin.kernels.road_ends import MAX_ENDS, road_ends, road_pieces
from citytwin.kernels.scanline import GridWindow
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.cost import Cost
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.notes import Fact
from citytwin.model.ragged import faces_of_geometry
from citytwin.model.steps import Assessed, Assessment, CityState, NoParams
from citytwin.model.text import text

ON_GROUND = 0
SMALL_PIECE = 0.1
"""A piece with a smaller share of the segment's cells is a splinter of the raster, no road."""


@dataclass(frozen=True, eq=False)
class _Segment:
    """A segment on the grid."""

    row: int
    window: Tile
    inside: NDArray[np.bool_]
    """Cells of the window on which cars go and the flood is known."""


def run(city: CityState, params: NoParams) -> Assessed:
    """Read the depth, and the times from and until which deep water parts the ends of each segment.

    A segment is closed when the cells that are still passable no longer connect its ends, which
    are where it goes on as a road of the same class, and the tips of its dead ends: water across
    the whole road closes it however long it is, a puddle at the kerb does not. A cell counts as
    too deep once one beside it is too, because a single low cell is more often an error of the
    terrain. Cells of which the flood is not known are no part of the segment.

    Limits: a strip of one cell counts as wide enough for a car; a pool that covers the mouth of
    a side street of the same class closes both; ends of a road that touch no other are its last
    half width.

    Parameters
    ----------
    city
        With roads and the flood.
    params
        None.
    """
    del params
    roads = city.table(t.ROADS)
    depth, closed, again = (np.full(len(roads), np.nan) for _ in range(3))
    deep = _in_company(np.where(city[f.BUILDING_MASK] == 0, city[f.FLOOD_IMPASSABLE], np.nan))
    # Backwards in time the water comes when it went: the last parting is the first one there.
    until = city.fields.get(
        f.FLOOD_IMPASSABLE_UNTIL, np.full_like(city[f.FLOOD_IMPASSABLE], f.STILL_MIN)
    )
    back = _in_company(np.where(city[f.BUILDING_MASK] == 0, -until, np.nan))
    segments = list(_segments(city, roads))
    beside = _beside(roads, segments, city.grid.cell_m)
    for number, segment in enumerate(segments):
        if not segment.inside.any():
            continue
        water = city[f.FLOOD_DEPTH_MAX][segment.window.slices]
        depth[segment.row] = float(water[segment.inside].max())
        neighbours = [segments[other] for other in beside[number]]
        closed[segment.row] = _closing_time(segment, neighbours, deep[segment.window.slices])
        if not math.isnan(closed[segment.row]):
            last = -_closing_time(segment, neighbours, back[segment.window.slices])
            again[segment.row] = last if last < f.STILL_MIN else np.nan
    frame = roads[["road_id", "name", "function", "geometry"]].copy()
    frame["flood_depth_max_m"] = depth
    frame["impassable_after_min"] = closed
    frame["passable_again_min"] = again
    facts = _facts(roads["level"].to_numpy(dtype=np.int64), depth)
    return Assessed(frame[list(t.ROAD_EXPOSURE.column_names)], facts)


def _segments(city: CityState, roads: gpd.GeoDataFrame) -> Iterator[_Segment]:
    """Segments on the ground: water says nothing of the bridge above it or the tunnel below."""
    open_ground = (city[f.BUILDING_MASK] == 0) & ~np.isnan(city[f.FLOOD_DEPTH_MAX])
    levels = roads["level"].to_numpy(dtype=np.int64)
    for row, (geometry, level) in enumerate(zip(roads.geometry, levels, strict=True)):
        cells = _cells(city.grid, geometry) if level == ON_GROUND else None
        if cells is not None:
            window, inside = cells
            yield _Segment(row, window, inside & open_ground[window.slices])


def _in_company(minutes: NDArray[np.float32]) -> NDArray[np.float32]:
    """Time from which a cell and one of its eight neighbours are closed; NaN when never."""
    times = np.where(np.isnan(minutes), np.inf, minutes).astype(np.float32)
    padded = np.pad(times, 1, constant_values=np.inf)
    ny, nx = times.shape
    around = np.full_like(times, np.inf)
    for row in range(3):
        for col in range(3):
            if (row, col) != (1, 1):
                np.minimum(around, padded[row : row + ny, col : col + nx], out=around)
    both = np.maximum(times, around)
    both[both == np.inf] = np.nan
    return both


def _beside(
    roads: gpd.GeoDataFrame, segments: Sequence[_Segment], cell_m: float
) -> list[list[int]]:
    """For each segment, those of its class that touch it; gaps of half a cell are none."""
    shapes = roads.geometry.iloc[[segment.row for segment in segments]].to_numpy()
    classes = pd.factorize(roads["function"].iloc[[segment.row for segment in segments]])[0]
    found: list[list[int]] = [[] for _ in segments]
    tree = shapely.STRtree(shapes)
    for one, other in tree.query(shapes, predicate="dwithin", distance=cell_m / 2).T:
        if one != other and classes[one] == classes[other]:
            found[one].append(int(other))
    return [sorted(others) for others in found]


def _closing_time(
    segment: _Segment, neighbours: Sequence[_Segment], minutes: NDArray[np.float32]
) -> float:
    """Earliest time at which a piece of the segment is parted; NaN when none ever is."""
    contacts = np.zeros(segment.inside.shape, dtype=np.int64)
    for bit, other in enumerate(neighbours[:MAX_ENDS]):
        contacts |= np.where(_touching(segment.window, other), np.int64(1) << bit, np.int64(0))
    piece = road_pieces(segment.inside.astype(np.uint8))
    cells = np.bincount(piece[segment.inside])
    times = [
        parting_time(minutes, inside, road_ends(inside, contacts))
        for number in np.flatnonzero(cells >= SMALL_PIECE * cells.sum())
        for inside in [(piece == number).astype(np.uint8)]
    ]
    return min((time for time in times if not math.isnan(time)), default=math.nan)


def _touching(window: Tile, other: _Segment) -> NDArray[np.bool_]:
    """Cells of a window that belong to another segment or have a neighbour that does."""
    ny, nx = window.shape
    wide = np.zeros((ny + 2, nx + 2), dtype=np.bool_)
    row0, row1 = max(window.row0 - 1, other.window.row0), min(window.row1 + 1, other.window.row1)
    col0, col1 = max(window.col0 - 1, other.window.col0), min(window.col1 + 1, other.window.col1)
    if row0 >= row1 or col0 >= col1:
        return wide[1:-1, 1:-1]
    top, left = window.row0 - 1, window.col0 - 1
    wide[row0 - top : row1 - top, col0 - left : col1 - left] = other.inside[
        row0 - other.window.row0 : row1 - other.window.row0,
        col0 - other.window.col0 : col1 - other.window.col0,
    ]
    touched = np.zeros((ny, nx), dtype=np.bool_)
    for row in range(3):
        for col in range(3):
            touched |= wide[row : row + ny, col : col + nx]
    return touched


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


def _facts(levels: NDArray[np.int64], depth: NDArray[np.float64]) -> tuple[Fact, ...]:
    return (
        Fact(
            name="roads_off_the_ground",
            label=text("評価していない橋・トンネルの区間数", "Bridges and tunnels, not assessed"),
            value=float((levels != ON_GROUND).sum()),
            unit="1",
        ),
        Fact(
            name="roads_not_assessed",
            label=text(
                "浸水の計算結果がない地上の区間数", "Roads on the ground without a flood result"
            ),
            value=float((np.isnan(depth) & (levels == ON_GROUND)).sum()),
            unit="1",
        ),
    )


ASSESSMENT = Assessment(
    name="road_exposure",
    title=text("道路の通行可否", "Roads that become impassable"),
    inputs=(t.ROADS, f.BUILDING_MASK, f.FLOOD_DEPTH_MAX, f.FLOOD_IMPASSABLE),
    optional=(f.FLOOD_IMPASSABLE_UNTIL,),
    output=t.ROAD_EXPOSURE,
    params=NoParams,
    run=run,
    cost=Cost(seconds_per_megacell=2.0, bytes_per_cell=20.0),
)
