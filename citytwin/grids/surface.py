"""Height of the surface from true roof planes, with building mask and building index."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.plane_raster import burn_planes
from citytwin.kernels.scanline import GridWindow
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.ragged import Faces, faces_of_geometry, faces_of_rows, joined
from citytwin.model.steps import Cost, Gridder, GridTask, NoParams, Outcome
from citytwin.model.text import text

OWNER_MARGIN_M = 500.0
"""A face of a building lies within this distance of the building's footprint [m]."""


def run(task: GridTask, params: NoParams) -> Outcome:
    """Burn all faces of the buildings, highest first, over the terrain.

    A building of which no elevation is known stands on the terrain: each of its cells is as much
    above its own ground as the building is high. A flat roof over the mean or the highest ground
    would need all ground below the building, also that beyond the tile.

    Parameters
    ----------
    task
        With buildings, their surfaces, and the terrain.
    params
        None.
    """
    del params
    terrain = task.fields[f.TERRAIN]
    height = np.full(terrain.shape, np.nan, dtype=np.float32)
    winner = np.full(terrain.shape, -1, dtype=np.int32)
    faces = _faces(task)
    grid, tile = task.grid, task.tile
    window = GridWindow(grid.x_min, grid.y_max, grid.cell_m, tile.row0, tile.col0)
    burn_planes(
        faces.xyz, faces.ring_offsets, faces.polygon_offsets, faces.owners, window, height, winner
    )
    _raise_blocks(task, window, height, winner)
    built = winner >= 0
    # Under a roof the terrain may be unknown, and a cellar's ground face may lie below it.
    surface = np.where(built, np.fmax(height, terrain), terrain).astype(np.float32)
    return Outcome(
        {
            f.SURFACE_HEIGHT: surface,
            f.BUILDING_MASK: built.astype(np.uint8),
            f.BUILDING_INDEX: winner,
        }
    )


def _raise_blocks(
    task: GridTask, window: GridWindow, height: NDArray[np.float32], winner: NDArray[np.int32]
) -> None:
    """Set buildings without elevation on the terrain, where no other is higher; in place."""
    buildings, surfaces = task.tables[t.BUILDINGS], task.tables[t.SURFACES]
    afloat = buildings[buildings["roof_z_m"].isna()]
    afloat = afloat[~afloat["building_id"].isin(set(surfaces["building_id"]))]
    if afloat.empty:
        return
    tall_m = afloat["height_m"].fillna(0.0).to_numpy(dtype=np.float64)
    blocks = faces_of_geometry(list(afloat["geometry"]), tall_m)
    owners = afloat.index.to_numpy(dtype=np.int32)[blocks.owners]
    above = np.full(height.shape, np.nan, dtype=np.float32)
    owner = np.full(height.shape, -1, dtype=np.int32)
    burn_planes(
        blocks.xyz, blocks.ring_offsets, blocks.polygon_offsets, owners, window, above, owner
    )
    top = task.fields[f.TERRAIN] + above
    higher = (owner >= 0) & ((winner < 0) | (top > height))
    height[higher], winner[higher] = top[higher], owner[higher]


def _faces(task: GridTask) -> Faces:
    """Faces of the chosen level of detail; footprints at roof height where there are none."""
    buildings, surfaces = task.tables[t.BUILDINGS], task.tables[t.SURFACES]
    rows = dict(zip(buildings["building_id"], buildings.index, strict=True))
    owners = surfaces["building_id"].map(rows)
    known = surfaces[owners.notna()]
    solid = faces_of_rows(
        known["xyz"], known["ring_sizes"], owners.dropna().to_numpy(dtype=np.int32)
    )
    flat = buildings[~buildings["building_id"].isin(set(surfaces["building_id"]))]
    flat = flat[flat["roof_z_m"].notna()]
    lids = faces_of_geometry(list(flat["geometry"]), flat["roof_z_m"].to_numpy(dtype=np.float64))
    owners_of_lids = flat.index.to_numpy(dtype=np.int32)[lids.owners]
    return joined(solid, Faces(lids.xyz, lids.ring_offsets, lids.polygon_offsets, owners_of_lids))


GRIDDER = Gridder(
    name="surface",
    title=text("建物を含む地表面", "Surface with buildings"),
    inputs=(t.SURFACES, t.BUILDINGS, f.TERRAIN),
    outputs=(f.SURFACE_HEIGHT, f.BUILDING_MASK, f.BUILDING_INDEX),
    params=NoParams,
    margin_m=lambda _params, _cell_m: OWNER_MARGIN_M,
    run=run,
    cost=Cost(seconds_per_megacell=0.5, bytes_per_cell=20.0),
)
