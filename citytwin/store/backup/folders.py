"""A folder as it stood at one moment, although others write to it.

Nothing is held meanwhile: what changed while it was copied is copied again, until nothing did.
Published runs never change, so all that is repeated are a few documents.
"""

from __future__ import annotations

import stat
import time
from collections.abc import Collection
from pathlib import Path

from citytwin.errors import BusyError
from citytwin.store.atomic import TEMPORARY_PREFIX
from citytwin.store.backup.copying import Copies
from citytwin.store.walking import entries_below, refused_link

ATTEMPTS = 20
PAUSE_S = 0.5
Stamp = tuple[int, int, int]


def copy_folder(copies: Copies, part: str, folder: Path, *, moving: Collection[str] = ()) -> None:
    """Copy a folder, so that the copy is what stood there at one moment.

    Left out are locks, and what others are just writing aside.

    Parameters
    ----------
    copies
        Takes the files.
    part
        Name of the part of the backup.
    folder
        What is copied; one that does not exist is empty.
    moving
        Names of files that may change meanwhile: each is copied as it stood at some moment.

    Raises
    ------
    BusyError
        If it never stood still.
    StoreError
        If a link lies in it: what it leads to would be missing from the backup.
    OSError
        If the disk refuses, or something in it may not be read.
    """
    taken: dict[str, Stamp] = {}
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(PAUSE_S)
        try:
            standing = _listed(folder)
            for name in taken.keys() - standing.keys():
                copies.drop(f"{part}/{name}")
                del taken[name]
            for name, stamp in standing.items():
                if taken.get(name) != stamp:
                    copies.take(f"{part}/{name}", folder / name)
                    taken[name] = stamp
            if _still(_listed(folder), moving) == _still(standing, moving):
                return
        except FileNotFoundError:  # a run was removed, or a document replaced: look again
            continue
    msg = f"{folder} changed {ATTEMPTS} times while it was copied"
    raise BusyError(msg, hint="try again when less is going on")


def _listed(folder: Path) -> dict[str, Stamp]:
    """Inode, size and time stamp of each file."""
    found: dict[str, Stamp] = {}
    for path in entries_below(folder):
        name = path.relative_to(folder)
        if any(part.startswith(TEMPORARY_PREFIX) for part in name.parts) or path.name == "lock":
            continue
        status = path.lstat()
        if stat.S_ISREG(status.st_mode):
            found[name.as_posix()] = (status.st_ino, status.st_size, status.st_mtime_ns)
        elif stat.S_ISLNK(status.st_mode):
            raise refused_link(path)
    return found


def _still(listed: dict[str, Stamp], moving: Collection[str]) -> dict[str, Stamp | None]:
    return {name: None if name in moving else stamp for name, stamp in listed.items()}
