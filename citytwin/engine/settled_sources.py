"""Puts the parts of a source together: ids, counts, refused files; what is left of a source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pandas as pd

from citytwin import registry
from citytwin.engine.city_store import CityStore
from citytwin.engine.part_rows import StoredRows
from citytwin.engine.results import DecodedPart, DecodedSource
from citytwin.engine.settled_rows import is_touched, settled
from citytwin.engine.source_parts import SourcePart
from citytwin.engine.sources import SourceTask, name_below, told
from citytwin.engine.unique_ids import Clash, clashes, numbered
from citytwin.engine.work import Failure
from citytwin.errors import SourceError
from citytwin.formats.city.defects import defect_frame
from citytwin.formats.city.ledger import Ledger
from citytwin.model import tables as t
from citytwin.model.identities import RENAMED, repeated
from citytwin.model.notes import Note, Reject, summed
from citytwin.model.notes import refused as refused_file
from citytwin.model.steps import Format
from citytwin.model.tables import Table
from citytwin.store.placed import TableFile, read_rows
from citytwin.store.tables import conform
from citytwin.transports.finding import set_aside
from citytwin.wording import first_of

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
    met: list[Reject] = []
    kept = list(_usable(whole, outcomes, ledger, met))
    patterns = registry.named(Format, whole.format_name).patterns
    for archive, (member, said) in set_aside(whole.dataset.files, patterns):
        ledger.reject(archive.name, ascii(member)[:100], "archive-member", said)
    parts = [
        {table: part.tables[table.name] for table in t.ALL if table.name in part.tables}
        for part in kept
    ]
    rows = _list(whole.dataset.name, parts, ledger, met, store)
    rasters = {role: raster for part in kept for role, raster in part.rasters.items()}
    rows |= {role: raster.cells for role, raster in rasters.items()}
    rejects = ledger.all_rejects()
    notes = tuple(Note(severity=n.severity, ja=n.ja, en=n.en) for n in ledger.notes)
    if expect and not any(rows[name] for name in rows if name != t.DEFECTS.name):
        raise _nothing_read(whole, rejects, notes)
    return DecodedSource(
        rows=rows,
        digests={role: raster.digest for role, raster in rasters.items()},
        rejects=rejects,
        notes=(*notes, *_note_of_rejects(whole.dataset.name, rejects)),
        files={name_below(f, whole.dataset.root): digest for f, digest in whole.hashes.items()},
    )


def _usable(
    whole: SourceTask,
    outcomes: Sequence[tuple[SourcePart, Outcome]],
    ledger: Ledger,
    met: list[Reject],
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
    rejects: list[Reject] = []
    told_before: set[Reject] = set()
    notes: list[Note] = []
    for paths, own in files.items():
        if error := refused.get(paths):
            said = refused_file(paths[0].name, error)
            rejects.append(said)
            met.append(said)
            continue
        for read in own:
            if isinstance(read, DecodedPart):
                # A code list that cannot be read is told by every part that asks for it.
                rejects += [reject for reject in read.rejects if reject not in told_before]
                told_before.update(read.rejects)
                notes += read.notes
                yield read
    ledger.rejects[:] = rejects
    ledger.notes[:] = summed(notes)
    if refused:
        ledger.note(
            "loss",
            f"データ「{whole.dataset.name}」の {{count}} ファイルは読めないため除外しました",
            f"{{count}} files of source {whole.dataset.name} could not be read and were left out",
            len(refused),
        )


def _list(
    owner: str,
    parts: Sequence[Mapping[Table, TableFile]],
    ledger: Ledger,
    met: list[Reject],
    store: CityStore,
) -> dict[str, int]:
    """Say which files make up each table; those with ids of parts before them are written anew."""
    tables = [table for table in t.ALL if any(table in part for part in parts)]
    clash = _clashes(parts, tables, store)
    for own in clash:
        for source, one, verdict in own.get(t.BUILDINGS, Clash()).met:
            met.append(repeated(source, one, verdict))
            ledger.enter(met[-1])
    rows = {}
    renamed: list[pd.DataFrame] = []
    for table in tables:
        files = []
        for part, own in zip(parts, clash, strict=True):
            if table in part and is_touched(table, own):
                rows_read = read_rows(store.root, [part[table]], table)
                frame = settled(table, rows_read, own)
                name = f"settled {Path(part[table].path).name}"
                files.append(store.write_part(owner, table, name, frame))
                if table is t.BUILDINGS:
                    renamed.append(_marked(rows_read, frame, own[table]))
            elif table in part:
                files.append(part[table])
        if table is t.DEFECTS and met:
            files.append(_defects_met(owner, renamed, met, store))
        store.list_files(owner, table, files)
        rows[table.name] = sum(file.rows for file in files)
    return rows


def _marked(before: pd.DataFrame, after: pd.DataFrame, clash: Clash) -> pd.DataFrame:
    """Buildings that are told to be renamed; those that their file had renamed it told itself."""
    told = before["defects"].str.contains(RENAMED, regex=False)
    new = [clash.renamed[one] for one in before["building_id"][~told] if one in clash.renamed]
    return after[after["building_id"].isin(new)].assign(defects=RENAMED)


def _clashes(
    parts: Sequence[Mapping[Table, TableFile]], tables: Sequence[Table], store: CityStore
) -> list[dict[Table, Clash]]:
    """Ids of each part that a part before it has used, by table."""
    if len(parts) < 2:
        return [{}] * len(parts)
    held = [StoredRows(store.root, part) for part in parts]
    return clashes(held, [table for table in tables if table.key], numbered)


def _defects_met(
    owner: str, renamed: Sequence[pd.DataFrame], rejects: Sequence[Reject], store: CityStore
) -> TableFile:
    """Write the defects that only show when the parts are put together."""
    buildings = {t.BUILDINGS: pd.concat(renamed)} if renamed else {}
    frame = conform(t.DEFECTS, defect_frame(buildings, rejects, None, store.crs), store.crs)
    return store.write_part(owner, t.DEFECTS, "settled", frame)


def _nothing_read(
    whole: SourceTask, rejects: tuple[Reject, ...], notes: Sequence[Note]
) -> SourceError:
    name = whole.dataset.name
    source = first_of([file.name for file in whole.dataset.files])
    if not rejects:
        until = whole.known_until
        said = "; ".join(note.en for note in notes[:3])
        return SourceError(
            f"source {name!r} holds nothing that format {whole.format_name} reads"
            + (f" and knew by {until:%Y-%m-%d %H:%M %Z}" if until else "")
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
