"""A look at the first bytes of files: whether they can be of the format that the user named."""

from __future__ import annotations

import codecs
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from citytwin.errors import SourceError
from citytwin.model.steps import Format
from citytwin.transports.files import open_binary

_XML = (b"<", codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE, b"<\0", b"\0<")
_JSON = (b"{", b"[")
_SQLITE = (b"SQLite format 3\0",)
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
    suffixes = {Path(pattern).suffix for pattern in chosen.patterns}
    if not suffixes <= _BEGINS.keys():
        return []
    allowed = tuple(start for suffix in sorted(suffixes) for start in _BEGINS[suffix])
    step = max(1, -(-len(files) // _LOOKED_AT))
    looked = dict.fromkeys((*files[::step], files[-1]))
    return [said for file in looked if (said := _doubt(chosen.name, file, allowed))]


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
