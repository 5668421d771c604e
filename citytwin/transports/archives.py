"""Zip archives read in place: nothing is ever unpacked to a file that has a name.

A member that is stored, an inner archive for instance, is a section of the archive around it. An
inner archive that is compressed cannot be searched in place: it is unpacked once per process into a
temporary file without a name (:mod:`citytwin.transports.spooling`).
"""

from __future__ import annotations

import io
import os
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from citytwin.errors import SourceError
from citytwin.transports.inflating import Checked, Inflated, bomb, is_bomb
from citytwin.transports.sections import Section, SharedFile
from citytwin.transports.spooling import SPOOL_BYTES, spool
from citytwin.transports.zip_index import LOCAL_HEADER_BYTES, Member, ZipIndex, read_index

DEEPEST = 3
"""Archives in each other, the outermost one counted."""
_KEPT = 16
"""Archives of which a process remembers the directory."""

_STORED, _DEFLATED = 0, 8
_METHODS = {9: "Deflate64", 12: "bzip2", 14: "LZMA", 93: "Zstandard", 95: "XZ", 98: "PPMd"}
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_AES = 99


class Stamp(NamedTuple):
    """What shows that a file on the disk has changed."""

    size: int
    mtime_ns: int


def stamp_of_disk(path: Path) -> Stamp:
    """Return size and time stamp of a file on the disk.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    OSError
        If there is none.
    """
    status = path.stat()
    return Stamp(status.st_size, status.st_mtime_ns)


@dataclass(frozen=True, eq=False)
class Archive:
    """A zip archive whose directory was read."""

    path: Path
    depth: int
    """1 for an archive on the disk, 2 for one in it."""
    index: ZipIndex
    section: Callable[[], Section]
    """Opens the bytes of the archive."""
    stamp: Stamp
    """That of the outermost archive."""
    spooled: int = 0
    """Bytes of its temporary file."""

    def member(self, name: str) -> Member:
        """Return a member that can be read.

        Parameters
        ----------
        name
            Path in the archive.

        Raises
        ------
        SourceError
            If it is encrypted, compressed in an unusual way, or unpacks to far too much.
        """
        found = self.index.members[name]
        path = str(self.path / name)
        if found.flags & _ENCRYPTED or found.method == _AES:
            raise SourceError("is encrypted", source=path, hint="unpack it with its password")
        if found.method not in (_STORED, _DEFLATED):
            how = _METHODS.get(found.method, f"method {found.method}")
            hint = "pack it again with Deflate, or unpack it"
            raise SourceError(
                f"is compressed with {how}, which is not read", source=path, hint=hint
            )
        if is_bomb(found.packed, found.size):
            raise bomb(path, found.packed, found.size)
        return found

    def _packed(self, name: str, member: Member) -> Section:
        """Bytes of a member as they stand in the archive, where its directory says."""
        section = self.section()
        head = bytearray(LOCAL_HEADER_BYTES)
        section.seek(member.offset)
        count = section.readinto(head)
        begin = member.offset + LOCAL_HEADER_BYTES
        begin += int.from_bytes(head[26:28], "little") + int.from_bytes(head[28:30], "little")
        cut = begin + member.packed > section.size
        if count < LOCAL_HEADER_BYTES or head[:4] != b"PK\x03\x04" or cut:
            msg = f"does not begin at byte {member.offset} of its archive"
            hint = "the archive is damaged or cut off; fetch it again"
            raise SourceError(msg, source=str(self.path / name), hint=hint)
        return Section(section.file, section.begin + begin, member.packed)

    def open(self, name: str) -> io.RawIOBase:
        """Open a member, to be read from its beginning to its end.

        Parameters
        ----------
        name
            Path in the archive.

        Raises
        ------
        SourceError
            If it cannot be read.
        """
        member = self.member(name)
        path = str(self.path / name)
        packed = self._packed(name, member)
        stored = member.method == _STORED
        content = packed if stored else Inflated(packed, path, bare=True)
        return Checked(content, member.size, member.crc, path)

    def stored(self, name: str) -> Section | None:
        """Open a member that can be searched in place; None where it is compressed.

        Parameters
        ----------
        name
            Path in the archive.

        Raises
        ------
        SourceError
            If it cannot be read.
        """
        member = self.member(name)
        return self._packed(name, member) if member.method == _STORED else None

    def inner(self, name: str) -> Archive:
        """Return an archive in this one.

        Parameters
        ----------
        name
            Path in this archive.

        Raises
        ------
        SourceError
            If it cannot be read, or lies too deep.
        """
        path = self.path / name
        if self.depth >= DEEPEST:
            msg = f"is an archive in {self.depth} others, at most {DEEPEST - 1} are read"
            raise SourceError(msg, source=str(path), hint="unpack the outermost one")

        def opened() -> Archive:
            member = self.member(name)
            if member.method == _STORED:
                return _read(path, self.stamp, lambda: self._packed(name, member), self.depth + 1)
            file = spool(self.open(name), member.size, str(path))
            whole = member.size
            return _read(path, self.stamp, lambda: Section(file, 0, whole), self.depth + 1, whole)

        return _kept(path, self.stamp, opened)


def archive_at(path: Path) -> Archive:
    """Return an archive on the disk.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    OSError
        If it cannot be opened.
    SourceError
        If it is no archive that can be read.
    """
    stamp = stamp_of_disk(path)

    def section() -> Section:
        file = io.FileIO(path)
        status = os.fstat(file.fileno())
        if Stamp(status.st_size, status.st_mtime_ns) != stamp:
            file.close()
            raise SourceError("changed while it was read", source=str(path), hint="run again")
        return Section(SharedFile(file), 0, stamp.size)

    return _kept(path, stamp, lambda: _read(path, stamp, section, 1))


def _read(
    path: Path, stamp: Stamp, section: Callable[[], Section], depth: int, spooled: int = 0
) -> Archive:
    file = section()
    return Archive(path, depth, read_index(file, file.size, str(path)), section, stamp, spooled)


_opened: OrderedDict[tuple[int, Path], Archive] = OrderedDict()
_lock = threading.RLock()


def _kept(path: Path, stamp: Stamp, opened: Callable[[], Archive]) -> Archive:
    """Archive as this process opened it before, unless it has changed.

    A process that was forked opens its own: a temporary file has one position for both.
    """
    key = (os.getpid(), path)
    with _lock:
        known = _opened.get(key)
        if known is None or known.stamp != stamp:
            _opened.pop(key, None)
            known = _opened[key] = opened()
        _opened.move_to_end(key)
        while len(_opened) > 1 and (
            len(_opened) > _KEPT or sum(kept.spooled for kept in _opened.values()) > SPOOL_BYTES
        ):
            _opened.popitem(last=False)
        return known
