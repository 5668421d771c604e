"""Level of detail by cell: that of the building that the surface shows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from citytwin.grids.lod_used import GRIDDER
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.building_numbers import NO_BUILDING, building_numbers
from citytwin.model.grid import GridSpec
from citytwin.model.steps import GridTask, NoParams

GRID = GridSpec("EPSG:6677", -44000.0, -94000.0, 2.0, 2, 4)


def test_each_cell_tells_the_level_of_its_building() -> None:
    """Levels 0 to 4, refined ones by their whole, wherever in the table buildings stand."""
    lod = pd.array(["0", "1.3", "2", "3", "4", "2.2"], dtype="string")
    buildings = pd.DataFrame({"building_id": list("abcdef"), "lod": lod})
    numbers = np.append(building_numbers(buildings["building_id"]), NO_BUILDING)
    cells = numbers[np.array([[-1, 0, 1, 2], [3, 4, 5, -1]])]
    tables = {t.BUILDINGS: buildings.iloc[[2, 0, 5, 1, 4, 3]]}
    task = GridTask(GRID, GRID.whole, tables, {}, {f.BUILDING_NUMBER: cells})
    used = GRIDDER.run(task, NoParams()).fields[f.LOD_USED]
    assert used.tolist() == [[0, 1, 2, 3], [4, 5, 3, 0]]


def test_the_figures_count_built_cells_only() -> None:
    """Of 40 built-up cells 30 are blocks and 10 have roofs; open ground does not count."""
    assert GRIDDER.summary is not None
    facts, notes = GRIDDER.summary({f.LOD_USED: {0: 960, 2: 30, 3: 10}})
    assert [(fact.name, fact.value, fact.unit) for fact in facts] == [
        ("built_on_lod1", 75.0, "%"),
        ("built_on_lod2", 25.0, "%"),
    ]
    assert notes == ()
    assert GRIDDER.summary({f.LOD_USED: {0: 960}}) == ((), ())
