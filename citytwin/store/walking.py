"""Walks through folders that pass nothing over: what cannot be looked into is an error.

`pathlib.Path.rglob` leaves out folders that it may not read; what copies, seals or destroys by such a
list loses what lay there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


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


def folders_below(folder: Path) -> Iterator[Path]:
    """Find a folder and all below it, also by links, each once.

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
    for place, folders, _ in os.walk(folder, onerror=_raised, followlinks=True):
        status = Path(place).stat()
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()  # a link that leads back up has no end
            continue
        seen.add((status.st_dev, status.st_ino))
        folders.sort()
        yield Path(place)


def _raised(error: OSError) -> None:
    raise error
