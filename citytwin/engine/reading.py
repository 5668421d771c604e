"""Reads the sources of a city: in parallel, skipping what stands, losing one never stops all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from citytwin import registry
from citytwin.engine.bind import BoundCity
from citytwin.engine.city_store import CityStore
from citytwin.engine.open_sources import (
    OpenSource,
    PartWork,
    WantedSource,
    open_source,
    submit,
)
from citytwin.engine.report import Progress, Row, RunReport
from citytwin.engine.results import DecodedPart, DecodedSource
from citytwin.engine.settled_sources import QUARANTINE, NothingReadError, settled_source
from citytwin.engine.source_hashes import require_unchanged
from citytwin.engine.source_parts import source_task
from citytwin.engine.sources import reason, told
from citytwin.engine.work import SOURCE, Failure, Submits, Work
from citytwin.errors import CityTwinError, SourceError, StoreError
from citytwin.model import tables as t
from citytwin.model.notes import Reject
from citytwin.model.steps import Assessment, NotApartError
from citytwin.store.manifest import Manifest
from citytwin.store.quarantine import write_quarantine

KEY = "read sources"
NAMED_REJECTS = 5
"""Records set aside that are named one by one; the file lists all."""


@dataclass
class Reading:
    """Sources that were read, and those that could not be."""

    decoded: dict[str, DecodedSource] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    rejects: dict[str, tuple[Reject, ...]] = field(default_factory=dict)
    """Records set aside in sources of which nothing else was left."""
    errors: dict[str, CityTwinError] = field(default_factory=dict)
    """Why each of the others could not be read."""

    @property
    def given(self) -> dict[str, Collection[str]]:
        """Names of the tables and rasters that each source gave."""
        return {name: decoded.rows.keys() for name, decoded in self.decoded.items()}


def read_sources(
    city: BoundCity,
    store: CityStore,
    manifest: Manifest,
    client: Submits,
    progress: Progress,
    report: RunReport,
    *,
    verify: bool,
) -> Reading:
    """Read all sources into the working store, their files side by side.

    Parameters
    ----------
    city
        The checked configuration.
    store, manifest
        The working store and its records.
    client
        Takes the tasks.
    progress, report
        Who is told: of sources that are lost, and of faults of the program, which end the run.
    verify
        Whether files are hashed again in spite of unchanged time stamps.
    """
    reading = Reading()
    wanted = []
    for source in city.sources:
        try:
            task = source_task(city, source, store)
        except StoreError:
            raise
        except CityTwinError as error:
            _lose(source.config.name, error, reading, report)
        else:
            wanted.append(WantedSource(source, task, source.config.expect))
    read_wanted(wanted, reading, store, manifest, client, (progress, report), verify=verify)
    return reading


def read_wanted(
    wanted: Iterable[WantedSource],
    reading: Reading,
    store: CityStore,
    manifest: Manifest,
    client: Submits,
    hearers: tuple[Progress, RunReport],
    *,
    verify: bool,
) -> None:
    """Read sources into the working store, their files side by side.

    Parameters
    ----------
    wanted
        The sources.
    reading
        Receives what was read, and what could not be.
    store, manifest
        The working store and its records.
    client
        Takes the tasks.
    hearers
        Who is told, as for :func:`read_sources`.
    verify
        Whether files are hashed again in spite of unchanged time stamps.
    """
    progress, report = hearers
    row = Row(KEY)
    report.rows.append(row)
    work: PartWork = Work(client, store, manifest)
    open_sources = []
    for one in wanted:
        try:
            opened = open_source(one, manifest, verify=verify)
        except StoreError:
            raise
        except CityTwinError as error:
            _lose(one.task.dataset.name, error, reading, report)
            continue
        open_sources.append(opened)
        row.standing += submit(opened, opened.parts, manifest, store, work, verify=verify)
        row.parts += len(opened.parts)
    progress.begin(KEY, row.parts, row.standing)
    for (opened, part), outcome in work:
        if isinstance(outcome, Failure) and isinstance(outcome.error, NotApartError):
            again = opened.undivided(part, manifest)
            row.standing += submit(opened, again, manifest, store, work)
            continue
        opened.outcomes[part.order.part] = outcome
        if not isinstance(outcome, Failure):
            row.seconds += outcome.seconds
        elif not outcome.expected:
            report.fail(outcome.message, outcome.error)
        progress.advance(KEY, part.bytes)
    if not report.failures:
        _settle(open_sources, store, manifest, reading, report)
    report.losses += quarantine(reading, store.root / QUARANTINE)
    progress.end(KEY)


def _settle(
    open_sources: Sequence[OpenSource],
    store: CityStore,
    manifest: Manifest,
    reading: Reading,
    report: RunReport,
) -> None:
    given_by_formats = _given_by_formats()
    for opened in open_sources:
        name = opened.whole.dataset.name
        outcomes = [(part, opened.outcomes[part.order.part]) for part in opened.parts]
        try:
            _require_ranges_of_one_file(opened, manifest)
            reading.decoded[name] = settled_source(opened.whole, opened.expect, outcomes, store)
        except NothingReadError as error:
            _lose(name, error, reading, report)
            reading.rejects[name] = error.rejects
        except SourceError as error:
            _lose(name, error, reading, report)
        manifest.keep_only(f"{SOURCE}{name}", [part.order.part for part in opened.parts])
        read = [outcome for _, outcome in outcomes if isinstance(outcome, DecodedPart)]
        given = [file for part in read for file in part.tables.values()]
        if name in reading.decoded:
            rows = reading.decoded[name].rows
            given += [
                f for table in t.ALL if table.name in rows for f in store.files_of(name, table)
            ]
        store.keep_files(name, given, given_by_formats)
    here = {opened.whole.dataset.name for opened in open_sources}.union(reading.lost)
    for name in (step.removeprefix(SOURCE) for step in manifest.steps(SOURCE)):
        if name not in here:  # no longer configured
            manifest.keep_only(f"{SOURCE}{name}", ())
            store.remove_source(name, given_by_formats)


def _require_ranges_of_one_file(opened: OpenSource, manifest: Manifest) -> None:
    """Forget what was read in ranges of a file that changed: the old file may come back."""
    try:
        require_unchanged(opened.parts, manifest)
    except SourceError:
        ranges = [part.order.part for part in opened.parts if part.task.dataset.part]
        manifest.forget(f"{SOURCE}{opened.whole.dataset.name}", ranges)
        raise


def _given_by_formats() -> list[t.Table]:
    """Tables that sources give; the others are those of assessments."""
    made = {step.output for step in registry.all_of(Assessment)}
    return [table for table in t.ALL if table not in made]


def quarantine(reading: Reading, file: Path) -> list[str]:
    """List the records that were set aside in a file, and name the first of each source.

    Parameters
    ----------
    reading
        What was read.
    file
        CSV with one row per record; removed when there is none.

    Returns
    -------
    list of str
        Lines for the report.
    """
    said: list[str] = []
    rows: list[tuple[str, Reject]] = []
    kept = {name: decoded.rejects for name, decoded in reading.decoded.items()}
    for name, rejects in sorted({**reading.rejects, **kept}.items()):
        rows += [(name, r.model_copy(update={"message": reason(r)})) for r in rejects]
        if name in reading.rejects:
            continue  # its loss names the first
        said += [f"source {name}: {told(reject)}" for reject in rejects[:NAMED_REJECTS]]
        more = len(rejects) - NAMED_REJECTS
        if more > 0:
            said.append(f"source {name}: and {more} more, all listed in {file}")
    write_quarantine(file, rows)
    return said


def _lose(name: str, error: CityTwinError, reading: Reading, report: RunReport) -> None:
    reading.lost.append(name)
    reading.errors[name] = error
    report.losses.append(f"source {name}: {error}")
