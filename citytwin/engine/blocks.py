"""Runs simulations on tiles: padding, checks of type and range; stores what tiles hold."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np
from distributed import get_worker
from numpy.typing import NDArray

from citytwin import registry
from citytwin.engine.checkpointing import Keeper
from citytwin.engine.city_store import CityStore
from citytwin.engine.results import FieldPart, Seen, TileResult
from citytwin.engine.spots import Spot, spots_between
from citytwin.engine.stopping_workers import THIS_PROCESS
from citytwin.engine.surface_faults import surface_faults
from citytwin.engine.timing import timed
from citytwin.errors import DamagedError, StepError
from citytwin.model.axes import Axes, Direction
from citytwin.model.checkpoints import Counted, Hearer, Watch
from citytwin.model.fields import Field
from citytwin.model.grid import GridSpec, Tile
from citytwin.model.properties import ObservedProperty
from citytwin.model.reach import Domain, FieldRanges, Halo
from citytwin.model.record import Record
from citytwin.model.site import Site
from citytwin.model.steps import Arrays, Block, Outcome, Params, Simulation
from citytwin.model.tables import Table
from citytwin.model.tiled import Look
from citytwin.store.fields import digest_of, extremes

Made: TypeAlias = tuple[dict[Field, NDArray[Any]], Outcome]
"""Fields of a tile, and all that its step said."""
PROGRESS_TOPIC = "citytwin-progress"
"""Dask topic on which long simulations report how far they are."""
_REPORT_EVERY_S = 1.0


@dataclass(frozen=True)
class SimulationTask:
    """A tile of a simulation as it is sent to a worker."""

    step_name: str
    params_json: str
    tile: Tile
    padded: Tile
    fields: tuple[Field, ...]
    tables: tuple[Table, ...]
    records: tuple[Record, ...]
    fingerprint: str
    """Of all that the result depends on; a state that was kept is that of the same run."""
    cores: tuple[Tile, ...] = ()
    """Tiles in which a simulation over the whole city runs; none = in one array."""
    halo_m: float = 0.0
    """How far a cell looks [m]; 0 where it sees only itself, or the whole city."""
    seen: Seen | None = None
    """What it is made from, for the record; None where a change makes all of it anew."""


def padded_tile(step: Simulation[Any], params: Params, grid: GridSpec, tile: Tile,
                ranges: FieldRanges) -> Tile:  # fmt: skip
    """Return the window of inputs that a tile of a simulation needs.

    Parameters
    ----------
    step, params
        The simulation.
    grid
        The city's grid.
    tile
        Window of the result.
    ranges
        Extremes of the input fields over the whole city.
    """
    if isinstance(step.reach, Domain):
        return grid.whole
    return grid.padded(tile, halo_m(step, params, ranges, grid.cell_m))


def halo_m(step: Simulation[Any], params: Params, ranges: FieldRanges, cell_m: float) -> float:
    """Return how far a cell of a simulation looks [m]; 0 for one that looks at all or at itself.

    Parameters
    ----------
    step, params
        The simulation.
    ranges
        Extremes of the input fields over the whole city.
    cell_m
        Side of a cell [m].
    """
    return step.reach.metres(params, ranges, cell_m) if isinstance(step.reach, Halo) else 0.0


@timed
def simulate_tile(task: SimulationTask, store: CityStore) -> TileResult:
    """Run a simulation on a tile and store its fields.

    Parameters
    ----------
    task
        What to run.
    store
        The city's working store.
    """
    return stored(store, task.tile, *simulated(task, store), task.seen)


def simulated(task: SimulationTask, store: CityStore) -> Made:
    """Run a simulation on a tile.

    Parameters
    ----------
    task
        What to run.
    store
        The city's working store, where its inputs are.

    Returns
    -------
    tuple
        Its fields, cut to the tile and checked, and all that it said.
    """
    block, outcome = _ran(task, store)
    return checked(task, store, block, outcome)


def simulated_cells(task: SimulationTask, store: CityStore) -> Made:
    """Run a simulation on some cells, and leave out what can be told of a whole tile only.

    Parameters
    ----------
    task, store
        As of `simulated`.

    Returns
    -------
    tuple
        Its fields, cut to the cells and checked, and what the step said.
    """
    _, outcome = _ran(task, store)
    return _cut(task, store, outcome), outcome


def _ran(task: SimulationTask, store: CityStore) -> tuple[Block, Outcome]:
    """What a simulation saw, and what it made of it."""
    step: Simulation[Any] = registry.named(Simulation, task.step_name)
    params = step.params.model_validate_json(task.params_json)
    block = replace(look_into(task, store)(task.padded), core=task.tile)
    key = f"simulate:{step.name}"
    keeper = Keeper(store.checkpoint(key), task.fingerprint, store.checkpoint_s, THIS_PROCESS)
    # Only runs over the whole city last so long that their state is kept.
    kept = keeper if isinstance(step.reach, Domain) else None
    with THIS_PROCESS.running() if kept else nullcontext():
        outcome = step.run(replace(block, watch=Watch(report_progress(key), kept)), params)
    return block, outcome


def checked(task: SimulationTask, store: CityStore, block: Block, outcome: Outcome) -> Made:
    """Cut the fields of a simulation to its tile and check them; add what is wrong with the surface.

    Parameters
    ----------
    task, store
        As of `simulated`.
    block
        What the simulation saw.
    outcome
        What it made of it.
    """
    faults = surface_faults(store.spec, task.tile, task.padded, block.arrays)
    return _cut(task, store, outcome), replace(outcome, notes=(*outcome.notes, *faults))


def _cut(task: SimulationTask, store: CityStore, outcome: Outcome) -> dict[Field, NDArray[Any]]:
    """Fields of a simulation, cut to its tile and checked."""
    step: Simulation[Any] = registry.named(Simulation, task.step_name)
    params = step.params.model_validate_json(task.params_json)
    cut = {field: of_core(array, task.tile, task.padded) for field, array in outcome.fields.items()}
    axes = step.axes(params, store.site)
    return check(step.name, step.made(params), cut, task.tile.shape, task.tile.name, axes)


def of_core(array: NDArray[Any], core: Tile, window: Tile) -> NDArray[Any]:
    """Cut a field that a simulation made to the cells that are wanted.

    Parameters
    ----------
    array
        Shape (..., ny, nx) of the window, or of the core where the simulation made no more.
    core, window
        The cells that are wanted, and those that it saw.
    """
    if array.shape[-2:] == core.shape:
        return array
    return array[(..., *core.within(window))]


def look_into(task: SimulationTask, store: CityStore) -> Look:
    """Return a function that reads the inputs of a simulation in a window of the city.

    Parameters
    ----------
    task
        The simulation.
    store
        The city's working store.
    """
    records = {record.observed: record for record in task.records}
    tables = {table: store.read_table(table).drop(columns=table.of_file) for table in task.tables}

    def look(window: Tile) -> Block:
        arrays = {field: store.fields.read(field, window) for field in task.fields}
        directions = {field: store.fields.directions(field) for field in task.fields}
        block = block_of(store.spec, window, arrays, records, store.site, directions)
        return replace(block, tables=tables)

    return look


def report_progress(key: str) -> Hearer | None:
    """Return a function that tells whoever watches how far a long run is.

    Parameters
    ----------
    key
        Name of the job.
    """
    try:
        worker = get_worker()
    except ValueError:
        return None
    told_s = time.monotonic()

    def report(done: float, whole: float, counted: Counted = "time") -> None:
        nonlocal told_s
        now = time.monotonic()
        if now - told_s >= _REPORT_EVERY_S:
            told_s = now
            worker.log_event(PROGRESS_TOPIC, (key, done, whole, counted))

    return report


def block_of(
    grid: GridSpec,
    padded: Tile,
    arrays: Arrays,
    records: Mapping[ObservedProperty, Record],
    site: Site,
    directions: Mapping[Field, tuple[Direction, ...]] | None = None,
) -> Block:
    """Return what a simulation sees; the inputs are protected from being written to.

    Parameters
    ----------
    grid
        Grid of the whole city, or of a bare raster.
    padded
        Window that the arrays cover.
    arrays
        Input fields, shape of `padded`; of those by direction (n_dir, ...).
    records
        Observed properties.
    site
        Where on Earth the grid lies.
    directions
        Of the input fields by direction.
    """
    for array in arrays.values():
        array.flags.writeable = False
    return Block(
        arrays=arrays,
        records=records,
        grid=grid,
        window=padded,
        site=site,
        directions={field: along for field, along in (directions or {}).items() if along},
    )


def check(
    step: str,
    outputs: Sequence[Field],
    fields: Arrays,
    shape: tuple[int, int],
    tile: str,
    axes: Axes = Axes(),  # noqa: B008 - frozen
) -> dict[Field, NDArray[Any]]:
    """Check that a step made what it declares.

    Parameters
    ----------
    step
        Name of the step, for messages.
    outputs
        Declared fields.
    fields
        Fields made.
    shape
        Rows and columns they must have.
    tile
        Name of the tile, for messages.
    axes
        Coordinates of fields with a leading axis.

    Raises
    ------
    StepError
        If a field is missing or undeclared, or has the wrong shape, type or range.
    """
    if set(outputs) != set(fields):
        made = sorted(field.name for field in fields)
        msg = f"declares {sorted(f.name for f in outputs)} but made {made}"
        raise StepError(msg, step=step, tile=tile, hint="the step is faulty; report it")
    for field, array in fields.items():
        wanted = axes.shape(field.axis, shape)
        if array.shape != wanted or array.dtype != np.dtype(field.dtype):
            msg = f"{field.name} is {array.dtype} {array.shape}, expected {field.dtype} {wanted}"
            raise StepError(msg, step=step, tile=tile, hint="the step is faulty; report it")
        found = extremes(field, array)
        if found and (found.low < field.valid_min or found.high > field.valid_max):
            msg = (
                f"{field.name} runs from {found.low:g} to {found.high:g} {field.unit}, outside "
                f"its valid range {field.valid_min:g} to {field.valid_max:g}"
            )
            raise StepError(msg, step=step, tile=tile, hint="check the inputs of this tile")
    return dict(fields)


def _class_counts(field: Field, array: NDArray[Any]) -> dict[int, int]:
    if field.dtype != "uint8":
        return {}
    cells = np.bincount(array.reshape(-1), minlength=1)
    return {
        value: int(cells[value])
        for value in np.flatnonzero(cells).tolist()
        if value != field.nodata
    }


def stored_part(store: CityStore, field: Field, tile: Tile, array: NDArray[Any]) -> FieldPart:
    """Store a field of a tile; return what is known of it.

    Parameters
    ----------
    store
        The city's working store.
    field, tile
        What and where.
    array
        Its values.
    """
    found = extremes(field, array)
    before, spots = _replaced(store, field, tile, array)
    return FieldPart(
        digest=store.fields.write(field, tile, array),
        low=None if found is None else found.low,
        high=None if found is None else found.high,
        cells=_class_counts(field, array),
        before=before,
        spots=spots,
    )


def _replaced(
    store: CityStore, field: Field, tile: Tile, array: NDArray[Any]
) -> tuple[str, tuple[Spot, ...]]:
    """Digest of the values that a tile has, and where it is about to get others."""
    if max(tile.shape) > store.tile_cells or not store.fields.has(field, tile):
        return "", ()  # a whole city is not held twice
    try:
        old = store.fields.read(field, tile)
    except DamagedError:
        return "", ()
    return digest_of(old), spots_between(field, tile, old, array)


def stored(
    store: CityStore,
    tile: Tile,
    fields: Mapping[Field, NDArray[Any]],
    outcome: Outcome,
    seen: Seen | None = None,
) -> TileResult:
    """Store the fields of a tile; return what is known of it.

    Parameters
    ----------
    store
        The city's working store.
    tile
        Where the fields lie.
    fields
        Their values.
    outcome
        What the step said beside them.
    seen
        What they were made from.
    """
    parts = {field.name: stored_part(store, field, tile, fields[field]) for field in fields}
    return TileResult(
        parts=parts,
        facts=outcome.facts,
        notes=outcome.notes,
        valid_time=outcome.valid_time,
        seen=seen,
    )
