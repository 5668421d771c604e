"""The one hardened reader of HDF5: a file in memory that leads to no other file.

External links, virtual data sets and data kept in other files are refused, as are filters that HDF5
would load a plugin for. Sizes are looked at before anything is unpacked.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

import h5py
import numpy as np
from numpy.typing import NDArray

from citytwin.errors import SourceError
from citytwin.formats.feed_json import is_clean
from citytwin.formats.rain.image import MOST_CELLS

MAGIC = b"\x89HDF\r\n\x1a\n"
DAMAGED = (OSError, KeyError, RuntimeError, ValueError, TypeError, AttributeError, IndexError,
           MemoryError, OverflowError, SystemError)  # fmt: skip
"""What h5py raises for damaged files."""
_MOST_OBJECTS = 5_000
_DEEPEST = 12
_FILTERS = frozenset({1, 2, 3, 5, 6, 32_000})
"""Deflate, shuffle, checksum, n-bit, scale-offset, LZF: all of them are built in."""


@contextmanager
def opened(raw: bytes, source: str) -> Iterator[h5py.File]:
    """Open a file that was looked through.

    Parameters
    ----------
    raw
        The file.
    source
        Its name, for messages.

    Raises
    ------
    SourceError
        If it is damaged, or leads elsewhere.
    """
    if not raw.startswith(MAGIC):
        raise SourceError("no HDF5 file", source=source)
    try:
        with h5py.File(io.BytesIO(raw), "r") as file:
            _look_through(file, source)
            yield file
    except SourceError:
        raise
    except DAMAGED as error:
        hint = "the file may be cut short: fetch it again"
        message = f"damaged HDF5: {ascii(str(error))[:120]}"
        raise SourceError(message, source=source, hint=hint) from error


def _look_through(file: h5py.File, source: str) -> None:
    waiting: list[tuple[h5py.Group, int]] = [(file, 0)]
    seen = 0
    while waiting:
        group, depth = waiting.pop()
        if depth > _DEEPEST:
            raise SourceError("groups are nested too deeply", source=source)
        for name in group:
            seen += 1
            if seen > _MOST_OBJECTS:
                raise SourceError(f"holds more than {_MOST_OBJECTS} objects", source=source)
            if not isinstance(group.get(name, getlink=True), h5py.HardLink):
                message = f"{ascii(name)[:60]} is a link to another place"
                raise SourceError(message, source=source)
            child = group[name]
            if isinstance(child, h5py.Group):
                waiting.append((child, depth + 1))
            elif isinstance(child, h5py.Dataset):
                _check(child, source)


def _check(data: h5py.Dataset, source: str) -> None:
    plist = data.id.get_create_plist()
    filters = {plist.get_filter(number)[0] for number in range(plist.get_nfilters())}
    if data.is_virtual or data.external:
        message = f"{ascii(data.name)[:60]} lies in another file"
        raise SourceError(message, source=source)
    if not filters <= _FILTERS:
        message = f"{ascii(data.name)[:60]} is packed by an unknown filter"
        raise SourceError(message, source=source)
    if data.size is not None and data.size > MOST_CELLS:
        message = f"{ascii(data.name)[:60]} has {data.size} values, more than {MOST_CELLS}"
        raise SourceError(message, source=source)


def numbers(data: object, source: str) -> NDArray[np.float64]:
    """Return the numbers of a data set, as they are packed.

    Parameters
    ----------
    data
        What was found under a name.
    source
        Name of the file, for messages.

    Raises
    ------
    SourceError
        If it is no array of numbers.
    """
    if not isinstance(data, h5py.Dataset) or data.dtype.kind not in "iuf":
        raise SourceError("expected an array of numbers", source=source)
    return np.asarray(data[()], dtype=np.float64)


def text_of(value: object) -> str:
    """Return an attribute as text; empty where it is none.

    Parameters
    ----------
    value
        Bytes, text, or an array of one of them.
    """
    if isinstance(value, np.ndarray):
        value = value.ravel()[0] if value.size == 1 else ""
    said = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
    return said.strip("\0 ") if isinstance(said, str) and is_clean(said.strip("\0 ")) else ""


def number_of(value: object) -> float:
    """Return an attribute as number; NaN where it is none.

    Parameters
    ----------
    value
        Number, text of a number, or an array of one.
    """
    if isinstance(value, np.ndarray):
        value = value.ravel()[0] if value.size == 1 else ""
    if isinstance(value, bytes | str):
        value = text_of(value)
    try:
        return float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return float("nan")
