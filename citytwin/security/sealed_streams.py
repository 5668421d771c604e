"""Sealed files as streams: written once from begin to end, read at any place."""

from __future__ import annotations

import io
import os
import threading
from collections import OrderedDict
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING

from citytwin.errors import SealError
from citytwin.security.sealing import (
    HEAD_BYTES,
    TAG_BYTES,
    ChunkCipher,
    FolderKey,
    Layout,
    begin_file,
    open_head,
)

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

CACHED_BYTES = 64 << 20
"""Of opened chunks that were read in part, over all files of a process."""


class SealingWriter(io.RawIOBase):
    """Seals what is written to it; the file is whole once it is closed, without an error before.

    Parameters
    ----------
    target
        Where the sealed bytes go; stays open.
    key
        Of the folder.
    name
        Of the file in the folder.
    """

    def __init__(self, target: IO[bytes], key: FolderKey, name: str) -> None:
        super().__init__()
        self._target = target
        head, self._cipher = begin_file(key, name)
        self._waiting = bytearray()
        self._number = 0
        self._given_up = False
        target.write(head)

    def writable(self) -> bool:
        """It is for writing."""
        return True

    def write(self, content: ReadableBuffer, /) -> int:
        """Take more bytes; a chunk is sealed once it is known not to be the last."""
        with memoryview(content) as view:
            taken = view.nbytes
            self._waiting += view.cast("B")
        size = self._cipher.chunk_bytes
        done = 0
        while len(self._waiting) - done > size:
            self._put(bytes(self._waiting[done : done + size]), last=False)
            done += size
        del self._waiting[:done]
        return taken

    def _put(self, content: bytes, *, last: bool) -> None:
        self._target.write(self._cipher.seal(self._number, content, last=last))
        self._number += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._given_up = error is not None
        super().__exit__(kind, error, trace)

    def close(self) -> None:
        """Seal the last chunk; not after an error, so that what is half written never opens."""
        if not self.closed and not self._given_up:
            self._put(bytes(self._waiting), last=True)
            self._waiting.clear()
        super().close()


class _Chunks:
    """The chunks opened last, of all files; files are told apart by their random ids."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held = 0
        self._kept: OrderedDict[tuple[bytes, int], bytes] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[bytes, int]) -> bytes | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: tuple[bytes, int], content: bytes) -> None:
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = content
            self._held += len(content)
            while self._held > self._limit:
                _, gone = self._kept.popitem(last=False)
                self._held -= len(gone)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._held = 0


OPENED = _Chunks(CACHED_BYTES)
_local = threading.local()


def _scratch(length: int) -> bytearray:
    """Room for a sealed chunk, one for each thread: fresh memory costs as much as to open one."""
    room: bytearray | None = getattr(_local, "room", None)
    if room is None or len(room) < length:
        room = _local.room = bytearray(length)
    return room


class SealedReader(io.RawIOBase):
    """Reads a sealed file at any place; only the chunks that are touched are opened.

    The last chunk is opened at once, so that a file that was cut off never opens.

    Parameters
    ----------
    path
        The file.
    key
        Of the folder.
    name
        Of the file in the folder.

    Raises
    ------
    SealError
        If the head or the last chunk is damaged.
    """

    def __init__(self, path: Path, key: FolderKey, name: str) -> None:
        super().__init__()
        self._at = 0
        with ExitStack() as opened:
            self._file = opened.enter_context(path.open("rb", buffering=0))
            self._cipher, self._layout = self._opened(key, name)
            last = self._layout.chunks - 1  # never from those at hand: the file may be shorter now
            OPENED.put((self._cipher.file_id, last), self._read_chunk(last))
            opened.pop_all()

    def _opened(self, key: FolderKey, name: str) -> tuple[ChunkCipher, Layout]:
        head = self._file.read(HEAD_BYTES)
        cipher = open_head(key, head, name)
        size = os.fstat(self._file.fileno()).st_size
        layout = Layout(cipher.chunk_bytes, size - HEAD_BYTES)
        if layout.place(layout.chunks - 1)[1] < TAG_BYTES:
            msg = f"{name} is cut off: it ends within a tag, at byte {size}"
            raise SealError(msg, hint="make it again, or restore it from a backup")
        return cipher, layout

    @property
    def size(self) -> int:
        """Bytes of the content."""
        return self._layout.plain_bytes

    def _chunk(self, number: int) -> bytes:
        key = (self._cipher.file_id, number)
        found = OPENED.get(key)
        if found is None:
            found = self._read_chunk(number)
            OPENED.put(key, found)
        return found

    def _read_chunk(self, number: int) -> bytes:
        with self._sealed(number) as sealed:
            return self._cipher.open(number, sealed, last=number == self._layout.chunks - 1)

    def _read_chunk_into(self, number: int, content: memoryview) -> None:
        with self._sealed(number) as sealed:
            last = number == self._layout.chunks - 1
            self._cipher.open_into(number, sealed, content, last=last)

    def _sealed(self, number: int) -> memoryview:
        """A chunk as it lies in the file, until the next one is read by this thread."""
        begin, length = self._layout.place(number)
        room = memoryview(_scratch(length))
        self._file.seek(begin)
        return room[: self._file.readinto(room[:length])]

    def readable(self) -> bool:
        """It is for reading."""
        return True

    def seekable(self) -> bool:
        """Any place can be read."""
        return True

    def tell(self) -> int:
        """Place in the content."""
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place in the content."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.size}[whence]
        if base + offset < 0:
            msg = f"place {base + offset} lies before the begin"
            raise ValueError(msg)
        self._at = base + offset
        return self._at

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        """Read into a buffer, as much as there is."""
        with memoryview(buffer) as view:
            target = view.cast("B")
            end = min(self._at + target.nbytes, self.size)
            begin, size = self._at, self._cipher.chunk_bytes
            while self._at < end:
                number, offset = divmod(self._at, size)
                place, wanted = self._at - begin, min(size - offset, end - self._at)
                if wanted == size:  # all of a chunk: straight into its place, and not kept
                    self._read_chunk_into(number, target[place : place + size])
                else:
                    piece = memoryview(self._chunk(number))[offset : offset + wanted]
                    target[place : place + wanted] = piece
                self._at += wanted
            return max(0, self._at - begin)

    def readall(self) -> bytes:
        """Read from here to the end; what is read so passes by the chunks kept at hand."""
        if self._at >= self.size:
            return b""
        size = self._cipher.chunk_bytes
        first, offset = divmod(self._at, size)
        pieces = [self._read_chunk(number) for number in range(first, self._layout.chunks)]
        self._at = self.size
        return b"".join([pieces[0][offset:], *pieces[1:]])

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()


def sealed_bytes(key: FolderKey, name: str, content: bytes) -> bytes:
    """Seal something small that is no file of its own, such as a record.

    Parameters
    ----------
    key
        Of the folder.
    name
        What tells it from all others of the folder.
    content
        What to seal.
    """
    with io.BytesIO() as target:
        with SealingWriter(target, key, name) as writer:
            writer.write(content)
        return target.getvalue()


def opened_bytes(key: FolderKey, name: str, sealed: bytes) -> bytes:
    """Return what :func:`sealed_bytes` sealed.

    Parameters
    ----------
    key, name
        As it was sealed.
    sealed
        What was returned then.

    Raises
    ------
    SealError
        If it is damaged, or was sealed under another name.
    """
    cipher = open_head(key, sealed[:HEAD_BYTES], name)
    layout = Layout(cipher.chunk_bytes, len(sealed) - HEAD_BYTES)
    pieces = []
    for number in range(layout.chunks):
        begin, length = layout.place(number)
        last = number == layout.chunks - 1
        pieces.append(cipher.open(number, sealed[begin : begin + length], last=last))
    return b"".join(pieces)
