"""The directory of a zip archive: its members, after everything that does not fit was refused."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from citytwin.errors import SourceError
from citytwin.transports.zip_names import fault_of, name_of, without_dots

MOST_MEMBERS = 500_000
MOST_DIRECTORY_BYTES = 100_000_000
LARGEST_TOTAL = 1 << 42
"""Bytes that all members together may say they unpack to."""
LOCAL_HEADER_BYTES = 30
_TOLD = 1000


class Member(NamedTuple):
    """A file in an archive."""

    offset: int
    """Position of its local header in the archive."""
    packed: int
    """Bytes in the archive."""
    size: int
    """Bytes it unpacks to, as the directory says."""
    method: int
    """How it is compressed."""
    crc: int
    """CRC-32 of what it unpacks to."""
    flags: int


class SetAside(NamedTuple):
    """A member that is no file which could be read."""

    name: str
    reason: str


@dataclass(frozen=True, eq=False)
class ZipIndex:
    """Members of an archive by their paths in it."""

    members: Mapping[str, Member]
    folders: frozenset[str]
    """Paths of all folders; the archive itself is the empty one."""
    set_aside: tuple[SetAside, ...]


def read_index(file: io.RawIOBase, size: int, name: str) -> ZipIndex:
    """Read the directory of an archive.

    Parameters
    ----------
    file
        The archive; can be searched.
    size
        Its size.
    name
        Its path, for messages.

    Raises
    ------
    SourceError
        If it is none, is damaged, or no archive of data would say what it says.
    """
    try:
        with zipfile.ZipFile(_Bounded(file, name)) as archive:
            listed = archive.infolist()
    except SourceError:
        raise
    # Beside its own error zipfile lets through what parsing a damaged directory gives: numbers and
    # texts that are none, versions it does not know, places outside of the file.
    except (zipfile.BadZipFile, ValueError, NotImplementedError, LookupError, OSError) as error:
        msg = f"cannot be read as a zip archive: {str(error)[:120]}"
        hint = "the archive is damaged or cut off; fetch it again"
        raise SourceError(msg, source=name, hint=hint) from error
    if len(listed) > MOST_MEMBERS:
        msg = f"has {len(listed)} members, more than {MOST_MEMBERS}"
        raise SourceError(msg, source=name, hint="divide it into several archives")
    total = sum(info.file_size for info in listed)
    if total > LARGEST_TOTAL:
        msg = f"says that it unpacks to {total} bytes, more than {LARGEST_TOTAL}"
        raise SourceError(msg, source=name, hint="it is no archive of data: leave it out")
    _refuse_overlaps(listed, size, name)
    return _sorted_out(listed)


def _sorted_out(listed: list[zipfile.ZipInfo]) -> ZipIndex:
    members: dict[str, Member] = {}
    folders = {""}
    told: list[SetAside] = []
    for info in listed:
        name = name_of(info)
        if fault := fault_of(name, info):
            told.append(SetAside(name, fault))
            continue
        path = without_dots(name)
        parent = path if name.endswith("/") else path.rpartition("/")[0]
        while parent not in folders:
            folders.add(parent)
            parent = parent.rpartition("/")[0]
        if name.endswith("/") or not path:
            continue
        if path in members:
            told.append(SetAside(name, "is there twice; the later one counts"))
        members[path] = Member(
            info.header_offset,
            info.compress_size,
            info.file_size,
            info.compress_type,
            info.CRC,
            info.flag_bits,
        )
    if len(told) > _TOLD:
        told[_TOLD:] = [
            SetAside("*", f"{len(told) - _TOLD} more members are no files that could be read")
        ]
    return ZipIndex(members, frozenset(folders), tuple(told))


def _refuse_overlaps(listed: list[zipfile.ZipInfo], size: int, name: str) -> None:
    """Refuse members that share bytes, by which a small archive unpacks to any size (Fifield 2019)."""
    end, before = 0, ""
    for info in sorted(listed, key=lambda info: info.header_offset):
        if info.header_offset < end:
            msg = f"has members that overlap: {before!a} and {info.orig_filename!a}"
            raise SourceError(msg[:300], source=name, hint="it is no archive of data: leave it out")
        end = info.header_offset + LOCAL_HEADER_BYTES + info.compress_size
        before = info.orig_filename
    if end > size:
        msg = f"ends at byte {size}, before its member {ascii(before)[:100]} does"
        raise SourceError(msg, source=name, hint="the archive is cut off; fetch it again")


class _Bounded(io.BufferedReader):
    """Archive of which the library reads no directory that is too large."""

    def __init__(self, file: io.RawIOBase, name: str) -> None:
        super().__init__(file)
        self._archive = name

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > MOST_DIRECTORY_BYTES:
            msg = f"has a directory of {size} bytes, more than {MOST_DIRECTORY_BYTES}"
            raise SourceError(msg, source=self._archive, hint="divide it into several archives")
        return super().read(size)
