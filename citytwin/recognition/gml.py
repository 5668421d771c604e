"""A first look at a CityGML file: the kinds of its features, its CRS, its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from citytwin.errors import SourceError
from citytwin.formats.city.placement import source_crs
from citytwin.formats.gml.document import (
    MEMBERS,
    ROOTS,
    is_citygml,
    is_citygml_namespace,
    is_urban_planning,
)
from citytwin.formats.gml.features import MODULE_OF, READ_BY
from citytwin.formats.gml.inundation import file_theme
from citytwin.formats.gml.rings import inherited, numbers
from citytwin.formats.xml import Element, beginning, local_name
from citytwin.formats.xml_text import Utf8Stream
from citytwin.recognition.look import Look, Use, lonlat_of, reason
from citytwin.transports.files import open_binary
from citytwin.transports.windows import windows

_LOOKED_AT_BYTES = 4_000_000
_NAMED_BYTES = 1_000_000
"""Of a file whose name tells the theme, so that only its place is wanted."""
_MUNICIPALITY = ("city", "cityCode")
_CODE = re.compile(r"\d{5,6}")
_STRAY_ROOTS = ("Dictionary", "Definition", "schema")
"""Code lists and schemas, which lie beside the models of a data set."""


@dataclass(eq=False)
class _Seen:
    root: str = ""
    kinds: dict[str, None] = field(default_factory=dict)
    """Local names of features, in their order."""
    members: bool = False
    """Whether the model has a feature of any kind."""
    zones: bool = False
    namespaces: dict[str | None, str] = field(default_factory=dict)
    srs_name: str = ""
    corner: tuple[float, float] | None = None
    municipality: str = ""
    whole: bool = False
    """Whether the end of the file was reached."""


def look_at_gml(path: Path, named: tuple[str, ...], given: str | None) -> Look:
    """Look at the beginning of a GML file.

    Parameters
    ----------
    path
        The file.
    named
        Formats by its name, where that says it; else its content is asked.
    given
        CRS that the user gave for files that name none.
    """
    try:
        seen = _look(path, enough=bool(named))
    except SourceError as error:
        return Look(_uses(named), fault=reason(error))
    if seen.root not in ROOTS:
        fault = f"is not CityGML: its root element is <{seen.root[:60]}>"
        stray = seen.root in _STRAY_ROOTS and not named
        return Look(_uses(named), fault=fault, stray=stray)
    formats = named or _formats(seen, path)
    if not formats and seen.whole and not seen.members:
        return Look(fault="is a city model without features", stray=True)
    held = ", ".join(list(seen.kinds)[:8]) or "no features of CityGML"
    if not formats:
        return Look(fault=f"holds {held}, which no format reads")
    unread = () if named else tuple(k for k in seen.kinds if k not in READ_BY)
    code, uses = seen.municipality, _uses(formats)
    try:
        crs = source_crs(seen.srs_name or None, given, path.name)
    except SourceError as error:
        return Look(uses, unread=unread, fault=reason(error), municipality=code)
    corner = seen.corner
    lonlat = lonlat_of(*corner, crs, east_first=False) if corner is not None else None
    return Look(uses, unread=unread, crs=crs, lonlat=lonlat, municipality=code)


def _uses(formats: tuple[str, ...]) -> tuple[Use, ...]:
    return tuple(Use(name) for name in formats)


def _look(path: Path, *, enough: bool) -> _Seen:
    """Read the beginning, up to the first place where nothing else is wanted to know."""
    seen = _Seen()
    for event, element in beginning(path, _NAMED_BYTES if enough else _LOOKED_AT_BYTES):
        name = local_name(element)
        if event == "start":
            if not seen.root:
                seen.root, seen.namespaces = name, dict(element.nsmap)
                if name not in ROOTS:
                    return seen
            _note_feature(element, name, seen)
        elif element.getparent() is None:
            seen.whole = True
        elif name == "Envelope":
            _note_envelope(element, seen)
        elif name in ("pos", "posList") and seen.corner is None:
            _note_point(element.text or "", element, seen)
        elif name in _MUNICIPALITY and not seen.municipality:
            seen.municipality = _code(element.text or "")
        if enough and seen.corner is not None and seen.municipality:
            break
    return seen


def _note_feature(element: Element, name: str, seen: _Seen) -> None:
    holder = element.getparent()
    if holder is None or local_name(holder) not in MEMBERS:
        return
    seen.members = True
    if is_urban_planning(element):
        seen.zones = True
    elif is_citygml(element):
        seen.kinds.setdefault(name[:80])


def _note_envelope(element: Element, seen: _Seen) -> None:
    """Take the first box that has a CRS and numbers: that of the model comes before all others."""
    if seen.corner is not None:
        return
    for child in element:
        if local_name(child) == "lowerCorner":
            _note_point(child.text or "", element, seen)


def _note_point(text: str, element: Element, seen: _Seen) -> None:
    try:
        point = numbers(text[:400].rsplit(maxsplit=1)[0] if len(text) > 400 else text)
    except (ValueError, IndexError):
        return
    name = (inherited(element, "srsName") or "").strip()
    seen.srs_name = seen.srs_name or name
    if len(point) >= 2 and np.isfinite(point[:2]).all() and np.any(point[:2]):
        seen.corner = (float(point[0]), float(point[1]))


def _code(text: str) -> str:
    found = text.strip()
    return found if _CODE.fullmatch(found) else ""


def _formats(seen: _Seen, path: Path) -> tuple[str, ...]:
    kinds = [*seen.kinds, *([] if seen.whole else _further_kinds(seen, path))]
    found = {READ_BY[kind] for kind in kinds if kind in READ_BY}
    if seen.zones:
        found.add("citygml_zones")
    if "citygml_water" in found and file_theme(path) is not None:
        found = found - {"citygml_water"} | {"citygml_hazards"}
    return tuple(sorted(found))


def _further_kinds(seen: _Seen, path: Path) -> Iterator[str]:
    """Features behind the part looked at, by their tags with a prefix declared at the root.

    A tag inside a comment counts too: its format then finds nothing, and says so.
    """
    prefixes = {
        uri.rstrip("/").split("/")[-2]: prefix
        for prefix, uri in seen.namespaces.items()
        if is_citygml_namespace(uri) and uri.count("/") > 3
    }
    tags: dict[bytes, str] = {}
    for kind, module in MODULE_OF.items():
        if kind not in seen.kinds and module in prefixes:
            prefix = prefixes[module]
            tags[(f"<{prefix}:{kind}" if prefix else f"<{kind}").encode()] = kind
    with closing(Utf8Stream(open_binary(path), path.name)) as text:
        for window in windows(text.readinto) if tags else ():
            content = bytes(window)
            for tag in [tag for tag in tags if tag in content]:
                yield tags.pop(tag)
