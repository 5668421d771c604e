"""One command at a time changes a city."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from citytwin.config import LoadedConfig
from citytwin.engine.request import work_dir
from citytwin.errors import BusyError

PUBLICATION_S = 60.0
"""Longer than it takes to put layers that are made in their places."""


@contextmanager
def holding(loaded: LoadedConfig, patience_s: float = 0.0) -> Iterator[None]:
    """Hold a city while the block runs.

    Parameters
    ----------
    loaded
        Its configuration.
    patience_s
        How long to wait for another command [s].

    Raises
    ------
    BusyError
        If another command holds it.
    """
    with holding_folder(work_dir(loaded), loaded.city_dir, patience_s):
        yield


@contextmanager
def holding_folder(work: Path, out: Path, patience_s: float = 0.0) -> Iterator[None]:
    """Hold a working store while the block runs.

    Parameters
    ----------
    work
        Folder of the store; made when it does not exist.
    out
        Folder that is made from it, as users know it.
    patience_s
        How long to wait for another command [s].

    Raises
    ------
    BusyError
        If another command holds it.
    """
    work.mkdir(parents=True, exist_ok=True)
    lock = FileLock(work / "lock", timeout=patience_s)
    try:
        lock.acquire()
    except Timeout as error:
        msg = f"another run holds {out}"
        raise BusyError(msg, hint="wait for it, or stop it") from error
    try:
        yield
    finally:
        lock.release()
