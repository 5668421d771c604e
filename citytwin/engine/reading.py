"""Reads the sources of a city: in parallel, skipping what stands, losing one never stops all."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from distributed import Client

from citytwin import registry
from citytwin.engine.beside import files_beside
from citytwin.engine.bind import BoundCity, BoundSource
from citytwin.engine.city_store import CityStore
from citytwin.engine.code_hash import code_digest
from citytwin.engine.fingerprint import Fingerprint
from citytwin.engine.report import Progress, Row, RunReport
from citytwin.engine.results import DecodedSource
from citytwin.engine.sources import (
    QUARANTINE,
    SourceTask,
    decode,
    files_of,
    name_below,
    reason,
    told,
)
from citytwin.engine.versions import library_versions
from citytwin.engine.work import WHOLE, Failure, Order, Work
from citytwin.errors import CityTwinError, SourceError, StoreError
from citytwin.model.notes import Reject
from citytwin.model.steps import Dataset
from citytwin.store.manifest import Manifest
from citytwin.store.manifest import Standing as Finished
from citytwin.store.quarantine import write_quarantine
from citytwin.transports.files import sha256_of

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

    @property
    def given(self) -> dict[str, Collection[str]]:
        """Names of the tables and rasters that each source gave."""
        return {name: decoded.rows.keys() for name, decoded in self.decoded.items()}


def source_task(city: BoundCity, source: BoundSource, store: CityStore) -> SourceTask:
    """Return a source as it is sent to a worker.

    Parameters
    ----------
    city, source
        The checked configuration and the source.
    store
        The city's working store.

    Raises
    ------
    SourceError
        If there are no files.
    """
    root, files = files_of(city.loaded, source)
    return SourceTask(
        format_name=source.format.name,
        params_json=source.params.model_dump_json(),
        dataset=Dataset(
            name=source.config.name,
            root=root,
            files=files,
            target_crs=store.crs,
            time_zone=store.time_zone,
            source_crs=source.config.crs,
            synthetic=source.config.synthetic,
        ),
        expect=source.config.expect,
        beside=files_beside(files, root, source.config.params),
    )


def fingerprint_of(
    task: SourceTask, source: BoundSource, hashes: Mapping[Path, str]
) -> Fingerprint:
    """Return what a decoded source is made from.

    Parameters
    ----------
    task, source
        The source.
    hashes
        sha256 of each file.
    """
    data = task.dataset
    settings = (data.target_crs, data.time_zone, str(data.source_crs), str(data.synthetic))
    return Fingerprint(
        code=code_digest(registry.module_of(source.format))
        + code_digest(decode.__module__)
        + library_versions(),
        parameters="|".join((task.params_json, str(task.expect), *settings)),
        inputs=tuple(f"{name_below(file, data.root)}={digest}" for file, digest in hashes.items()),
    )


def hash_files(manifest: Manifest, task: SourceTask, *, verify: bool) -> dict[Path, str]:
    """Return the sha256 of each file, from the manifest where size and time stamp still hold.

    Parameters
    ----------
    manifest
        Records of the working store.
    task
        The source; files beside it are hashed like its own.
    verify
        Whether to read every file again.
    """
    files = (*task.dataset.files, *task.beside)
    try:
        return manifest.hashes_of(files, sha256_of, verify=verify)
    except StoreError:
        raise
    except OSError as error:
        source = str(error.filename or task.dataset.name)
        raise SourceError(str(error), source=source, hint="check its rights") from error


def read_sources(
    city: BoundCity,
    store: CityStore,
    manifest: Manifest,
    client: Client,
    progress: Progress,
    report: RunReport,
    *,
    verify: bool,
) -> Reading:
    """Read all sources into the working store.

    Parameters
    ----------
    city
        The checked configuration.
    store, manifest
        The working store and its records.
    client
        Dask client.
    progress, report
        Who is told: of sources that are lost, and of faults of the program, which end the run.
    verify
        Whether files are hashed again in spite of unchanged time stamps.
    """
    reading = Reading()
    row = Row(KEY, len(city.sources))
    report.rows.append(row)
    work: Work[str, DecodedSource] = Work(client, store, manifest)
    for source in city.sources:
        name = source.config.name
        try:
            task = source_task(city, source, store)
            hashes = hash_files(manifest, task, verify=verify)
        except StoreError:
            raise
        except CityTwinError as error:
            _lose(name, str(error), reading, report)
            continue
        wanted = str(fingerprint_of(task, source, hashes))
        finished = manifest.standing(f"source:{name}", WHOLE)
        stands = _standing_source(finished, wanted, name, store)
        if stands is not None:
            reading.decoded[name] = stands
            row.standing += 1
            continue
        order = Order(f"source:{name}", WHOLE, wanted)
        manifest.forget(order.key, [order.part])
        work.submit(name, order, decode, replace(task, hashes=hashes))
    progress.begin(KEY, len(city.sources), row.standing)
    for name, outcome in work:
        if not isinstance(outcome, Failure):
            reading.decoded[name] = outcome
            row.seconds += outcome.seconds
        elif outcome.expected:
            _lose(name, outcome.message, reading, report)
            reading.rejects[name] = outcome.rejects
        else:
            report.failures.append(outcome.message)
        progress.advance(KEY, 0)
    report.losses += quarantine(reading, store.root / QUARANTINE)
    progress.end(KEY)
    return reading


def _standing_source(
    finished: Finished | None, wanted: str, name: str, store: CityStore
) -> DecodedSource | None:
    """What reading reported, where all that it gave still lies in the store."""
    if finished is None or finished.fingerprint != wanted:
        return None
    decoded = DecodedSource.model_validate_json(finished.payload)
    return decoded if store.has_source(name, decoded.digests) else None


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


def _lose(name: str, message: str, reading: Reading, report: RunReport) -> None:
    reading.lost.append(name)
    report.losses.append(f"source {name}: {message}")
