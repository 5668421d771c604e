"""Runs gridders on tiles: the rows that may reach a tile, read where the step looks at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin import registry
from citytwin.engine.blocks import check, stored
from citytwin.engine.city_store import CityStore
from citytwin.engine.results import Seen, TileResult
from citytwin.engine.timing import timed
from citytwin.model.fields import Field
from citytwin.model.grid import Bounds, Tile
from citytwin.model.notes import Note
from citytwin.model.raster import RasterRole
from citytwin.model.record import Record
from citytwin.model.steps import Gridder, GridTask, Outcome
from citytwin.model.tables import Table


@dataclass(frozen=True)
class GridderTask:
    """A tile of a gridder as it is sent to a worker."""

    step_name: str
    params_json: str
    tile: Tile
    tables: tuple[Table, ...]
    rasters: tuple[tuple[str, RasterRole], ...]
    """Owner and role of each raster, in the order of the sources."""
    fields: tuple[Field, ...]
    records: tuple[Record, ...]
    seen: Seen | None = None
    """What it is made from, for the record."""


@dataclass(frozen=True, eq=False)
class Rows:
    """Some rows of a table."""

    area: Bounds
    """Which they touch."""
    numbers: NDArray[np.int64] | None = None
    """In the whole table, ascending; None = all that touch the area."""


@dataclass(frozen=True)
class Gridded:
    """What a gridder made of a tile."""

    fields: dict[Field, NDArray[Any]]
    """Checked."""
    outcome: Outcome
    unread: frozenset[str]
    """Names of the tables that it did not look at."""


class RowsAtHand(Mapping[Table, pd.DataFrame]):
    """Rows of tables, read when a step looks at them.

    Parameters
    ----------
    store
        The city's working store.
    rows
        Which rows, by table.
    """

    def __init__(self, store: CityStore, rows: Mapping[Table, Rows]) -> None:
        self._store, self._rows = store, rows
        self._read: dict[Table, pd.DataFrame] = {}

    def __getitem__(self, table: Table) -> pd.DataFrame:
        if table not in self._read:
            wanted = self._rows[table]
            found = self._store.read_rows(table, wanted.area).drop(columns=table.of_file)
            self._read[table] = found if wanted.numbers is None else found.loc[wanted.numbers]
        return self._read[table]

    def __contains__(self, table: object) -> bool:
        return table in self._rows  # which is no look at its rows

    def __iter__(self) -> Iterator[Table]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def unread(self) -> frozenset[str]:
        """Names of the tables that nobody looked at."""
        return frozenset(table.name for table in self._rows if table not in self._read)


@timed
def grid_tile(task: GridderTask, store: CityStore) -> TileResult:
    """Run a gridder on a tile and store its fields.

    Parameters
    ----------
    task
        What to run.
    store
        The city's working store.
    """
    made = gridded(task, store, task.tile, rows_of_tile(task, store))
    notes = (*made.outcome.notes, *remarks_on(task, store))
    return stored_with_notes(task, store, made, notes)


def stored_with_notes(
    task: GridderTask, store: CityStore, made: Gridded, notes: tuple[Note, ...]
) -> TileResult:
    """Store the fields of a tile; return what is known of it.

    Parameters
    ----------
    task, store
        As of `grid_tile`.
    made
        All of the tile.
    notes
        What is said of it.
    """
    seen = task.seen
    if seen is not None:
        seen = seen.model_copy(update={"unread": tuple(sorted(made.unread))})
    said = Outcome(made.fields, made.outcome.facts, notes, made.outcome.valid_time)
    return stored(store, task.tile, made.fields, said, seen)


def rows_of_tile(task: GridderTask, store: CityStore) -> dict[Table, Rows]:
    """Return which rows a gridder gets for a tile: those that may reach it.

    Parameters
    ----------
    task, store
        As of `grid_tile`.
    """
    area = reaching(task, store)
    return {table: Rows(area) for table in task.tables}


def reaching(task: GridderTask, store: CityStore) -> Bounds:
    """Return where the rows lie that may reach a tile.

    Parameters
    ----------
    task, store
        As of `grid_tile`.
    """
    step: Gridder[Any] = registry.named(Gridder, task.step_name)
    params = step.params.model_validate_json(task.params_json)
    return store.spec.bounds_of(task.tile).grown(step.margin_m(params, store.spec.cell_m))


def gridded(
    task: GridderTask, store: CityStore, window: Tile, rows: Mapping[Table, Rows]
) -> Gridded:
    """Run a gridder on a window of a tile.

    Parameters
    ----------
    task
        The tile.
    store
        The city's working store, where its inputs are.
    window
        Cells that are wanted.
    rows
        What may reach them, by table.
    """
    step: Gridder[Any] = registry.named(Gridder, task.step_name)
    params = step.params.model_validate_json(task.params_json)
    given = _given(task, store, window, rows)
    outcome = step.run(given, params)
    fields = check(
        step.name, step.outputs, outcome.fields, window.shape, window.name, step.axes(params)
    )
    tables = given.tables
    unread = tables.unread if isinstance(tables, RowsAtHand) else frozenset()
    return Gridded(fields, outcome, unread)


def remarks_on(task: GridderTask, store: CityStore) -> tuple[Note, ...]:
    """Return the remarks with figures of a tile, where its gridder has any.

    Parameters
    ----------
    task, store
        As of `grid_tile`.
    """
    step: Gridder[Any] = registry.named(Gridder, task.step_name)
    if step.remarks is None:
        return ()
    params = step.params.model_validate_json(task.params_json)
    rows = {table: Rows(store.spec.bounds_of(task.tile)) for table in task.tables}
    return step.remarks(_given(task, store, task.tile, rows), params)


def _given(
    task: GridderTask, store: CityStore, window: Tile, rows: Mapping[Table, Rows]
) -> GridTask:
    rasters: dict[RasterRole, tuple[Any, ...]] = {}
    for owner, role in task.rasters:
        rasters[role] = (*rasters.get(role, ()), store.read_raster(owner, role))
    fields = {field: store.fields.read(field, window) for field in task.fields}
    records = {record.observed: record for record in task.records}
    tables = RowsAtHand(store, rows)
    return GridTask(store.spec, window, tables, rasters, fields, records)
