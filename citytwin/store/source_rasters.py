"""Rasters of the working store as they came from their files: values, and where they lie."""

from __future__ import annotations

import json
import zlib
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citytwin.model.raster import Raster
from citytwin.security.sealed_folders import sealed_root
from citytwin.store.at_rest import open_file, read_bytes
from citytwin.store.atomic import replacing, write_text
from citytwin.store.damage import unreadable
from citytwin.store.fields import digest_of

_CRC32 = "crc32"
"""Of the file of the values, and after it of where the raster lies, as text."""
_AT_ONCE = 1 << 22
_LOOKED_AT = 256
"""Rasters that a process has found to be sound, so that it reads each through only once."""


def write_raster(path: Path, raster: Raster) -> str:
    """Write a raster, each of its two files in one step, and return its digest.

    Parameters
    ----------
    path
        File of the values, ``.npy``; a ``.json`` beside it says where they lie.
    raster
        What a format read.
    """
    head = {key: value for key, value in asdict(raster).items() if key != "values"}
    with replacing(path) as temporary:
        np.save(temporary, raster.values)
    checksum = _with_place(head, _crc32(path))
    write_text(path.with_suffix(".json"), json.dumps({**head, _CRC32: checksum}))
    return digest_of(raster.values) + json.dumps(head, sort_keys=True)


def read_raster(path: Path) -> Raster:
    """Open a raster; its values are read from the disk where a tile needs them.

    Parameters
    ----------
    path
        File of the values.

    Raises
    ------
    DamagedError
        If it is missing or damaged.
    """
    beside = path.with_suffix(".json")
    try:
        head = json.loads(read_bytes(beside))
        stat = path.stat()
        wanted = head.pop(_CRC32)
        found = _with_place(head, _sound(path, stat.st_size, stat.st_mtime_ns))
        if found != wanted:
            msg = f"its checksum is {found}, not {wanted}"
            raise ValueError(msg)
        return Raster(values=np.asarray(_values(path)), **head)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise unreadable(f"raster {path}", error, [path, beside]) from error


@lru_cache(maxsize=_LOOKED_AT)
def _sound(path: Path, size: int, mtime_ns: int) -> int:
    """Checksum of a file as it is now; another size or time stamp is another file."""
    del size, mtime_ns
    return _crc32(path)


def _with_place(head: dict[str, Any], values: int) -> int:
    """Checksum of values and of where they lie."""
    return zlib.crc32(json.dumps(head, sort_keys=True).encode(), values)


def _crc32(path: Path) -> int:
    total = 0
    with open_file(path) as file:
        while piece := file.read(_AT_ONCE):
            total = zlib.crc32(piece, total)
    return total


def _values(path: Path) -> NDArray[Any]:
    if sealed_root(path) is None:
        mapped: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        return mapped
    stamp = path.stat()
    return _unsealed(path, stamp.st_ino, stamp.st_mtime_ns)


@lru_cache(maxsize=2)
def _unsealed(path: Path, *stamp: int) -> NDArray[Any]:
    """A sealed raster cannot be mapped; the one that tiles are cut from is kept in memory."""
    del stamp  # another file is another entry
    with open_file(path) as file:
        values: NDArray[Any] = np.load(file, allow_pickle=False)
    values.flags.writeable = False
    return values
