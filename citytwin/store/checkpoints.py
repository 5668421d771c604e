"""States of unfinished runs on disk: whole or not at all, checked, and never taken for another's."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import BinaryIO

import numpy as np

from citytwin.errors import StoreError
from citytwin.model.checkpoints import NamedArrays
from citytwin.store.at_rest import open_file, size_of
from citytwin.store.atomic import replacing

_FINGERPRINT = "fingerprint"
_DIGEST_BYTES = hashlib.sha256().digest_size
_AT_ONCE = 1 << 22


class DamagedCheckpointError(StoreError):
    """A checkpoint whose content is not what was written."""


def write_checkpoint(path: Path, fingerprint: str, state: NamedArrays) -> None:
    """Write the state of a run in one step, in place of the one before.

    Parameters
    ----------
    path
        File, ``.npz``: arrays of numpy in a zip archive without compression, and after it the
        SHA-256 of all its bytes.
    fingerprint
        Of all that the run depends on: inputs, parameters and code.
    state
        Arrays by name.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    with replacing(path) as temporary:
        np.savez(temporary, **{_FINGERPRINT: np.array(fingerprint)}, **state)  # type: ignore[arg-type]
        with temporary.open("r+b") as file:
            digest = _digest(file, temporary.stat().st_size)
            file.write(digest)


def _digest(file: BinaryIO, length: int) -> bytes:
    """SHA-256 of the first bytes of a file, which is left at their end."""
    total = hashlib.sha256()
    while length > 0 and (piece := file.read(min(length, _AT_ONCE))):
        total.update(piece)
        length -= len(piece)
    return total.digest()


def read_checkpoint(path: Path, fingerprint: str) -> NamedArrays | None:
    """Read the state of a run.

    Parameters
    ----------
    path
        File.
    fingerprint
        Of all that the run depends on.

    Returns
    -------
    mapping or None
        Arrays by name; None where there is no file, or that of another run.

    Raises
    ------
    DamagedCheckpointError
        If a byte of it has changed.
    """
    try:
        with open_file(path) as file:
            # Before anything in it is believed, such as the shape of an array.
            wanted = _digest(file, size_of(path) - _DIGEST_BYTES)
            if file.read() != wanted:
                msg = f"{path} is damaged: it is not what was written"
                raise DamagedCheckpointError(msg)
        with open_file(path) as file, np.load(file, allow_pickle=False) as kept:
            if str(kept[_FINGERPRINT]) != fingerprint:
                return None
            return {name: kept[name] for name in kept.files if name != _FINGERPRINT}
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError) as error:
        msg = f"{path} is damaged: {error}"
        raise DamagedCheckpointError(msg) from error
