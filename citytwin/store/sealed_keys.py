"""Writes and lists the keys of sealed folders: made, wrapped anew, looked for below a place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from citytwin.errors import KeyAccessError, SealError
from citytwin.security.key_ring import KeyRing
from citytwin.security.sealed_folders import (
    KEYS_FILE,
    SEALED,
    WrappedKey,
    forget_keys,
    read_wrapped,
    unwrap,
    wrap,
)
from citytwin.security.sealing import MAGIC, FolderKey
from citytwin.store.at_rest import files_below
from citytwin.store.atomic import write_text
from citytwin.store.walking import folders_below


@dataclass(frozen=True)
class SealedFolder:
    """A sealed folder and the operator's key that it needs."""

    root: Path
    key: str
    is_copy: bool = False
    """Whether it lies elsewhere than below ``.sealed``, as in a backup: its key stays what it is."""


def ensure_sealed(root: Path, key_id: str, ring: KeyRing) -> None:
    """Make a sealed folder, or check that the one there can be opened with a key.

    Parameters
    ----------
    root
        The folder.
    key_id
        Name of the operator's key.
    ring
        Keys of the operator.

    Raises
    ------
    SealError
        If it needs another key, or one that is not there; or if files are sealed there, and the key
        of the folder is gone.
    """
    if not (root / KEYS_FILE).exists():
        _require_nothing_sealed(root)
        _write(root, wrap(FolderKey.fresh(), key_id, ring))
        return
    found = read_wrapped(root)
    if found.key != key_id:
        msg = f"{root} is sealed with key {found.key!r}, not {key_id!r}"
        hint = (
            f"if {found.key} is the new one, let `encryption.key` say so; else"
            f" `citytwin keys rotate CONFIG --to {key_id}` brings all of the city to {key_id}"
        )
        raise SealError(msg, hint=hint)
    unwrap(found, ring)


def _require_nothing_sealed(root: Path) -> None:
    """A new key would lock out for good what a copy of the old ``keys.json`` still opens."""
    for path in files_below(root):
        with path.open("rb") as file:
            if file.read(len(MAGIC)) == MAGIC:
                read_wrapped(root)  # says what is missing


def rewrap(root: Path, key_id: str, ring: KeyRing) -> bool:
    """Wrap the key of a folder by another key of the operator; no other file is written.

    Parameters
    ----------
    root
        The folder.
    key_id
        Name of the new key.
    ring
        Has both keys.

    Returns
    -------
    bool
        Whether it was wrapped by another before.
    """
    found = read_wrapped(root)
    if found.key == key_id:
        unwrap(found, ring)
        return False
    key = unwrap(found, ring)
    fresh = wrap(key, key_id, ring)
    if unwrap(fresh, ring) != key:  # before the old one goes
        msg = f"key {key_id!r} does not give back what it wrapped"
        raise SealError(msg, hint="check the key management service")
    _write(root, fresh)
    forget_keys()
    return True


def _write(root: Path, wrapped: WrappedKey) -> None:
    text = json.dumps(wrapped.model_dump(), indent=1) + "\n"
    write_text(root / KEYS_FILE, text)


def sealed_folders(place: Path) -> list[SealedFolder]:
    """Return the sealed folders below a place, and copies of such, in order of their paths.

    Parameters
    ----------
    place
        Such as the folder ``out`` of a configuration, or a folder of backups; links are followed.

    Raises
    ------
    KeyAccessError
        If a folder cannot be looked into, or a ``keys.json`` below ``.sealed`` is none.
    """
    try:
        roots = sorted(
            folder for folder in folders_below(place) if _is_readable(folder / KEYS_FILE)
        )
    except OSError as error:
        msg = f"not all that lies below {place} can be read: {error}"
        hint = "call this as who may read it: what lies there may need a key"
        raise KeyAccessError(msg, hint=hint) from error
    found = []
    for root in roots:
        is_copy = SEALED not in (root.parent.name, root.resolve().parent.name)
        try:
            key = read_wrapped(root).key
        except KeyAccessError:
            if is_copy:  # another file of that name
                continue
            raise
        found.append(SealedFolder(root, key, is_copy))
    return found


def _is_readable(file: Path) -> bool:
    """Whether a file is there; a copy that cannot be read is not taken for another file."""
    try:
        file.open("rb").close()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return True
