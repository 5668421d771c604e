"""Runs jobs on Dask as soon as what they need stands; skips parts that stand already."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias

from citytwin.engine.blocks import SimulationTask
from citytwin.engine.city_store import CityStore
from citytwin.engine.gridding import GridderTask
from citytwin.engine.parts import Part, PartResult, Task, axes_of, on_disk, parts_of
from citytwin.engine.pieces import can_be_cut, left_empty, make_in_pieces
from citytwin.engine.plan import Job
from citytwin.engine.reached import reached_by, simulate_reached
from citytwin.engine.reached_rows import grid_reached, rows_reached_by
from citytwin.engine.report import Progress, Row, RunReport
from citytwin.engine.results import TableResult, TileResult
from citytwin.engine.settle import settle
from citytwin.engine.standing import Standing
from citytwin.engine.still_holds import still_holds
from citytwin.engine.whole import AssessmentTask
from citytwin.engine.work import Failure, Order, Submits, Work
from citytwin.errors import DamagedError
from citytwin.model.fields import Field
from citytwin.model.reach import Domain
from citytwin.model.steps import Assessment, Simulation
from citytwin.model.tables import Table
from citytwin.store.damage import clear_away
from citytwin.store.fields import digest_of
from citytwin.store.manifest import Manifest

log = logging.getLogger(__name__)
_BRIEF_S = 10.0
"""A run over the whole city that took less has no state worth keeping."""


@dataclass(eq=False)
class _Running:
    """A job of which some parts are still being made."""

    job: Job
    parts: list[Part]
    results: dict[str, PartResult]
    row: Row
    failed: bool = False
    cut: set[str] = field(default_factory=set)
    """Parts that are made in pieces, since whole they were too much for a worker."""

    @property
    def complete(self) -> bool:
        return len(self.results) == len(self.parts)


class _Before(NamedTuple):
    """What a tile gave when it was made from something else."""

    task: SimulationTask | GridderTask
    """The tile with its inputs of today."""
    result: TileResult
    seconds: float
    """Time that all of it took [s]."""


PartWork: TypeAlias = Work[tuple[_Running, Part], PartResult]


@dataclass
class Scheduler:
    """Carries out the jobs of a plan."""

    client: Submits
    store: CityStore
    manifest: Manifest
    standing: Standing
    progress: Progress
    report: RunReport
    verify: bool = False
    """Whether stored results are read again and compared with their digests."""
    use_all_workers: Callable[[], object] = lambda: None
    """Starts the workers that would come only with more to do."""
    may_leave_empty: bool = False
    """Whether a tile that no worker can make is left empty; else the run fails."""

    def run(self, jobs: Sequence[Job]) -> None:
        """Run jobs; failures are written into the report and stop only what depends on them.

        Parameters
        ----------
        jobs
            In an order in which each finds its inputs.
        """
        waiting = list(jobs)
        made = {resource for job in jobs for resource in job.provides}
        work: PartWork = Work(self.client, self.store, self.manifest)
        self._start_ready(waiting, made, work)
        for (running, part), outcome in work:
            if isinstance(outcome, Failure):
                self._failed(running, part, outcome, work)
            else:
                self._finished(running, part, outcome)
            if running.complete and not running.failed:
                self._settle(running)
                self._start_ready(waiting, made, work)
        for job in waiting:
            log.info("not run: %s, because something it needs failed", job.key)

    def _start_ready(self, waiting: list[Job], made: set[Field | Table], work: PartWork) -> None:
        progressed = True
        while progressed:
            progressed = False
            for job in list(waiting):
                if any(need in made and need not in self.standing.lineage for need in job.needs):
                    continue
                waiting.remove(job)
                running = self._start(job, work)
                if running.complete:
                    self._settle(running)
                    progressed = True

    def _start(self, job: Job, work: PartWork) -> _Running:
        parts = parts_of(job, self.store, self.standing)
        fields = [made for made in job.provides if isinstance(made, Field)]
        axes = axes_of(job, self.store)
        created = [self.store.fields.create(made, axes.of(made.axis)) for made in fields]
        lacking = any(created)  # a new array holds nothing, whatever the records say
        running = _Running(job, parts, {}, Row(job.key, len(parts)))
        self.report.rows.append(running.row)
        to_make = []
        for part in parts:
            result = None if lacking else self._standing_result(job, part)
            if result is None:
                to_make.append(part)
            else:
                running.results[part.name] = result
                running.row.standing += 1
        self.progress.begin(job.key, len(parts), running.row.standing)
        before = [None if lacking else self._made_before(job, part) for part in to_make]
        tasks = [self._with_figures(job, part) for part in to_make]
        # Of a run over the whole city workers keep the state, and report how far it is.
        of_city = isinstance(job.step, Simulation) and isinstance(job.step.reach, Domain)
        took = [self.manifest.took(job.key, part.name) for part in to_make]
        if of_city:
            took = [
                seconds if seconds is not None and seconds < _BRIEF_S else None for seconds in took
            ]
        self.manifest.forget(job.key, [part.name for part in to_make])
        for part, task, old, before_s in zip(to_make, tasks, before, took, strict=True):
            order = Order(job.key, part.name, str(part.fingerprint), before_s=before_s)
            if part.uses_all_workers:
                self.use_all_workers()
            patch = None if old is None else self._patch(old)
            if old is None or patch is None:
                work.submit((running, part), order, part.function, task)
            else:
                order = replace(order, whole_s=old.seconds)
                work.submit((running, part), order, *patch)
        return running

    def _made_before(self, job: Job, part: Part) -> _Before | None:
        """What a tile gave before, where that is on record."""
        task = part.task
        if not isinstance(task, SimulationTask | GridderTask) or task.seen is None:
            return None
        finished = self.manifest.standing(job.key, part.name)
        result = None if finished is None else TileResult.on_record(finished.payload)
        if finished is None or result is None:
            return None
        return _Before(task, result, finished.seconds)

    def _patch(self, old: _Before) -> tuple[Callable[[Any, CityStore], TileResult], Any] | None:
        """What makes of a tile no more than changes reach; None where all of it is to be made."""
        if isinstance(old.task, GridderTask):
            rows = rows_reached_by(old.task, old.result, self.standing, self.store)
            return None if rows is None else (grid_reached, rows)
        reached = reached_by(old.task, old.result, self.standing)
        return None if reached is None else (simulate_reached, reached)

    def _with_figures(self, job: Job, part: Part) -> Task:
        """The task of a part, with what its assessment has found before."""
        if not isinstance(part.task, AssessmentTask):
            return part.task
        finished = self.manifest.standing(job.key, part.name)
        result = None if finished is None else TableResult.on_record(finished.payload)
        if result is None or result.beside != part.task.beside:
            return part.task
        return replace(part.task, figures=result.figures, made=result.digest)

    def _standing_result(self, job: Job, part: Part) -> PartResult | None:
        finished = self.manifest.standing(job.key, part.name)
        if finished is None or not still_holds(finished, part):
            return None
        result = part.result.model_validate_json(finished.payload)
        if not on_disk(job, part, self.store):
            log.warning("%s, tile %s: its file is gone, made anew", job.key, part.name)
            return None
        if self.verify and not self._intact(job, part, result):
            what = f"{job.key}, tile {part.name}: stored values are damaged"
            log.warning("%s, made anew", what)
            self.report.healed.append(what)
            return None
        return result

    def _intact(self, job: Job, part: Part, result: PartResult) -> bool:
        """Whether what a part made is what was written, byte by byte."""
        fields = [made for made in job.provides if isinstance(made, Field)]
        tables = [made for made in job.provides if isinstance(made, Table)]
        owner = job.step.name
        try:
            said = isinstance(result, TileResult) and all(
                digest_of(self.store.fields.read(made, part.tile)) == result.parts[made.name].digest
                for made in fields
            )
            files = [file for made in tables for file in self.store.files_of(owner, made)]
        except DamagedError as error:
            clear_away(error)
            return False
        return (said or not fields) and self.store.is_intact(owner, files, ())

    def _finished(self, running: _Running, part: Part, result: PartResult) -> None:
        running.results[part.name] = result
        rows, cols = part.tile.shape
        running.row.cells += rows * cols
        running.row.seconds += result.seconds
        self.store.checkpoint(running.job.key).unlink(missing_ok=True)
        self.progress.advance(running.job.key, rows * cols)

    def _failed(self, running: _Running, part: Part, failure: Failure, work: PartWork) -> None:
        if failure.too_large and can_be_cut(running.job, part):
            if part.name not in running.cut:
                log.warning("%s, tile %s: made in pieces", running.job.key, part.name)
                running.cut.add(part.name)
                order = Order(running.job.key, part.name, str(part.fingerprint))
                work.submit((running, part), order, make_in_pieces, part.task)
                return
            if self.may_leave_empty:
                # Not recorded: the next run tries again.
                result = left_empty(running.job, part, self.store)
                self.report.lost_tiles += 1
                self.report.losses += [note.en for note in result.notes]
                self._finished(running, part, result)
                return
        running.failed = True
        self.report.fail(failure.message, failure.error)

    def _settle(self, running: _Running) -> None:
        """Make what a complete job provides known to the others."""
        results = [running.results[part.name] for part in running.parts]
        self.manifest.keep_only(running.job.key, {part.name for part in running.parts})
        settle(running.job, running.parts, results, self.store, self.standing)
        step = running.job.step
        if isinstance(step, Assessment) and step.concerns:
            said = [note.en for r in results for note in r.notes if note.severity == "loss"]
            self.report.losses += [f"{running.job.key}: {text}" for text in said]
        self.progress.end(running.job.key)
