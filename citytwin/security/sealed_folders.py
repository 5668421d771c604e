"""Sealed folders: which paths lie in one, and the key that its files are sealed with.

What lies below ``.sealed/<name>`` reaches the disk only sealed, by its place alone: whoever writes
there needs to know nothing, and without ``keys.json`` nothing can be written at all. In that file
the folder's key is wrapped by a key of the operator; to wrap it by another changes no other file.
"""

from __future__ import annotations

import base64
import binascii
import threading
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from citytwin.errors import KeyAccessError
from citytwin.security.key_ring import KeyRing, checked_key_id, open_ring
from citytwin.security.sealing import ID_BYTES, FolderKey

SEALED = ".sealed"
"""Folder whose sub-folders are sealed."""
KEYS_FILE = "keys.json"
_CONTEXT = b"citytwin folder key 1:"
_LARGEST_FILE = 64_000
_KEYS_KEPT = 64


class WrappedKey(BaseModel):
    """What ``keys.json`` says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    version: int = 1
    folder_key: str
    """Id of the folder's key, 32 hexadecimal digits."""
    key: str
    """Name of the operator's key that wraps it."""
    wrapped: str
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
    try:
        if path.stat().st_size > _LARGEST_FILE:
            msg = f"{path} is too large"
            raise KeyAccessError(msg, hint="restore it from a backup")
        return _checked(WrappedKey.model_validate_json(path.read_bytes()))
    except FileNotFoundError:
        msg = f"{path} is missing, and without it nothing below {root} can be read or written"
        raise KeyAccessError(msg, hint="restore it from a backup, or delete the folder") from None
    except (OSError, ValidationError, ValueError) as error:
        if isinstance(error, KeyAccessError):
            raise
        msg = f"{path} is damaged"
        raise KeyAccessError(msg, hint="restore it from a backup, or delete the folder") from error


def _checked(read: WrappedKey) -> WrappedKey:
    checked_key_id(read.key)  # it names a file, and a word for a program of the operator
    if read.version != 1 or len(bytes.fromhex(read.folder_key)) != ID_BYTES:
        msg = "not of this version"
        raise ValueError(msg)
    base64.b64decode(read.wrapped, validate=True)
    return read


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
    KeyAccessError
        If what is wrapped is damaged.
    """
    folder = bytes.fromhex(found.folder_key)
    try:
        wrapped = base64.b64decode(found.wrapped, validate=True)
    except binascii.Error as error:
        msg = "the wrapped key of the folder is no base64"
        raise KeyAccessError(msg, hint="restore keys.json from a backup") from error
    return FolderKey(folder, ring.unwrap(found.key, wrapped, _CONTEXT + folder))


_lock = threading.Lock()


def folder_key(root: Path) -> FolderKey:
    """Return the key of a sealed folder, by the keys that this process was given.

    It is unwrapped once per process and state of ``keys.json``.

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
        stamp = (root / KEYS_FILE).stat()
    except OSError:
        read_wrapped(root)  # says what is missing
        raise
    with _lock:
        return _folder_key(root, (stamp.st_ino, stamp.st_mtime_ns))


@lru_cache(maxsize=_KEYS_KEPT)
def _folder_key(root: Path, stamp: tuple[int, int]) -> FolderKey:
    del stamp  # another file is another entry
    found = read_wrapped(root)
    try:
        return unwrap(found, open_ring())
    except KeyAccessError as error:
        error.message = f"{root} is sealed: {error.message}"
        raise


def forget_keys() -> None:
    """Forget the keys of folders, when those of the process have changed."""
    _folder_key.cache_clear()
