"""From files of a city model to a folder of tables: no configuration, no grid, no steps."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from citytwin.engine.beside import files_beside
from citytwin.engine.city_store import CityStore
from citytwin.engine.cluster import connect
from citytwin.engine.code_hash import package_digest
from citytwin.engine.corrected import Corrections
from citytwin.engine.healing import clearing
from citytwin.engine.joining import join_tables
from citytwin.engine.locking import holding_folder
from citytwin.engine.open_sources import WantedSource
from citytwin.engine.output_folder import require_no_other, require_ours
from citytwin.engine.reading import Reading, read_wanted
from citytwin.engine.report import Progress, RunReport
from citytwin.engine.request import MANIFEST
from citytwin.engine.run import DEFAULT_TILE_CELLS
from citytwin.engine.sources import SourceTask, told
from citytwin.engine.stored_tables import StoredTables
from citytwin.engine.versions import package_versions
from citytwin.errors import CityTwinError
from citytwin.formats.city.defects import defect_frame
from citytwin.model.notes import Note, Reject
from citytwin.model.notes import refused as refused_file
from citytwin.model.tables import DEFECTS, Table
from citytwin.recognition.city_files import CityFiles, find_city_files, input_file
from citytwin.recognition.sources import CitySource
from citytwin.recognition.themes import given_by
from citytwin.store.latest import LATEST
from citytwin.store.manifest import WORK, FinishedRun, Manifest
from citytwin.store.model_export import (
    export_cityjsonseq,
    export_geopackage,
    export_geoparquet,
)
from citytwin.store.model_folder import (
    DOCUMENT,
    ModelDocument,
    OutputFile,
    put_in_place,
    staging,
    standing_model,
)
from citytwin.store.tables import conform
from citytwin.transports.files import sha256_of, stamp_of
from citytwin.version import __version__
from citytwin.wording import first_of

Extra = Literal["cityjsonseq", "geopackage"]
_NAMES: dict[Extra, str] = {"cityjsonseq": "buildings.city.jsonl", "geopackage": "citymodel.gpkg"}
REPORT = "report.csv"
_REPORTED = (
    "source", "theme", "feature_id", "surface_id", "code", "rule", "severity", "message", "action",
    "count",
)  # fmt: skip
WRITING = "write files"


@dataclass(frozen=True)
class IngestOptions:
    """What is made of the files, and how."""

    crs: str | None = None
    """CRS of all tables; None = the plane zone or UTM zone of the place."""
    source_crs: str | None = None
    """CRS of files that name none."""
    themes: tuple[str, ...] | None = None
    extras: frozenset[Extra] = frozenset()
    """Files beside GeoParquet."""
    workers: int | None = None
    """Local worker processes; None = one per core."""
    scheduler: str | None = None
    """Address of a Dask scheduler; None starts workers on this machine."""


def ingest(
    places: Sequence[str | Path], out: Path, options: IngestOptions, progress: Progress
) -> tuple[ModelDocument, RunReport]:
    """Read a city model into a folder of GeoParquet files; what stands is not read again.

    Parameters
    ----------
    places
        Files, folders, patterns.
    out
        The folder: new, empty, or made by this function before. The working store lies beside it,
        in ``.work``.
    options
        What is made of the files, and how.
    progress
        Receives the events.

    Returns
    -------
    tuple
        What the folder holds now, and how it went.

    Raises
    ------
    ConfigError
        If the folder is not ours, or an option makes no sense.
    SourceError
        If nothing can be used.
    StoreError
        If the folder cannot be written.
    """
    work = out.parent / WORK / out.name
    hint = "name another folder, or move these files away"
    require_ours(out, (out / DOCUMENT, work), ("--out", "city model", hint))
    require_no_other(out, LATEST, ("--out", "published city", hint))
    wanted = [given for given in given_by(options.themes) if isinstance(given, Table)]
    found = find_city_files(places, wanted, crs=options.crs, given=options.source_crs, apart=out)
    report = RunReport(city=out.name)
    with (
        holding_folder(work, out),
        clearing(report),
        closing(Manifest(work / MANIFEST)) as manifest,
    ):
        request = _request(found, options)
        finished = manifest.finished(request)
        standing = standing_model(out) if finished else None
        if finished is not None and standing is not None:
            report.losses += json.loads(finished.summary)
            return standing, report
        manifest.unfinish()
        store = CityStore(work, found.plane, "UTC", DEFAULT_TILE_CELLS)
        reading = Reading()
        with connect(options.scheduler, options.workers, work / "dask") as client:
            tasks = [_wanted(source, found.plane, options) for source in found.sources]
            hearers = (progress, report)
            read_wanted(tasks, reading, store, manifest, client, hearers, verify=False)
        _require_something(reading, report)
        names = [source.name for source in found.sources if source.name in reading.decoded]
        files, said = join_tables(names, reading, store, Corrections())
        refused = [*found.refused, *_refused(found, reading)]
        held = {DEFECTS: conform(DEFECTS, defect_frame({}, refused, None, store.crs), store.crs)}
        kept = {table: files[table] for table in (*wanted, DEFECTS) if table in files}
        tables = StoredTables(store, kept, held)
        digests = manifest.hashes_of([file.path for file in found.files], sha256_of)
        notes = _notes(found, reading, said)
        with staging(out) as aside:
            rows, defects = _write(aside, tables, options.extras, progress)
            document = ModelDocument(
                citytwin=__version__,
                crs=found.plane,
                features={t.name: tables.rows(t) for t in tables.filled if t is not DEFECTS},
                defects=defects,
                inputs=tuple(input_file(file, digests[file.path]) for file in found.files),
                notes=notes,
                files=tuple(
                    OutputFile(href=path.name, rows=count, sha256=sha256_of(path))
                    for path, count in sorted(rows.items())
                ),
            )
            put_in_place(out, aside, document)
        report.losses += [told(reject) for reject in refused]
        report.losses += [note.en for note in notes if note.severity == "loss"]
        if not reading.lost:  # a source that could not be read is tried again by the next run
            manifest.finish(request, FinishedRun(out.name, json.dumps(report.losses)))
    return document, report


def _request(found: CityFiles, options: IngestOptions) -> str:
    """Digest of the options, the code, and the size and time stamp of every file."""
    beside = [file for source in found.sources for file in _beside(source)]
    paths = sorted({*(file.path for file in found.files), *beside})
    stamps = [(str(path), *stamp_of(path)) for path in paths]
    asked = (found.plane, options.source_crs, options.themes, sorted(options.extras))
    text = json.dumps([asked, package_digest(), package_versions(), stamps])
    return hashlib.sha256(text.encode()).hexdigest()


def _beside(source: CitySource) -> tuple[Path, ...]:
    return files_beside(source.files, source.root, {}, code_lists=source.format.code_lists)


def _wanted(source: CitySource, crs: str, options: IngestOptions) -> WantedSource:
    task = SourceTask(
        format_name=source.format.name,
        params_json=source.params.model_dump_json(),
        dataset=source.dataset(crs, options.source_crs),
        beside=_beside(source),
    )
    return WantedSource(source, task, expect=False)


def _require_something(reading: Reading, report: RunReport) -> None:
    if report.failures:
        raise CityTwinError("; ".join(report.failures), hint="nothing was written")
    if not reading.decoded:
        raise next(iter(reading.errors.values()))


def _notes(
    found: CityFiles, reading: Reading, said: Mapping[str, tuple[Note, ...]]
) -> tuple[Note, ...]:
    of_sources = (note for decoded in reading.decoded.values() for note in decoded.notes)
    of_ids = (note for notes in said.values() for note in notes)
    return (*of_sources, *of_ids, *found.notes, *_rasters(found))


def _rasters(found: CityFiles) -> list[Note]:
    """Say which files were recognised but make no tables."""
    read = {path for source in found.sources for path in source.files}
    others = [f.path.name for f in found.files if f.look.uses and f.path not in read]
    if not others:
        return []
    named = first_of(others)
    return [
        Note(
            severity="info",
            ja=f"{len(others)} ファイル（{named}）からは表を作りません（標高ラスタ・点群、または"
            "対象外のテーマ）",
            en=f"of {len(others)} files ({named}) no tables are made: elevation rasters, laser "
            "points, or other themes than those wanted",
        )
    ]


def _refused(found: CityFiles, reading: Reading) -> list[Reject]:
    """Every file of the sources that were lost, and the records set aside in them."""
    rejects: list[Reject] = []
    for source in found.sources:
        if source.name not in reading.decoded:
            rejects += reading.rejects.get(source.name, ())
            error = reading.errors[source.name]
            rejects += [refused_file(file.name, error) for file in source.files]
    return rejects


def _write(
    aside: Path, tables: StoredTables, extras: frozenset[Extra], progress: Progress
) -> tuple[dict[Path, int], dict[str, int]]:
    """Write all files; return the rows of each, and the number of defects of each code."""
    progress.begin(WRITING, 1 + len(extras), 0)
    rows = export_geoparquet(aside, tables)
    progress.advance(WRITING, 0)
    if "geopackage" in extras:
        path = aside / _NAMES["geopackage"]
        rows[path] = export_geopackage(path, tables)
        progress.advance(WRITING, 0)
    if "cityjsonseq" in extras:
        path = aside / _NAMES["cityjsonseq"]
        rows[path] = export_cityjsonseq(path, tables)
        progress.advance(WRITING, 0)
    counts: Counter[str] = Counter()
    with (aside / REPORT).open("w", encoding="utf-8", newline="\n") as file:
        file.write(",".join(_REPORTED) + "\n")
        for batch in tables.batches(DEFECTS):
            counts.update(batch["code"].astype(str))
            batch[list(_REPORTED)].to_csv(file, index=False, header=False, lineterminator="\n")
    rows[aside / REPORT] = counts.total()
    progress.end(WRITING)
    return rows, dict(sorted(counts.items()))
