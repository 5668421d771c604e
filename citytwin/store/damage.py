"""Tells damage in the working store from a system that refuses, and clears damage away."""

from __future__ import annotations

import errno
import logging
import shutil
from collections.abc import Iterable
from pathlib import Path

from citytwin.errors import DamagedError, KeyAccessError, StoreError, hint_of

log = logging.getLogger(__name__)
_REFUSALS = frozenset(
    (errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EINTR)
)
"""The file may be sound: whoever asks has no rights, or the system has nothing left to give."""
HINT = "run again: what is damaged is made anew"


def unreadable(what: str, error: Exception, files: Iterable[Path]) -> StoreError:
    """Return the error for something in the working store that cannot be read.

    Parameters
    ----------
    what
        What it is, with its path.
    error
        As the library raised it.
    files
        What must go so that it is made anew.

    Returns
    -------
    StoreError
        `DamagedError` where its content is at fault, or it is not there at all.
    """
    if isinstance(error, KeyAccessError):  # what is sealed is as sound as it was
        return error
    msg = f"{what} cannot be read: {error}"
    refused = isinstance(error, OSError) and error.errno in _REFUSALS
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and refused):
        hint = hint_of(error) if isinstance(error, OSError) else "use fewer workers"
        return StoreError(msg, hint=hint)
    return DamagedError(msg, files=tuple(str(file) for file in files), hint=HINT)


def clear_away(error: DamagedError) -> None:
    """Remove what is damaged: results, which the next run makes anew from the sources.

    Parameters
    ----------
    error
        Names it.
    """
    log.warning("%s; it is made anew", error.message)
    for path in map(Path, error.files):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
