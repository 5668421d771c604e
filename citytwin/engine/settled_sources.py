"""Puts the parts of a source together: ids, counts, refused files; what is left of a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from citytwin.engine.city_store import CityStore
from citytwin.engine.part_rows import StoredRows
from citytwin.engine.results import DecodedPart, DecodedSource
from citytwin.engine.source_parts import SourcePart
from citytwin.engine.sources import SourceTask, name_below, told
from citytwin.engine.unique_ids import Clash, clashes, numbered, settled
from citytwin.engine.work import Failure
from citytwin.errors import SourceError
from citytwin.formats.city.ledger import Ledger
from citytwin.model import tables as t
from citytwin.model.identities import repeated
from citytwin.model.notes import Note, Reject, summed
from citytwin.model.tables import Table
from citytwin.store.placed import TableFile, read_rows

QUARANTINE = "quarantine.csv"
Outcome = DecodedPart | Failure


class NothingReadError(SourceError):
    """A source of which nothing was kept, with the records that were set aside."""

    rejects: tuple[Reject, ...] = ()


def settled_source(
    whole: SourceTask, expect: bool, outcomes: Sequence[tuple[SourcePart, Outcome]],
    store: CityStore,
) -> DecodedSource:  # fmt: skip
    """Join what the parts of a source gave, in their order, whoever read them and when.

    Parameters
    ----------
    whole
        The source, with the hashes of all its files.
    expect
        Whether it must hold something.
    outcomes
        Its parts, and what each reported.
    store
        The city's working store.

    Raises
    ------
    SourceError
        If no file could be used, or nothing was kept of any.
    """
    ledger = Ledger()
    kept = list(_usable(whole, outcomes, ledger))
    parts = [
        {table: part.tables[table.name] for table in t.ALL if table.name in part.tables}
        for part in kept
    ]
    rows = _list(whole.dataset.name, parts, ledger, store)
    rasters = {role: raster for part in kept for role, raster in part.rasters.items()}
    rows |= {role: raster.cells for role, raster in rasters.items()}
    rejects = ledger.all_rejects()
    notes = tuple(Note(severity=n.severity, ja=n.ja, en=n.en) for n in ledger.notes)
    if expect and not any(rows.values()):
        raise _nothing_read(whole, rejects, notes)
    return DecodedSource(
        rows=rows,
        digests={role: raster.digest for role, raster in rasters.items()},
        rejects=rejects,
        notes=(*notes, *_note_of_rejects(whole.dataset.name, rejects)),
        files={name_below(f, whole.dataset.root): digest for f, digest in whole.hashes.items()},
    )


def _usable(
    whole: SourceTask, outcomes: Sequence[tuple[SourcePart, Outcome]], ledger: Ledger
) -> Iterator[DecodedPart]:
    """What was read of the files that could be; a file of which a range is refused is refused."""
    files: dict[tuple[Path, ...], list[Outcome]] = {}
    for part, outcome in outcomes:
        files.setdefault(part.task.dataset.files, []).append(outcome)
    refused = {
        paths: failure.error
        for paths, own in files.items()
        if (failure := next((o for o in own if isinstance(o, Failure)), None)) and failure.error
    }
    if len(refused) == len(files):
        raise next(iter(refused.values()))
    for paths, own in files.items():
        if error := refused.get(paths):
            record = getattr(error, "record", "") or "file"
            ledger.reject(paths[0].name, record, "file-refused", str(error))
            continue
        for read in own:
            if isinstance(read, DecodedPart):
                for reject in read.rejects:
                    ledger.rejects.append(reject)
                ledger.notes[:] = summed([*ledger.notes, *read.notes])
                yield read
    if refused:
        ledger.note(
            "loss",
            f"データ「{whole.dataset.name}」の {{count}} ファイルは読めないため除外しました",
            f"{{count}} files of source {whole.dataset.name} could not be read and were left out",
            len(refused),
        )


def _list(
    owner: str, parts: Sequence[Mapping[Table, TableFile]], ledger: Ledger, store: CityStore
) -> dict[str, int]:
    """Say which files make up each table; those with ids of parts before them are written anew."""
    found: dict[Table, list[Clash]] = {}
    held = [StoredRows(store.root, part) for part in parts]
    tables = [table for table in t.ALL if any(table in part for part in parts)]
    for table in tables:
        if table.key and len(parts) > 1:
            found[table] = clashes(held, table, numbered)
            for clash in found[table]:
                for source, one, verdict in clash.met:
                    ledger.enter(repeated(source, one, verdict))
    rows = {}
    for table in tables:
        own = found.get(t.BUILDINGS if table is t.SURFACES else table, [Clash()] * len(parts))
        files = []
        for part, clash in zip(parts, own, strict=True):
            if table in part and clash:
                frame = read_rows(store.root, [part[table]], table)
                name = f"settled {Path(part[table].path).name}"
                files.append(store.write_part(owner, table, name, settled(table, frame, clash)))
            elif table in part:
                files.append(part[table])
        store.list_files(owner, table, files)
        rows[table.name] = sum(file.rows for file in files)
    return rows


def _nothing_read(
    whole: SourceTask, rejects: tuple[Reject, ...], notes: Sequence[Note]
) -> SourceError:
    name = whole.dataset.name
    source = ", ".join(file.name for file in whole.dataset.files[:3])
    source += " ..." if len(whole.dataset.files) > 3 else ""
    if not rejects:
        said = "; ".join(note.en for note in notes[:3])
        return SourceError(
            f"source {name!r} holds nothing that format {whole.format_name} reads"
            + (f": {said}" if said else ""),
            source=source,
            hint="check the path, or say `expect: false` when an empty source is right",
        )
    error = NothingReadError(
        f"all {len(rejects)} records of source {name!r} were set aside; first: {told(rejects[0])}",
        source=source,
        hint=f"{QUARANTINE} in the working store lists them with their reasons",
    )
    error.rejects = rejects
    return error


def _note_of_rejects(name: str, rejects: Sequence[Reject]) -> tuple[Note, ...]:
    if not rejects:
        return ()
    return (
        Note(
            severity="loss",
            ja=f"データ「{name}」の {len(rejects)} 件を不備のため除外または修正しました",
            en=f"{len(rejects)} records of source {name} were set aside or repaired",
        ),
    )
