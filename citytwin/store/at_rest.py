"""Reads what lies on the disk, in clear or sealed: the place of a file says which.

Writing needs no counterpart: :func:`citytwin.store.atomic.replacing` seals by place too.
"""

from __future__ import annotations

import hashlib
import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from citytwin.security.sealed_folders import folder_key, name_in, sealed_root
from citytwin.security.sealed_streams import SealedReader
from citytwin.store.atomic import replacing, sync_folder
from citytwin.store.walking import entries_below, refused_link
from citytwin.transports.files import sha256_of

_COPIED_BYTES = 1 << 20
_BUFFERED_BYTES = 1 << 14
"""Libraries ask for few bytes at a time, as often as they like."""


def open_file(path: Path) -> BinaryIO:
    """Open a file for reading, at any place of it.

    Parameters
    ----------
    path
        Of a sealed file only the chunks of 64 KiB that are touched are read and opened.

    Raises
    ------
    SealError
        If it is sealed and damaged, or its key is not there; then or on reading.
    OSError
        If there is none.
    """
    root = sealed_root(path)
    if root is None:
        return path.open("rb")
    return io.BufferedReader(
        SealedReader(path, folder_key(root), name_in(root, path)), _BUFFERED_BYTES
    )


def readable(path: Path) -> Path | BinaryIO:
    """Return what a library can read a file from: the path, or what opens its chunks.

    Parameters
    ----------
    path
        The file.
    """
    return path if sealed_root(path) is None else open_file(path)


def read_bytes(path: Path) -> bytes:
    """Read a whole file.

    Parameters
    ----------
    path
        The file.
    """
    with open_file(path) as file:
        return file.read()  # of a sealed one at once, past the chunks at hand


def size_of(path: Path) -> int:
    """Return the bytes of a file's content.

    Parameters
    ----------
    path
        The file.
    """
    with open_file(path) as file:
        return file.seek(0, os.SEEK_END)


def digest_of_file(path: Path) -> str:
    """Return the sha256 of a file's content, 64 hexadecimal digits.

    Parameters
    ----------
    path
        The file.
    """
    if sealed_root(path) is None:
        return sha256_of(path)
    total = hashlib.sha256()
    with open_file(path) as file:
        while block := file.read(_COPIED_BYTES):
            total.update(block)
    return total.hexdigest()


@contextmanager
def unsealed(folder: Path, room: Path) -> Iterator[Path]:
    """Yield a folder in clear: itself, or a copy in memory.

    Parameters
    ----------
    folder
        With files, and folders of such.
    room
        Folder in memory for the copy.
    """
    if sealed_root(folder / "file") is None:
        yield folder
        return
    clear = room / "clear"
    for file in files_below(folder):
        target = clear / file.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        with open_file(file) as source, target.open("wb") as copy:
            shutil.copyfileobj(source, copy, _COPIED_BYTES)
    yield clear
    shutil.rmtree(clear)


def copy_tree(source: Path, target: Path) -> None:
    """Copy a folder, each file in clear or sealed as its place wants it, and bring it to the disk.

    Parameters
    ----------
    source, target
        Folders; the second is made.
    """
    target.mkdir(parents=True, exist_ok=True)
    for file in files_below(source):
        with (
            open_file(file) as content,
            replacing(target / file.relative_to(source)) as copy,
            copy.open("wb") as written,
        ):
            shutil.copyfileobj(content, written, _COPIED_BYTES)
    sync_folder(target)


def files_below(folder: Path) -> list[Path]:
    """Return all files of a folder, in order of their names.

    Parameters
    ----------
    folder
        The folder.

    Raises
    ------
    StoreError
        If a link to another folder lies in it.
    OSError
        If a folder below it cannot be looked into.
    """
    found = []
    for path in entries_below(folder):
        if path.is_file():
            found.append(path)
        elif path.is_dir():
            raise refused_link(path)
    return sorted(found)
