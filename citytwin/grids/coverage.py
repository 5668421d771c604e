"""Share of each cell that buildings cover, and which parts of it."""

from __future__ import annotations

import numpy as np

from citytwin.kernels.coverage_raster import cover_samples, covered_share
from citytwin.kernels.scanline import GridWindow
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.building_faces import OWNER_MARGIN_M, afloat_faces, placed_faces
from citytwin.model.cost import Cost
from citytwin.model.ragged import joined
from citytwin.model.reach import OWN_CELLS
from citytwin.model.steps import Gridder, GridTask, NoParams, Outcome
from citytwin.model.text import text


def run(task: GridTask, params: NoParams) -> Outcome:
    """Count the samples of each cell that lie under a building.

    The faces are those that make the building mask: where buildings overlap, and under eaves, the
    cell is covered once; courtyards are open.

    Parameters
    ----------
    task
        With buildings and their surfaces.
    params
        None.
    """
    del params
    buildings, surfaces = task.tables[t.BUILDINGS], task.tables[t.SURFACES]
    faces = joined(placed_faces(buildings, surfaces), afloat_faces(buildings, surfaces))
    grid, tile = task.grid, task.tile
    window = GridWindow(grid.x_min, grid.y_max, grid.cell_m, tile.row0, tile.col0)
    samples = np.zeros(tile.shape, dtype=np.uint16)
    cover_samples(faces.xyz, faces.ring_offsets, faces.polygon_offsets, window, samples)
    return Outcome(
        {f.BUILDING_COVERAGE: covered_share(samples), f.BUILDING_PARTS: samples.astype(np.int32)}
    )


GRIDDER = Gridder(
    name="coverage",
    title=text("建物に覆われる割合", "Share covered by buildings"),
    inputs=(t.SURFACES, t.BUILDINGS),
    outputs=(f.BUILDING_COVERAGE, f.BUILDING_PARTS),
    params=NoParams,
    margin_m=lambda _params, _cell_m: OWNER_MARGIN_M,
    reach=OWN_CELLS,
    run=run,
    cost=Cost(seconds_per_megacell=0.5, bytes_per_cell=40.0),
)
