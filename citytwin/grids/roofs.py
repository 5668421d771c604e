"""Roof planes on the grid: which plane a cell shows, its slope and aspect, and its area."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.plane_raster import burn_planes
from citytwin.kernels.roof_planes import cells_of_faces, roof_planes
from citytwin.kernels.scanline import GridWindow
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.building_faces import OWNER_MARGIN_M, afloat_faces, placed_faces
from citytwin.model.building_numbers import rows_of_cells
from citytwin.model.cost import Cost
from citytwin.model.ragged import Faces, taken
from citytwin.model.reach import OWN_CELLS
from citytwin.model.steps import Gridder, GridTask, NoParams, Outcome
from citytwin.model.text import text

LEVEL_DEG = 0.1
"""Planes that lean less are level and face nowhere: 2 cm over a roof of 10 m."""


def run(task: GridTask, params: NoParams) -> Outcome:
    """Find the plane of the model that each roof cell shows, seen from above.

    Faces of one building that share an edge and lean alike are one plane. A cell of a plane
    stands for an equal part of its true area: the area of the polygons by the number of cells
    whose centres lie in them, whether they are seen or covered by another roof. Where there are
    only footprints the roof is a level plane.

    Parameters
    ----------
    task
        With buildings, their surfaces, and the building in each cell.
    params
        None.
    """
    del params
    grid, tile = task.grid, task.tile
    window = GridWindow(grid.x_min, grid.y_max, grid.cell_m, tile.row0, tile.col0)
    buildings = task.tables[t.BUILDINGS].sort_values("building_id", ignore_index=True)
    shown = rows_of_cells(task.fields[f.BUILDING_NUMBER], buildings["building_id"])
    found = {
        f.ROOF_PLANE: np.full(tile.shape, -1, dtype=np.int32),
        **{
            field: np.full(tile.shape, np.nan, dtype=np.float32)
            for field in (f.ROOF_SLOPE, f.ROOF_ASPECT, f.ROOF_AREA)
        },
    }
    surfaces = task.tables[t.SURFACES]
    # Roofs of a known elevation, and those that stand on the terrain.
    for faces in (placed_faces(buildings, surfaces), afloat_faces(buildings, surfaces)):
        by_owner = taken(faces, np.argsort(faces.owners, kind="stable"))
        _show(by_owner, _seen_face(by_owner, window, shown), window, grid.convergence_deg, found)
    return Outcome(found)


def _seen_face(faces: Faces, window: GridWindow, shown: NDArray[np.int32]) -> NDArray[np.int64]:
    """Highest face of each cell, where it is one of the building that shows; else -1."""
    height = np.full(shown.shape, np.nan, dtype=np.float32)
    winner = np.full(shown.shape, -1, dtype=np.int32)
    number = np.arange(faces.owners.size, dtype=np.int32)
    burn_planes(
        faces.xyz, faces.ring_offsets, faces.polygon_offsets, number, window, height, winner
    )
    owner = np.append(faces.owners, np.int32(-2))[winner]
    return np.where(owner == shown, winner, -1)


def _show(
    faces: Faces,
    seen: NDArray[np.int64],
    window: GridWindow,
    convergence_deg: float,
    found: dict[f.Field, NDArray[Any]],
) -> None:
    """Fill in what the seen faces say of their cells."""
    planes = roof_planes(faces.xyz, faces.ring_offsets, faces.polygon_offsets, faces.owners)
    plane = np.append(planes.plane_of_face, -1)[seen]
    cells = plane >= 0
    number, at = np.unique(plane[cells], return_inverse=True)
    of_plane = planes.vector[number]
    area = np.linalg.norm(of_plane, axis=1)
    rise = of_plane[:, 2] / area
    slope = np.degrees(np.arccos(np.minimum(rise, 1.0)))
    aspect = np.degrees(np.arctan2(of_plane[:, 0], of_plane[:, 1])) + convergence_deg
    level = slope < LEVEL_DEG
    found[f.ROOF_PLANE][cells] = _number_in_building(faces, planes.plane_of_face)[number][at]
    found[f.ROOF_SLOPE][cells] = np.where(level, 0.0, slope)[at]
    found[f.ROOF_ASPECT][cells] = np.where(level, np.nan, np.mod(aspect, 360.0))[at]
    count = _cells_of(faces, planes.plane_of_face, number, window)
    # A plane too large to be counted gets the part of it that lies over the cell.
    over_cell = window.cell_m**2 / rise
    per_cell = np.divide(area, count, out=over_cell, where=count > 0)
    found[f.ROOF_AREA][cells] = per_cell[at]


def _number_in_building(faces: Faces, plane_of_face: NDArray[np.int64]) -> NDArray[np.int64]:
    """Place of each plane among those of its building; faces are in the order of buildings."""
    leans = plane_of_face >= 0
    _, first_face = np.unique(plane_of_face[leans], return_index=True)
    owner = faces.owners[leans][first_face]
    begin = np.searchsorted(owner, owner)
    return np.asarray(np.arange(owner.size) - begin)


def _cells_of(
    faces: Faces,
    plane_of_face: NDArray[np.int64],
    planes: NDArray[np.int64],
    window: GridWindow,
) -> NDArray[np.float64]:
    """Cells whose centres lie in each of some planes; 0 where they were not counted."""
    wanted = np.flatnonzero(np.isin(plane_of_face, planes))
    counts = cells_of_faces(
        faces.xyz, faces.ring_offsets, faces.polygon_offsets, wanted, window
    ).astype(np.float64)
    counts[counts < 0] = -np.inf
    place = np.searchsorted(planes, plane_of_face[wanted])
    return np.maximum(np.bincount(place, counts, planes.size), 0.0)


GRIDDER = Gridder(
    name="roofs",
    title=text("屋根面", "Roof planes"),
    inputs=(t.SURFACES, t.BUILDINGS, f.BUILDING_NUMBER),
    outputs=(f.ROOF_PLANE, f.ROOF_SLOPE, f.ROOF_ASPECT, f.ROOF_AREA),
    params=NoParams,
    margin_m=lambda _params, _cell_m: OWNER_MARGIN_M,
    reach=OWN_CELLS,
    run=run,
    cost=Cost(seconds_per_megacell=1.0, bytes_per_cell=40.0),
)
