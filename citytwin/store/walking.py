"""Walks through folders that pass nothing over: what cannot be looked into is an error.

`pathlib.Path.rglob` leaves out folders that it may not read; what copies, seals or destroys by such a
list loses what lay there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from citytwin.errors import StoreError
from citytwin.transports.unreadable import is_lost_and_found


def entries_below(folder: Path) -> Iterator[Path]:
    """Find all that lies below a folder and is no folder: files, links and whatever else.

    Parameters
    ----------
    folder
        Where to begin; one that does not exist is empty. Links to folders are told, not followed.

    Yields
    ------
    Path
        In order of the names in each folder.

    Raises
    ------
    OSError
        If a folder cannot be looked into.
    """
    if not folder.is_dir():
        return
    for place, folders, names in os.walk(folder, onerror=_raised):
        folders.sort()
        links = [name for name in folders if Path(place, name).is_symlink()]
        for name in sorted((*names, *links)):
            yield Path(place, name)


def refused_link(path: Path) -> StoreError:
    """Say that what lies behind a link would be missing.

    Parameters
    ----------
    path
        The link.
    """
    msg = f"{path} is a link, which is not followed here"
    return StoreError(msg, hint="put what it leads to in its place, or mount it there")


def folders_below(folder: Path) -> Iterator[Path]:
    """Find a folder and all below it, also by links, each once; what goes meanwhile is passed over.

    Parameters
    ----------
    folder
        Where to begin; one that does not exist gives none.

    Yields
    ------
    Path
        By the way that was gone first.

    Raises
    ------
    OSError
        If a folder cannot be looked into.
    """
    if not folder.is_dir():
        return
    seen: set[tuple[int, int]] = set()
    for place, folders, _ in os.walk(folder, onerror=_raised_of_others, followlinks=True):
        try:
            status = Path(place).stat()
        except FileNotFoundError:
            continue
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()  # a link that leads back up has no end
            continue
        seen.add((status.st_dev, status.st_ino))
        folders.sort()
        yield Path(place)


def _raised(error: OSError) -> None:
    raise error


def _raised_of_others(error: OSError) -> None:
    gone = isinstance(error, FileNotFoundError)
    if not gone and not is_lost_and_found(Path(str(error.filename))):
        raise error
