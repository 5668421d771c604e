"""A CityGML file as bytes, read window by window of whole members, so that memory is bounded."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from citytwin.formats.citygml.ranges import open_range
from citytwin.formats.citygml.root import PROLOG_BYTES, TAIL_BYTES, Root, root_of
from citytwin.formats.xml_text import Utf8Stream
from citytwin.model.steps import ByteRange
from citytwin.transports.files import open_binary

WINDOW_BYTES = 16_000_000
"""Bytes read at a time; a member that is larger gets a larger window."""
LARGEST_WINDOW = 256_000_000
"""A member that does not fit into so many bytes is for the element-wise reader."""


class GmlBytes:
    """A document whose root element is a city model, and the part of its bytes that is at hand.

    Parameters
    ----------
    stream
        The document.
    root
        Its root element.
    buffer
        Shape (n,), uint8: room for its bytes.
    filled
        How many are there.
    origin
        What is to be added to the position of a member in the document to have that in the file;
        None where the file is in another encoding.
    """

    def __init__(
        self,
        stream: Utf8Stream,
        root: Root,
        buffer: NDArray[np.uint8],
        filled: int,
        origin: int | None,
    ) -> None:
        self.root = root
        self.data = buffer[:filled]
        """Shape (n,), uint8: the bytes at hand."""
        self.start = root.text
        """Position in them where members begin that were not read yet."""
        self.offset = 0
        """Position of the first of them in the document."""
        self.origin = origin
        self.is_complete = filled < len(buffer)
        """Whether they reach to the end of the document."""
        self._stream, self._buffer = stream, buffer

    def advance(self, position: int) -> bool:
        """Let go of the bytes before a position, and read on; false where there is no more room.

        Parameters
        ----------
        position
            Where a member begins of which not all bytes are at hand.
        """
        rest = self.data[position:]
        buffer = self._buffer
        if 2 * len(rest) > len(buffer):
            if len(buffer) >= LARGEST_WINDOW:
                return False
            buffer = np.empty(2 * len(buffer), dtype=np.uint8)
        buffer[: len(rest)] = rest  # numpy copies overlapping bytes as if they did not
        filled = len(rest) + self._stream.readinto(buffer.data[len(rest) :])
        self.offset += position
        self._buffer, self.data, self.start = buffer, buffer[:filled], 0
        self.is_complete = filled < len(buffer)
        return True

    def text(self, begin: int, end: int) -> bytes:
        """Bytes between two positions.

        Parameters
        ----------
        begin, end
            Positions in the bytes at hand.
        """
        return self.data[begin:end].tobytes()

    def behind_tag(self, position: int) -> int:
        """Position behind a tag that holds no attributes.

        Parameters
        ----------
        position
            Where it begins.
        """
        step = 1000
        while (found := self.text(position, position + step).find(b">")) < 0:
            position += step
        return position + found + 1

    def wrapped(self, pieces: Iterable[tuple[int, int]]) -> bytes:
        """Document of some pieces of this one inside its root element.

        Parameters
        ----------
        pieces
            Positions where each begins and ends, in the bytes at hand.
        """
        root = self.root
        return b"".join([root.tag, *(self.text(a, b) for a, b in pieces), root.end_tag])

    def ends_well(self, position: int) -> bool:
        """Whether nothing but the end of the document stands behind its content.

        Parameters
        ----------
        position
            Where the end tag of the root begins, in the bytes at hand.
        """
        tail = self.text(position, position + TAIL_BYTES + 1)
        more = bytearray(TAIL_BYTES + 1 - len(tail))
        count = 0 if self.is_complete else self._stream.readinto(memoryview(more))
        return self.root.ends_with(tail + more[:count])

    def close(self) -> None:
        """Close the file; the bytes at hand stay."""
        self._stream.close()


def open_document(path: Path, part: ByteRange | None = None) -> GmlBytes | None:
    """Open a file for scanning; None where only a full parser may give a verdict.

    Parameters
    ----------
    path
        The file.
    part
        Range of its members that is wanted alone; all of them when None.
    """
    opened = _stream_of(path, part)
    if opened is None:
        return None
    stream, origin = opened
    buffer = np.empty(WINDOW_BYTES, dtype=np.uint8)
    with ExitStack() as unless_owned:
        unless_owned.callback(stream.close)
        try:
            filled = stream.readinto(buffer.data)
            root = root_of(buffer[: min(filled, PROLOG_BYTES)].tobytes())
        except (OSError, UnicodeDecodeError):
            return None
        if root is None:
            return None
        unless_owned.pop_all()
    return GmlBytes(stream, root, buffer, filled, origin)


def _stream_of(path: Path, part: ByteRange | None) -> tuple[Utf8Stream, int | None] | None:
    """A document, and what its positions are short of those in the file."""
    try:
        file, shift = (open_binary(path), 0) if part is None else open_range(path, part)
    except OSError:
        return None
    try:
        stream = Utf8Stream(file, path.name)
    except (OSError, ValueError):  # a SourceError is one: the parser says what it is
        file.close()
        return None
    return stream, None if stream.skipped is None else stream.skipped + shift
