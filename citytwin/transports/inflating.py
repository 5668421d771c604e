"""What compressed bytes unpack to, within limits and checked against what is said of them."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING

from citytwin.errors import SourceError

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

MOST_RATIO = 200
"""Text of a city model compresses to between a tenth and a fiftieth."""
RATIO_FREE_BYTES = 100_000_000
"""What unpacks to no more than this may have any ratio."""
_PACKED_CHUNK = 1 << 16
_GZIP, _BARE = 31, -15


class Inflated(io.RawIOBase):
    """What a gzip file, or bare deflated bytes, unpack to.

    Parameters
    ----------
    packed
        The compressed bytes; closed with the stream.
    name
        Path, for messages.
    bare
        Whether there is no header around them, as in zip archives.
    """

    def __init__(self, packed: io.RawIOBase, name: str, *, bare: bool = False) -> None:
        self._packed, self._name, self._bare = packed, name, bare
        self._inflater = zlib.decompressobj(_BARE if bare else _GZIP)
        self._waiting = b""
        self._total = self._taken = 0
        self._ended = False

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, room: WriteableBuffer, /) -> int:
        """Read bytes; zero only at the end.

        Parameters
        ----------
        room
            Bytes to be written.
        """
        view = memoryview(room).cast("B")
        while len(view) and not self._ended:
            if not self._waiting and not self._take():
                msg = f"is cut off: its compressed bytes end after {self._taken}"
                raise self._fault(msg)
            try:
                found = self._inflater.decompress(self._waiting, len(view))
            except zlib.error as error:
                msg = f"does not unpack: {error}, within its first {self._taken} bytes"
                raise self._fault(msg) from error
            self._waiting = self._inflater.unconsumed_tail
            if self._inflater.eof:
                self._go_on()
            if found:
                self._count(len(found))
                view[: len(found)] = found
                return len(found)
        return 0

    def _take(self) -> bool:
        self._waiting = self._packed.read(_PACKED_CHUNK) or b""
        self._taken += len(self._waiting)
        return bool(self._waiting)

    def _go_on(self) -> None:
        """A gzip file may hold several streams one after the other, and zeros behind the last."""
        self._waiting = self._inflater.unused_data.lstrip(b"\0")
        while not self._bare and not self._waiting and self._take():
            self._waiting = self._waiting.lstrip(b"\0")
        self._ended = self._bare or not self._waiting
        self._inflater = zlib.decompressobj(_GZIP)

    def _count(self, more: int) -> None:
        self._total += more
        if is_bomb(self._taken, self._total):
            raise bomb(self._name, self._taken, self._total)

    def _fault(self, message: str) -> SourceError:
        hint = "the file is damaged or cut off; fetch it again"
        return SourceError(message, source=self._name, hint=hint)

    def close(self) -> None:
        """Close it and what it is read from."""
        self._packed.close()
        super().close()


def is_bomb(packed: int, unpacked: int) -> bool:
    """Whether so few bytes unpack to so many that it cannot be data.

    Parameters
    ----------
    packed, unpacked
        Numbers of bytes.
    """
    return unpacked > max(RATIO_FREE_BYTES, MOST_RATIO * packed)


def bomb(name: str, packed: int, unpacked: int) -> SourceError:
    """Return the refusal of such bytes.

    Parameters
    ----------
    name
        Path of the file.
    packed, unpacked
        Numbers of bytes.
    """
    msg = f"unpacks from {packed} bytes to {unpacked} or more, over {MOST_RATIO} times as many"
    return SourceError(msg, source=name, hint="it is no file of data: leave it out")


class Checked(io.RawIOBase):
    """A member of an archive, which must be as long as the directory says and have its checksum.

    Parameters
    ----------
    content
        What the member unpacks to; closed with the stream.
    size, crc
        Bytes and CRC-32 that the directory of the archive names.
    name
        Path, for messages.
    """

    def __init__(self, content: io.RawIOBase, size: int, crc: int, name: str) -> None:
        self._content, self._size, self._crc, self._name = content, size, crc, name
        self._total = self._sum = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def readinto(self, room: WriteableBuffer, /) -> int:
        """Read bytes; zero only at the end.

        Parameters
        ----------
        room
            Bytes to be written.
        """
        view = memoryview(room).cast("B")
        count = self._content.readinto(view) or 0
        self._total += count
        self._sum = zlib.crc32(view[:count], self._sum)
        if self._total > self._size:
            raise self._fault(f"unpacks to more than the {self._size} bytes its archive names")
        if not count and len(view) and self._total < self._size:
            raise self._fault(f"unpacks to {self._total} bytes, its archive names {self._size}")
        if self._total == self._size and self._sum != self._crc:
            what = f"has the checksum {self._sum:08x}, its archive names {self._crc:08x}"
            raise self._fault(what)
        return count

    def _fault(self, message: str) -> SourceError:
        hint = "the archive is damaged; fetch it again"
        return SourceError(message, source=self._name, hint=hint)

    def close(self) -> None:
        """Close it and what it is read from."""
        self._content.close()
        super().close()
