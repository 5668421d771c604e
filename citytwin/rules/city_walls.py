"""Walls of a city with their storeys: where the sun on facades and in windows is looked for."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.facade_sunlight import SAME_HEIGHT, Walls
from citytwin.kernels.roof_heights import roofs_of
from citytwin.kernels.wall_feet import wall_feet
from citytwin.model.grid import GridSpec
from citytwin.model.outer_walls import OuterWalls, outer_walls
from citytwin.model.ragged import Faces, offsets_of
from citytwin.rules.city_shadows import grid_box, level_at

TALLEST_M = 1000.0
"""No wall is higher [m]."""


@dataclass(frozen=True, eq=False)
class CityWalls:
    """Pieces of walls that have storeys, with all that is known of each."""

    pieces: OuterWalls
    walls: Walls
    """As the kernel takes them: the middle of a storey is where the sun is looked for."""
    floor_m: NDArray[np.float64]
    """Shape (n,): floor of the lowest storey [m]."""
    top_m: NDArray[np.float64]
    """Shape (n,): roof at the wall [m]."""

    @property
    def covered_storeys(self) -> NDArray[np.int64]:
        """Shape (n,): storeys, from the lowest, against which another building stands."""
        walls = self.walls
        above_base = np.where(np.isinf(walls.covered_m), 0.0, walls.covered_m - walls.base_m)
        return np.minimum(middles_below(above_base, walls.storey_m), np.diff(walls.first))


def city_walls(
    buildings: gpd.GeoDataFrame,
    faces: Faces,
    grid: GridSpec,
    terrain: NDArray[np.float32],
    *,
    piece_m: float,
    storey_m: float,
    point_m: float,
) -> CityWalls:
    """Cut the walls on the grid into pieces and storeys.

    Storeys are counted from the lowest ground along the building's walls, as long as their point
    lies below the roof.

    Parameters
    ----------
    buildings, faces
        Buildings, and their faces; owners are the index of the rows.
    grid, terrain
        Ground, shape (ny, nx) [m].
    piece_m
        Longer walls are cut into equal pieces, each judged in its middle [m].
    storey_m
        Height of a storey [m].
    point_m
        Height above the floor of a storey at which the sun is looked for [m].
    """
    pieces = outer_walls(list(buildings.geometry), piece_m)
    owner = buildings.index.to_numpy(dtype=np.int64)[pieces.building]
    roofs = roofs_of(
        faces.xyz, faces.ring_offsets, faces.polygon_offsets, faces.owners, grid_box(grid)
    )
    feet = wall_feet(pieces.middle, pieces.normal, owner, roofs)
    ground = level_at(grid, terrain, *feet.foot.T)
    floor = _lowest(ground, pieces.building, len(buildings))[pieces.building]
    base = floor + (point_m - 0.5 * storey_m)
    roof = buildings["roof_z_m"].to_numpy(dtype=np.float64, na_value=np.nan)[pieces.building]
    top = np.where(np.isnan(feet.top_m), roof, feet.top_m)
    tall, storey = top - base, np.full(len(top), storey_m)
    storeys = middles_below(np.where(top - floor <= TALLEST_M, tall, 0.0), storey)
    kept = np.flatnonzero(storeys > 0)
    walls = Walls(
        feet.foot[kept],
        pieces.normal[kept],
        base[kept],
        storey[kept],
        offsets_of(storeys[kept]),
        feet.covered_m[kept],
    )
    return CityWalls(pieces.take(kept), walls, floor[kept], top[kept])


def middles_below(
    height_m: NDArray[np.float64], storey_m: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Number of storeys whose middle lies below a height above the base; none for NaN.

    Parameters
    ----------
    height_m, storey_m
        Shape (n,) each [m].
    """
    number = np.ceil(np.nan_to_num(height_m) / storey_m - 0.5 - SAME_HEIGHT)
    return np.asarray(np.maximum(number, 0.0).astype(np.int64))


def _lowest(
    level: NDArray[np.float64], owner: NDArray[np.int64], number: int
) -> NDArray[np.float64]:
    """Lowest known level of each owner; NaN where none is known."""
    lowest = np.full(number, np.inf)
    np.fmin.at(lowest, owner, level)
    return np.where(np.isinf(lowest), np.nan, lowest)
