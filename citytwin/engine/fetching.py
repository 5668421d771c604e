"""Copies of sources that lie in object storage, brought up to date before a run looks at them.

A copy is made again when the bucket lists another tag or size, or the file was touched. All that
reads a source reads the copy, as it reads any file: the results are those of files on a disk.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from citytwin.config import LoadedConfig, SourceConfig
from citytwin.engine.locking import holding, holding_folder
from citytwin.engine.request import MANIFEST, PAST, work_dir
from citytwin.errors import SourceError, StoreError
from citytwin.formats.data_set import CODE_LISTS
from citytwin.store.atomic import replacing
from citytwin.store.object_record import ObjectRecord
from citytwin.store.private_folder import private_folder
from citytwin.transports.bucket_address import SCHEME, bucket_and_folder
from citytwin.transports.bucket_finding import objects_of
from citytwin.transports.buckets import Bucket, Stored
from citytwin.transports.side_by_side import side_by_side

log = logging.getLogger(__name__)
PAST_PATIENCE_S = 3600.0
"""For the night that is made up for now: longer than most take, shorter than until the next one [s]."""
_MARGIN_BYTES = 32_000_000
_RECORD = ".objects.jsonl"
"""Ends the name of the file that says which copy is of which object."""


@dataclass(frozen=True)
class Fetched:
    """What was done to bring the copies up to date."""

    objects: int
    """Objects that were copied."""
    size: int
    """Bytes of these."""


@dataclass
class _Copies:
    """What is wanted of one bucket, and its copies."""

    bucket: Bucket
    folder: Path
    record: ObjectRecord
    wanted: dict[str, Stored] = field(default_factory=dict)

    def missing(self) -> list[str]:
        """Objects of which there is no copy as they are now."""
        return [
            name
            for name, there in self.wanted.items()
            if not self.record.stands(name, self.folder / name, there)
        ]

    def fetch(self, name: str) -> None:
        """Copy an object; the copy is there whole or not at all."""
        there = self.wanted[name]
        with replacing(self.folder / name) as temporary, temporary.open("wb") as file:
            self.bucket.fetch(name, there, file)
        self.record.note(name, self.folder / name, there.e_tag)

    def others(self) -> list[Path]:
        """Copies of objects that are gone, or of no source any more."""
        return [
            path
            for path in self.folder.rglob("*")
            if path.is_file() and path.relative_to(self.folder).as_posix() not in self.wanted
        ]

    def drop_others(self) -> None:
        """Remove them."""
        for path in self.others():
            path.unlink()
        self.record.forget([name for name in self.record if name not in self.wanted])


def fetch_sources(loaded: LoadedConfig) -> Fetched:
    """Bring the copies of sources in object storage up to date; those of no source any more go.

    A source of which nothing is there keeps no copies, so that the run tells it as any other that
    is missing.

    Parameters
    ----------
    loaded
        The configuration.

    Returns
    -------
    Fetched
        What was done.

    Raises
    ------
    BusyError
        If a run holds the city for longer than a minute, or a night that is made up for reads the
        copies for longer than an hour.
    StoreError, UnreachableError
        If a server refuses or fails, or the disk has no room; what was copied stays for the next
        try.
    """
    if not loaded.remote_sources:
        if loaded.copies.exists():
            with _held_alone(loaded):
                shutil.rmtree(loaded.copies)
        return Fetched(0, 0)
    with holding(loaded):
        if not _look(loaded).changes:
            return Fetched(0, 0)
    with _held_alone(loaded):
        return _look(loaded).fetch()


@dataclass(frozen=True)
class _Look:
    """What the buckets hold now, and what is here of it."""

    folder: Path
    """Of all copies."""
    copies: tuple[_Copies, ...]
    missing: tuple[tuple[_Copies, str], ...]
    strays: tuple[Path, ...]

    @property
    def changes(self) -> bool:
        """Whether copies are to be made, or to go."""
        return bool(self.missing or self.strays) or any(one.others() for one in self.copies)

    def fetch(self) -> Fetched:
        """Make the copies that are missing; others go."""
        size = sum(copies.wanted[name].size for copies, name in self.missing)
        _require_room(self.folder, size)
        side_by_side(lambda one: one[0].fetch(one[1]), self.missing)
        for copies in self.copies:
            copies.drop_others()
        _remove(self.strays)
        return Fetched(len(self.missing), size)


def _look(loaded: LoadedConfig) -> _Look:
    """Ask the buckets; a source of which nothing is there is told in the log."""
    if loaded.private:
        private_folder(loaded.copies)
    loaded.copies.mkdir(parents=True, exist_ok=True)
    every: dict[str, _Copies] = {}
    for source in loaded.remote_sources:
        name = _bucket_of(source)
        if name not in every:
            every[name] = _copies(loaded, source)
        copies = every[name]
        try:
            copies.wanted |= _objects(copies.bucket, source)
        except SourceError as error:
            log.warning("source %s: %s", source.name, error)
    return _Look(
        loaded.copies,
        tuple(every.values()),
        tuple((copies, name) for copies in every.values() for name in copies.missing()),
        tuple(_strays(loaded.copies, every.keys())),
    )


@contextmanager
def _held_alone(loaded: LoadedConfig) -> Iterator[None]:
    """Hold the city and the store of its past nights, which read the same copies.

    In the order in which a past night takes them, so that neither waits for the other for ever.
    """
    city = work_dir(loaded)
    store = city.with_name(f"{city.name}{PAST}")
    told = f"the copies of sources, for a past night of {loaded.city_dir}"
    while True:
        nights = store.exists()
        past = holding_folder(store, told, PAST_PATIENCE_S) if nights else nullcontext()
        with past, holding(loaded):
            if nights and not (store / MANIFEST).exists():
                shutil.rmtree(store)  # it went while its lock was waited for, which made it anew
            if nights or not store.exists():  # who makes one holds the city meanwhile
                yield
                return


def to_be_fetched(loaded: LoadedConfig, source: SourceConfig) -> tuple[int, int]:
    """Return how many objects a source in object storage has, and of how many a copy is missing.

    Parameters
    ----------
    loaded
        The configuration.
    source
        The source.

    Raises
    ------
    SourceError
        If there are none.
    StoreError, UnreachableError
        If the server refuses or fails.
    """
    copies = _copies(loaded, source)
    copies.wanted = _objects(copies.bucket, source)
    return len(copies.wanted), len(copies.missing())


def _bucket_of(source: SourceConfig) -> str:
    return bucket_and_folder(source.path)[0]


def _copies(loaded: LoadedConfig, source: SourceConfig) -> _Copies:
    name = _bucket_of(source)
    bucket = Bucket(loaded.bucket_folder(f"{SCHEME}{name}"))
    record = ObjectRecord(loaded.copies / f"{name}{_RECORD}", bucket.folder)
    return _Copies(bucket, loaded.copies / name, record)


def _objects(bucket: Bucket, source: SourceConfig) -> dict[str, Stored]:
    return objects_of(bucket, bucket_and_folder(source.path)[1], (CODE_LISTS,))


def _strays(folder: Path, used: Collection[str]) -> list[Path]:
    """Copies of buckets that no source lies in any more, and what is recorded of them."""
    return [path for path in folder.iterdir() if path.name.removesuffix(_RECORD) not in used]


def _remove(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink()


def _require_room(folder: Path, size: int) -> None:
    free = shutil.disk_usage(folder).free
    if size and size + _MARGIN_BYTES > free:
        msg = (
            f"{folder} has {free / 1e6:.0f} MB left, and {size / 1e6:.2f} MB are to be fetched, with "
            f"{_MARGIN_BYTES / 1e6:.0f} MB to spare"
        )
        raise StoreError(msg, hint="free some space on the disk, or name another `out`")
