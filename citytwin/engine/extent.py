"""The extent of the features of a city, and the few that lie where no city is."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from citytwin.engine.city_store import CityStore
from citytwin.errors import ConfigError
from citytwin.model.grid import Bounds
from citytwin.model.tables import Table

_FAR_SHARE = 0.01
"""Islands and hamlets are more of a city than that; slips of a digit are less."""
_TIMES = 10.0
_BESIDE_M = 10_000.0
"""Farther than ten times the reach of all others and 10 km lies no part of a city."""
_AREA_EACH_M2 = 1e8
"""Features that stand more than 10 km apart on average are no city."""
_NAMED = 3


def around(boxes: NDArray[np.float64]) -> Bounds:
    """Return the box around all boxes that lie somewhere.

    Parameters
    ----------
    boxes
        Shape (n, 4): x_min, y_min, x_max, y_max [m].
    """
    known = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(known):
        return Bounds(math.nan, math.nan, math.nan, math.nan)
    low, high = known[:, :2].min(axis=0), known[:, 2:].max(axis=0)
    return Bounds(float(low[0]), float(low[1]), float(high[0]), float(high[1]))


def outliers(boxes: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the rows that would make the grid absurdly large, the farthest first.

    Parameters
    ----------
    boxes
        Shape (n, 4): x_min, y_min, x_max, y_max [m].

    Returns
    -------
    array
        Empty for a city in one place.
    """
    rows = np.flatnonzero(np.isfinite(boxes).all(axis=1))
    if len(rows) < 2:
        return np.empty(0, dtype=np.int64)
    centres = (boxes[rows, :2] + boxes[rows, 2:]) / 2
    distance_m = np.hypot(*(centres - np.median(centres, axis=0)).T)
    order = np.argsort(-distance_m, kind="stable")
    few = max(1, int(_FAR_SHARE * len(rows)))
    limit_m = _TIMES * distance_m[order[few]] + _BESIDE_M
    far = order[:few][distance_m[order[:few]] > limit_m]
    box = around(boxes)
    side_m = max(box.x_max - box.x_min, box.y_max - box.y_min)
    if not len(far) and side_m**2 / len(rows) > _AREA_EACH_M2:
        far = order[:few]
    found: NDArray[np.int64] = rows[far]
    return found


def refuse_outliers(table: Table, boxes: NDArray[np.float64], store: CityStore) -> None:
    """Stop when a few features lie so far off that the grid would be mostly empty.

    Parameters
    ----------
    table
        Table that the grid is laid over.
    boxes
        Boxes of its rows.
    store
        Where its rows are, for their names.

    Raises
    ------
    ConfigError
        It names the farthest with their files, and the bounds of the others.
    """
    far = outliers(boxes)
    if not len(far):
        return
    rows = store.read_table(table).iloc[far[:_NAMED]]
    key = next((name for name in table.column_names if name.endswith("_id")), None)
    names = [str(row) for row in far[:_NAMED]] if key is None else rows[key].astype(str)
    named = [
        f"{name} in {file} at ({boxes[row, 0]:.0f}, {boxes[row, 1]:.0f})"
        for name, file, row in zip(names, rows["source"], far, strict=False)
    ]
    more = f" and {len(far) - _NAMED} more" if len(far) > _NAMED else ""
    core, whole = around(np.delete(boxes, far, axis=0)), around(boxes)
    edges = (core.x_min, core.y_min, core.x_max, core.y_max)
    msg = (
        f"the {table.name} span {(whole.x_max - whole.x_min) / 1000:.1f} km x "
        f"{(whole.y_max - whole.y_min) / 1000:.1f} km; far off the others lie {', '.join(named)}"
        f"{more}"
    )
    bounds = ", ".join(str(math.floor(edge)) for edge in edges[:2])
    bounds += ", " + ", ".join(str(math.ceil(edge)) for edge in edges[2:])
    hint = f"correct their coordinates, or say `grid.bounds`: [{bounds}] holds the others"
    raise ConfigError(msg, hint=hint)
