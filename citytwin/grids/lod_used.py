"""Level of detail of the building that each cell of the surface shows."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.building_faces import OWNER_MARGIN_M
from citytwin.model.building_numbers import rows_of_cells
from citytwin.model.cost import Cost
from citytwin.model.notes import Fact, Note
from citytwin.model.reach import OWN_CELLS
from citytwin.model.steps import ClassCounts, Gridder, GridTask, NoParams, Outcome
from citytwin.model.text import text

_HIGHEST = 4


def run(task: GridTask, params: NoParams) -> Outcome:
    """Look up the level of detail of the building that won each cell.

    Parameters
    ----------
    task
        With buildings, and the number of the building in each cell.
    params
        None.
    """
    del params
    buildings = task.tables[t.BUILDINGS]
    rows = rows_of_cells(task.fields[f.BUILDING_NUMBER], buildings["building_id"])
    classes = np.append(_classes(buildings["lod"]), np.uint8(t.LodUsed.NONE))
    return Outcome({f.LOD_USED: classes[rows]})


def _classes(lod: pd.Series) -> NDArray[np.uint8]:
    """Class of each building; the refined levels of CityJSON, such as 2.2, count as their whole."""
    level = lod.str.extract(r"^(\d+)", expand=False).astype("int64").clip(0, _HIGHEST)
    return np.asarray(level + t.LodUsed.LOD0, dtype=np.uint8)


def summary(cells: ClassCounts) -> tuple[tuple[Fact, ...], tuple[Note, ...]]:
    """Say which share of the built-up cells has each level of detail.

    Parameters
    ----------
    cells
        Cells of each class of ``lod_used`` over the whole city.
    """
    count = cells[f.LOD_USED]
    levels = [kind for kind in t.LodUsed if kind is not t.LodUsed.NONE]
    built = sum(count.get(kind, 0) for kind in levels)
    facts = tuple(
        Fact(
            name=f"built_on_{kind.name.lower()}",
            label=text(f"建物のうち{kind.name}の割合", f"Built-up cells on {kind.name}"),
            value=100.0 * count[kind] / built,
            unit="%",
        )
        for kind in levels
        if count.get(kind)
    )
    return facts, ()


GRIDDER = Gridder(
    name="lod_used",
    title=text("モデルの詳細度", "Level of detail of the model"),
    inputs=(t.BUILDINGS, f.BUILDING_NUMBER),
    outputs=(f.LOD_USED,),
    params=NoParams,
    margin_m=lambda _params, _cell_m: OWNER_MARGIN_M,
    reach=OWN_CELLS,
    run=run,
    summary=summary,
    cost=Cost(seconds_per_megacell=0.05, bytes_per_cell=20.0),
)
