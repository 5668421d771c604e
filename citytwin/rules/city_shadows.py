"""What throws shadows in a city: the true faces of its buildings over the ground, or a surface."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.kernels.caster_edges import caster_edges, edges_of_faces
from citytwin.kernels.facade_sunlight import Casters
from citytwin.kernels.shadow_height import block_grid
from citytwin.model.building_faces import afloat_faces, placed_faces
from citytwin.model.grid import GridSpec
from citytwin.model.ragged import Faces, joined


def level_at(
    grid: GridSpec,
    level: NDArray[np.float32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Value of the cell that each place lies in; NaN where it is unknown and beside the grid.

    Parameters
    ----------
    grid, level
        Such as the ground, shape (ny, nx) [m].
    x, y
        Shape (n,): easting and northing [m].
    """
    rows, cols = grid.cells_of(x, y)
    on_grid = grid.contains(rows, cols)
    found = np.full(len(x), np.nan)
    found[on_grid] = level[rows[on_grid], cols[on_grid]]
    return found


def standing_faces(
    buildings: gpd.GeoDataFrame,
    surfaces: pd.DataFrame | None,
    grid: GridSpec,
    terrain: NDArray[np.float32],
) -> Faces:
    """Faces of all buildings at their true height; those without one stand on the ground.

    Parameters
    ----------
    buildings, surfaces
        Tables; None where no surfaces are recorded.
    grid, terrain
        Ground, shape (ny, nx) [m].
    """
    if surfaces is None:
        surfaces = pd.DataFrame({"building_id": [], "xyz": [], "ring_sizes": []})
    afloat = afloat_faces(buildings, surfaces)
    xyz = afloat.xyz.copy()
    xyz[:, 2] += level_at(grid, terrain, xyz[:, 0], xyz[:, 1])
    lifted = Faces(xyz, afloat.ring_offsets, afloat.polygon_offsets, afloat.owners)
    return joined(placed_faces(buildings, surfaces), lifted)


def grid_box(grid: GridSpec) -> tuple[float, float, float, float]:
    """West, south, east and north of a grid, as kernels take them [m].

    Parameters
    ----------
    grid
        Of the city.
    """
    box = grid.bounds
    return box.x_min, box.y_min, box.x_max, box.y_max


def city_casters(grid: GridSpec, blocks: NDArray[np.float32], faces: Faces | None) -> Casters:
    """Index what throws shadows.

    Parameters
    ----------
    grid
        Of the city.
    blocks
        Ground under the faces, or the surface with buildings, shape (ny, nx) [m].
    faces
        Of the buildings; None where the blocks have them.
    """
    ends = np.empty((0, 6))
    if faces is not None:
        ends = edges_of_faces(faces.xyz, faces.ring_offsets)
    indexed = block_grid(blocks, (grid.x_min, grid.y_max), (grid.cell_m, grid.cell_m), (0, 0))
    return Casters(indexed, caster_edges(ends, grid_box(grid)))
