"""A part of a source as a task: its files and root, and reading it into the store on a worker."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from citytwin import registry
from citytwin.config import LoadedConfig
from citytwin.engine.bind import BoundSource
from citytwin.engine.city_store import WHOLE, CityStore
from citytwin.engine.hindsight import known_by
from citytwin.engine.results import DecodedPart, RasterPart
from citytwin.engine.timing import timed
from citytwin.errors import SourceError
from citytwin.formats.data_set import data_set_root
from citytwin.model.notes import Reject
from citytwin.model.steps import Dataset, Format
from citytwin.store.tables import conform
from citytwin.transports.bucket_address import is_bucket_address
from citytwin.transports.files import sha256_of
from citytwin.transports.finding import find_files

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class SourceTask:
    """A part of a source as it is sent to a worker: names, not objects."""

    format_name: str
    params_json: str
    dataset: Dataset
    """The files of the part."""
    part: str = WHOLE
    beside: tuple[Path, ...] = ()
    """Files that may be read beside those of the data set."""
    hashes: Mapping[Path, str] = field(default_factory=dict)
    """sha256 of each file before it is read, where it is known."""
    known_until: datetime | None = None
    """What was observed later is left out; None = nothing is."""


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
        If nothing is there; it names the place as the configuration does, where that lies in object
        storage.
    """
    try:
        found = find_files(loaded.path(source.config.path), source.format.patterns)
    except SourceError as error:
        if not is_bucket_address(source.config.path):
            raise
        message = error.message.removeprefix(f"{error.source}: ")
        raise SourceError(message, source=source.config.path, hint=error.hint) from error
    root = loaded.path(source.config.root) if source.config.root else data_set_root(found[0])
    return root, found


@timed
def decode(task: SourceTask, store: CityStore) -> DecodedPart:
    """Read a part of a source into the working store.

    Parameters
    ----------
    task
        What to read.
    store
        Where to put it.

    Raises
    ------
    SourceError
        If it cannot be used.
    NotApartError
        If it is a range of a file that must be read as a whole.
    """
    chosen: Format[Any] = registry.named(Format, task.format_name)
    params = chosen.params.model_validate_json(task.params_json)
    owner = task.dataset.name
    decoded = chosen.read(task.dataset, params)
    tables = {
        table.name: store.write_part(owner, table, task.part, conform(table, frame, store.crs))
        for table, frame in known_by(decoded.tables, task.known_until).items()
    }
    rasters = {
        role: RasterPart(
            digest=store.write_raster(owner, role, raster), cells=int(raster.values.size)
        )
        for role, raster in decoded.rasters.items()
    }
    # A file that is read in ranges would be hashed for each; it is looked at when all are there.
    own = () if task.dataset.part else task.dataset.files
    for file in (*own, *task.beside):
        digest = sha256_of(file)
        if task.hashes.get(file, digest) != digest:
            raise changed(file)
    return DecodedPart(tables=tables, rasters=rasters, rejects=decoded.rejects, notes=decoded.notes)


def changed(file: Path) -> SourceError:
    """Say that a file is no longer the one that was to be read.

    Parameters
    ----------
    file
        The file.
    """
    return SourceError("changed while it was read", source=str(file), hint="run again")


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


def name_below(file: Path, root: Path) -> str:
    """Return the path of a file from a root, so that no two files have the same.

    Parameters
    ----------
    file, root
        Absolute paths.
    """
    return Path(os.path.relpath(file, root)).as_posix()
