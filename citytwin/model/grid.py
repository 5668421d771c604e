"""GridSpec and Tile: the only owners of cells, windows, padding and grid arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from affine import Affine
from numpy.typing import NDArray

from citytwin.errors import ConfigError
from citytwin.model import crs as crs_of

_DECIMALS = 6
"""Of a cell: finer than any survey, coarser than the last bit of 10,000 km in cells of 1 cm."""
MAX_CELLS = 4_000_000_000
"""More than any city at 1 m; a cell size with a slip of the comma is refused, not begun."""

COARSE_CELL_M = 5.0
"""Half the width of a detached house: larger cells lose and swell many buildings."""


@dataclass(frozen=True)
class Bounds:
    """A box in the plane of the grid [m]."""

    x_min: float
    y_min: float
    x_max: float
    y_max: float

    def grown(self, metres: float) -> Bounds:
        """Return the box grown by `metres` on every side."""
        return Bounds(
            self.x_min - metres, self.y_min - metres, self.x_max + metres, self.y_max + metres
        )

    def overlaps(self, other: Bounds) -> bool:
        """Whether the two boxes share an area."""
        return (
            self.x_min < other.x_max
            and other.x_min < self.x_max
            and self.y_min < other.y_max
            and other.y_min < self.y_max
        )


@dataclass(frozen=True)
class Tile:
    """A window of whole cells: rows [row0, row1), columns [col0, col1); row 0 is the north row."""

    row0: int
    row1: int
    col0: int
    col1: int

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.row1 - self.row0, self.col1 - self.col0

    @property
    def name(self) -> str:
        """Stable name, used in manifests and messages."""
        return f"r{self.row0}-{self.row1}c{self.col0}-{self.col1}"

    @property
    def slices(self) -> tuple[slice, slice]:
        """Row and column slices into an array of the whole grid."""
        return slice(self.row0, self.row1), slice(self.col0, self.col1)

    def within(self, outer: Tile) -> tuple[slice, slice]:
        """Row and column slices of this tile inside the array of a larger tile."""
        return (
            slice(self.row0 - outer.row0, self.row1 - outer.row0),
            slice(self.col0 - outer.col0, self.col1 - outer.col0),
        )

    @property
    def cells(self) -> int:
        """Number of cells."""
        rows, cols = self.shape
        return rows * cols

    def meets(self, other: Tile) -> bool:
        """Whether two windows share a cell."""
        return (
            self.row0 < other.row1
            and other.row0 < self.row1
            and self.col0 < other.col1
            and other.col0 < self.col1
        )

    def shared_with(self, other: Tile) -> Tile:
        """Return the cells that two windows share; they must meet."""
        return Tile(
            max(self.row0, other.row0),
            min(self.row1, other.row1),
            max(self.col0, other.col0),
            min(self.col1, other.col1),
        )

    def around(self, other: Tile) -> Tile:
        """Return the smallest window that holds both."""
        return Tile(
            min(self.row0, other.row0),
            max(self.row1, other.row1),
            min(self.col0, other.col0),
            max(self.col1, other.col1),
        )


@dataclass(frozen=True)
class GridSpec:
    """One regular grid of square cells in one metric CRS.

    The origin lies on a multiple of the cell size, so that grids of nested cell sizes align.
    """

    crs: str
    """Projected CRS in metres, ``EPSG:n``."""
    x_min: float
    """West edge [m]."""
    y_max: float
    """North edge [m]."""
    cell_m: float
    """Cell size [m]."""
    ny: int
    """Rows."""
    nx: int
    """Columns."""

    @classmethod
    def covering(cls, bounds: Bounds, cell_m: float, crs: str) -> GridSpec:
        """Return the smallest snapped grid that covers `bounds`.

        Parameters
        ----------
        bounds
            Box to cover [m].
        cell_m
            Cell size [m], > 0.
        crs
            Metric CRS.

        Raises
        ------
        ConfigError
            If the box is empty or has no end, the cell is not positive, the CRS is not metric, or the cells are
            too many.
        """
        name = crs_of.require_metric(crs)
        if not (math.isfinite(cell_m) and cell_m > 0):
            msg = f"cell_m is {cell_m!r}"
            raise ConfigError(msg, hint="give a cell size in metres above 0")
        edges = (bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max)
        if not all(math.isfinite(edge) for edge in edges):
            msg = f"the area to cover has no end: {bounds}"
            raise ConfigError(msg, hint="check `grid.bounds`, and the coordinates of the data")
        if not (bounds.x_max > bounds.x_min and bounds.y_max > bounds.y_min):
            msg = f"the area to cover is empty: {bounds}"
            raise ConfigError(msg, hint="check `grid.bounds` (west, south, east, north)")
        west, south, east, north = (_in_cells(edge, cell_m) for edge in edges)
        col0, row_bottom = math.floor(west), math.floor(south)
        col1, row_top = math.ceil(east), math.ceil(north)
        ny, nx = row_top - row_bottom, col1 - col0
        if ny * nx > MAX_CELLS:
            msg = f"{ny} rows and {nx} columns of {cell_m:g} m are more than {MAX_CELLS:.0e} cells"
            raise ConfigError(msg, hint="give larger cells (`grid.cell_m`) or a smaller area")
        return cls(
            crs=name,
            x_min=col0 * cell_m,
            y_max=row_top * cell_m,
            cell_m=float(cell_m),
            ny=ny,
            nx=nx,
        )

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.ny, self.nx

    @property
    def whole(self) -> Tile:
        """The tile that is the whole grid."""
        return Tile(0, self.ny, 0, self.nx)

    @property
    def bounds(self) -> Bounds:
        """Outer edges [m]."""
        return self.bounds_of(self.whole)

    @property
    def centre(self) -> tuple[float, float]:
        """Easting and northing of the middle [m]."""
        box = self.bounds
        return (box.x_min + box.x_max) / 2, (box.y_min + box.y_max) / 2

    @property
    def lonlat(self) -> tuple[float, float]:
        """Longitude and latitude of the middle [degrees]."""
        return crs_of.lonlat(*self.centre, self.crs)

    @property
    def convergence_deg(self) -> float:
        """Meridian convergence in the middle; grid azimuth = true azimuth - this."""
        return crs_of.convergence_deg(*self.centre, self.crs)

    @property
    def transform(self) -> Affine:
        """Affine transform from (column, row) to (x, y)."""
        return self.transform_of(self.whole)

    def transform_of(self, tile: Tile) -> Affine:
        """Affine transform of a window."""
        return Affine(
            self.cell_m,
            0.0,
            self.x_min + tile.col0 * self.cell_m,
            0.0,
            -self.cell_m,
            self.y_max - tile.row0 * self.cell_m,
        )

    def bounds_of(self, tile: Tile) -> Bounds:
        """Outer edges of a window [m]."""
        return Bounds(
            x_min=self.x_min + tile.col0 * self.cell_m,
            y_min=self.y_max - tile.row1 * self.cell_m,
            x_max=self.x_min + tile.col1 * self.cell_m,
            y_max=self.y_max - tile.row0 * self.cell_m,
        )

    def tiles(self, size: int) -> Iterator[Tile]:
        """Cut the grid into tiles of at most `size` x `size` cells, north-west first."""
        for row0 in range(0, self.ny, size):
            for col0 in range(0, self.nx, size):
                yield Tile(row0, min(row0 + size, self.ny), col0, min(col0 + size, self.nx))

    def padded(self, tile: Tile, metres: float) -> Tile:
        """Grow a window by at least `metres` on every side, cut at the grid's edge."""
        cells = max(0, math.ceil(metres / self.cell_m))
        return Tile(
            max(0, tile.row0 - cells),
            min(self.ny, tile.row1 + cells),
            max(0, tile.col0 - cells),
            min(self.nx, tile.col1 + cells),
        )

    def cells_touched(self, boxes: NDArray[np.float64]) -> NDArray[np.int64]:
        """Rows and columns of the cells that boxes touch; beyond the grid for boxes beyond it.

        Parameters
        ----------
        boxes
            West, south, east and north edges, shape (n, 4) [m], finite.

        Returns
        -------
        array
            Shape (n, 4), int64: first row and row after the last, first column and column after
            the last.
        """
        west, south, east, north = boxes.T
        edges = [
            np.floor((self.y_max - north) / self.cell_m),
            np.floor((self.y_max - south) / self.cell_m) + 1,
            np.floor((west - self.x_min) / self.cell_m),
            np.floor((east - self.x_min) / self.cell_m) + 1,
        ]
        return np.stack(edges, axis=1).astype(np.int64)

    def x_centres(self, tile: Tile) -> NDArray[np.float64]:
        """Eastings of the cell centres of a window, shape (columns,) [m]."""
        return self.x_min + (np.arange(tile.col0, tile.col1, dtype=np.float64) + 0.5) * self.cell_m

    def y_centres(self, tile: Tile) -> NDArray[np.float64]:
        """Northings of the cell centres of a window, shape (rows,), north first [m]."""
        return self.y_max - (np.arange(tile.row0, tile.row1, dtype=np.float64) + 0.5) * self.cell_m

    def cells_of(
        self, x: NDArray[np.float64], y: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Row and column of points; points outside the grid get indices outside it."""
        cols = np.floor((np.asarray(x) - self.x_min) / self.cell_m).astype(np.int64)
        rows = np.floor((self.y_max - np.asarray(y)) / self.cell_m).astype(np.int64)
        return rows, cols

    def middles_in(self, boxes: NDArray[np.float64], tile: Tile) -> NDArray[np.bool_]:
        """Which boxes have their middle in a tile: each box in one tile of a tiling.

        Parameters
        ----------
        boxes
            West, south, east and north edges, shape (n, 4) [m].
        tile
            The tile.
        """
        rows, cols = self.cells_of((boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2)
        inside = (rows >= tile.row0) & (rows < tile.row1) & (cols >= tile.col0) & (cols < tile.col1)
        return np.asarray(inside)

    def contains(self, rows: NDArray[np.int64], cols: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which cells lie on the grid."""
        return (rows >= 0) & (rows < self.ny) & (cols >= 0) & (cols < self.nx)


def _in_cells(edge_m: float, cell_m: float) -> float:
    """Coordinate in units of cells; what lies on an edge but for the last bits lies on it.

    A cell of 0.1 m is no binary fraction: -44150 m / 0.1 m is not whole, and would cost a row.
    """
    return round(edge_m / cell_m, _DECIMALS)
