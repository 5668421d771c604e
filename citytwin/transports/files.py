"""Files by their paths: on the disk, in archives, compressed; looked at in place.

A path may lead into a zip archive as if it were a folder, and through archives in archives:
``city.zip/udx/bldg/x.gml``. A file whose name ends in ``.gz`` is read as what it unpacks to. Paths
stay plain paths, so everything that has one can be opened here and nowhere else.
"""

from __future__ import annotations

import hashlib
import io
from pathlib import Path

from citytwin.errors import SourceError
from citytwin.transports.archives import Stamp, stamp_of_disk
from citytwin.transports.inflating import Inflated
from citytwin.transports.places import disk_file, inside, is_archive, nothing_at, opened, settled
from citytwin.transports.sections import Section
from citytwin.transports.spooling import spool

LARGEST_IN_MEMORY = 1_000_000_000
"""Bytes of a file in an archive that a library cannot read piece by piece."""

GZ = ".gz"
_BLOCK_BYTES = 1 << 20


def is_file(path: Path) -> bool:
    """Whether a file lies at a path, on the disk or in an archive that can be read.

    Parameters
    ----------
    path
        Any path.
    """
    try:
        place = inside(path)
        return settled(path).is_file() if place is None else place.is_file
    except (OSError, ValueError):  # a SourceError is one; so is a path with a null byte
        return False


def is_folder(path: Path) -> bool:
    """Whether a folder lies at a path, on the disk or in an archive that can be read.

    Parameters
    ----------
    path
        Any path.
    """
    try:
        place = inside(path)
        return settled(path).is_dir() if place is None else place.is_folder
    except (OSError, ValueError):
        return False


def children(folder: Path) -> list[Path]:
    """Return the files and folders in a folder, sorted by name.

    Parameters
    ----------
    folder
        A folder on the disk or in an archive, or an archive itself.

    Raises
    ------
    OSError
        If there is none, or it cannot be read.
    SourceError
        If the archive cannot be read.
    """
    place = opened(folder) if is_archive(folder) and is_file(folder) else inside(folder)
    if place is None:
        return sorted(settled(folder).iterdir())
    if not place.is_folder:
        raise nothing_at(folder)
    return [folder / name for name in place.children()]


def is_plain(path: Path) -> bool:
    """Whether the bytes of a file stand on the disk as they are read.

    Parameters
    ----------
    path
        Any path.
    """
    return path.suffix.lower() != GZ and settled(path).is_file()


def content_name(path: Path) -> str:
    """Return the name of what a file unpacks to: without ``.gz``.

    Parameters
    ----------
    path
        Any path.
    """
    return path.stem if path.suffix.lower() == GZ else path.name


def open_binary(path: Path) -> io.BufferedReader:
    """Open a file, to be read from its beginning to its end.

    Damage in an archive shows while it is read, as a :class:`SourceError`.

    Parameters
    ----------
    path
        Any path.

    Raises
    ------
    OSError
        If there is no file, or it cannot be opened.
    SourceError
        If it lies in an archive that cannot be read, or is encrypted there.
    """
    if path.suffix.lower() == GZ:
        return io.BufferedReader(Inflated(_packed(path), str(path)))
    place = inside(path)
    return settled(path).open("rb") if place is None else io.BufferedReader(_packed(path))


def open_seekable(path: Path) -> io.BufferedReader:
    """Open a file that is read here and there.

    What is compressed is unpacked into a temporary file without a name, of
    :data:`citytwin.transports.spooling.SPOOL_BYTES` at most.

    Parameters
    ----------
    path
        Any path.

    Raises
    ------
    OSError
        If there is no file, or it cannot be opened.
    SourceError
        If it cannot be unpacked, or would take too much room.
    """
    place = inside(path)
    packed = path.suffix.lower() == GZ
    if not packed:
        if place is None:
            return settled(path).open("rb")
        if place.is_file and (section := place.archive.stored(place.name)) is not None:
            return io.BufferedReader(section)
    size = size_of(path)
    return io.BufferedReader(Section(spool(open_binary(path), size, str(path)), 0, size))


def size_of(path: Path) -> int:
    """Return the bytes of a file; what is compressed by gzip is read through for it.

    Parameters
    ----------
    path
        Any path.

    Raises
    ------
    OSError
        If there is none, or it cannot be opened.
    SourceError
        If it cannot be unpacked.
    """
    if path.suffix.lower() == GZ:
        with open_binary(path) as file:
            return sum(map(len, iter(lambda: file.read(_BLOCK_BYTES), b"")))
    place = inside(path)
    if place is None:
        return settled(path).stat().st_size
    if not place.is_file:
        raise nothing_at(path)
    return place.archive.member(place.name).size


def stamp_of(path: Path) -> Stamp:
    """Return size and time stamp of the file on the disk that a path names or leads into.

    Parameters
    ----------
    path
        Any path.

    Raises
    ------
    OSError
        If there is none.
    """
    outer = disk_file(path)
    if outer is None:
        raise nothing_at(path)
    return stamp_of_disk(outer)


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file as it lies on the disk or in its archive, read in pieces.

    Parameters
    ----------
    path
        Any path.

    Raises
    ------
    OSError
        If there is none, or it cannot be opened.
    SourceError
        If it lies in an archive that cannot be read.
    """
    total = hashlib.sha256()
    with _packed(path) as file:
        while block := file.read(_BLOCK_BYTES):
            total.update(block)
    return total.hexdigest()


def read_whole(path: Path, limit_bytes: int) -> bytes:
    """Read a file that must not be large.

    Parameters
    ----------
    path
        Any path.
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
        hint = "" if is_plain(path) else "unpack it, or cut it into smaller files"
        raise SourceError(f"has more than {limit_bytes} bytes", source=path.name, hint=hint)
    return content


def path_or_content(path: Path) -> Path | bytes:
    """Return what a library gets that opens files itself: the path of a plain one, else its bytes.

    Parameters
    ----------
    path
        Any path.

    Raises
    ------
    SourceError
        If it cannot be read, or has more than `LARGEST_IN_MEMORY` bytes and is no plain file.
    """
    return path if is_plain(path) else read_whole(path, LARGEST_IN_MEMORY)


def _packed(path: Path) -> io.RawIOBase:
    """File as it lies on the disk or in its archive."""
    place = inside(path)
    if place is None:
        return io.FileIO(settled(path))
    if not place.is_file:
        raise nothing_at(path)
    return place.archive.open(place.name)
