"""A source as a task: its files and root, and reading it into the working store on a worker."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from citytwin import registry
from citytwin.config import LoadedConfig
from citytwin.engine.bind import BoundSource
from citytwin.engine.city_store import CityStore
from citytwin.engine.results import DecodedSource
from citytwin.engine.timing import timed
from citytwin.errors import SourceError
from citytwin.model.notes import Note, Reject
from citytwin.model.steps import Dataset, Decoded, Format
from citytwin.model.tables import DEFECTS
from citytwin.store.tables import conform
from citytwin.transports.files import sha256_of
from citytwin.transports.finding import find_files, set_aside

log = logging.getLogger(__name__)
QUARANTINE = "quarantine.csv"


@dataclass(frozen=True)
class SourceTask:
    """A source as it is sent to a worker: names, not objects."""

    format_name: str
    params_json: str
    dataset: Dataset
    expect: bool
    beside: tuple[Path, ...] = ()
    """Files that may be read beside those of the data set."""
    hashes: Mapping[Path, str] = field(default_factory=dict)
    """sha256 of each file before it is read, where it is known."""


def files_of(loaded: LoadedConfig, source: BoundSource) -> tuple[Path, tuple[Path, ...]]:
    """Return the root and the files of a source.

    Parameters
    ----------
    loaded
        Configuration; relative paths start at its folder.
    source
        The source.

    Raises
    ------
    SourceError
        If nothing is there.
    """
    found = find_files(loaded.path(source.config.path), source.format.patterns)
    root = loaded.path(source.config.root) if source.config.root else _data_set_root(found[0])
    return root, found


def _data_set_root(file: Path) -> Path:
    """Folder above ``udx`` in a PLATEAU data set, else the folder of the file."""
    for parent in file.parents:
        if parent.name == "udx":
            return parent.parent
    return file.parent


@timed
def decode(task: SourceTask, store: CityStore) -> DecodedSource:
    """Read a source into the working store.

    Parameters
    ----------
    task
        What to read.
    store
        Where to put it.

    Raises
    ------
    SourceError
        If the source cannot be used.
    """
    chosen: Format[Any] = registry.named(Format, task.format_name)
    params = chosen.params.model_validate_json(task.params_json)
    decoded = chosen.read(task.dataset, params)
    rows: dict[str, int] = {}
    digests: dict[str, str] = {}
    for table, frame in decoded.tables.items():
        checked = conform(table, frame, store.crs)
        rows[table.name] = len(checked)
        digests[table.name] = store.write_table(task.dataset.name, table, checked)
    for role, raster in decoded.rasters.items():
        digests[role] = store.write_raster(task.dataset.name, role, raster)
        rows[role] = int(raster.values.size)
    if task.expect and not any(rows[name] for name in rows if name != DEFECTS.name):
        raise _nothing_read(task, decoded)
    rejects = (*decoded.rejects, *_rejects_of_archives(task.dataset.files, chosen.patterns))
    hashes = {file: sha256_of(file) for file in (*task.dataset.files, *task.beside)}
    changed = [file for file, digest in hashes.items() if task.hashes.get(file, digest) != digest]
    if changed:
        raise SourceError("changed while it was read", source=str(changed[0]), hint="run again")
    return DecodedSource(
        rows=rows,
        digests=digests,
        rejects=rejects,
        notes=(*decoded.notes, *_note_of_rejects(task.dataset.name, rejects)),
        files={name_below(file, task.dataset.root): digest for file, digest in hashes.items()},
    )


class NothingReadError(SourceError):
    """A source of which nothing was kept, with the records that were set aside."""

    rejects: tuple[Reject, ...] = ()


def _nothing_read(task: SourceTask, decoded: Decoded) -> SourceError:
    rejects = decoded.rejects
    name = task.dataset.name
    source = ", ".join(file.name for file in task.dataset.files[:3])
    source += " ..." if len(task.dataset.files) > 3 else ""
    if not rejects:
        said = "; ".join(note.en for note in decoded.notes[:3])
        return SourceError(
            f"source {name!r} holds nothing that format {task.format_name} reads"
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


def told(reject: Reject) -> str:
    """Return what was wrong with a record: its file, its name and the reason, each once.

    Parameters
    ----------
    reject
        The record that was set aside; its message may begin with its place as well.
    """
    place = f"{reject.source}: {reject.record}: " if reject.record else f"{reject.source}: "
    return place + reason(reject)


def reason(reject: Reject) -> str:
    """Return what was wrong with a record, without the place that stands in columns of its own.

    Parameters
    ----------
    reject
        The record that was set aside.
    """
    source, record = reject.source, reject.record
    places = (f"{source}: {record}: ", f"{source} {record}: ", f"{source}: ", f"{record}: ")
    message = reject.message
    for place in places:
        message = message.removeprefix(place)
    return message


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


def _rejects_of_archives(files: Sequence[Path], patterns: Sequence[str]) -> Iterator[Reject]:
    for archive, (member, told) in set_aside(files, patterns):
        record = ascii(member)[:100]
        yield Reject(source=archive.name, record=record, code="archive-member", message=told)


def name_below(file: Path, root: Path) -> str:
    """Return the path of a file from a root, so that no two files have the same.

    Parameters
    ----------
    file, root
        Absolute paths.
    """
    return Path(os.path.relpath(file, root)).as_posix()
