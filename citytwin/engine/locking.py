"""One command at a time changes a city."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from citytwin.config import LoadedConfig
from citytwin.engine.request import work_dir
from citytwin.errors import BusyError


@contextmanager
def holding(loaded: LoadedConfig) -> Iterator[None]:
    """Hold a city while the block runs.

    Parameters
    ----------
    loaded
        Its configuration.

    Raises
    ------
    BusyError
        If another command holds it.
    """
    with holding_folder(work_dir(loaded), loaded.city_dir):
        yield


@contextmanager
def holding_folder(work: Path, out: Path) -> Iterator[None]:
    """Hold a working store while the block runs.

    Parameters
    ----------
    work
        Folder of the store; made when it does not exist.
    out
        Folder that is made from it, as users know it.

    Raises
    ------
    BusyError
        If another command holds it.
    """
    work.mkdir(parents=True, exist_ok=True)
    lock = FileLock(work / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        msg = f"another run holds {out}"
        raise BusyError(msg, hint="wait for it, or stop it") from error
    try:
        yield
    finally:
        lock.release()
