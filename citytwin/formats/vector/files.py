"""Vector files by their first bytes, and the CRS they name."""

from __future__ import annotations

import io
import json
import re
import zipfile
from pathlib import Path
from typing import Literal

import shapely
from pyproj import CRS

from citytwin.errors import SourceError
from citytwin.formats.city.placement import source_crs
from citytwin.formats.data_set import companions_of
from citytwin.transports.files import (
    LARGEST_IN_MEMORY,
    is_plain,
    open_binary,
    path_or_content,
    read_whole,
    size_of,
)
from citytwin.transports.windows import windows

Kind = Literal["sqlite", "parquet", "flatgeobuf", "shapefile", "geojson"]

# By their first bytes: other drivers of GDAL would open files and addresses that a file names.
_KINDS: tuple[tuple[bytes, Kind], ...] = (
    (b"SQLite format 3\x00", "sqlite"),
    (b"PAR1", "parquet"),
    (b"fgb", "flatgeobuf"),
    (b"\x00\x00\x27\x0a", "shapefile"),
)
DAMAGED = (
    ValueError,
    RuntimeError,
    OSError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    MemoryError,
    SystemError,
    shapely.errors.ShapelyError,
)
"""What the readers raise on damaged files; each has several roots of its own."""
_LARGEST_DOUBTFUL = 200_000_000
PATTERNS = ("*.gpkg", "*.sqlite", "*.geojson", "*.fgb", "*.parquet")
"""Names of the files in which roads, sites and zones are looked for."""


def kind_of(path: Path) -> Kind:
    """Kind of a vector file.

    Parameters
    ----------
    path
        The file.

    Raises
    ------
    SourceError
        If it is of no kind that is read, or names its CRS by an address.
    """
    try:
        with open_binary(path) as file:
            head = file.read(256)
    except OSError as error:
        raise SourceError(f"cannot be read: {error.strerror}", source=str(path)) from error
    for mark, kind in _KINDS:
        if head.startswith(mark):
            return kind
    if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"{"):
        _refuse_addresses(path)
        return "geojson"
    raise SourceError(
        "is no GeoPackage, SQLite, GeoJSON, FlatGeobuf, GeoParquet or Shapefile",
        source=path.name,
        hint="convert it, for instance with ogr2ogr",
    )


def _spelt(word: str) -> bytes:
    """Pattern of a word in JSON, where any letter may be written as an escape."""
    letters = (f"(?:{c}|\\\\u00(?:{ord(c.lower()):02x}|{ord(c.upper()):02x}))" for c in word)
    return "".join(letters).encode()


_ADDRESS = re.compile(
    rb"[\"'](?:" + _spelt("link") + b"|" + _spelt("url") + rb")[\"']", re.IGNORECASE
)
_CRS = re.compile(rb"[\"']" + _spelt("crs") + rb"[\"']", re.IGNORECASE)


def _refuse_addresses(path: Path) -> None:
    """Refuse GeoJSON whose CRS is an address: GDAL would fetch it."""
    if not all(_holds(path, pattern) for pattern in (_ADDRESS, _CRS)):
        return
    doubtful = size_of(path) > _LARGEST_DOUBTFUL
    found: list[bool] = [doubtful]

    def see(pairs: list[tuple[str, object]]) -> dict[str, object]:
        for key, value in pairs:
            if key.lower() == "crs" and isinstance(value, dict):
                kinds = {str(v).lower() for k, v in value.items() if k.lower() == "type"}
                found.append(bool(kinds & {"link", "url"}))
        return dict(pairs)

    try:
        if not doubtful:
            text = read_whole(path, _LARGEST_DOUBTFUL).decode("utf-8-sig")
            json.loads(text, object_pairs_hook=see)
    except SourceError:
        raise
    except (ValueError, RecursionError) as error:
        msg = f"is not JSON: {str(error)[:80]}"
        raise SourceError(msg, source=path.name, hint="fetch the file again") from error
    if any(found):
        raise SourceError(
            "names its CRS by an address, which is not fetched",
            source=path.name,
            hint="name the CRS by its EPSG code, or write longitude and latitude without `crs`",
        )


def _holds(path: Path, pattern: re.Pattern[bytes]) -> bool:
    """Whether a pattern of some bytes is found in a file."""
    with open_binary(path) as file:
        return any(pattern.search(window) for window in windows(file.readinto))


def for_gdal(path: Path, kind: Kind) -> Path | bytes:
    """Return what GDAL opens: the path of a plain file, else its bytes.

    A Shapefile in an archive is handed over with the files that belong to it, in an archive in
    memory.

    Parameters
    ----------
    path
        The file.
    kind
        What it is.

    Raises
    ------
    SourceError
        If it cannot be read, or is too large to be read otherwise than as a plain file.
    """
    if kind != "shapefile" or is_plain(path):
        return path_or_content(path)
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for file in (path, *companions_of(path)):
            archive.writestr(f"x{file.suffix.lower()}", read_whole(file, LARGEST_IN_MEMORY))
    return target.getvalue()


def code_of(crs: CRS | None, path: Path, given: str | None) -> str:
    """Horizontal CRS of a file as a code.

    Parameters
    ----------
    crs
        As read; None when the file names none.
    path
        The file, for messages.
    given
        CRS that the user gave for files that name none.

    Raises
    ------
    SourceError
        If there is none that is known.
    """
    if crs is None:
        return source_crs(None, given, path.name)
    if crs.is_geographic and "CRS84" in crs.name:
        return "EPSG:4326"
    part = crs.sub_crs_list[0] if crs.is_compound else crs
    code = part.to_epsg(min_confidence=70)
    return source_crs(f"EPSG:{code}" if code is not None else None, given, path.name)
