"""Makes a backup: written aside, listed with digests, and moved into place when it is whole."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from citytwin.errors import BusyError, ConfigError, StoreError, hint_of
from citytwin.store.atomic import move_folder, remove_stale, temporary_beside, write_text
from citytwin.store.backup.copying import Copies
from citytwin.store.backup.document import (
    CONFIGURATION,
    DOCUMENT,
    BackupDocument,
    KeptFile,
    read_document,
)
from citytwin.store.backup.folders import copy_folder
from citytwin.store.backup.observed import copy_observations
from citytwin.store.backup.places import OBSERVATIONS, PUBLISHED, Places
from citytwin.store.latest import LATEST, LIVE
from citytwin.store.observations.manifest import MANIFEST
from citytwin.store.observations.postgres_place import NOTE
from citytwin.store.staging import is_sealed
from citytwin.version import __version__

_STAMP = "%Y%m%dT%H%M%SZ"


@dataclass(frozen=True)
class Backup:
    """A backup that was made."""

    folder: Path
    files: int
    size: int
    """Bytes of all files."""
    written: int
    """Bytes that were written; all others are those of the backup before."""
    before: Path | None
    """That backup."""


def back_up(places: Places, configuration: Path, vault: Path, now: datetime) -> Backup:
    """Copy what a city cannot make anew, while runs and its live twin go on.

    Parameters
    ----------
    places
        Of the city.
    configuration
        Its file, which is kept as well.
    vault
        Folder of backups; each is a new folder in it.
    now
        Aware.

    Raises
    ------
    ConfigError
        If the backups would lie within what is copied.
    StoreError
        If there is nothing to copy, a database is damaged, or the disk refuses; nothing of the
        backup stays then.
    BusyError
        If the city changed faster than it could be copied.
    """
    _require_apart(places, vault)
    observed = places.observations
    standing = (places.published / LATEST, observed / MANIFEST, observed / NOTE)
    if not any(path.is_file() for path in standing):
        msg = f"{places.city} has neither a published run nor observations"
        raise StoreError(msg, hint="check `out` and `city.id` of the configuration")
    try:
        vault.mkdir(parents=True, exist_ok=True)
        with FileLock(vault / "lock", timeout=0):
            remove_stale(vault)  # what killed backups left
            return _made(places, configuration, vault, now.astimezone(UTC))
    except Timeout as error:
        msg = f"another backup is written into {vault}"
        raise BusyError(msg, hint="wait for it") from error
    except StoreError:
        raise
    except OSError as error:
        msg = f"the backup cannot be made: {error}"
        raise StoreError(msg, hint=hint_of(error)) from error


def _made(places: Places, configuration: Path, vault: Path, begun: datetime) -> Backup:
    target = vault / f"{places.city}-{begun.strftime(_STAMP)}"
    if target.exists():
        raise StoreError(f"{target} exists already", hint="wait a second")
    before, known = _latest_backup(vault, places.city)
    with closing(Copies(temporary_beside(target), before, known)) as copies:
        copies.stage.mkdir(mode=0o700)
        copies.take(CONFIGURATION, configuration)
        for part, folder in places.parts():
            if part == OBSERVATIONS:
                copy_observations(copies, folder)
            else:
                copy_folder(copies, part, folder, moving=(LIVE,) if part == PUBLISHED else ())
        files = tuple(copies.files[name] for name in sorted(copies.files))
        document = BackupDocument(
            city=places.city,
            made=begun.strftime("%Y-%m-%dT%H:%M:%SZ"),
            program=__version__,
            sealed=is_sealed(places.published),
            files=files,
        )
        write_text(copies.stage / DOCUMENT, document.model_dump_json(indent=1) + "\n")
        move_folder(copies.stage, target)
    written = sum(file.size for file in files if file.path not in copies.linked)
    size = sum(file.size for file in files)
    return Backup(target, len(files), size, written, before if copies.linked else None)


def _require_apart(places: Places, vault: Path) -> None:
    whole = vault.resolve()
    for _, folder in places.parts():
        there = folder.resolve()
        if whole == there or there in whole.parents:
            msg = f"{vault} lies within {folder}, which is to be copied"
            raise ConfigError(msg, hint="name a folder elsewhere, best on another disk")


def _latest_backup(vault: Path, city: str) -> tuple[Path | None, dict[str, KeptFile]]:
    """The newest backup of a city that can be read; one that cannot is no reason to make none."""
    for folder in sorted(vault.glob(f"{city}-*Z"), reverse=True):
        try:
            document = read_document(folder)
        except (StoreError, OSError):
            continue
        if document.city == city:
            return folder, {file.path: file for file in document.files}
    return None, {}
