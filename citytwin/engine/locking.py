"""One command at a time changes a city."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
    work = work_dir(loaded)
    work.mkdir(parents=True, exist_ok=True)
    lock = FileLock(work / "lock", timeout=0)
    try:
        lock.acquire()
    except Timeout as error:
        msg = f"another run holds {loaded.city_dir}"
        raise BusyError(msg, hint="wait for it, or stop it") from error
    try:
        yield
    finally:
        lock.release()
