"""A look at the first bytes of files: whether they can be of the format that the user named."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from citytwin.errors import SourceError
from citytwin.model.steps import Format
from citytwin.recognition.feeds import FEEDS, feed_format
from citytwin.transports.files import open_binary

_XML = (b"<", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0", b"\0<")
_JSON = (b"{", b"[")
_SQLITE = (b"SQLite format 3\0",)
_HDF5 = (b"\x89HDF\r\n\x1a\n",)
_BEGINS: dict[str, tuple[bytes, ...]] = {
    ".gml": _XML,
    ".citygml": _XML,
    ".xml": _XML,
    ".json": _JSON,
    ".jsonl": _JSON,
    ".geojson": _JSON,
    ".cityjson": _JSON,
    ".tif": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    ".tiff": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    ".gpkg": _SQLITE,
    ".sqlite": _SQLITE,
    ".parquet": (b"PAR1",),
    ".fgb": (b"fgb",),
    ".zip": (b"PK",),
    ".cap": _XML,
    ".jsonld": _JSON,
    ".ndjson": _JSON,
    ".h5": _HDF5,
    ".hdf": _HDF5,
    ".hdf5": _HDF5,
    ".nc": _HDF5,
    ".nc4": _HDF5,
    ".grib": (b"GRIB",),
    ".grib2": (b"GRIB",),
    ".grb": (b"GRIB",),
    ".grb2": (b"GRIB",),
    ".bin": (b"GRIB",),
}
"""By the suffix of the file names that a format takes; other suffixes are not judged."""
_PAGES = (b"<!doctype html", b"<html")
"""What a web server sends in the place of a file that it has not."""
_LOOKED_AT = 20
"""Files of a source, from its first to its last."""


def doubts(chosen: Format[Any], files: Sequence[Path]) -> list[str]:
    """Return what makes files look like another format.

    Parameters
    ----------
    chosen
        The format that they should have.
    files
        Files of a source; some of many are looked at.
    """
    looked = _looked_at(files)
    suffixes = {Path(pattern).suffix for pattern in chosen.patterns}
    said = []
    if suffixes <= _BEGINS.keys():
        allowed = tuple(start for suffix in sorted(suffixes) for start in _BEGINS[suffix])
        said = [text for file in looked if (text := _doubt(chosen.name, file, allowed))]
    said = said or [text for file in looked if (text := _other_feed(chosen.name, file))]
    return said or [text for file in looked if (text := _refusal(chosen, file))]


def contents(chosen: Format[Any], files: Sequence[Path]) -> list[str]:
    """Return what each file holds that `doubts` has looked at, for formats that can tell.

    Parameters
    ----------
    chosen
        Their format.
    files
        Files of a source.
    """
    if chosen.contents is None:
        return []
    return [chosen.contents(file) for file in _looked_at(files)]


def _looked_at(files: Sequence[Path]) -> tuple[Path, ...]:
    """Some of many files, from the first to the last."""
    step = max(1, -(-len(files) // _LOOKED_AT))
    return tuple(dict.fromkeys((*files[::step], files[-1])))


def _refusal(chosen: Format[Any], file: Path) -> str:
    """Why its format will refuse a file, where it can tell."""
    try:
        contents(chosen, [file])
    except SourceError as error:
        return str(error)
    return ""


def _other_feed(name: str, file: Path) -> str:
    """What tells that a file is of another feed than the one named; tables of sensors may be any."""
    if name not in FEEDS or name == "sensor_table":
        return ""
    found = feed_format(file)
    if found == "rain_grib" and name == "grib_points":
        return ""
    return f"{file} looks like {found}, not like {name}" if found not in (None, name) else ""


def _doubt(name: str, file: Path, allowed: tuple[bytes, ...]) -> str:
    try:
        with open_binary(file) as opened:
            head = opened.read(64)
    except OSError as error:
        return f"{file}: {error.strerror}"
    except SourceError as error:
        return str(error)
    if not head:
        return f"{file} is empty"
    start = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if not start or (start.startswith(allowed) and not start.lower().startswith(_PAGES)):
        return ""
    return f"{file} is no {name}: it begins with {start[:16]!r}"
