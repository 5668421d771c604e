"""Files that are there whole or not at all: written aside on the same disk, synced, renamed.

What belongs into a sealed folder is written in memory, and sealed on its way to the disk.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from citytwin.errors import CityTwinError, SealError, StoreError, hint_of
from citytwin.security.sealed_folders import folder_key, name_in, sealed_root
from citytwin.security.sealed_streams import SealingWriter
from citytwin.store.memory_room import memory_room

TEMPORARY_PREFIX = ".tmp-"
"""What a kill may leave behind begins with this."""
_COPIED_BYTES = 1 << 20
_OURS = re.compile(re.escape(TEMPORARY_PREFIX) + r"[0-9a-f]{32}(\..*)?")
"""And goes on like this; what others call temporary is not ours to remove."""


def temporary_beside(path: Path) -> Path:
    """Return a new name in the folder of `path`, with the same suffix.

    Parameters
    ----------
    path
        File or folder that will be replaced.
    """
    return path.with_name(f"{TEMPORARY_PREFIX}{uuid4().hex}{path.suffix}")


@contextmanager
def replacing(path: Path, aside: Path | None = None) -> Iterator[Path]:
    """Yield a temporary name; when the block ends well, it becomes `path` in one step.

    Parameters
    ----------
    path
        File to write; its folder is made when it is missing.
    aside
        Folder on the same disk in which it is written; None = that of `path`. Where others may call
        :func:`remove_stale` meanwhile, it must be another one.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    root = sealed_root(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if aside is not None:
            aside.mkdir(parents=True, exist_ok=True)
        if root is None:
            with _put_in_place(path, aside) as temporary:
                yield temporary
            return
        with memory_room() as room:
            clear = room / temporary_beside(path).name
            yield clear
            with _put_in_place(path) as temporary:
                _seal(clear, temporary, root, path)
    except CityTwinError:
        raise  # such as a server that does not send what is to be written: not the disk's fault
    except OSError as error:
        msg = f"{path} cannot be written: {error}"
        raise StoreError(msg, hint=hint_of(error)) from error


@contextmanager
def _put_in_place(path: Path, aside: Path | None = None) -> Iterator[Path]:
    temporary = temporary_beside(path if aside is None else aside / path.name)
    try:
        yield temporary
        sync_file(temporary)
        temporary.replace(path)
        sync_folder(path.parent)
    finally:
        if temporary.exists():
            temporary.unlink()


def _seal(clear: Path, target: Path, root: Path, path: Path) -> None:
    """Seal a file under the name that it will have."""
    key, name = folder_key(root), name_in(root, path)
    with (
        clear.open("rb") as source,
        target.open("wb") as sealed,
        SealingWriter(sealed, key, name) as writer,
    ):
        shutil.copyfileobj(source, writer, _COPIED_BYTES)


def write_bytes(path: Path, data: bytes, aside: Path | None = None) -> None:
    """Write a file atomically.

    Parameters
    ----------
    path
        File.
    data
        Its content.
    aside
        Folder in which it is written, as of :func:`replacing`.
    """
    root = sealed_root(path)
    if root is not None:  # what is in memory already needs no file there
        _write_sealed(root, path, data)
        return
    with replacing(path, aside) as temporary:
        temporary.write_bytes(data)


def _write_sealed(root: Path, path: Path, data: bytes) -> None:
    key, name = folder_key(root), name_in(root, path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with (
            _put_in_place(path) as temporary,
            temporary.open("wb") as target,
            SealingWriter(target, key, name) as writer,
        ):
            writer.write(data)
    except SealError:
        raise
    except OSError as error:
        msg = f"{path} cannot be written: {error}"
        raise StoreError(msg, hint=hint_of(error)) from error


def write_text(path: Path, text: str, aside: Path | None = None) -> None:
    """Write a UTF-8 file atomically; lines end with a line feed on every system.

    Parameters
    ----------
    path
        File.
    text
        Its content.
    aside
        Folder in which it is written, as of :func:`replacing`.
    """
    write_bytes(path, text.encode("utf-8"), aside)


def sync_file(path: Path) -> None:
    """Bring a file's content to the disk.

    Parameters
    ----------
    path
        File.
    """
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_folder(path: Path) -> None:
    """Bring a folder's entries to the disk, where the system can.

    Parameters
    ----------
    path
        Folder.
    """
    if os.name != "nt":  # Windows opens no folder, and keeps its entries in a journal
        sync_file(path)


def sync_tree(path: Path) -> None:
    """Bring a folder with everything in it to the disk.

    Parameters
    ----------
    path
        Folder.
    """
    for folder, _, files in os.walk(path):
        for name in files:
            sync_file(Path(folder) / name)
        sync_folder(Path(folder))


def move_folder(source: Path, target: Path) -> None:
    """Rename a complete folder to its final name on the same disk.

    Parameters
    ----------
    source
        Folder, complete.
    target
        New name; must not exist.

    Raises
    ------
    StoreError
        If the target exists, or lies on another disk.
    """
    if target.exists():
        msg = f"{target} exists already"
        raise StoreError(msg, hint="published folders are never changed; take a new run id")
    try:
        sync_tree(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        source.rename(target)
        sync_folder(target.parent)
        sync_folder(target.parent.parent)
    except OSError as error:
        msg = f"{source} cannot be moved to {target}: {error}"
        raise StoreError(msg, hint=hint_of(error)) from error


def remove_stale(folder: Path, keep: Sequence[Path] = ()) -> tuple[Path, ...]:
    """Remove what killed runs left behind in a folder.

    Parameters
    ----------
    folder
        Folder to clean, not its sub-folders.
    keep
        Paths that are in use, or contain such.

    Returns
    -------
    tuple of Path
        What was removed.
    """
    removed = []
    for path in sorted(folder.glob(f"{TEMPORARY_PREFIX}*")):
        if not _OURS.fullmatch(path.name):
            continue
        if any(used == path or path in used.parents for used in keep):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
        removed.append(path)
    return tuple(removed)
