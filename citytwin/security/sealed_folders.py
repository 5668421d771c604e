"""Sealed folders: which paths lie in one, and the key that its files are sealed with.

What lies below ``.sealed/<name>`` reaches the disk only sealed, by its place alone: whoever writes
there needs to know nothing, and without ``keys.json`` nothing can be written at all. In that file
the folder's key is wrapped by a key of the operator; to wrap it by another changes no other file.
"""

from __future__ import annotations

import base64
import logging
import threading
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from citytwin.errors import KeyAccessError
from citytwin.security.key_ring import KeyRing, checked_key_id, open_ring
from citytwin.security.sealing import ID_BYTES, FolderKey

_LOG = logging.getLogger(__name__)
SEALED = ".sealed"
"""Folder whose sub-folders are sealed."""
KEYS_FILE = "keys.json"
_CONTEXT = b"citytwin folder key 1:"
_LARGEST_FILE = 64_000
_KEYS_KEPT = 64


def _base64(value: str) -> str:
    base64.b64decode(value, validate=True)
    return value


class WrappedKey(BaseModel):
    """What ``keys.json`` says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: Literal[1] = 1
    folder_key: str = Field(pattern=f"^[0-9a-f]{{{2 * ID_BYTES}}}$")
    """Id of the folder's key, 32 hexadecimal digits."""
    key: Annotated[str, AfterValidator(checked_key_id)]
    """Name of the operator's key that wraps it: it names a file, and is a word for a program."""
    wrapped: Annotated[str, AfterValidator(_base64)]
    """The folder's key, wrapped, in base64."""


def sealed_root(path: Path) -> Path | None:
    """Return the sealed folder that a path lies in; None where it lies in clear.

    ``keys.json`` itself is no secret, and lies in clear.

    Parameters
    ----------
    path
        Absolute, or relative to the working directory.
    """
    return _sealed_root(path if path.is_absolute() else Path.cwd() / path)


@lru_cache(maxsize=4096)
def _sealed_root(path: Path) -> Path | None:
    for root in path.parents:
        if root.parent.name == SEALED:
            return None if path == root / KEYS_FILE else root
    return None


def name_in(root: Path, path: Path) -> str:
    """Return the name that a file is sealed under.

    Parameters
    ----------
    root
        Its sealed folder.
    path
        The file.
    """
    whole = path if path.is_absolute() else Path.cwd() / path
    return whole.relative_to(root).as_posix()


def read_wrapped(root: Path) -> WrappedKey:
    """Read ``keys.json`` of a sealed folder.

    Parameters
    ----------
    root
        The folder.

    Raises
    ------
    KeyAccessError
        If it is missing or damaged.
    """
    path = root / KEYS_FILE
    hint = "restore it from a backup, or delete the folder"
    try:
        with path.open("rb") as file:
            return WrappedKey.model_validate_json(file.read(_LARGEST_FILE))
    except FileNotFoundError:
        msg = f"{path} is missing, and without it nothing below {root} can be read or written"
        raise KeyAccessError(msg, hint=hint) from None
    except (OSError, ValidationError) as error:
        raise KeyAccessError(f"{path} is damaged", hint=hint) from error


def wrap(key: FolderKey, key_id: str, ring: KeyRing) -> WrappedKey:
    """Wrap the key of a folder.

    Parameters
    ----------
    key
        To be wrapped.
    key_id
        Name of the operator's key.
    ring
        Keys of the operator.
    """
    wrapped = ring.wrap(key_id, key.secret, _CONTEXT + key.id)
    return WrappedKey(
        folder_key=key.id.hex(), key=key_id, wrapped=base64.b64encode(wrapped).decode()
    )


def unwrap(found: WrappedKey, ring: KeyRing) -> FolderKey:
    """Return the key of a folder.

    Parameters
    ----------
    found
        What its ``keys.json`` says.
    ring
        Keys of the operator.

    Raises
    ------
    MissingKeyError
        If the ring lacks the key; it is named.
    """
    folder, wrapped = bytes.fromhex(found.folder_key), base64.b64decode(found.wrapped)
    return FolderKey(folder, ring.unwrap(found.key, wrapped, _CONTEXT + folder))


_lock = threading.Lock()
_last: dict[Path, FolderKey] = {}
"""The key of each folder as it was unwrapped last."""


def folder_key(root: Path) -> FolderKey:
    """Return the key of a sealed folder, by the keys that this process was given.

    It is unwrapped once per process and state of ``keys.json``. Where it was wrapped anew by a key that
    this process does not have, as another rotates, it is still the key that it was, and serves on.

    Parameters
    ----------
    root
        The folder.

    Raises
    ------
    KeyAccessError
        If it cannot be had.
    """
    try:
        found = (root / KEYS_FILE).stat()
        stamp = found.st_ino, found.st_mtime_ns
    except OSError:  # what is missing is told by who reads it
        return _read_key(root)
    with _lock:
        return _folder_key(root, stamp)


@lru_cache(maxsize=_KEYS_KEPT)
def _folder_key(root: Path, _stamp: tuple[int, int]) -> FolderKey:
    """Another file is another entry; an error is none."""
    return _read_key(root)


def _read_key(root: Path) -> FolderKey:
    found = read_wrapped(root)
    try:
        key = unwrap(found, open_ring())
    except KeyAccessError as error:
        error.message = f"{root} is sealed: {error.message}"
        known = _last.get(root)
        if known is None or known.id.hex() != found.folder_key:
            raise
        _LOG.warning("%s; until this process ends it goes on with what it unwrapped before", error)
        return known
    _last[root] = key
    return key


def forget_keys() -> None:
    """Forget the keys of folders, when those of the process have changed."""
    _folder_key.cache_clear()
    _last.clear()
