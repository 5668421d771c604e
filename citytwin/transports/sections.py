"""Sections of a file on the disk, each a file of its own that can be searched."""

from __future__ import annotations

import io
import threading
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class SharedFile:
    """An open file that several sections are read from, each at its own position.

    Parameters
    ----------
    file
        The file, unbuffered; closed when nothing refers to it any more.
    """

    def __init__(self, file: io.FileIO) -> None:
        self._file = file
        self._lock = threading.Lock()
        weakref.finalize(self, file.close)

    def read_at(self, position: int, room: memoryview) -> int:
        """Read bytes from a position on; fewer than asked for only where the file ends.

        Parameters
        ----------
        position
            In the file.
        room
            Bytes to be written.
        """
        with self._lock:
            self._file.seek(position)
            return self._file.readinto(room) or 0


class Section(io.RawIOBase):
    """A part of a file, as a file that can be searched.

    Parameters
    ----------
    file
        The file.
    begin, size
        Where the part begins, and its bytes.
    """

    def __init__(self, file: SharedFile, begin: int, size: int) -> None:
        self.file, self.begin, self.size = file, begin, size
        self._position = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """Return the position in the part."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Change the position and return it.

        Parameters
        ----------
        offset
            Bytes.
        whence
            What they count from: the beginning, the position or the end.
        """
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.size}[whence]
        if start + offset < 0:
            msg = f"position {start + offset} lies before the file"
            raise OSError(msg)
        self._position = start + offset
        return self._position

    def readinto(self, room: WriteableBuffer, /) -> int:
        """Read bytes; zero only at the end.

        Parameters
        ----------
        room
            Bytes to be written.
        """
        view = memoryview(room).cast("B")
        wanted = max(0, min(len(view), self.size - self._position))
        if not wanted:
            return 0
        count = self.file.read_at(self.begin + self._position, view[:wanted])
        self._position += count
        return count
