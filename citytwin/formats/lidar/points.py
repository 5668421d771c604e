"""Points of a file, a chunk at a time; noise and withheld points are left out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import laspy
import lazrs
import numpy as np
from numpy.typing import NDArray

from citytwin.errors import SourceError
from citytwin.formats.lidar.header import Header
from citytwin.transports.files import open_seekable

FloatArray = NDArray[np.float64]

_CHUNK = 500_000
NOISE = (7, 18)
"""Classes of points that are no thing: low noise, high noise."""
# What the library raises on damaged files.
_DAMAGED = (
    lazrs.LazrsError,
    laspy.errors.LaspyException,
    ValueError,
    LookupError,
    OSError,
    RuntimeError,
    TypeError,
    ArithmeticError,
    MemoryError,
)


@dataclass(frozen=True, eq=False)
class Points:
    """A chunk of points, in the units of the file."""

    x: FloatArray
    """Shape (n,)."""
    y: FloatArray
    """Shape (n,)."""
    z: FloatArray
    """Shape (n,)."""
    classes: NDArray[np.uint8]
    """Shape (n,): classification."""
    dropped: int
    """Noise and withheld points that were left out."""


def points_of(path: Path, header: Header) -> Iterator[Points]:
    """Read the points of a file.

    Parameters
    ----------
    path
        The file.
    header
        Its checked header.

    Raises
    ------
    SourceError
        If it cannot be read to its end.
    """
    read = 0
    try:
        for points in _chunks(path):
            read += len(points.x) + points.dropped
            yield points
    except _DAMAGED as error:
        raise _broken(path, read, header, str(error)) from error
    except BaseException as error:
        # A panic of the Rust library derives from BaseException and has no importable name.
        if type(error).__name__ != "PanicException":
            raise
        raise _broken(path, read, header, str(error)) from error
    if read != header.points:
        raise _broken(path, read, header, "no more follow")


def _chunks(path: Path) -> Iterator[Points]:
    wanted = laspy.DecompressionSelection.base()
    for more in ("z", "classification", "flags"):
        wanted = getattr(wanted, f"decompress_{more}")()
    # One thread a file: sources and files are the units that are shared out. The library for
    # many threads would set aside a whole chunk of the file for each.
    with laspy.open(
        open_seekable(path),
        laz_backend=laspy.LazBackend.Lazrs,
        read_evlrs=False,
        decompression_selection=wanted,
    ) as reader:
        for chunk in reader.chunk_iterator(_CHUNK):
            classes = np.asarray(chunk.classification, dtype=np.uint8)
            good = ~np.isin(classes, NOISE) & (np.asarray(chunk.withheld) == 0)
            x, y, z = (np.asarray(axis, dtype=np.float64) for axis in (chunk.x, chunk.y, chunk.z))
            yield Points(x[good], y[good], z[good], classes[good], int((~good).sum()))


def _broken(path: Path, read: int, header: Header, reason: str) -> SourceError:
    message = f"cannot be read after about point {read} of {header.points}: {reason[:120]}"
    hint = "the file is cut short or damaged; fetch it again"
    return SourceError(message, source=path.name, hint=hint)
