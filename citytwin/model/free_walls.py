"""Walls of buildings as the wind meets them, and coarse cells in which they are counted."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from citytwin.model.grid import Bounds, GridSpec, Tile

FloatArray = NDArray[np.float64]
PARTY_WALL_M = 0.3
"""A wall whose outside lies in a neighbour at this distance is a party wall [m]."""
BESIDE_M = 2 * PARTY_WALL_M
"""Neighbours whose boxes are further apart share no wall [m]."""


@dataclass(frozen=True)
class CoarseCells:
    """Coarse cells of a grid, counted from its north-west corner."""

    grid: GridSpec
    cells: int
    """Cells of the grid along the edge of a coarse cell."""

    @property
    def edge_m(self) -> float:
        """Edge of a coarse cell [m]."""
        return self.grid.cell_m * self.cells

    def around(self, tile: Tile) -> Tile:
        """Return the coarse cells that a tile touches.

        Parameters
        ----------
        tile
            Of the grid.
        """
        return Tile(
            tile.row0 // self.cells,
            math.ceil(tile.row1 / self.cells),
            tile.col0 // self.cells,
            math.ceil(tile.col1 / self.cells),
        )

    def share_inside(self, coarse: Tile) -> FloatArray:
        """Return the part of the ground of coarse cells that lies on the grid.

        Parameters
        ----------
        coarse
            Rows and columns of coarse cells.

        Returns
        -------
        numpy.ndarray
            Shape of `coarse`, above 0 and up to 1.
        """
        rows = np.minimum(np.arange(coarse.row0 + 1, coarse.row1 + 1) * self.cells, self.grid.ny)
        cols = np.minimum(np.arange(coarse.col0 + 1, coarse.col1 + 1) * self.cells, self.grid.nx)
        high = rows - np.arange(coarse.row0, coarse.row1) * self.cells
        wide = cols - np.arange(coarse.col0, coarse.col1) * self.cells
        return np.outer(high, wide) / float(self.cells**2)

    def spread(self, values: NDArray[np.float64], coarse: Tile, tile: Tile) -> NDArray[np.float32]:
        """Give every cell of a tile the value of its coarse cell.

        Parameters
        ----------
        values
            Shape (..., rows, columns) of `coarse`.
        coarse, tile
            Where the values lie, and the cells asked for.

        Returns
        -------
        numpy.ndarray
            Shape (..., ny, nx) of the tile, float32.
        """
        rows = np.arange(tile.row0, tile.row1) // self.cells - coarse.row0
        cols = np.arange(tile.col0, tile.col1) // self.cells - coarse.col0
        return np.asarray(values[..., rows[:, None], cols[None, :]], dtype=np.float32)


def clipped_walls(
    walls: FloatArray, heights: FloatArray, bounds: Bounds
) -> tuple[FloatArray, FloatArray]:
    """Return the parts of walls inside the city, whose ground alone counts (Liang and Barsky 1984).

    Parameters
    ----------
    walls, heights
        From `free_walls`.
    bounds
        Of the city [m].
    """
    begin, along = walls[:, :2], walls[:, 2:] - walls[:, :2]
    low, high = np.zeros(len(walls)), np.ones(len(walls))
    for axis, least, most in ((0, bounds.x_min, bounds.x_max), (1, bounds.y_min, bounds.y_max)):
        step = np.where(along[:, axis] == 0, 1e-30, along[:, axis])
        at = np.sort([(least - begin[:, axis]) / step, (most - begin[:, axis]) / step], axis=0)
        low, high = np.maximum(low, at[0]), np.minimum(high, at[1])
    keep = low < high
    ends = [begin + share[:, None] * along for share in (low, high)]
    # Walls that are inside as a whole keep their bits.
    cut = (
        np.where((low == 0)[:, None], begin, ends[0]),
        np.where((high == 1)[:, None], walls[:, 2:], ends[1]),
    )
    return np.column_stack(cut)[keep], heights[keep]


def free_walls(buildings: pd.DataFrame) -> tuple[FloatArray, FloatArray]:
    """Return outlines as segments with the outside on the right, and how high each stands free.

    A party wall counts only with what rises above the neighbour.

    Parameters
    ----------
    buildings
        Rows of the table ``buildings`` with geometry, ``roof_z_m`` and ``ground_z_m``.

    Returns
    -------
    walls, heights : numpy.ndarray
        Shape (n, 4): x0, y0, x1, y1 [m]; shape (n,) [m], NaN where a height is unknown.
    """
    parts, owner = shapely.get_parts(list(buildings["geometry"]), return_index=True)
    parts = shapely.orient_polygons(shapely.force_2d(parts))
    rings, polygon = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    same = ring[1:] == ring[:-1]
    walls = np.column_stack([points[:-1], points[1:]])[same]
    building = owner[polygon[ring[:-1][same]]]
    roof_z = buildings["roof_z_m"].to_numpy(dtype=np.float64)
    foot_z = buildings["ground_z_m"].to_numpy(dtype=np.float64)
    along = walls[:, 2:] - walls[:, :2]
    length = np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)
    outside = (walls[:, :2] + walls[:, 2:]) / 2
    outside += PARTY_WALL_M * np.column_stack([along[:, 1], -along[:, 0]]) / length[:, None]
    tree = shapely.STRtree(parts)
    hit, neighbour = tree.query(shapely.points(outside), predicate="within")
    # By levels, not heights: on a slope the neighbour's roof may lie below this one's foot.
    free_from_z = foot_z[building]
    np.maximum.at(free_from_z, hit, roof_z[owner[neighbour]])
    return walls, roof_z[building] - free_from_z
