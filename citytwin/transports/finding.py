"""Finding the files of a source: by path, folder or glob pattern, on the disk and in archives."""

from __future__ import annotations

import fnmatch
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from citytwin.errors import SourceError
from citytwin.transports.archives import Archive
from citytwin.transports.files import GZ, children, content_name, is_file, is_folder, is_plain
from citytwin.transports.places import ZIP, Inside, inside, is_archive, opened
from citytwin.transports.unreadable import is_lost_and_found
from citytwin.transports.zip_index import SetAside

log = logging.getLogger(__name__)

_MAGIC = re.compile(r"[*?[]")
_ANY_DEPTH = "**"
Matches = Callable[[str], bool]
"""Tells by its path, with slashes, whether a file is wanted."""


def find_files(path: Path, patterns: Sequence[str]) -> tuple[Path, ...]:
    """Return the files at a place, sorted by name.

    Folders are searched with everything below them that is not hidden by a dot, and so are zip
    archives, which count as folders unless a pattern takes them as they are. A member of an archive
    is left out where it lies unpacked beside the archive, unless the archive itself is named, and
    so is ``x.gml.gz`` beside ``x.gml``.

    Parameters
    ----------
    path
        A file, a folder or archive that is searched with `patterns`, a place in an archive, or a
        glob pattern of any of them.
    patterns
        Names of the files wanted from a folder, such as ``*.gml``; they find ``x.gml.gz`` and
        ``X.GML`` too.

    Raises
    ------
    SourceError
        If nothing is there, or the archive that is named cannot be read.
    """
    matches = _matcher(patterns)
    try:
        inside(path)  # an archive that is named and cannot be read says why
        there = is_file(path) or is_folder(path)
        places = [path] if there else list(_expanded(path))
        found = {file for place in places for file in _files_of(place, matches, named=there)}
    except OSError as error:
        msg = f"cannot be searched: {error.strerror or error}"
        raise SourceError(msg, source=str(error.filename or path)) from error
    found = {file for file in found if not _plain_beside(file, found)}
    if not found:
        raise SourceError(
            "no such file, and no folder with files of this format",
            source=str(path),
            hint=f"give a file, or a folder or zip archive that holds {', '.join(patterns)}",
        )
    return tuple(sorted(found))


def files_below(folder: Path) -> Iterator[Path]:
    """Yield all files below a folder; archives on the way are files.

    What is hidden by a dot is no data: working stores, version control, what macOS adds.

    Parameters
    ----------
    folder
        A folder on the disk or in an archive.

    Raises
    ------
    SourceError
        If a folder cannot be looked into: what lies there would be missing without a word.
    """
    place = inside(folder)
    if place is None:
        for directory, folders, names in os.walk(folder, onerror=_closed):
            folders[:] = [name for name in folders if not name.startswith(".")]
            seen = (Path(directory, name) for name in names if not name.startswith("."))
            yield from (file for file in seen if file.is_file())
        return
    start = f"{place.name}/" if place.name else ""
    for name in place.archive.index.members:
        if name.startswith(start):
            yield folder / name[len(start) :]


def _closed(error: OSError) -> None:
    if isinstance(error, FileNotFoundError | NotADirectoryError):  # there is none
        return
    if is_lost_and_found(Path(str(error.filename))):
        return
    hint = "let the account that runs the city read it, or move it away"
    raise SourceError(
        f"cannot be looked into: {error.strerror}", source=str(error.filename), hint=hint
    ) from error


def set_aside(files: Iterable[Path], patterns: Sequence[str]) -> list[tuple[Path, SetAside]]:
    """Return the members that could not be taken from the archives that hold some files.

    Parameters
    ----------
    files
        Any paths.
    patterns
        Names of the files wanted, as for :func:`find_files`.

    Returns
    -------
    list of tuple
        Path of the archive, and the member.
    """
    archives: dict[Path, Archive] = {}
    for file in files:
        place = inside(file)
        if place is not None:
            archives.setdefault(place.archive.path, place.archive)
    matches = _matcher(patterns)
    return [
        (path, told)
        for path, held in archives.items()
        for told in held.index.set_aside
        if told.name == "*" or matches(told.name)
    ]


def _matcher(patterns: Sequence[str]) -> Matches:
    either = "|".join(fnmatch.translate(p) for p in patterns if "/" not in p) or r"(?!)"
    names = re.compile(either, re.IGNORECASE)  # there are writers of X.GML
    longer = [pattern for pattern in patterns if "/" in pattern]

    def matches(path: str) -> bool:
        if path.lower().endswith(GZ) and matches(path[: -len(GZ)]):
            return True
        return names.match(path.rpartition("/")[2]) is not None or any(
            PurePosixPath(path).match(pattern) for pattern in longer
        )

    return matches


def _files_of(place: Path, matches: Matches, *, named: bool) -> Iterator[Path]:
    if is_file(place):
        if is_archive(place) and not matches(place.as_posix()):
            yield from _members(opened(place), matches, named=named)
        else:
            yield place
    elif (at := inside(place)) is not None:
        yield from _members(at, matches, named=named)
    else:
        for file in files_below(place):
            if _is_resource_fork(file.name):
                continue
            if matches(file.as_posix()):
                yield file
            elif is_archive(file):
                yield from _members_or_itself(file, matches)


def _members_or_itself(file: Path, matches: Matches) -> Iterator[Path]:
    """Files of an archive that was met on the way; a damaged one is for its reader to refuse."""
    try:
        place = opened(file)
    except SourceError as error:
        log.warning("%s", error)
        yield file
        return
    yield from _members(place, matches)


def _members(place: Inside, matches: Matches, *, named: bool = False) -> Iterator[Path]:
    start = f"{place.name}/" if place.name else ""
    archive = place.archive
    for name in archive.index.members:
        if not name.startswith(start) or _is_resource_fork(name):
            continue
        if matches(name):
            if named or not _lies_unpacked(archive, name):
                yield archive.path / name
        elif name.lower().endswith(ZIP):
            yield from _members_or_itself(archive.path / name, matches)


def _is_resource_fork(name: str) -> bool:
    """Whether a file is what macOS adds beside each file, on foreign disks and in archives."""
    return name.startswith("__MACOSX/") or name.rpartition("/")[2].startswith("._")


def _lies_unpacked(archive: Archive, name: str) -> bool:
    """Whether a member lies as a file beside its archive, or in a folder of the archive's name."""
    beside = (archive.path.parent / name, archive.path.with_suffix("") / name)
    size = archive.index.members[name].size
    return any(is_plain(file) and file.stat().st_size == size for file in beside)


def _plain_beside(file: Path, found: set[Path]) -> bool:
    name = content_name(file)
    return name != file.name and file.with_name(name) in found


def _expanded(path: Path) -> Iterator[Path]:
    """Places that a glob pattern finds; archives on the way count as folders."""
    parts = path.parts
    first = next((n for n, part in enumerate(parts) if _MAGIC.search(part)), len(parts))
    if first < len(parts):
        yield from _matching(Path(*parts[:first]), parts[first:])


def _matching(place: Path, parts: tuple[str, ...]) -> Iterator[Path]:
    if not parts:
        yield place
        return
    part, rest = parts[0], parts[1:]
    if not _MAGIC.search(part):
        if is_file(place / part) or is_folder(place / part):
            yield from _matching(place / part, rest)
        return
    below = list(_entries(place))
    if part == _ANY_DEPTH:
        yield from _matching(place, rest)
        for child in below:
            if is_folder(child) and not child.is_symlink():
                yield from _matching(child, parts)
        return
    for child in below:
        if fnmatch.fnmatchcase(child.name, part):
            yield from _matching(child, rest)


def _entries(place: Path) -> Iterator[Path]:
    if is_folder(place) or (is_file(place) and is_archive(place)):
        yield from children(place)
