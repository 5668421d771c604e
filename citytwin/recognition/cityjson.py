"""A first look at a JSON file: whether it is CityJSON, its CRS, its place."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path

from citytwin.errors import SourceError
from citytwin.formats.city.placement import source_crs
from citytwin.recognition.look import LonLat, Look, Use, lonlat_of, reason
from citytwin.transports.files import open_binary
from citytwin.transports.windows import windows

_TYPE = re.compile(rb'"type"\s*:\s*"CityJSON"')
_OBJECTS = b'"CityObjects"'
_REFERENCE = re.compile(rb'"referenceSystem"\s*:\s*("(?:[^"\\]|\\.){1,200}")')
_OLD_REFERENCE = re.compile(rb'"crs"\s*:\s*\{\s*"epsg"\s*:\s*(\d{4,6})\b')
_NUMBER = rb"\s*(-?\d[0-9.eE+-]{0,40})\s*"
_EXTENT = re.compile(rb'"geographicalExtent"\s*:\s*\[' + _NUMBER + b"," + _NUMBER + b",")
_TRANSLATE = re.compile(rb'"translate"\s*:\s*\[' + _NUMBER + b"," + _NUMBER + b",")
_PATTERNS = (_TYPE, _REFERENCE, _OLD_REFERENCE, _EXTENT, _TRANSLATE)
_Found = Mapping[re.Pattern[bytes], re.Match[bytes]]


def look_at_json(path: Path, given: str | None) -> Look | None:
    """Look for what a CityJSON file says of itself; None where it is none.

    Parameters
    ----------
    path
        The file.
    given
        CRS that the user gave for files that name none.
    """
    found: dict[re.Pattern[bytes], re.Match[bytes]] = {}
    with open_binary(path) as file:
        for number, window in enumerate(windows(file.readinto)):
            content = bytes(window)
            for pattern in _PATTERNS:
                if pattern not in found and (match := pattern.search(content)):
                    found[pattern] = match
            # keys may be sorted by name, so that the type comes behind all objects
            doubtful = number == 0 and _TYPE not in found and _OBJECTS not in content
            if doubtful or len(found) == len(_PATTERNS):
                break
    if _TYPE not in found:
        return None
    try:
        crs = _crs(found, path, given)
    except SourceError as error:
        return Look((Use("cityjson"),), fault=reason(error))
    return Look((Use("cityjson"),), crs=crs, lonlat=_place(found, crs))


def _crs(found: _Found, path: Path, given: str | None) -> str:
    name = f"EPSG:{found[_OLD_REFERENCE][1].decode()}" if _OLD_REFERENCE in found else ""
    try:
        if _REFERENCE in found:
            name = str(json.loads(found[_REFERENCE][1])).strip()
    except ValueError:
        name = found[_REFERENCE][1].decode(errors="replace")
    return source_crs(name or None, given, path.name)


def _place(found: _Found, crs: str) -> LonLat | None:
    for pattern in (_EXTENT, _TRANSLATE):
        if match := found.get(pattern):
            try:
                return lonlat_of(float(match[1]), float(match[2]), crs, east_first=True)
            except ValueError:
                continue
    return None
