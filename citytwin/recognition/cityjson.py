"""A first look at a JSON file: whether it is CityJSON, its CRS, its place."""

from __future__ import annotations

import json
import mmap
import re
from pathlib import Path

from citytwin.errors import SourceError
from citytwin.formats.city.placement import source_crs
from citytwin.recognition.look import LonLat, Look, Use, lonlat_of

_TYPE = re.compile(rb'"type"\s*:\s*"CityJSON"')
_REFERENCE = re.compile(rb'"referenceSystem"\s*:\s*("(?:[^"\\]|\\.){1,200}")')
_OLD_REFERENCE = re.compile(rb'"crs"\s*:\s*\{\s*"epsg"\s*:\s*(\d{4,6})\b')
_NUMBER = rb"\s*(-?\d[0-9.eE+-]{0,40})\s*"
_EXTENT = re.compile(rb'"geographicalExtent"\s*:\s*\[' + _NUMBER + b"," + _NUMBER + b",")
_TRANSLATE = re.compile(rb'"translate"\s*:\s*\[' + _NUMBER + b"," + _NUMBER + b",")


def look_at_json(path: Path, given: str | None) -> Look | None:
    """Look for what a CityJSON file says of itself; None where it is none.

    Parameters
    ----------
    path
        The file.
    given
        CRS that the user gave for files that name none.
    """
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        if not _TYPE.search(content):
            return None
        crs = _crs(content, path, given)
        lonlat = _place(content, crs) if crs is not None else None
    return Look((Use("cityjson"),), crs=crs, lonlat=lonlat)


def _crs(content: mmap.mmap, path: Path, given: str | None) -> str | None:
    found = _REFERENCE.search(content)
    old = None if found else _OLD_REFERENCE.search(content)
    name = f"EPSG:{old[1].decode()}" if old else ""
    try:
        name = str(json.loads(found[1])).strip() if found else name
        return source_crs(name or None, given, path.name)
    except (ValueError, SourceError):
        return None


def _place(content: mmap.mmap, crs: str) -> LonLat | None:
    for pattern in (_EXTENT, _TRANSLATE):
        if match := pattern.search(content):
            try:
                return lonlat_of(float(match[1]), float(match[2]), crs, east_first=True)
            except ValueError:
                continue
    return None
