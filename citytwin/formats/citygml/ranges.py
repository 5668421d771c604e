"""Byte ranges of whole members of a large file, each to be read as a document of its own.

Boundaries are sought near round positions, not by a pass over the file, so one may lie where only
seems to be the end of a member: in a comment, for instance. This shows. A range is read between the
head of the file and its last tag, and the scanner owns it only if it is whole: the first range begins
where the members begin, so if all ranges are owned, every one of them begins where the one before
truly ended. Where one is declined the file must be read as a whole.
"""

from __future__ import annotations

import io
import re
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from citytwin.errors import SourceError
from citytwin.formats.citygml.root import TAIL_BYTES, Root, root_of
from citytwin.formats.gml.document import ROOTS
from citytwin.formats.gml.rings import inherited
from citytwin.formats.xml import local_name, read_skeleton
from citytwin.formats.xml_text import encoding_of
from citytwin.model.steps import ByteRange
from citytwin.transports.files import is_plain

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_HEAD_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 20
_MEMBER = re.compile(rb"<(?:[\w.-]+:)?(?:cityObjectMember|featureMember|appearanceMember)[\s>]")
_END = re.compile(rb"</(?:[\w.-]+:)?(?:cityObjectMember|featureMember)\s*>")
_LONGEST_END = 200


@dataclass(frozen=True)
class _Frame:
    """What stands around the members of a file."""

    head: bytes
    """From the start tag of the root to its first member."""
    first: int
    """Position of that member."""
    last: int
    """Position of the end tag of the root."""
    end_tag: bytes


def member_ranges(path: Path, range_bytes: int) -> list[ByteRange] | None:
    """Divide the members of a file into ranges; None where it must be read as a whole.

    The file must be a plain one in UTF-8 whose Envelope stands before its members and names the CRS.

    Parameters
    ----------
    path
        The file.
    range_bytes
        Size of a range; it ends behind the next member.
    """
    try:
        with path.open("rb") as file:
            frame = _frame_of(file, path)
            if frame is None:
                return None
            ends = [frame.first]
            while ends[-1] < frame.last:
                ends.append(_end_after(file, ends[-1] + range_bytes, frame.last))
    except (OSError, SourceError):
        return None
    return list(pairwise(ends)) or None


def open_range(path: Path, part: ByteRange) -> tuple[io.BufferedReader, int]:
    """Open a range of a file as a document: the head of the file, the members, its last tag.

    Parameters
    ----------
    path
        The file.
    part
        One of :func:`member_ranges`.

    Returns
    -------
    tuple
        The document, and what is to be added to the position of a member in it to have that in the
        file.

    Raises
    ------
    SourceError
        If the file is no longer what it was divided as.
    """
    with ExitStack() as unless_owned:
        file = unless_owned.enter_context(path.open("rb"))
        frame = _frame_of(file, path)
        if frame is None or not frame.first <= part[0] <= part[1] <= frame.last:
            raise SourceError("changed while it was read", source=path.name, hint="run again")
        unless_owned.pop_all()
    return io.BufferedReader(_Excerpt(file, frame, part)), part[0] - len(frame.head)


def _frame_of(file: io.BufferedReader, path: Path) -> _Frame | None:
    if not is_plain(path):
        return None
    start = file.read(_HEAD_BYTES)
    mark_bytes, codec = encoding_of(start, path.name)
    root = root_of(start[mark_bytes:])
    if root is None or codec != "utf-8":
        return None
    text = mark_bytes + root.text
    member = _MEMBER.search(start, text)
    if member is None:
        return None
    head = root.tag + start[text : member.start()]
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - TAIL_BYTES))
    tail = file.read()
    last = tail.rfind(root.end_tag[:-1])
    if last < 0 or not _is_sound(root, head, tail[last:]):
        return None
    return _Frame(head, member.start(), size - len(tail) + last, root.end_tag)


def _is_sound(root: Root, head: bytes, tail: bytes) -> bool:
    """Whether a head closes all that it opens and names the CRS, and a tail only ends the file."""
    element = read_skeleton(head + root.end_tag)
    if element is None or not root.ends_with(tail):
        return False
    boxes = list(element.iter("{*}Envelope"))
    holders = [box.getparent() for box in boxes]
    models = [holder.getparent() for holder in holders if holder is not None]
    named = [model is not None and local_name(model) in ROOTS for model in models]
    return len(boxes) == 1 and named == [True] and bool(inherited(boxes[0], "srsName"))


def _end_after(file: io.BufferedReader, position: int, last: int) -> int:
    """Where the first member ends whose end tag begins at or behind a position."""
    while position < last:
        file.seek(position)
        block = file.read(min(_BLOCK_BYTES, last - position))
        found = _END.search(block)
        if found is not None:
            return position + found.end()
        if len(block) <= _LONGEST_END:
            break
        position += len(block) - _LONGEST_END
    return last


class _Excerpt(io.RawIOBase):
    """The head of a file, a range of its members and its last tag, in order."""

    def __init__(self, file: io.BufferedReader, frame: _Frame, part: ByteRange) -> None:
        self._file = file
        self._before, self._behind = io.BytesIO(frame.head), io.BytesIO(frame.end_tag)
        self._left = part[1] - part[0]
        file.seek(part[0])

    def readable(self) -> bool:
        return True

    def readinto(self, room: WriteableBuffer, /) -> int:
        room = memoryview(room)
        if count := self._before.readinto(room):
            return count
        if self._left:
            count = self._file.readinto(room[: self._left])
            self._left = self._left - count if count else 0  # cut off meanwhile: it ends here
            if count:
                return count
        return self._behind.readinto(room)

    def close(self) -> None:
        self._file.close()
        super().close()
