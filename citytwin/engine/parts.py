"""Cuts jobs into parts: one per tile, or one for the whole city, each with its fingerprint."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from citytwin import registry
from citytwin.engine.blocks import SimulationTask, halo_m, padded_tile, simulate_tile
from citytwin.engine.city_store import CityStore
from citytwin.engine.code_hash import code_digest
from citytwin.engine.fingerprint import Fingerprint
from citytwin.engine.gridding import GridderTask, grid_tile
from citytwin.engine.plan import Job
from citytwin.engine.results import Seen, TableResult, TileResult
from citytwin.engine.split_run import simulate_split
from citytwin.engine.standing import Standing, record_digest
from citytwin.engine.tiled_run import simulate_in_tiles
from citytwin.engine.time_of_run import records_by
from citytwin.engine.versions import library_versions
from citytwin.engine.whole import AssessmentTask, assess
from citytwin.model.axes import Axes
from citytwin.model.fields import Field
from citytwin.model.grid import Tile
from citytwin.model.properties import ObservedProperty
from citytwin.model.reach import Cell, Domain, FieldRanges, Halo
from citytwin.model.record import Record
from citytwin.model.steps import Assessment, Gridder, Simulation
from citytwin.model.tables import Table

_TILE_SHARE = 0.125
"""Of the memory that one array may take: what a tile takes, with its halo and a copy to go back."""
_PATCHES = "citytwin.engine.reached"
_PATCHES_OF_ROWS = "citytwin.engine.reached_rows"
"""Make anew what changes reach of a tile, of a simulation and of a gridder."""
PartResult: TypeAlias = TileResult | TableResult
Task: TypeAlias = GridderTask | SimulationTask | AssessmentTask
DigestsNear: TypeAlias = Callable[[Tile], list[str]]


@dataclass(frozen=True)
class Part:
    """A piece of work for one worker."""

    name: str
    tile: Tile
    fingerprint: Fingerprint
    function: Callable[[Any, CityStore], PartResult]
    task: Task
    result: type[TileResult | TableResult]

    @property
    def uses_all_workers(self) -> bool:
        """Whether one task of it gives work to all workers."""
        return self.function in (simulate_in_tiles, simulate_split)


@dataclass(frozen=True)
class _Seen:
    """What a simulation may look at: extremes of its inputs, and their digests near a window."""

    ranges: FieldRanges
    near: DigestsNear


def parts_of(job: Job, store: CityStore, standing: Standing) -> list[Part]:
    """Cut a job into parts; everything it needs must stand.

    Parameters
    ----------
    job
        What to run.
    store
        The city's working store.
    standing
        Digests of what stands.
    """
    near = standing.digests_near(need for need in job.needs if isinstance(need, Field))
    if isinstance(job.step, Gridder):
        step = job.step
        return [_gridder_part(job, step, tile, store, standing, near) for tile in _tiles(store)]
    if isinstance(job.step, Simulation):
        whole = isinstance(job.step.reach, Domain)
        tiles = [store.spec.whole] if whole else _tiles(store)
        fields = (need for need in job.needs if isinstance(need, Field))
        ranges = FieldRanges({field: standing.range_of(field) for field in fields})
        seen = _Seen(ranges, near)
        return [_simulation_part(job, job.step, tile, store, standing, seen) for tile in tiles]
    return [_assessment_part(job, job.step, store, standing)]


def on_disk(job: Job, part: Part, store: CityStore) -> bool:
    """Whether what a part made still lies in the store: a gap would be read as no data.

    Parameters
    ----------
    job, part
        What was made.
    store
        The city's working store.
    """
    return all(
        store.fields.has(made, part.tile)
        if isinstance(made, Field)
        else store.has_table(job.step.name, made)
        for made in job.provides
    )


def axes_of(job: Job, store: CityStore) -> Axes:
    """Moments and directions of the fields that a job makes.

    Parameters
    ----------
    job
        The job.
    store
        The city's working store; its grid is known.
    """
    step = job.step
    if isinstance(step, Simulation):
        return step.axes(job.params, store.site)
    return step.axes(job.params) if isinstance(step, Gridder) else Axes()


def _tiles(store: CityStore) -> list[Tile]:
    return list(store.spec.tiles(store.tile_cells))


def _fingerprint(
    job: Job, inputs: Sequence[str], runner: Callable[..., object], patches: str = ""
) -> Fingerprint:
    # What hands the inputs to the step and stores the result counts like the step itself, and so
    # does the module that makes parts of a tile anew, if it may.
    return Fingerprint(
        code=code_digest(registry.module_of(job.step))
        + code_digest(runner.__module__)
        + (code_digest(patches) if patches else "")
        + library_versions(),
        parameters=job.params.model_dump_json(),
        inputs=tuple(inputs),
    )


def _records(job: Job, standing: Standing) -> tuple[Record, ...]:
    records = tuple(
        standing.records[need.name]
        for need in job.needs
        if isinstance(need, ObservedProperty) and need.name in standing.records
    )
    if standing.moment is None or not job.of_the_moment:
        return records
    return records_by(records, standing.moment)


def _gridder_part(
    job: Job, step: Gridder[Any], tile: Tile, store: CityStore, standing: Standing,
    near: DigestsNear,
) -> Part:  # fmt: skip
    area = store.spec.bounds_of(tile).grown(step.margin_m(job.params, store.spec.cell_m))
    tables = tuple(need for need in job.needs if isinstance(need, Table))
    fields = tuple(need for need in job.needs if isinstance(need, Field))
    rasters = [entry for entry in standing.rasters if entry[1] in job.needs]
    beside = [store.fields.key, tile.name, *("|".join(entry) for entry in rasters)]
    records = _records(job, standing)
    beside += [record_digest(record) for record in records]
    said = near(tile)
    patches = _PATCHES_OF_ROWS if step.reach else ""
    rows = {table.name: standing.tables[table].seen(area) for table in tables}
    seen = Seen(
        beside=str(_fingerprint(job, beside, grid_tile, patches)),
        fields=dict(one.split("=", 1) for one in said),
        rows={name: by_file for name, (_, by_file) in rows.items()},
    )
    inputs = [*beside, *said, *(f"{name}={digest}" for name, (digest, _) in rows.items())]
    fingerprint = _fingerprint(job, inputs, grid_tile, patches)
    task = GridderTask(
        step_name=step.name,
        params_json=job.params.model_dump_json(),
        tile=tile,
        tables=tables,
        rasters=tuple((owner, role) for owner, role, _ in rasters),
        fields=fields,
        records=records,
        seen=seen,
    )
    return Part(tile.name, tile, fingerprint, grid_tile, task, TileResult)


def _simulation_part(
    job: Job, step: Simulation[Any], tile: Tile, store: CityStore, standing: Standing,
    seen: _Seen,
) -> Part:  # fmt: skip
    fields = tuple(need for need in job.needs if isinstance(need, Field))
    tables = tuple(need for need in job.needs if isinstance(need, Table))
    padded = padded_tile(step, job.params, store.spec, tile, seen.ranges)
    records = _records(job, standing)
    # A simulation sees the site, which is the grid (in the key) and the time zone.
    place = [store.fields.key, store.time_zone, tile.name]
    near = seen.near(padded)
    beside = [f"{table.name}={standing.tables[table].digest()}" for table in tables]
    beside += [f"{field.name}: {store.fields.coordinates(field)}" for field in fields if field.axis]
    beside += [record_digest(record) for record in records]
    # The same for one array and for tiles: the result has the same bits.
    runner = simulate_split if step.split else simulate_in_tiles if step.tiled else simulate_tile
    # Of which parts may be made anew.
    in_parts = isinstance(step.reach, Cell) or (
        isinstance(step.reach, Halo) and step.reach.of_parts
    )
    patches = _PATCHES if in_parts else ""
    fingerprint = _fingerprint(job, [*place, padded.name, *near, *beside], runner, patches)
    made_from = Seen(
        beside=str(_fingerprint(job, [*place, *beside], runner, patches)),
        fields=dict(said.split("=", 1) for said in near),
    )
    task = SimulationTask(
        step_name=step.name,
        params_json=job.params.model_dump_json(),
        tile=tile,
        padded=padded,
        fields=fields,
        tables=tables,
        records=records,
        fingerprint=str(fingerprint),
        cores=cores_of(job, store),
        halo_m=halo_m(step, job.params, seen.ranges, store.spec.cell_m),
        seen=made_from if in_parts else None,
    )
    function = runner if step.split or task.cores else simulate_tile
    return Part(tile.name, tile, fingerprint, function, task, TileResult)


def cores_of(job: Job, store: CityStore) -> tuple[Tile, ...]:
    """Return the tiles in which a simulation over the whole city runs; none for one array.

    Parameters
    ----------
    job
        The simulation.
    store
        The city's working store; it says how large tiles are, and from what memory on.
    """
    if not isinstance(job.step, Simulation) or job.step.tiled is None:
        return ()
    side, grid = store.domain_tile_cells, store.spec
    if side is None:
        per_cell = job.cost(grid.cell_m).bytes_per_cell
        if per_cell * grid.ny * grid.nx <= store.domain_bytes:
            return ()
        side = int(math.sqrt(_TILE_SHARE * store.domain_bytes / per_cell))
    # A tile of the store is written by one worker.
    side = max(1, round(side / store.tile_cells)) * store.tile_cells
    cores = tuple(grid.tiles(side))
    return cores if len(cores) > 1 else ()


def _assessment_part(job: Job, step: Assessment[Any], store: CityStore, standing: Standing) -> Part:
    whole = store.spec.whole
    fields = tuple(need for need in job.needs if isinstance(need, Field))
    tables = tuple(need for need in job.needs if isinstance(need, Table))
    inputs = [store.fields.key, store.time_zone]
    inputs += [digest for field in fields for digest in standing.field_digests(field, whole)]
    inputs += [f"{table.name}={standing.tables[table].digest()}" for table in tables]
    records = _records(job, standing)
    inputs += [record_digest(record) for record in records]
    task = AssessmentTask(
        step_name=step.name,
        params_json=job.params.model_dump_json(),
        fields=fields,
        tables=tuple((standing.tables[table].owner, table) for table in tables),
        records=records,
        beside=str(_fingerprint(job, (), assess)),
    )
    return Part("whole", whole, _fingerprint(job, inputs, assess), assess, task, TableResult)
