"""Ranges of rows of a large vector file, so that no process ever holds all of its features.

A range of bytes stands for the rows of the same share of the file: bytes `begin` to `end` of a file
of `size` bytes and `n` rows are rows `begin * n // size` up to `end * n // size`. Neighbouring
ranges so meet at a row, and all of them together are the file, whatever its layout.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from citytwin.errors import SourceError
from citytwin.formats.vector.files import Kind, kind_of
from citytwin.model.steps import ByteRange
from citytwin.transports.files import size_of

DENSITY = 8
"""How many times as much memory a byte of a feature takes as one of CityGML."""
_PACKED = 3
"""How many times as many rows a byte of Parquet holds, which is compressed."""
_SHARES: dict[Kind, int] = {"sqlite": 1, "flatgeobuf": 1, "parquet": _PACKED}
"""Kinds that can be entered in the middle; GeoJSON is parsed from its beginning."""


@dataclass(frozen=True)
class Rows:
    """Some rows of a layer."""

    first: int
    """Number of the first, from 0."""
    count: int


def row_ranges(path: Path, range_bytes: int) -> list[ByteRange] | None:
    """Divide a vector file into ranges of about equal numbers of rows.

    Parameters
    ----------
    path
        The file.
    range_bytes
        Size of a range, where rows are not compressed.

    Returns
    -------
    list of tuple or None
        Where each begins and ends; None where the file must be read as a whole.
    """
    try:
        share = _SHARES.get(kind_of(path))
    except SourceError:  # whoever reads it says what is wrong
        return None
    if share is None:
        return None
    size = size_of(path)
    number = -(-size * share // range_bytes)
    return list(pairwise(n * size // number for n in range(number + 1)))


def rows_of(part: ByteRange, size: int, rows: int) -> Rows:
    """Return the rows that a range stands for.

    Parameters
    ----------
    part
        One of :func:`row_ranges`.
    size
        Size of the file [B].
    rows
        Rows of its layer.
    """
    first, end = (place * rows // max(size, 1) for place in part)
    return Rows(first, end - first)
