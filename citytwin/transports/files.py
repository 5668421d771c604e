"""Files and folders on this machine, looked at in place."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from citytwin.errors import SourceError


def find_files(path: Path, patterns: Sequence[str]) -> tuple[Path, ...]:
    """Return the files at a place, sorted by name.

    Parameters
    ----------
    path
        A file, a folder that is searched with `patterns`, or a glob pattern of either.
    patterns
        Names of the files wanted from a folder, such as ``*.gml``.

    Raises
    ------
    SourceError
        If nothing is there.
    """
    if path.is_file():
        return (path,)
    if path.is_dir():
        places = [path]
    else:
        places = [*Path(path.anchor).glob(path.relative_to(path.anchor).as_posix())]
    found = {file for place in places for file in _files_of(place, patterns)}
    if not found:
        raise SourceError(
            "no such file, and no folder with files of this format",
            source=str(path),
            hint=f"give a file, or a folder that holds {', '.join(patterns)}",
        )
    return tuple(sorted(found))


def _files_of(place: Path, patterns: Sequence[str]) -> Iterator[Path]:
    if place.is_file():
        yield place
        return
    for file in place.rglob("*"):
        if file.is_file() and any(file.match(pattern) for pattern in patterns):
            yield file


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, read in pieces.

    Parameters
    ----------
    path
        The file.
    """
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_plain(path: Path) -> bool:
    """Whether the bytes of a file stand on the disk as they are read.

    Parameters
    ----------
    path
        The file.
    """
    return path.is_file()


def open_binary(path: Path) -> io.BufferedReader:
    """Open a file for reading.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    OSError
        If it cannot be opened.
    """
    return path.open("rb")


def read_whole(path: Path, limit_bytes: int) -> bytes:
    """Read a file that must not be large.

    Parameters
    ----------
    path
        The file.
    limit_bytes
        Size above which it is refused.

    Raises
    ------
    SourceError
        If it cannot be read, or is larger.
    """
    try:
        with open_binary(path) as file:
            content = file.read(limit_bytes + 1)
    except OSError as error:
        msg = f"cannot be read: {error.strerror or error}"
        raise SourceError(msg, source=str(path)) from error
    if len(content) > limit_bytes:
        raise SourceError(f"has more than {limit_bytes} bytes", source=path.name)
    return content
