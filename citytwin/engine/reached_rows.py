"""Makes of a tile of a gridder only what changed rows and fields reach; all else keeps its values.

Every file of a table says which rows it has in place of which others (`store/row_changes.py`). A row
matters in its box and, where it is a building or a part of one, in the boxes of all that belongs to
the building: its attributes say how its surfaces are burned. As much further as the gridder says
(`RowReach`). The cells there are made anew from the rows that matter to them, with the bits of a
whole run, as in any tiling.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citytwin import registry
from citytwin.engine.city_store import CityStore
from citytwin.engine.gridding import (
    Gridded,
    GridderTask,
    Rows,
    grid_tile,
    gridded,
    reaching,
    remarks_on,
    stored_with_notes,
)
from citytwin.engine.reached import WORTH, apart, changed_spots, hold_for_tile, standing_fields
from citytwin.engine.results import TileResult
from citytwin.engine.standing import Standing
from citytwin.engine.table_entry import NearRows
from citytwin.engine.timing import timed
from citytwin.model.grid import Bounds, GridSpec, Tile
from citytwin.model.steps import Gridder
from citytwin.model.tables import Table
from citytwin.store.row_changes import FileRows

_BESIDE_CELLS = 1
"""Cells around those that boxes touch: a centre on an edge may count to either side."""
_MOST = 500
"""Of more changed rows near a tile all of it is made."""
_MOST_WINDOWS = 8
"""Of more windows one is made: each reads the rows around it."""


@dataclass(frozen=True, eq=False)
class Window:
    """Cells to make anew, and the rows that matter to them."""

    tile: Tile
    rows: Mapping[Table, Rows]


@dataclass(frozen=True, eq=False)
class ReachedRows:
    """A tile of a gridder that stands but for what some changes reach."""

    whole: GridderTask
    before: TileResult
    """What it gave with the inputs of another day."""
    windows: tuple[Window, ...]


@dataclass(frozen=True, eq=False)
class _Near:
    """What may matter to a tile, and how far."""

    tables: Mapping[Table, NearRows]
    """Those of the gridder, and those with buildings and parts of them."""
    metres: float
    neighbours_m: float | None

    def with_their_buildings(self, changed: Sequence[FileRows]) -> NDArray[np.float64]:
        """Boxes of changed rows, and of all that belongs to their buildings or stands beside."""
        boxes = np.concatenate([one.boxes for one in changed])
        buildings = np.unique(np.concatenate([one.buildings for one in changed]))
        boxes = np.concatenate([boxes, self._boxes_of(buildings)])
        if self.neighbours_m is not None:
            boxes = np.concatenate([boxes, self._boxes_of(self._beside(boxes))])
        return boxes

    def mattering_to(self, area: Bounds) -> dict[Table, NearRows]:
        """Rows of each table that matter to the cells of an area."""
        box = np.array([[area.x_min, area.y_min, area.x_max, area.y_max]])
        box += np.array([-1.0, -1.0, 1.0, 1.0]) * self.metres
        buildings = self._touching(box)
        if self.neighbours_m is not None:
            buildings = np.union1d(buildings, self._beside(self._boxes_of(buildings)))
        return {
            table: _taken(
                near,
                np.isin(near.rows.buildings, buildings)
                if table.building
                else _touch(near.rows.boxes, box),
            )
            for table, near in self.tables.items()
        }

    def _boxes_of(self, buildings: NDArray[np.uint64]) -> NDArray[np.float64]:
        own = [rows.boxes[np.isin(rows.buildings, buildings)] for rows in self._of_buildings()]
        return np.concatenate([np.empty((0, 4)), *own])

    def _beside(self, boxes: NDArray[np.float64]) -> NDArray[np.uint64]:
        return self._touching(boxes + np.array([-1.0, -1.0, 1.0, 1.0]) * (self.neighbours_m or 0.0))

    def _touching(self, boxes: NDArray[np.float64]) -> NDArray[np.uint64]:
        """Buildings of which something touches one of some boxes."""
        found = [rows.buildings[_touch(rows.boxes, boxes)] for rows in self._of_buildings()]
        return np.unique(np.concatenate([np.empty(0, dtype=np.uint64), *found]))

    def _of_buildings(self) -> list[FileRows]:
        return [near.rows for table, near in self.tables.items() if table.building]


def _taken(near: NearRows, which: NDArray[np.bool_]) -> NearRows:
    return NearRows(near.numbers[which], near.rows.taken(np.flatnonzero(which)))


def _touch(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which boxes touch one of some others, which mostly lie close together."""
    found = np.zeros(len(boxes), dtype=bool)
    if not len(others):
        return found
    around = np.concatenate([others[:, :2].min(axis=0), others[:, 2:].max(axis=0)])
    near = np.flatnonzero(_touches(boxes, around))
    close = boxes[near]
    for other in others:
        found[near] |= _touches(close, other)
    return found


def _touches(boxes: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which boxes touch another."""
    x_min, y_min, x_max, y_max = other
    beside = (boxes[:, 0] <= x_max) & (boxes[:, 2] >= x_min)
    hit: NDArray[np.bool_] = beside & (boxes[:, 1] <= y_max) & (boxes[:, 3] >= y_min)
    return hit


def rows_reached_by(
    task: GridderTask, before: TileResult, standing: Standing, store: CityStore
) -> ReachedRows | None:
    """Return what is to be made of a tile that stands; None where all of it is.

    Parameters
    ----------
    task
        The tile with its inputs of today.
    before
        What it gave with those of another day.
    standing
        What stands, with what has changed of it.
    store
        The city's working store.
    """
    step: Gridder[Any] = registry.named(Gridder, task.step_name)
    now, then = task.seen, before.seen
    if step.reach is None or now is None or then is None or now.rows.keys() != then.rows.keys():
        return None
    spots = changed_spots(now, then, task.fields, standing)
    area = reaching(task, store)
    changed = [
        standing.tables[table].changes(area, then.rows[table.name])
        for table in task.tables
        if now.rows[table.name] != then.rows[table.name]
    ]
    known = [one for one in changed if one is not None]
    if spots is None or len(known) < len(changed):
        return None
    if sum(len(one.boxes) for one in known) > _MOST:
        return None
    if not all(np.isfinite(one.boxes).all() for one in known):
        return None  # what lies anywhere reaches everything
    near = _near(task, step, standing, store)
    tiles = [spot.tile for _, spot in spots]
    if known:
        tiles += _reached_cells(store.spec, near.with_their_buildings(known), near.metres)
    found = apart(one.shared_with(task.tile) for one in tiles if one.meets(task.tile))
    if len(found) > _MOST_WINDOWS:
        found = [reduce(Tile.around, found)]
    if sum(one.cells for one in found) > WORTH * task.tile.cells:
        return None
    windows = tuple(_window(one, task, near, store.spec) for one in found)
    return ReachedRows(task, before, windows)


def _near(task: GridderTask, step: Gridder[Any], standing: Standing, store: CityStore) -> _Near:
    area, reach, cell_m = reaching(task, store), step.reach, store.spec.cell_m
    params = step.params.model_validate_json(task.params_json)
    of_buildings = (table for table in standing.tables if table.building)
    tables = dict.fromkeys([*task.tables, *of_buildings])
    return _Near(
        {table: standing.tables[table].near(area) for table in tables},
        0.0 if reach is None else reach.metres(params, cell_m),
        None if reach is None else reach.neighbours_m,
    )


def _reached_cells(grid: GridSpec, boxes: NDArray[np.float64], metres: float) -> list[Tile]:
    cells = grid.cells_touched(boxes)
    beside_m = _BESIDE_CELLS * grid.cell_m
    return [
        grid.padded(Tile(*edges), metres + beside_m) for edges in np.unique(cells, axis=0).tolist()
    ]


def _window(window: Tile, task: GridderTask, near: _Near, grid: GridSpec) -> Window:
    area = grid.bounds_of(window)
    matters = near.mattering_to(area.grown(_BESIDE_CELLS * grid.cell_m))
    rows = {
        table: Rows(_around(matters[table], area), matters[table].numbers) for table in task.tables
    }
    return Window(window, rows)


def _around(near: NearRows, area: Bounds) -> Bounds:
    """A box that all of some rows touch; where there are none, any."""
    if not len(near.numbers):
        return area
    low, high = near.rows.boxes[:, :2].min(axis=0), near.rows.boxes[:, 2:].max(axis=0)
    return Bounds(*low.tolist(), *high.tolist())


@timed
def grid_reached(task: ReachedRows, store: CityStore) -> TileResult:
    """Run a gridder on what changes reach of a tile, and store its fields.

    Parameters
    ----------
    task
        What to run.
    store
        The city's working store.
    """
    whole, before = task.whole, task.before
    step: Gridder[Any] = registry.named(Gridder, whole.step_name)
    if not task.windows and all(store.fields.has(field, whole.tile) for field in step.outputs):
        return _as_it_stands(task)
    fields = standing_fields(step.outputs, whole.tile, before, store)
    if not task.windows or fields is None:
        return grid_tile(whole, store)
    said: list[Gridded] = []
    for window in task.windows:
        one = gridded(whole, store, window.tile, window.rows)
        for field, values in one.fields.items():
            fields[field][(..., *window.tile.within(whole.tile))] = values
        said.append(one)
    if not hold_for_tile([one.outcome for one in said]):
        return grid_tile(whole, store)
    then = before.seen.unread if before.seen is not None else ()
    unread = frozenset(then).intersection(*(one.unread for one in said))
    together = Gridded(fields, said[0].outcome, unread)
    told = (*said[0].outcome.notes, *remarks_on(whole, store))
    if step.remarks is None and told != before.notes:
        return grid_tile(whole, store)
    return stored_with_notes(whole, store, together, told)


def _as_it_stands(task: ReachedRows) -> TileResult:
    """What a tile gave before: what has changed lies beside it."""
    then, now = task.before.seen, task.whole.seen
    if now is not None and then is not None:
        now = now.model_copy(update={"unread": then.unread})
    return task.before.model_copy(update={"seen": now})
