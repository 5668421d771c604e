"""Cuts a source into parts that workers read side by side: files, and ranges of large ones."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from citytwin import registry
from citytwin.engine.beside import files_beside
from citytwin.engine.bind import BoundCity, BoundSource
from citytwin.engine.city_store import WHOLE, CityStore
from citytwin.engine.code_hash import code_digest
from citytwin.engine.fingerprint import Fingerprint
from citytwin.engine.hindsight import reports
from citytwin.engine.results import DecodedPart
from citytwin.engine.sources import SourceTask, decode, files_of, name_below
from citytwin.engine.versions import library_versions
from citytwin.engine.work import SOURCE, Order
from citytwin.model.steps import ByteRange, Dataset, Format, Params
from citytwin.store.manifest import Manifest, Standing
from citytwin.transports.files import is_plain, size_of

log = logging.getLogger(__name__)
RANGE_BYTES = 256_000_000
"""A file of more than one and a half times as much is read in ranges of about that size; ranges of
formats that take more memory are smaller."""


class Reads(Protocol):
    """How the files of a source are read."""

    @property
    def format(self) -> Format[Any]:
        """Their format."""

    @property
    def params(self) -> Params:
        """Its parameters."""


@dataclass(frozen=True)
class SourcePart:
    """A piece of a source for one worker."""

    task: SourceTask
    order: Order

    @property
    def bytes(self) -> int:
        """How much of the files it reads."""
        data = self.task.dataset
        if data.part is not None:
            return data.part[1] - data.part[0]
        return sum(size_of(file) for file in data.files)


def source_task(city: BoundCity, source: BoundSource, store: CityStore) -> SourceTask:
    """Return the task of reading a source as a whole.

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
    past = city.loaded.past
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
        beside=files_beside(files, root, source.config.params, code_lists=source.format.code_lists),
        known_until=past.begin if past and reports(source.format.produces) else None,
    )


def parts_of_source(source: Reads, whole: SourceTask, manifest: Manifest) -> list[SourcePart]:
    """Cut a source where its format can read the pieces apart; else it is one part.

    Parameters
    ----------
    source
        The source.
    whole
        The task of reading it as a whole, with the hashes of all its files.
    manifest
        Knows the files that turned out to need reading as a whole.

    Returns
    -------
    list of SourcePart
        In the order of the files and of the ranges in them.
    """
    files = whole.dataset.files
    if source.format.by_file(source.params):
        return [p for file in files for p in _parts_of_file(source, whole, file, manifest)]
    ranges = _parts_of_file(source, whole, files[0], manifest) if len(files) == 1 else ()
    found = list(ranges)
    return found if len(found) > 1 else [_part(source, whole, WHOLE)]


def whole_file(source: Reads, whole: SourceTask, file: Path) -> SourcePart:
    """Return the part that is one file, however large.

    Parameters
    ----------
    source, whole
        As for :func:`parts_of_source`.
    file
        The file.
    """
    return _part(source, _of_file(whole, file, None), name_below(file, whole.dataset.root))


def remember_whole(manifest: Manifest, whole: SourceTask, file: Path) -> None:
    """Note that a file cannot be read in ranges, as long as it is the same.

    Parameters
    ----------
    manifest
        Records of the working store.
    whole, file
        The source, with the hashes of its files, and its file.
    """
    record = Standing(whole.hashes[file], "", 0.0)
    manifest.record(_undivided(whole), name_below(file, whole.dataset.root), record)


def standing_part(
    part: SourcePart, manifest: Manifest, store: CityStore, *, verify: bool = False
) -> DecodedPart | None:
    """Return what reading a part reported, where all that it gave still lies in the store.

    Parameters
    ----------
    part
        The part.
    manifest, store
        The working store and its records.
    verify
        Whether its files are read again and compared with their digests.
    """
    finished = manifest.standing(part.order.key, part.order.part)
    if finished is None or finished.fingerprint != part.order.fingerprint:
        return None
    decoded = DecodedPart.model_validate_json(finished.payload)
    owner, files = part.task.dataset.name, tuple(decoded.tables.values())
    if not store.has_part(owner, files, decoded.rasters):
        return None
    if verify and not store.is_intact(owner, files, decoded.rasters):
        log.warning("source %s, %s: stored values are damaged, read anew", owner, part.order.part)
        return None
    return decoded


def _parts_of_file(
    source: Reads, whole: SourceTask, file: Path, manifest: Manifest
) -> Iterator[SourcePart]:
    name = name_below(file, whole.dataset.root)
    ranges = _ranges(source, whole, file, manifest)
    for begin, end in ranges:
        task = _of_file(whole, file, (begin, end))
        yield _part(source, task, f"{name}@{begin}-{end}")
    if not ranges:
        yield whole_file(source, whole, file)


def _ranges(source: Reads, whole: SourceTask, file: Path, manifest: Manifest) -> list[ByteRange]:
    find, range_bytes = source.format.ranges, RANGE_BYTES // source.format.density
    if find is None or not is_plain(file) or size_of(file) <= 1.5 * range_bytes:
        return []
    refused = manifest.standing(_undivided(whole), name_below(file, whole.dataset.root))
    if refused is not None and refused.fingerprint == whole.hashes[file]:
        return []
    found = list(find(file, range_bytes) or ())
    return found if len(found) > 1 else []


def _undivided(whole: SourceTask) -> str:
    return f"undivided:{whole.dataset.name}"


def _of_file(whole: SourceTask, file: Path, part: ByteRange | None) -> SourceTask:
    return replace(whole, dataset=replace(whole.dataset, files=(file,), part=part))


def _part(source: Reads, task: SourceTask, name: str) -> SourcePart:
    own = {file: task.hashes[file] for file in (*task.dataset.files, *task.beside)}
    wanted = str(_fingerprint(task, source, own))
    order = Order(f"{SOURCE}{task.dataset.name}", name, wanted)
    return SourcePart(replace(task, part=name, hashes=own), order)


def _fingerprint(task: SourceTask, source: Reads, hashes: Mapping[Path, str]) -> Fingerprint:
    """What a decoded part of a source is made from."""
    data = task.dataset
    place = (data.target_crs, data.time_zone, data.source_crs)
    settings = (*place, data.synthetic, data.part, task.known_until)
    return Fingerprint(
        code=code_digest(registry.module_of(source.format))
        + code_digest(decode.__module__)
        + library_versions(),
        parameters="|".join((task.params_json, *(str(setting) for setting in settings))),
        inputs=tuple(f"{name_below(file, data.root)}={digest}" for file, digest in hashes.items()),
    )
