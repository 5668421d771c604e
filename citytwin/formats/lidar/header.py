"""Headers of LAS and LAZ files, checked against the size of the file before any point is read.

LAS 1.0 to 1.4 (ASPRS 2019), LAZ (Isenburg 2013). The library that reads the points believes what
a header says and would set aside memory for it, so everything it relies on is checked here.
"""

from __future__ import annotations

import io
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import SourceError
from citytwin.transports.files import open_seekable

FloatArray = NDArray[np.float64]

_HEAD = 227
_HEAD_1_4 = 375
_VLR, _EVLR = 54, 60
_POINT_BYTES = (20, 28, 26, 34, 57, 63, 30, 36, 38, 59, 67)
"""Bytes of a point of the formats 0 to 10."""
_MOST_EXTRA_BYTES = 512
_COMPRESSED = 0x80
_MOST_RECORDS = 1000
_LARGEST_OFFSET = 64_000_000
_MOST_RECORD_BYTES = 4_000_000
_BEST_RATIO = 5000
"""Two million equal points compress to 1 in 3814."""
_LARGEST_CHUNK = 10_000_000
_VARIABLE_CHUNK = 0xFFFFFFFF
_LASZIP = ("laszip encoded", 22204)


@dataclass(frozen=True, eq=False)
class Header:
    """What a file says about its points."""

    points: int
    compressed: bool
    low: FloatArray
    """Shape (3,): smallest x, y, z, in the units of the file."""
    high: FloatArray
    """Shape (3,)."""
    records: dict[tuple[str, int], bytes]
    """Variable length records by user and number, such as the CRS."""


def read_header(path: Path) -> Header:
    """Read and check the header of a file.

    Parameters
    ----------
    path
        A LAS or LAZ file.

    Raises
    ------
    SourceError
        If it is none, is cut short, or says what cannot be.
    """
    try:
        with open_seekable(path) as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(0)
            return _Reader(file, size, path.name).header()
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", source=str(path)) from error


class _Reader:
    def __init__(self, file: BinaryIO, size: int, name: str) -> None:
        self.file, self.size, self.name = file, size, name

    def header(self) -> Header:
        head = self.file.read(_HEAD_1_4)
        if head[:4] != b"LASF":
            raise self._fault("is no LAS or LAZ file", "give point clouds as LAS or LAZ")
        if len(head) < _HEAD:
            raise self._cut(_HEAD)
        major, minor = head[24], head[25]
        if major != 1 or minor > 5:
            raise self._fault(f"is LAS {major}.{minor}, known are 1.0 to 1.4", "convert it")
        head_size, offset, records = struct.unpack_from("<HII", head, 94)
        least = _HEAD if minor < 4 else _HEAD_1_4
        if not least <= head_size <= offset <= _LARGEST_OFFSET:
            raise self._fault(f"has a header of {head_size} bytes and points from byte {offset}")
        if offset > self.size or len(head) < min(head_size, _HEAD_1_4):
            raise self._cut(offset)
        numbers = struct.unpack_from("<12d", head, 131)
        low, high = np.array(numbers[7::2]), np.array(numbers[6::2])
        self._check_numbers(np.array(numbers[:3]), np.array(numbers[3:6]), low, high)
        found = self._records(head_size, offset, records, _VLR)
        if minor >= 4:
            start, count = struct.unpack_from("<QI", head, 235)
            found |= self._records(start, self.size, count, _EVLR)
        points = self._points(head, minor)
        compressed = bool(head[104] & _COMPRESSED)
        self._check_points(head, offset, points)
        if compressed:
            self._check_laz(found.get(_LASZIP, b""), struct.unpack_from("<H", head, 105)[0])
            self._check_chunks(offset)
        return Header(points, compressed, low, high, found)

    def _points(self, head: bytes, minor: int) -> int:
        legacy = int(struct.unpack_from("<I", head, 107)[0])
        return int(struct.unpack_from("<Q", head, 247)[0]) if minor >= 4 else legacy

    def _check_numbers(
        self, scale: FloatArray, offset: FloatArray, low: FloatArray, high: FloatArray
    ) -> None:
        if not (np.isfinite(scale).all() and (scale > 0).all() and np.isfinite(offset).all()):
            raise self._fault(f"has scale factors {scale} and offsets {offset}")
        if not (np.isfinite(low).all() and np.isfinite(high).all() and (low <= high).all()):
            raise self._fault(f"says that its points lie between {low} and {high}")

    def _records(
        self, start: int, end: int, count: int, head_size: int
    ) -> dict[tuple[str, int], bytes]:
        """Variable length records; the extended ones have a longer head."""
        if count > _MOST_RECORDS or (count and start + count * head_size > end):
            raise self._fault(f"says that it has {count} variable length records")
        found: dict[tuple[str, int], bytes] = {}
        for number in range(count):
            self.file.seek(start)
            head = self.file.read(head_size)
            form = "<H" if head_size == _VLR else "<Q"
            if len(head) < head_size:
                raise self._cut(start + head_size)
            length = int(struct.unpack_from(form, head, 20)[0])
            start += head_size + length
            if start > end:
                raise self._fault(f"has a record {number} of {length} bytes, beyond its place")
            user = head[2:18].split(b"\0")[0].decode("ascii", "replace")
            key = (user, int(struct.unpack_from("<H", head, 18)[0]))
            if length <= _MOST_RECORD_BYTES:
                found.setdefault(key, self.file.read(length))
        return found

    def _check_points(self, head: bytes, offset: int, points: int) -> None:
        kind, length = struct.unpack_from("<BH", head, 104)
        kind &= 0x3F
        if kind >= len(_POINT_BYTES):
            raise self._fault(f"has points of format {kind}, known are 0 to 10")
        if not _POINT_BYTES[kind] <= length <= _POINT_BYTES[kind] + _MOST_EXTRA_BYTES:
            raise self._fault(f"has points of {length} bytes in format {kind}")
        room = (self.size - offset) // length
        if head[104] & _COMPRESSED:
            room *= _BEST_RATIO
        if points > room:
            raise self._fault(
                f"says that it has {points} points, but is too short for more than {room}",
                "the file is cut short or damaged; fetch it again",
            )

    def _check_laz(self, record: bytes, length: int) -> None:
        if len(record) < 34:
            raise self._fault("is compressed, but has no record that says how")
        chunk = int(struct.unpack_from("<I", record, 12)[0])
        items = int(struct.unpack_from("<H", record, 32)[0])
        if not 0 < chunk <= _LARGEST_CHUNK and chunk != _VARIABLE_CHUNK:
            raise self._fault(f"has compressed chunks of {chunk} points")
        if not 0 < items <= 32 or len(record) < 34 + 6 * items:
            raise self._fault(f"has {items} items in a compressed point")
        sizes = [struct.unpack_from("<H", record, 36 + 6 * item)[0] for item in range(items)]
        if sum(sizes) != length:
            raise self._fault(f"has points of {length} bytes, but compressed ones of {sum(sizes)}")

    def _check_chunks(self, offset: int) -> None:
        """The table of chunks, which says how many there are and where it lies itself."""
        self.file.seek(offset)
        head = self.file.read(8)
        if len(head) < 8:
            raise self._cut(offset + 8)
        table = int(struct.unpack("<q", head)[0])
        if table <= 0:  # written by a program that could not go back: it stands at the end
            self.file.seek(max(0, self.size - 8))
            table = int(struct.unpack("<q", self.file.read(8))[0])
        if not offset + 8 <= table <= self.size - 8:
            raise self._fault(
                f"has its table of chunks at byte {table} of {self.size}",
                "the file is cut short or damaged; fetch it again",
            )
        self.file.seek(table + 4)
        chunks = int(struct.unpack("<I", self.file.read(4))[0])
        # Each chunk begins with a whole point of at least 20 bytes.
        if chunks > (table - offset) // _POINT_BYTES[0]:
            raise self._fault(f"says that it has {chunks} chunks in {table - offset} bytes")

    def _cut(self, needed: int) -> SourceError:
        message = f"is cut short: {self.size} bytes, at least {needed} needed"
        return self._fault(message, "fetch the file again")

    def _fault(
        self, message: str, hint: str = "the header is damaged; fetch it again"
    ) -> SourceError:
        return SourceError(message, source=self.name, hint=hint)
