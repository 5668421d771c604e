"""One command at a time changes a city."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from citytwin.config import LoadedConfig
from citytwin.engine.request import work_dir
from citytwin.errors import BusyError, StoreError, hint_of

PATIENCE_S = 60.0
"""Longer than it takes to put layers that are made in their places, as a running twin does [s]."""
_TOLD_AFTER_S = 5.0
log = logging.getLogger(__name__)


@contextmanager
def holding(loaded: LoadedConfig) -> Iterator[None]:
    """Hold a city while the block runs; a command that changes it for a moment is waited for.

    Parameters
    ----------
    loaded
        Its configuration.

    Raises
    ------
    BusyError
        If another command holds it for longer than `PATIENCE_S`.
    """
    with holding_folder(work_dir(loaded), loaded.city_dir, PATIENCE_S):
        yield


@contextmanager
def holding_folder(work: Path, out: Path | str, patience_s: float = 0.0) -> Iterator[None]:
    """Hold a working store while the block runs.

    Parameters
    ----------
    work
        Folder of the store; made when it does not exist.
    out
        What is made from it, as users know it.
    patience_s
        How long to wait for another command [s].

    Raises
    ------
    BusyError
        If another command holds it for longer.
    StoreError
        If the disk takes no lock.
    """
    lock = FileLock(work / "lock")
    try:
        work.mkdir(parents=True, exist_ok=True)
        _acquire(lock, out, patience_s)
    except Timeout as error:
        msg = f"another run holds {out}"
        raise BusyError(msg, hint="wait for it, or stop it") from error
    except OSError as error:
        msg = f"{work} cannot be written to: {error.strerror or error}"
        raise StoreError(msg, hint=hint_of(error)) from error
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, out: Path | str, patience_s: float) -> None:
    if patience_s > _TOLD_AFTER_S:
        try:
            lock.acquire(timeout=_TOLD_AFTER_S)
        except Timeout:
            patience_s -= _TOLD_AFTER_S
            log.warning("another command holds %s; waiting %.0f s more at most", out, patience_s)
        else:
            return
    lock.acquire(timeout=patience_s)
