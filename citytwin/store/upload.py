"""A published city into object storage: its runs first, then its documents, ``latest.json`` last.

Readers of the bucket see the whole of one run, or the whole of the one before: what a document
names is there before the document is, and each object is replaced in one step. Nothing is removed
before readers have been switched. What is uploaded is a copy; the city on the disk is what counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from citytwin.errors import SealError, StoreError
from citytwin.model.layer import Latest
from citytwin.security.sealed_folders import (
    KEYS_FILE,
    WrappedKey,
    folder_key,
    name_in,
    read_wrapped,
    sealed_root,
)
from citytwin.security.sealed_streams import opened_bytes
from citytwin.store.latest import LATEST
from citytwin.store.object_record import ObjectRecord
from citytwin.store.pinned_city import PinnedCity, run_of
from citytwin.store.prune import superseded
from citytwin.store.staging import is_sealed
from citytwin.transports.buckets import Bucket, Stored
from citytwin.transports.side_by_side import side_by_side
from citytwin.wording import first_of

_FOREVER = "max-age=31536000, immutable"
"""Of files of runs, which never change; all else is asked for again."""
_KINDS = {
    ".css": "text/css",
    ".geojson": "application/geo+json",
    ".gpkg": "application/geopackage+sqlite3",
    ".gz": "application/gzip",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript",
    ".json": "application/json",
    ".parquet": "application/vnd.apache.parquet",
    ".pmtiles": "application/vnd.pmtiles",
    ".png": "image/png",
    ".qgs": "application/xml",
    ".qml": "application/xml",
    ".sld": "application/xml",
    ".tif": "image/tiff",
    ".ttf": "font/ttf",
    ".txt": "text/plain; charset=utf-8",
    ".vrt": "application/xml",
}
"""Browsers run no script and show no page of another kind."""


@dataclass(frozen=True)
class Uploaded:
    """What was done to bring a bucket up to date."""

    run_id: str
    """Of the run that it shows now."""
    put: int
    """Objects written."""
    size: int
    """Bytes of these."""
    standing: int
    """Objects that stood already."""
    removed: int


def upload(city: PinnedCity, bucket: Bucket, record_file: Path, keep: int | None) -> Uploaded:
    """Bring a folder of object storage to what stands published; what is there is not sent again.

    Parameters
    ----------
    city
        The published city. Of a sealed one all goes sealed, as it lies there.
    bucket
        The folder: empty, or that of this city.
    record_file
        Where it is kept what was sent; one upload at a time uses it.
    keep
        Runs of each layer that stay in the bucket, those that the catalogue names among them; None
        = all.

    Returns
    -------
    Uploaded
        What was done.

    Raises
    ------
    StoreError, UnreachableError
        If the bucket holds something else or a newer run, or the server refuses or fails; readers
        then see what they saw before, and another try goes on from here.
    """
    latest, here = city.latest, city.files
    record = ObjectRecord(record_file, bucket.folder)
    there = bucket.listed()
    _require_ours(city, bucket, there, {*here, *record})
    todo = [name for name, path in here.items() if not record.stands(name, path, there.get(name))]
    sending = _Sending(bucket, record, here)
    sending.all([name for name in todo if run_of(name) is not None])
    sending.all([name for name in todo if run_of(name) is None and name != LATEST])
    if LATEST in todo:
        sending.one(LATEST, city.told)
    gone = _doomed(latest, there, here, keep)
    gone += [name for name in record if name not in here and run_of(name) is None]
    bucket.delete(gone)
    record.forget(gone)
    size = sum(here[name].stat().st_size for name in todo)
    return Uploaded(latest.run_id, len(todo), size, len(here) - len(todo), len(gone))


@dataclass(frozen=True)
class _Sending:
    bucket: Bucket
    record: ObjectRecord
    here: Mapping[str, Path]

    def all(self, names: Sequence[str]) -> None:
        """Send files."""
        side_by_side(lambda name: self.one(name, self.here[name]), names)

    def one(self, name: str, content: Path | bytes) -> None:
        """Send a file, and note that it is there."""
        tag = self.bucket.put(name, content, _attributes(name))
        self.record.note(name, self.here[name], tag)


def _attributes(name: str) -> dict[str, str]:
    kind = _KINDS.get(Path(name).suffix.lower(), "application/octet-stream")
    caching = "no-cache" if run_of(name) is None else _FOREVER
    return {"Content-Type": kind, "Cache-Control": caching}


def _doomed(
    latest: Latest, there: Mapping[str, Stored], here: Mapping[str, Path], keep: int | None
) -> list[str]:
    """Objects of runs that are no longer here, and among the newest of their layer no more."""
    if keep is None:
        return []
    runs: dict[str, set[str]] = {}
    for run in filter(None, map(run_of, there)):
        runs.setdefault(run[0], set()).add(run[1])
    old = superseded(latest, {layer: sorted(found) for layer, found in runs.items()}, keep)
    gone = {(layer, run) for layer, ids in old.items() for run in ids} - set(map(run_of, here))
    return [name for name in there if run_of(name) in gone]


def _require_ours(
    city: PinnedCity, bucket: Bucket, there: Mapping[str, Stored], ours: set[str]
) -> None:
    """Refuse to mix a city with files of others, with another city, or with its own future."""
    city_dir, latest, place = city.city_dir, city.latest, bucket.folder.told
    if LATEST not in there:
        strange = sorted(there.keys() - ours)
        if strange:
            msg = f"{place} holds objects that are no published city: {first_of(strange)}"
            raise StoreError(msg, hint="name another folder of the bucket in `publish_to`")
        return
    if is_sealed(city_dir) and not (
        KEYS_FILE in there and _same_key(city_dir, bucket.read(KEYS_FILE))
    ):
        msg = f"{place} holds a city that is not sealed with the key of {city_dir}"
        raise StoreError(msg, hint="name another folder in `publish_to`, or empty this one")
    try:
        shown = Latest.model_validate_json(_in_clear(city_dir, bucket.read(LATEST)))
    except (ValidationError, SealError):
        msg = f"{place} holds a {LATEST} that is damaged, sealed, or of another program"
        raise StoreError(
            msg, hint="name another folder in `publish_to`, or empty this one"
        ) from None
    if shown.city.id != latest.city.id:
        msg = f"{place} holds the city {shown.city.id!r}, not {latest.city.id!r}"
        raise StoreError(msg, hint="name another folder of the bucket in `publish_to`")
    if shown.run_id > latest.run_id:
        msg = f"{place} shows run {shown.run_id}, which is newer than {latest.run_id} here"
        raise StoreError(msg, hint="run the city anew, so that its run is the newest")


def _in_clear(city_dir: Path, told: bytes) -> bytes:
    """What ``latest.json`` of the bucket says, sealed as the city is."""
    path = city_dir / LATEST
    root = sealed_root(path)
    return told if root is None else opened_bytes(folder_key(root), name_in(root, path), told)


def _same_key(city_dir: Path, raw: bytes) -> bool:
    try:
        return WrappedKey.model_validate_json(raw).folder_key == read_wrapped(city_dir).folder_key
    except ValidationError:
        return False
