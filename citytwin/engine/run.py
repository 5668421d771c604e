"""Carries out a configuration: read, grid, simulate, assess, make layers, publish."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from distributed import Client

from citytwin.config import LoadedConfig
from citytwin.engine import joining
from citytwin.engine.bind import BoundCity, bind
from citytwin.engine.blocks import PROGRESS_TOPIC
from citytwin.engine.checkpointing import CHECKPOINT_MINUTES
from citytwin.engine.city_store import CityStore
from citytwin.engine.cluster import Workers, connect
from citytwin.engine.corrected import corrections_of
from citytwin.engine.delivery import make_layers
from citytwin.engine.driving import pick_records
from citytwin.engine.healing import healed
from citytwin.engine.locking import holding
from citytwin.engine.longest_step import require_time
from citytwin.engine.losses import losses_of
from citytwin.engine.openness import require_public
from citytwin.engine.output_folder import require_own_folder
from citytwin.engine.own_time import OwnTime
from citytwin.engine.placing import find_grid, known_grid
from citytwin.engine.plan import Plan, plan
from citytwin.engine.protecting import protect_workers, protecting, require_private_cluster
from citytwin.engine.publication import entries_before, publish_made
from citytwin.engine.reading import Reading, read_sources
from citytwin.engine.report import Progress, RunReport
from citytwin.engine.request import MANIFEST, request_key, work_dir
from citytwin.engine.room import require_room
from citytwin.engine.schedule import Scheduler
from citytwin.engine.sharing import refuse_shared_files
from citytwin.engine.stopping_workers import let_states_be_kept
from citytwin.engine.time_of_run import spell_of, time_of_run
from citytwin.errors import CityTwinError, ConfigError
from citytwin.model.checkpoints import Counted
from citytwin.model.crs import require_metric
from citytwin.store.manifest import FinishedRun, Manifest
from citytwin.store.private_folder import private_folder

log = logging.getLogger(__name__)
DEFAULT_TILE_CELLS = 512


@dataclass(frozen=True)
class RunOptions:
    """How to run; none of it but the time changes the result."""

    scheduler: str | None = None
    """Address of a Dask scheduler; None starts workers on this machine."""
    workers: int | None = None
    """Local worker processes; None = one per core."""
    tile_cells: int = DEFAULT_TILE_CELLS
    """Side of a tile in cells."""
    verify: bool = False
    """Hash every file and stored value again."""
    checkpoint_minutes: float = CHECKPOINT_MINUTES
    """Time after which a long run keeps its state again, so that a killed one goes on from it."""
    domain_tile_cells: int | None = None
    """Side of the tiles in which simulations over the whole city run on all workers; None = in one
    array where it fits into half of the memory."""
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    """Clock, for the names of runs, and where records end for steps of the moment."""


@dataclass(frozen=True)
class _Asked:
    """What is to be carried out."""

    key: str
    """What it is known by, of before anything was read: a file that changes later is asked for anew."""
    city: BoundCity
    options: RunOptions


def run(loaded: LoadedConfig, options: RunOptions, progress: Progress) -> RunReport:
    """Run a configuration; what stands already is skipped.

    Parameters
    ----------
    loaded
        The configuration.
    options
        How to run.
    progress
        Receives the events.

    Returns
    -------
    RunReport
        What was done, lost and published; its exit code.

    Raises
    ------
    ConfigError
        If the configuration cannot be run.
    BusyError
        If another run holds the city.
    StoreError
        If the store is damaged.
    """
    begin = time.monotonic()
    key = request_key(loaded)
    city = bind(loaded)
    asked = _Asked(key, city, options)
    crs = require_metric(loaded.config.crs)
    wanted = plan(city)
    require_public(wanted)  # what cannot be made or published is told before anything is read
    refuse_shared_files(city)
    require_own_folder(loaded)
    require_private_cluster(loaded, options.scheduler)
    work = work_dir(loaded)
    again = (work / MANIFEST).is_file()  # most nights have little to do
    if loaded.private:  # decoded sources are as protected as their layers
        private_folder(work)
    store = CityStore(
        work,
        crs,
        loaded.config.time_zone,
        options.tile_cells,
        checkpoint_s=60.0 * options.checkpoint_minutes,
        domain_tile_cells=options.domain_tile_cells,
    )
    known = known_grid(loaded.config)
    require_room(wanted, replace(store, grid=known))
    if options.scheduler is None:
        require_time(wanted, known)
    with (
        holding(loaded),
        protecting(loaded) as in_clear,
        Workers(
            lambda: connect(
                options.scheduler,
                options.workers,
                work / "dask",
                one_first=again,
                copies=not loaded.protected,  # whose temporary files go with the run
            ),
            lambda client: _prepare(client, loaded, progress),
            options.workers,
            OwnTime() if again and options.scheduler is None else None,
        ) as workers,
    ):
        if options.scheduler is not None:
            workers.start()  # one that is not there is told at once
        try:
            report = healed(
                loaded.config.city.id,
                lambda attempt: _carry_out(asked, store, workers, progress, attempt),
            )
        except KeyboardInterrupt:
            if workers.started is not None:
                let_states_be_kept(workers.started)
            raise
    report.losses += in_clear
    report.seconds = time.monotonic() - begin
    return report


def _prepare(client: Client, loaded: LoadedConfig, progress: Progress) -> None:
    if loaded.protected:
        protect_workers(client, work_dir(loaded))

    def receive(event: tuple[object, tuple[str, float, float, Counted]]) -> None:
        progress.simulated(*event[1])

    client.subscribe_topic(PROGRESS_TOPIC, receive)


def _carry_out(
    asked: _Asked, store: CityStore, client: Workers, progress: Progress, report: RunReport
) -> None:
    with closing(Manifest(store.root / MANIFEST)) as manifest:
        _brought_up_to_date(asked, store, manifest, client, progress, report)


def _brought_up_to_date(
    asked: _Asked,
    store: CityStore,
    manifest: Manifest,
    client: Workers,
    progress: Progress,
    report: RunReport,
) -> None:
    city, options, loaded = asked.city, asked.options, asked.city.loaded
    manifest.unfinish()
    reading = read_sources(city, store, manifest, client, progress, report, verify=options.verify)
    if report.failures:
        return
    report.newest_observations = joining.newest_observations(reading, store)
    todo = _plan_of_what_was_read(city, reading, store, report)
    report.left_out = list(todo.left_out)
    report.losses += [f"simulation {reason}" for reason in todo.not_run]
    lost = losses_of(city, todo, reading.lost)
    standing = joining.join_sources(loaded.config, reading, lost, store, corrections_of(loaded))
    store = store.with_grid(find_grid(loaded.config, store, standing))
    require_room(todo, store)  # where no bounds are given, the size of the city is known only now
    if options.scheduler is None:
        require_time(todo, store.spec)
    report.losses += standing.losses
    pick_records(loaded.config, todo.jobs, reading, store, standing)
    standing.moment = time_of_run(loaded, options.now())
    spell = spell_of(todo.jobs, standing.records.values(), standing.moment)
    scheduler = Scheduler(
        client,
        store,
        manifest,
        standing,
        progress,
        report,
        verify=options.verify,
        use_all_workers=client.start_all,
        may_leave_empty=loaded.config.lost_tiles == "mark",
    )
    scheduler.run(todo.jobs)
    if report.failures:
        return
    entries = entries_before(loaded)
    made = make_layers(
        todo, reading, store, standing, manifest, client, entries, (progress, report)
    )
    if report.failures:
        return
    publish_made(loaded, store.spec, made, options.now(), report)
    store.fields.remove_others()
    store.forget_other_layers([layer.result.document.id for layer in made])
    store.drop_checkpoints()
    if (
        not reading.lost and not report.lost_tiles
    ):  # a source that could not be read is tried again by the next run
        told = json.dumps(report.losses)
        manifest.finish(asked.key, FinishedRun(report.run_id, told, spell.begin_s, spell.end_s))


def _plan_of_what_was_read(
    city: BoundCity, reading: Reading, store: CityStore, report: RunReport
) -> Plan:
    config = city.loaded.config
    observed = joining.observed_properties(config, reading, store)
    try:
        todo = plan(city, lost_sources=reading.lost, observed=observed, given=reading.given)
    except ConfigError as error:
        reasons = [*report.losses, *joining.unusable(config, reading, store)]
        if not reasons:
            raise
        text = "; ".join(reasons)
        raise CityTwinError(f"{error}, for want of data: {text}") from error
    if todo.not_run:
        report.losses += joining.unusable(config, reading, store)
    return todo
