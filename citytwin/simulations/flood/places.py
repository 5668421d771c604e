"""Cells of given levels and of water that stands at the start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
import shapely
from numpy.typing import NDArray

from citytwin.errors import StepError
from citytwin.kernels.flood_stage import StageCells, StageSeries
from citytwin.model.grid import GridSpec, Tile
from citytwin.simulations.flood.boundaries import (
    InitialWater,
    LevelParams,
    Place,
    StagePoint,
)

MINUTE_S = 60.0
STEP = "flood"
DEEPEST_M = 100.0
"""Water this deep in a city is a mistake, and would take weeks to compute."""
Cells: TypeAlias = NDArray[np.int64]
"""Rows or columns of some cells, shape (n,)."""


@dataclass(frozen=True, eq=False)
class Ground:
    """The area as places are looked up in it."""

    grid: GridSpec
    terrain_m: NDArray[np.float32]
    """Ground level, shape (ny, nx) [m]; NaN outside."""
    is_open: NDArray[np.bool_]
    """Cells that can hold water, shape (ny, nx)."""
    window: Tile | None = None
    """Which cells of the grid the arrays cover; None = all."""

    @property
    def place(self) -> Tile:
        """Which cells of the grid the arrays cover."""
        return self.grid.whole if self.window is None else self.window

    def holds(self, rows: Cells, cols: Cells) -> NDArray[np.bool_]:
        """Which cells of the grid the arrays cover."""
        row, col, (ny, nx) = rows - self.place.row0, cols - self.place.col0, self.is_open.shape
        inside: NDArray[np.bool_] = (row >= 0) & (row < ny) & (col >= 0) & (col < nx)
        return inside

    def open_at(self, rows: Cells, cols: Cells) -> NDArray[np.bool_]:
        """Whether cells of the grid can hold water, shape (n,)."""
        return self.is_open[rows - self.place.row0, cols - self.place.col0]

    def level_at(self, rows: Cells, cols: Cells) -> NDArray[np.float32]:
        """Ground level of cells of the grid, shape (n,) [m]."""
        return self.terrain_m[rows - self.place.row0, cols - self.place.col0]

    def cells(self, chosen: NDArray[np.bool_]) -> tuple[Cells, Cells]:
        """Rows and columns in the grid of chosen cells of the arrays, shape (n,) each."""
        rows, cols = np.nonzero(chosen)
        return rows + self.place.row0, cols + self.place.col0

    @property
    def bounds_text(self) -> str:
        """The box of the grid, for messages."""
        box = self.grid.bounds
        return f"{box.x_min:g} to {box.x_max:g} east, {box.y_min:g} to {box.y_max:g} north"


class OpenCells(NamedTuple):
    """Open cells at a place or beside it, shape (n,) each."""

    rows: Cells
    cols: Cells
    level_m: NDArray[np.float32]


def open_around(
    ground_in: Callable[[Tile], Ground], grid: GridSpec, x: float, y: float
) -> OpenCells:
    """Return the open cells among that of a place and its eight neighbours.

    Parameters
    ----------
    ground_in
        Gives the ground in a window of the city, or in more.
    grid
        Of the city.
    x, y
        The place [m].
    """
    at_rows, at_cols = grid.cells_of(np.array([x]), np.array([y]))
    row, col = int(at_rows[0]), int(at_cols[0])
    window = Tile(max(row - 1, 0), min(row + 2, grid.ny), max(col - 1, 0), min(col + 2, grid.nx))
    if window.row0 >= window.row1 or window.col0 >= window.col1:
        none = np.empty(0, dtype=np.int64)
        return OpenCells(none, none, np.empty(0, dtype=np.float32))
    ground = ground_in(window)
    rows, cols = (
        part.ravel()
        for part in np.meshgrid(
            np.arange(window.row0, window.row1), np.arange(window.col0, window.col1), indexing="ij"
        )
    )
    is_open = ground.open_at(rows, cols)
    rows, cols = rows[is_open], cols[is_open]
    return OpenCells(rows, cols, ground.level_at(rows, cols))


def credible_level(ground: Ground, level_m: float, rows: Cells, cols: Cells, what: str) -> None:
    """Refuse water so high above its ground that its unit or datum must be another.

    Parameters
    ----------
    ground
        The area.
    level_m
        Highest level.
    rows, cols
        Cells that the water reaches.
    what
        What the level is of, for the message.

    Raises
    ------
    StepError
        If it stands more than `DEEPEST_M` above the lowest of them.
    """
    lowest = float(ground.level_at(rows, cols).min())
    if level_m - lowest > DEEPEST_M:
        msg = f"{what}: the level {level_m:g} m stands {level_m - lowest:.0f} m above the ground "
        msg += f"at {lowest:.2f} m"
        raise StepError(msg, step=STEP, hint="give metres above the city's vertical datum")


def stage_of(points: tuple[StagePoint, ...]) -> StageSeries:
    """Return a stage in seconds.

    Parameters
    ----------
    points
        Times and levels.
    """
    return StageSeries(
        np.array([point.minutes * MINUTE_S for point in points]),
        np.array([point.level_m for point in points]),
    )


def within(ground: Ground, outline: tuple[Place, ...]) -> NDArray[np.bool_]:
    """Return the open cells whose centre lies in a polygon.

    Parameters
    ----------
    ground
        The area.
    outline
        Corners of the polygon.

    Raises
    ------
    StepError
        If it crosses itself.
    """
    polygon = shapely.Polygon(outline)
    if not polygon.is_valid:
        msg = f"the outline from {outline[0]} on is no polygon: {shapely.is_valid_reason(polygon)}"
        raise StepError(msg, step=STEP, hint="give its corners in order")
    x, y = np.meshgrid(ground.grid.x_centres(ground.place), ground.grid.y_centres(ground.place))
    inside: NDArray[np.bool_] = shapely.contains_xy(polygon, x, y) & ground.is_open
    return inside


def level_cells(ground: Ground, given: LevelParams) -> StageCells:
    """Return the cells whose level is given.

    Parameters
    ----------
    ground
        The area.
    given
        Where, and the level.

    Raises
    ------
    StepError
        If there is no open cell.
    """
    chosen = np.zeros(ground.is_open.shape, dtype=np.bool_)
    if given.edge is None:
        chosen = within(ground, given.outline)
    else:
        turns = {"north": 0, "east": 1, "south": 2, "west": 3}[given.edge]
        # Views, turned so that the edge is the first row.
        np.rot90(chosen, turns)[0] = np.rot90(ground.is_open, turns)[0]
    rows, cols = ground.cells(chosen)
    if not rows.size:
        where = given.edge or f"the outline from {given.outline[0]} on"
        msg = f"no open cell for the water level at {where}; the area is {ground.bounds_text}"
        raise StepError(msg, step=STEP, hint="give coordinates in the city's CRS")
    credible_level(ground, max(p.level_m for p in given.stage), rows, cols, "water level")
    return StageCells(rows, cols, stage_of(given.stage))


def initial_depth(ground: Ground, waters: tuple[InitialWater, ...]) -> NDArray[np.float32] | None:
    """Return the depth at the start, or None where all is dry.

    Parameters
    ----------
    ground
        The area.
    waters
        Water that stands; where two overlap the higher counts.

    Raises
    ------
    StepError
        If one of them wets no cell.
    """
    if not waters:
        return None
    depth = np.zeros(ground.is_open.shape, dtype=np.float32)
    for water in waters:
        wet = within(ground, water.outline) & (ground.terrain_m < water.level_m)
        if not wet.any() and ground.window is not None:
            continue  # a part of the area
        if not wet.any():
            msg = f"no open cell in the outline from {water.outline[0]} on lies below "
            msg += f"{water.level_m:g} m; the area is {ground.bounds_text}"
            raise StepError(msg, step=STEP, hint="check level and coordinates of initial_water")
        rows, cols = ground.cells(wet)
        credible_level(ground, water.level_m, rows, cols, "initial water")
        rise = (water.level_m - ground.terrain_m[wet].astype(np.float64)).astype(np.float32)
        depth[wet] = np.maximum(depth[wet], rise)
    return depth
