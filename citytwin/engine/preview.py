"""Says what a run would do, why, and what it would take, without doing it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from citytwin.engine import joining
from citytwin.engine.bind import BoundCity, BoundSource
from citytwin.engine.blocks import SimulationTask
from citytwin.engine.city_store import CityStore
from citytwin.engine.cluster import worker_count
from citytwin.engine.corrected import corrections_of
from citytwin.engine.driving import pick_records
from citytwin.engine.fingerprint import difference
from citytwin.engine.losses import could_give
from citytwin.engine.openness import require_public
from citytwin.engine.parts import Part, PartResult, on_disk, parts_of
from citytwin.engine.placing import find_grid, known_grid
from citytwin.engine.plan import Job, Plan, Resource, plan, resource_name
from citytwin.engine.reading import Reading
from citytwin.engine.settle import settle
from citytwin.engine.settled_sources import Outcome, settled_source
from citytwin.engine.sketch_store import SketchStore
from citytwin.engine.source_hashes import hash_files
from citytwin.engine.source_parts import (
    SourcePart,
    parts_of_source,
    source_task,
    standing_part,
)
from citytwin.engine.split_run import simulate_split
from citytwin.engine.standing import Standing
from citytwin.engine.still_holds import still_holds
from citytwin.engine.time_of_run import time_of_run, until_words
from citytwin.engine.work import SOURCE
from citytwin.errors import CityTwinError, StoreError
from citytwin.model import properties
from citytwin.model.cost import Cost
from citytwin.model.reach import Domain
from citytwin.model.steps import Assessment, Simulation
from citytwin.store.manifest import Manifest

GONE = "its file is gone"


@dataclass(frozen=True)
class Forecast:
    """What would happen to one job."""

    key: str
    parts: int | None
    """None while the size of the city is not known."""
    to_make: int | None
    reason: str
    """Why; empty when nothing would be made."""
    seconds: float | None = None
    """Estimated time on this machine [s]."""
    memory_mb: float | None = None
    """Estimated memory of one worker [MB]."""


def preview(
    city: BoundCity, store: SketchStore, manifest: Manifest, now: datetime | None = None
) -> list[Forecast]:
    """Compare what is wanted with what stands.

    Parameters
    ----------
    city
        The checked configuration.
    store, manifest
        The working store and its records.
    now
        Time of the run (aware); None = that of the clock.
    """
    moment = time_of_run(city.loaded, now or datetime.now(UTC))
    require_public(plan(city))
    rows, reading = _sources(city, store, manifest)
    changed = [source for source in city.sources if source.config.name not in reading.decoded]
    if changed:
        return rows + _beside(city, changed, reading, store, manifest, moment)
    observed = joining.observed_properties(city.loaded.config, reading, store)
    todo = plan(city, observed=observed, given=reading.given)
    config = city.loaded.config
    standing = joining.join_sources(config, reading, {}, store, corrections_of(city.loaded))
    located = store.with_grid(find_grid(config, store, standing))
    pick_records(config, todo.jobs, reading, located, standing)
    standing.moment = moment
    return rows + _jobs(todo, located, manifest, standing)


def _beside(
    city: BoundCity,
    changed: Sequence[BoundSource],
    reading: Reading,
    store: SketchStore,
    manifest: Manifest,
    moment: datetime,
) -> list[Forecast]:
    """Jobs of a city of which some sources will be read: those that these reach, and the others.

    Where the data say how large the city is, or nothing has been read yet, nothing is known.
    """
    config, grid = city.loaded.config, known_grid(city.loaded.config)
    unknown = [_unknown(job, city) for job in plan(city).jobs]
    if grid is None or not reading.decoded:
        return unknown
    reached = {resource for source in changed for resource in could_give(source, config)}
    given = {source.config.name: _names_given(source) for source in changed}
    known = joining.observed_properties(config, reading, store)
    seen = [one for one in properties.ALL if one in reached or one in known]
    try:
        todo = plan(city, observed=seen, given={**reading.given, **given})
        standing = joining.join_sources(config, reading, {}, store, corrections_of(city.loaded))
        located = store.with_grid(grid)
        apart = [job for job in todo.jobs if reached.isdisjoint(job.needs)]
        pick_records(config, apart, reading, located, standing)
        standing.moment = moment
        return _jobs(todo, located, manifest, standing, reached)
    except StoreError:
        raise
    except CityTwinError:
        return unknown


def _names_given(source: BoundSource) -> Collection[str]:
    return [resource_name(resource) for resource in source.format.produces]


def _sources(
    city: BoundCity, store: SketchStore, manifest: Manifest
) -> tuple[list[Forecast], Reading]:
    rows, reading = [], Reading()
    for source in city.sources:
        name = source.config.name
        key = f"{SOURCE}{name}"
        try:
            whole = source_task(city, source, store)
            whole = replace(whole, hashes=hash_files(manifest, whole, verify=False))
            parts = parts_of_source(source, whole, manifest)
            outcomes, reasons = _standing_parts(parts, manifest, store)
            if not reasons:
                expect = source.config.expect
                reading.decoded[name] = settled_source(whole, expect, outcomes, store)
        except StoreError:
            raise
        except CityTwinError as error:
            rows.append(Forecast(key, 1, 1, f"cannot be read: {error}"))
            continue
        rows.append(Forecast(key, len(parts), len(reasons), ", ".join(sorted(set(reasons)))))
    return rows, reading


def _standing_parts(
    parts: Sequence[SourcePart], manifest: Manifest, store: CityStore
) -> tuple[list[tuple[SourcePart, Outcome]], list[str]]:
    """Parts of a source that stand, and the reasons for those that do not."""
    outcomes: list[tuple[SourcePart, Outcome]] = []
    reasons = []
    for part in parts:
        finished = manifest.standing(part.order.key, part.order.part)
        reason = difference(finished.fingerprint if finished else None, part.order.fingerprint)
        stands = standing_part(part, manifest, store)
        if stands is None:
            reasons.append(reason or GONE)
        else:
            outcomes.append((part, stands))
    return outcomes, reasons


def _unknown(job: Job, city: BoundCity) -> Forecast:
    reason = "after the sources"
    spec = known_grid(city.loaded.config)
    if spec is None:
        return Forecast(job.key, None, None, reason)
    cells = spec.ny * spec.nx
    cost = job.cost(spec.cell_m)
    seconds = cost.seconds_of(cells)
    return Forecast(job.key, None, None, reason, seconds, cost.bytes_of(cells) / 1e6)


def _jobs(
    todo: Plan,
    store: CityStore,
    manifest: Manifest,
    standing: Standing,
    reached: Collection[Resource] = (),
) -> list[Forecast]:
    """Compare jobs with what stands; `reached` is what sources will give anew."""
    rows = []
    made = {resource for job in todo.jobs for resource in job.provides}
    for job in todo.jobs:
        remade = (r in reached or (r in made and r not in standing.lineage) for r in job.needs)
        changing = [r for r, anew in zip(job.needs, remade, strict=True) if anew]
        if changing:
            names = ", ".join(sorted(resource_name(r) for r in changing))
            said = ", ".join([f"its inputs will be made anew: {names}", *_at_once(job)])
            rows.append(Forecast(job.key, None, None, said))
            continue
        parts = parts_of(job, store, standing)
        results, reasons = _compare(job, parts, manifest, store)
        if not reasons:
            settle(job, parts, results, store, standing)
        cost = job.cost(todo.city.loaded.config.grid.cell_m)
        row = _row(job, parts, reasons, manifest.seconds_of(job.key), cost)
        if reasons and job.of_the_moment and standing.moment is not None:
            row = replace(row, reason=f"{row.reason}, {until_words(standing.moment)}")
        rows.append(row)
    return rows


def _compare(
    job: Job, parts: Sequence[Part], manifest: Manifest, store: CityStore
) -> tuple[list[PartResult], list[str]]:
    """Results that stand, and the reasons for those that do not."""
    results: list[PartResult] = []
    reasons: list[str] = []
    for part in parts:
        finished = manifest.standing(job.key, part.name)
        reason = difference(finished.fingerprint if finished else None, str(part.fingerprint))
        if still_holds(finished, part):
            reason = ""
        if not reason and not on_disk(job, part, store):
            reason = GONE
        if finished is not None and not reason:
            results.append(part.result.model_validate_json(finished.payload))
        else:
            reasons.append(reason)
    return results, reasons


def _row(
    job: Job, parts: Sequence[Part], reasons: Sequence[str], known: float | None, cost: Cost
) -> Forecast:
    cells = sum(part.tile.shape[0] * part.tile.shape[1] for part in parts)
    share = len(reasons) / len(parts)
    seconds = known if known is not None else cost.seconds_of(cells)
    workers = min(worker_count(), max(1, len(reasons)))
    if known is None and any(part.function is simulate_split for part in parts):
        workers = worker_count()  # what is known is the time of a run that all of them shared
    widest = max(_cells_held(part) for part in parts)
    return Forecast(
        job.key,
        len(parts),
        len(reasons),
        ", ".join([*sorted(set(reasons)), *_at_once(job, parts)]) if reasons else "",
        seconds * share / workers,
        cost.bytes_of(widest) / 1e6,
    )


def _at_once(job: Job, parts: Sequence[Part] = ()) -> list[str]:
    """Say of a step that is made for the whole city whatever changed, and where it runs in tiles."""
    step = job.step
    flows = isinstance(step, Simulation) and isinstance(step.reach, Domain)
    if not (flows or isinstance(step, Assessment)):
        return []
    tasks = [part.task for part in parts if isinstance(part.task, SimulationTask)]
    tiles = [f"in {len(task.cores)} tiles on all workers" for task in tasks if task.cores]
    return tiles or ["all of the city at once"]


def _cells_held(part: Part) -> int:
    if isinstance(part.task, SimulationTask) and part.task.cores:
        return max(rows * cols for rows, cols in (core.shape for core in part.task.cores))
    tile = part.task.padded if isinstance(part.task, SimulationTask) else part.tile
    rows, cols = tile.shape
    return rows * cols
