"""GRIB 2 packed by run lengths (data representation 5.200), in which JMA sends rain and which GDAL lacks.

A cell holds a level, and a table the value of each level; level 0 is unknown. Numbers above the highest level
are digits of how often the level before them is repeated (WMO-No. 306, FM 92, templates 5.200 and 7.200).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import SourceError
from citytwin.formats.feed_times import TimeStampError, checked
from citytwin.formats.observations import seconds_of
from citytwin.formats.rain.image import MOST_CELLS

PACKING = 200
_INSTANTS = (0, 50_000)
_INTERVALS = (8, 50_008, 50_009, 50_011)
"""Product definitions; those from 50000 on are JMA's, which begin like those of WMO."""
_UNITS = {0: 60, 1: 3600, 2: 86_400, 13: 1}
_DAMAGED = (struct.error, IndexError, ValueError, OverflowError)


@dataclass(frozen=True, eq=False)
class PackedField:
    """One field of a message."""

    parameter: tuple[int, int, int]
    """Discipline, category and number."""
    values: NDArray[np.float64]
    """Shape (ny, nx), row 0 in the north; NaN where nothing is known."""
    west_deg: float
    north_deg: float
    dx_deg: float
    dy_deg: float
    """Edges and cells."""
    start_s: int
    end_s: int
    reference_s: int
    """Seconds since 1970-01-01T00:00Z."""


def sections_of(raw: bytes, file: str) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of the sections of all messages; 0 begins a message.

    Parameters
    ----------
    raw
        GRIB 2.
    file
        Name of the file, for messages.

    Raises
    ------
    SourceError
        If a section reaches beyond the file.
    """
    at = 0
    while at < len(raw):
        if raw[at : at + 4] == b"GRIB" and len(raw) >= at + 16:
            yield 0, raw[at : at + 16]
            at += 16
        elif raw[at : at + 4] == b"7777":
            at += 4
        else:
            length = int.from_bytes(raw[at : at + 4], "big")
            if length < 5 or at + length > len(raw):
                hint = "the file may be cut short: fetch it again"
                message = f"section of {length} bytes at byte {at} reaches beyond the file"
                raise SourceError(message, source=file, hint=hint)
            yield raw[at + 4], raw[at : at + length]
            at += length


def is_run_length(raw: bytes) -> bool:
    """Return whether the first field of a file is packed by run lengths.

    Parameters
    ----------
    raw
        Any bytes.
    """
    if raw[:4] != b"GRIB" or raw[7:8] != b"\x02":
        return False
    try:
        for number, section in sections_of(raw, ""):
            if number == 5:
                return len(section) >= 11 and int.from_bytes(section[9:11], "big") == PACKING
    except SourceError:
        return False
    return False


def fields_of(raw: bytes, file: str) -> Iterator[PackedField]:
    """Unpack all fields of a file.

    Parameters
    ----------
    raw
        GRIB 2.
    file
        Name of the file, for messages.

    Raises
    ------
    SourceError
        If it is damaged, or a field is packed, placed or timed in another way.
    """
    kept: dict[int, bytes] = {}
    for number, section in sections_of(raw, file):
        kept[number] = section
        if number == 7:
            try:
                yield _field(kept, file)
            except KeyError as error:
                raise SourceError(f"section {error} is missing", source=file) from error
            except _DAMAGED as error:
                message = f"damaged GRIB: {ascii(str(error))[:80]}"
                raise SourceError(message, source=file) from error


def _field(kept: dict[int, bytes], file: str) -> PackedField:
    if int.from_bytes(kept[5][9:11], "big") != PACKING or kept[6][5] != 255:
        raise SourceError("fields packed in several ways, or with a bit map", source=file)
    ny, nx, west, north, dx, dy = _raster(kept[3], file)
    start_s, end_s, reference_s = _times(kept[1], kept[4], file)
    levels = _levels(kept[5], kept[7][5:], ny * nx, file)
    return PackedField(
        parameter=(kept[0][6], kept[4][9], kept[4][10]),
        values=levels.reshape(ny, nx),
        west_deg=west,
        north_deg=north,
        dx_deg=dx,
        dy_deg=dy,
        start_s=start_s,
        end_s=end_s,
        reference_s=reference_s,
    )


def _raster(section: bytes, file: str) -> tuple[int, int, float, float, float, float]:
    if int.from_bytes(section[12:14], "big") != 0 or section[71] != 0:
        message = "lies on no grid of longitude and latitude from the north-west"
        raise SourceError(message, source=file)
    nx, ny = struct.unpack(">II", section[30:38])
    if not 0 < nx * ny <= MOST_CELLS:
        raise SourceError(f"{ny} x {nx} cells are too many", source=file)
    la, lo = (_signed(section[at : at + 4]) / 1e6 for at in (46, 50))
    dx, dy = (int.from_bytes(section[at : at + 4], "big") / 1e6 for at in (63, 67))
    if not (0 < dx < 360 and 0 < dy < 180 and abs(la) <= 90 and abs(lo) <= 360):
        raise SourceError("lies nowhere on Earth", source=file)
    return ny, nx, lo - dx / 2, la + dy / 2, dx, dy


def _signed(four: bytes) -> int:
    """Number whose first bit is its sign."""
    value = int.from_bytes(four, "big")
    return -(value & 0x7FFF_FFFF) if value & 0x8000_0000 else value


def _times(identification: bytes, product: bytes, file: str) -> tuple[int, int, int]:
    reference_s = _moment(identification[12:19], file)
    template = int.from_bytes(product[7:9], "big")
    if template in _INSTANTS:
        ahead_s = _signed(product[18:22]) * _UNITS.get(product[17], 0)
        return reference_s + ahead_s, reference_s + ahead_s, reference_s
    if template not in _INTERVALS or product[41] != 1 or product[48] not in _UNITS:
        raise SourceError(f"product definition {template} is not known", source=file)
    end_s = _moment(product[34:41], file)
    return end_s - int.from_bytes(product[49:53], "big") * _UNITS[product[48]], end_s, reference_s


def _moment(seven: bytes, file: str) -> int:
    year, month, day, hour, minute, second = struct.unpack(">H5B", seven)
    try:
        return checked(seconds_of(datetime(year, month, day, hour, minute, second, tzinfo=UTC)))
    except (ValueError, TimeStampError) as error:
        message = f"{year}-{month}-{day} {hour}:{minute} is no day and time"
        raise SourceError(message, source=file) from error


def _levels(section: bytes, data: bytes, count: int, file: str) -> NDArray[np.float64]:
    """Values of all cells, by the table of levels of section 5."""
    bits, highest, number, scale = struct.unpack(">BHHB", section[11:17])
    if bits != 8 or not 0 < highest < 255 or highest > number:
        message = f"runs of {bits} bits with {highest} of {number} levels are not known"
        raise SourceError(message, source=file)
    table = np.frombuffer(section[17 : 17 + 2 * number], dtype=">u2").astype(np.float64)
    power = -(scale & 0x7F) if scale & 0x80 else scale
    values = np.concatenate([[np.nan], table / 10.0**power])
    levels, runs = _runs(np.frombuffer(data, dtype=np.uint8), highest, count)
    if int(runs.sum()) != count or int(levels.max(initial=0)) >= len(values):
        message = f"{int(runs.sum())} values for {count} cells"
        raise SourceError(message, source=file)
    return np.repeat(values[levels], runs)


def _runs(
    data: NDArray[np.uint8], highest: int, most: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Levels in their order, and how often each is repeated; digits count in a base of their own."""
    starts = np.flatnonzero(data <= highest)
    if len(starts) == 0 or starts[0] != 0:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    place = np.arange(len(data)) - np.repeat(starts, np.diff(np.append(starts, len(data))))
    base = 255 - highest
    digit = data.astype(np.int64) - (highest + 1)
    # More digits than the cells could need only come from damage; they would overflow.
    if base > 1 and int(place.max()) > 1 + np.log(most) / np.log(base) + 1:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    weight = np.where(place > 0, float(base) ** np.maximum(place - 1, 0) * digit, 0.0)
    runs = 1 + np.add.reduceat(weight, starts)
    return data[starts].astype(np.int64), np.minimum(runs, 2.0 * most).astype(np.int64)
