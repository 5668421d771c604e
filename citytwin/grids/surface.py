"""Height of the surface from true roof planes, with building mask and building index."""

from __future__ import annotations

import numpy as np

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
    """Burn all faces of the buildings, highest first, over the terrain."""
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


def _faces(task: GridTask) -> Faces:
    """Faces of the chosen level of detail; footprints at roof height where there are none."""
    buildings, surfaces = task.tables[t.BUILDINGS], task.tables[t.SURFACES]
    rows = dict(zip(buildings["building_id"], buildings.index, strict=True))
    owners = surfaces["building_id"].map(rows)
    known = surfaces[owners.notna()]
    solid = faces_of_rows(
        list(known["xyz"]), list(known["ring_sizes"]), owners.dropna().to_numpy(dtype=np.int32)
    )
    flat = buildings[~buildings["building_id"].isin(set(surfaces["building_id"]))]
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
