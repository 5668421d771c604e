"""Seals observations that lie in clear, once a source or feed of their city has become restricted.

All is written into a sealed folder aside, read back, and moved into its place in one step; only then
what lies in clear goes. A kill leaves the folder in clear as it was, or beside a sealed one that is
whole and says so: the same command goes on from there.
"""

from __future__ import annotations

import json
import shutil
from contextlib import closing
from pathlib import Path

from filelock import FileLock, Timeout

from citytwin.errors import BusyError, SealError, StoreError, hint_of
from citytwin.security.key_ring import KeyRing
from citytwin.store.at_rest import files_below, read_bytes
from citytwin.store.atomic import move_folder, sync_folder, write_bytes, write_text
from citytwin.store.corrections import correction_files
from citytwin.store.database import seal_database
from citytwin.store.observations import ALERTS, RAW
from citytwin.store.observations.manifest import MANIFEST
from citytwin.store.private_folder import private_folder
from citytwin.store.raw_archive import RawArchive
from citytwin.store.sealed_keys import ensure_sealed

_LOCK = "lock"
_RUNNING = "running"
_WHOLE = "sealed-from-clear"
"""Stands in the sealed folder while what it was made from has not gone, and lists just that."""
Stamp = tuple[str, int, int]


def lies_in_clear(clear: Path) -> bool:
    """Whether a folder holds observations, or a rest of them.

    Parameters
    ----------
    clear
        The folder.
    """
    return bool(_standing(clear))


def seal_observations(clear: Path, sealed: Path, key_id: str, ring: KeyRing) -> int:
    """Bring the observations of a city from a folder in clear into a sealed one.

    Parameters
    ----------
    clear
        Folder that they lie in; removed at the end.
    sealed
        Below ``.sealed``; holds no observations yet, or those of a try that was killed.
    key_id
        Name of the operator's key.
    ring
        Keys of the operator.

    Returns
    -------
    int
        Files that went from the disk in clear.

    Raises
    ------
    BusyError
        If a twin writes the observations.
    SealError
        If the key is not there, or both folders hold observations of their own.
    StoreError
        If something is damaged, or the disk refuses.
    """
    lock = FileLock(clear / _LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        msg = f"another process writes the observations in {clear}"
        raise BusyError(msg, hint="stop it first") from error
    try:
        if not _is_made(clear, sealed):
            _make(clear, sealed, key_id, ring)
        gone = _remove(clear, sealed)
    except OSError as error:
        if isinstance(error, StoreError):
            raise
        msg = f"the observations in {clear} cannot be sealed: {error}"
        raise StoreError(msg, hint=hint_of(error)) from error
    finally:
        lock.release()
    shutil.rmtree(clear)
    return gone


def _is_made(clear: Path, sealed: Path) -> bool:
    """Whether all is sealed: what lies in clear goes already, or is as it was then."""
    if not (sealed / _WHOLE).is_file():
        return False
    return not (clear / MANIFEST).exists() or _listed(sealed) == set(_standing(clear))


def _make(clear: Path, sealed: Path, key_id: str, ring: KeyRing) -> None:
    own = any((sealed / name).exists() for name in (MANIFEST, ALERTS, RAW))
    if own and not (sealed / _WHOLE).is_file():
        raise _two(clear, sealed)
    aside = sealed.with_name(f"{sealed.name}.sealing")
    shutil.rmtree(aside, ignore_errors=True)  # left by a kill, half done
    private_folder(aside)  # as the twin's own are; names and sizes stand in clear
    ensure_sealed(aside, key_id, ring)
    _write(clear, aside)
    write_text(aside / _WHOLE, json.dumps(_standing(clear)))
    shutil.rmtree(sealed, ignore_errors=True)  # a key that seals nothing, or what clear has since
    move_folder(aside, sealed)


def _write(clear: Path, aside: Path) -> None:
    for name in (MANIFEST, ALERTS):
        if (clear / name).is_file():
            seal_database(clear / name, aside / name)
    if (clear / RAW).is_dir():
        with closing(RawArchive(clear / RAW)) as source, closing(RawArchive(aside / RAW)) as target:
            for contents in source.by_file():
                target.keep(contents)
            _require_same(sum(map(len, source.by_file())), sum(map(len, target.by_file())), aside)
    for path in _plain_files(clear):
        content = path.read_bytes()
        copy = aside / path.relative_to(clear)
        write_bytes(copy, content)
        _require_same(content, read_bytes(copy), copy)


def _require_same(before: object, after: object, place: Path) -> None:
    """Check what was read back, before its like in clear goes."""
    if before != after:
        msg = f"{place} does not hold what was sealed"
        raise SealError(msg, hint="check the disk")


def _plain_files(clear: Path) -> list[Path]:
    """Segments and corrections: files that are no database, no payload, and not of a twin that ran."""
    others = (clear / RAW, clear / _RUNNING)
    segments = [
        path
        for path in files_below(clear)
        if path.suffix == ".parquet" and not any(folder in path.parents for folder in others)
    ]
    return segments + correction_files(clear)


def _standing(clear: Path) -> list[Stamp]:
    """Files by name, size [bytes] and time stamp [ns]."""
    found = []
    for path in files_below(clear):
        if path != clear / _LOCK:
            stat = path.stat()
            found.append((path.relative_to(clear).as_posix(), stat.st_size, stat.st_mtime_ns))
    return found


def _listed(sealed: Path) -> set[Stamp]:
    """Files in clear that a sealed folder was made from."""
    return {
        (name, size, time_ns) for name, size, time_ns in json.loads(read_bytes(sealed / _WHOLE))
    }


def _remove(clear: Path, sealed: Path) -> int:
    """Remove what was sealed, and nothing that came since; the manifest first, which says so."""
    listed, standing = _listed(sealed), _standing(clear)
    if not set(standing) <= listed:
        raise _two(clear, sealed)
    for name, _, _ in sorted(standing, key=lambda stamp: stamp[0] != MANIFEST):
        (clear / name).unlink()
    sync_folder(clear)
    (sealed / _WHOLE).unlink()
    return len(listed)


def _two(clear: Path, sealed: Path) -> SealError:
    msg = f"observations lie in clear in {clear}, and others sealed in {sealed}"
    return SealError(msg, hint="move one of the two folders away")
