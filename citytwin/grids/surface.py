"""Height of the surface from true roof planes, with building mask and numbers of buildings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.plane_raster import burn_planes
from citytwin.kernels.scanline import GridWindow
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.building_faces import OWNER_MARGIN_M, afloat_faces, placed_faces
from citytwin.model.building_numbers import NO_BUILDING, building_numbers
from citytwin.model.cost import Cost
from citytwin.model.grid import COARSE_CELL_M
from citytwin.model.notes import Note, Severity, tally
from citytwin.model.ragged import Faces
from citytwin.model.reach import OWN_CELLS
from citytwin.model.steps import Gridder, GridTask, NoParams, Outcome
from citytwin.model.text import text


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
    grid, tile = task.grid, task.tile
    window = GridWindow(grid.x_min, grid.y_max, grid.cell_m, tile.row0, tile.col0)
    # Of equally high buildings the first by id shows, whatever file or mesh each came in.
    buildings = task.tables[t.BUILDINGS].sort_values("building_id", ignore_index=True)
    surfaces, numbers = task.tables[t.SURFACES], building_numbers(buildings["building_id"])
    _burn(placed_faces(buildings, surfaces), window, height, winner)
    _raise_blocks(afloat_faces(buildings, surfaces), terrain, window, height, winner)
    built = winner >= 0
    # Under a roof the terrain may be unknown, and a cellar's ground face may lie below it.
    surface = np.where(built, np.fmax(height, terrain), terrain).astype(np.float32)
    return Outcome(
        {
            f.SURFACE_HEIGHT: surface,
            f.BUILDING_MASK: built.astype(np.uint8),
            f.BUILDING_NUMBER: np.append(numbers, NO_BUILDING)[winner],
        }
    )


def too_small(task: GridTask, params: NoParams) -> tuple[Note, ...]:
    """Say how many buildings are smaller than a cell.

    Parameters
    ----------
    task
        With buildings.
    params
        None.
    """
    del params
    buildings, grid, tile = task.tables[t.BUILDINGS], task.grid, task.tile
    here = grid.middles_in(buildings.geometry.bounds.to_numpy(dtype=np.float64), tile)
    count = int((here & (buildings.geometry.area < grid.cell_m**2)).sum())
    form = text(
        f"セル（{grid.cell_m:g} m 四方）より小さい建物が {{count}} 棟あり、地表面に現れないか、太って現れます",
        f"{{count}} buildings are smaller than a cell of {grid.cell_m:g} m: they are missing from the"
        " surface, or swell to a cell",
    )
    severity: Severity = "loss" if grid.cell_m >= COARSE_CELL_M else "info"
    return (tally(severity, form, count),) if count else ()


def _raise_blocks(
    blocks: Faces,
    terrain: NDArray[np.float32],
    window: GridWindow,
    height: NDArray[np.float32],
    winner: NDArray[np.int32],
) -> None:
    """Set buildings without elevation on the terrain, where no other is higher; in place."""
    above = np.full(height.shape, np.nan, dtype=np.float32)
    owner = np.full(height.shape, -1, dtype=np.int32)
    _burn(blocks, window, above, owner)
    top = terrain + above
    higher = (owner >= 0) & ((winner < 0) | (top > height))
    height[higher], winner[higher] = top[higher], owner[higher]


def _burn(
    faces: Faces, window: GridWindow, height: NDArray[np.float32], winner: NDArray[np.int32]
) -> None:
    burn_planes(
        faces.xyz, faces.ring_offsets, faces.polygon_offsets, faces.owners, window, height, winner
    )


GRIDDER = Gridder(
    name="surface",
    title=text("建物を含む地表面", "Surface with buildings"),
    inputs=(t.SURFACES, t.BUILDINGS, f.TERRAIN),
    outputs=(f.SURFACE_HEIGHT, f.BUILDING_MASK, f.BUILDING_NUMBER),
    params=NoParams,
    margin_m=lambda _params, _cell_m: OWNER_MARGIN_M,
    reach=OWN_CELLS,
    run=run,
    remarks=too_small,
    cost=Cost(seconds_per_megacell=0.5, bytes_per_cell=20.0),
)
