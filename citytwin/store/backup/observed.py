"""Observations into a backup while a twin writes them: databases by SQLite's own backup, then files.

The order is that of a twin that is killed at some moment, which it is made for: alerts know no more
than the observations, and of every observation the payload is there.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path, PurePosixPath

from citytwin.errors import BusyError, StoreError
from citytwin.security.sealed_folders import KEYS_FILE
from citytwin.store.backup.copying import Copies
from citytwin.store.backup.folders import ATTEMPTS, PAUSE_S
from citytwin.store.backup.places import OBSERVATIONS
from citytwin.store.corrections import CORRECTIONS, correction_files
from citytwin.store.database import open_database
from citytwin.store.observations import ALERTS, RAW
from citytwin.store.observations.manifest import MANIFEST, known_version, told
from citytwin.store.observations.postgres_place import NOTE
from citytwin.store.raw_archive import INDEX
from citytwin.store.staging import is_sealed


def copy_observations(copies: Copies, folder: Path) -> None:
    """Copy the observations, raw payloads and alerts of a city.

    Parameters
    ----------
    copies
        Takes the files.
    folder
        Of the observations; one without a manifest holds none, unless a database does: what that
        holds is left to its own backup.

    Raises
    ------
    StoreError
        If a database is damaged, or newer than this program knows.
    BusyError
        If files were put together faster than they could be copied.
    OSError
        If the disk refuses.
    """
    if is_sealed(folder) and (folder / KEYS_FILE).is_file():
        copies.take(f"{OBSERVATIONS}/{KEYS_FILE}", folder / KEYS_FILE)
    for file in correction_files(folder):
        copies.take(f"{OBSERVATIONS}/{CORRECTIONS}/{file.name}", file)
    noted = (folder / NOTE).is_file()
    if noted:
        copies.take(f"{OBSERVATIONS}/{NOTE}", folder / NOTE)
    elif not (folder / MANIFEST).is_file():
        return
    if (folder / ALERTS).is_file():
        _snapshot(copies, folder, ALERTS, "")
    if not noted:
        _copy_segments(copies, folder)
    if (folder / RAW / INDEX).is_file():
        files = _snapshot(copies, folder, f"{RAW}/{INDEX}", "SELECT DISTINCT file FROM raw")
        for name in files:
            copies.take(f"{OBSERVATIONS}/{RAW}/{name}", folder / RAW / name)


def _copy_segments(copies: Copies, folder: Path) -> None:
    """Copy the manifest and the files that it counts.

    Files that no longer count are deleted some time after; where that was too soon for this copy,
    the manifest is read again, and only what it counts since is missing.
    """
    taken: set[str] = set()
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_S)
        counted = set(_snapshot(copies, folder, MANIFEST, "SELECT path FROM segments"))
        for name in taken - counted:
            copies.drop(f"{OBSERVATIONS}/{name}")
        taken &= counted
        try:
            for name in sorted(counted - taken):
                copies.take(f"{OBSERVATIONS}/{name}", folder / name)
                taken.add(name)
        except FileNotFoundError as error:
            missing = error
            continue
        return
    msg = f"a file of the observations is gone, or was put together with others: {missing.filename}"
    raise BusyError(msg, hint="try again; where nothing writes, restore the file from a backup")


def _snapshot(copies: Copies, folder: Path, name: str, query: str) -> list[str]:
    """Copy a database at one moment, and return the files that it names there."""
    source, kept = folder / name, f"{OBSERVATIONS}/{name}"
    copies.drop(kept)
    target = copies.stage / kept
    target.parent.mkdir(parents=True, exist_ok=True)
    with (
        told(source, "copied"),
        closing(open_database(source, read_only=True)) as read,
        closing(open_database(target, sealed_as=source)) as written,
    ):
        read.backup(written)  # in one step: what others write meanwhile waits or stays out
        # A single file, without the log beside it that the database has while it is used.
        written.execute("PRAGMA journal_mode=DELETE")
        (said,) = written.execute("PRAGMA quick_check(1)").fetchone()
        if said != "ok":
            raise sqlite3.DatabaseError(said)
        if name == MANIFEST:
            known_version(written, source)
        rows = written.execute(query).fetchall() if query else []
    copies.made(kept)
    return [_within(source, str(path)) for (path,) in rows]


def _within(database: Path, name: str) -> str:
    parts = PurePosixPath(name)
    if parts.is_absolute() or ".." in parts.parts or "\\" in name:
        msg = f"{database} names {name!r}, outside of its folder"
        raise StoreError(msg, hint="it is damaged: restore it from a backup")
    return name
