"""What lies at a path: a file or folder on the disk, or in an archive that the path leads into."""

from __future__ import annotations

import errno
import os
import unicodedata
from dataclasses import dataclass
from pathlib import Path

from citytwin.transports.archives import Archive, archive_at

ZIP = ".zip"


@dataclass(frozen=True, eq=False)
class Inside:
    """A place in an archive."""

    archive: Archive
    name: str
    """Path in the archive; empty for the archive itself."""

    @property
    def is_file(self) -> bool:
        """Whether a member is there."""
        return self.name in self.archive.index.members

    @property
    def is_folder(self) -> bool:
        """Whether a folder is there."""
        return self.name in self.archive.index.folders

    def children(self) -> list[str]:
        """Names of the files and folders in a folder."""
        start = f"{self.name}/" if self.name else ""
        index = self.archive.index
        names = [name for both in (index.members, index.folders) for name in both]
        below = {name[len(start) :] for name in names if name.startswith(start)}
        return sorted(name for name in below if name and "/" not in name)


def is_archive(path: Path) -> bool:
    """Whether a name is that of an archive.

    Parameters
    ----------
    path
        Path of a file.
    """
    return path.suffix.lower() == ZIP


def settled(path: Path) -> Path:
    """Path without ``..``, which the system does not follow out of an archive.

    Parameters
    ----------
    path
        Any path.
    """
    return path.resolve() if ".." in path.parts else path


def disk_file(path: Path) -> Path | None:
    """File on the disk that a path names or leads into; None where there is none.

    Parameters
    ----------
    path
        Any path.
    """
    place = settled(path)
    while not place.exists():
        if place == place.parent:
            return None
        place = place.parent
    return place if place.is_file() else None


def inside(path: Path) -> Inside | None:
    """Place in an archive; None where the path leads into none.

    Parameters
    ----------
    path
        Any path.

    Raises
    ------
    OSError
        If the archive cannot be opened.
    SourceError
        If it is no archive that can be read.
    """
    path = settled(path)
    if path.exists():
        return None
    outer = disk_file(path)
    if outer is None or not is_archive(outer):
        return None
    return _below(archive_at(outer), path.relative_to(outer).parts)


def opened(path: Path) -> Inside:
    """Archive itself, as the folder it is.

    Parameters
    ----------
    path
        An archive, on the disk or in another one.

    Raises
    ------
    OSError
        If there is none, or it cannot be opened.
    SourceError
        If it is no archive that can be read.
    """
    place = inside(path)
    if place is None:
        return Inside(archive_at(settled(path)), "")
    if not place.is_file:
        raise nothing_at(path)
    return Inside(place.archive.inner(place.name), "")


def nothing_at(path: Path) -> FileNotFoundError:
    """Return the error of the system for a path at which nothing lies.

    Parameters
    ----------
    path
        The path.
    """
    return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))


def _below(archive: Archive, parts: tuple[str, ...]) -> Inside:
    name = unicodedata.normalize("NFC", "/".join(parts))
    if name in archive.index.members or name in archive.index.folders:
        return Inside(archive, name)
    pieces = name.split("/")
    for count in range(1, len(pieces)):
        outer = "/".join(pieces[:count])
        if outer in archive.index.members and outer.lower().endswith(ZIP):
            return _below(archive.inner(outer), tuple(pieces[count:]))
    return Inside(archive, name)
