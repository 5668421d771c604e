"""Levels of detail of a building element: where the geometry of each is."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from citytwin.formats.city.affine import TemplateError
from citytwin.formats.city.copies import without_copies
from citytwin.formats.city.draft import Level, lods_of
from citytwin.formats.city.faces import RawFace
from citytwin.formats.citygml.semantics import INNER, OUTER
from citytwin.formats.gml.document import GmlFile
from citytwin.formats.gml.instances import INSTANCE, gather_instance, unread
from citytwin.formats.gml.surfaces import members_of_solid
from citytwin.formats.xml import Element, local_name

_LEVEL = re.compile(
    r"^lod([0-4])(Solid|MultiSurface|Geometry|FootPrint|RoofEdge|MultiSolid|Surface)$"
)
_BOUNDARIES = frozenset({"boundedBy", "boundary"})
_OPENINGS = frozenset({"opening", "fillingSurface"})
_OUTSIDE = frozenset({"outerBuildingInstallation", "buildingInstallation"})
# LOD4 is LOD3 with rooms; where both are given, LOD3 is all that is seen from outside.
_BEST_FIRST = ("3", "4", "2", "1")

LinkFault = Callable[[str, str], None]


@dataclass(eq=False)
class LevelIndex:
    """Geometry properties of one building or part, by level of detail."""

    shell: dict[str, list[Element]] = field(default_factory=dict)
    """Properties of the building itself and of its boundary surfaces."""
    extra: dict[str, list[Element]] = field(default_factory=dict)
    """Properties of installations outside: dormers, balconies, chimneys."""
    outline: list[Element] = field(default_factory=list)
    outline_is_roof: bool = False
    unread: list[str] = field(default_factory=list)
    """Instances of templates that have no shape here, each as a message."""


def index_levels(unit: Element) -> LevelIndex:
    """Find the geometry of a building, without its parts, rooms and address.

    Parameters
    ----------
    unit
        Building or BuildingPart.
    """
    found = LevelIndex()
    thematic: dict[str, list[Element]] = {}
    for child in unit:
        name = local_name(child)
        if lod := _level_of(child):
            if lod != "0":
                found.shell.setdefault(lod, []).append(child)
        elif name in _BOUNDARIES:
            _add(thematic, _thematic(child))
        elif name in _OUTSIDE:
            _add(found.extra, _installation(child))
    # Boundary surfaces first: their polygons carry ids and semantics, the solid links to them.
    for lod, properties in thematic.items():
        found.shell[lod] = [*properties, *found.shell.get(lod, [])]
    found.shell.pop("0", None)
    found.unread = list(_unread(unit))
    _index_outline(unit, found)
    return found


def _index_outline(unit: Element, found: LevelIndex) -> None:
    by_name: dict[str, list[Element]] = {}
    for child in unit:
        name = local_name(child)
        if name.startswith("lod0") and _LEVEL.match(name):
            by_name.setdefault(name, []).append(child)
    for name in ("lod0FootPrint", "lod0MultiSurface", "lod0Surface", "lod0RoofEdge"):
        if name in by_name:
            found.outline, found.outline_is_roof = by_name[name], name == "lod0RoofEdge"
            return
    # CityGML 3.0: the footprint may be the LOD0 of a ground surface.
    for child in unit:
        if local_name(child) in _BOUNDARIES:
            for surface in child:
                if local_name(surface) in ("GroundSurface", "RoofSurface"):
                    level = [p for p in surface if local_name(p) == "lod0MultiSurface"]
                    is_roof = local_name(surface) == "RoofSurface"
                    if level and (not found.outline or (found.outline_is_roof and not is_roof)):
                        found.outline, found.outline_is_roof = level, is_roof


def _unread(unit: Element) -> Iterator[str]:
    """Instances in what counts as the shell of which the shape cannot be read."""
    for child in unit:
        name = local_name(child)
        if INSTANCE.match(name):
            if reason := unread(child):
                yield reason
        elif name in _BOUNDARIES or name in _OPENINGS or name in _OUTSIDE:
            for feature in child:
                if local_name(feature) not in INNER:
                    yield from _unread(feature)


def _level_of(element: Element) -> str | None:
    """Level of detail of a property that holds geometry or an instance of a template."""
    name = local_name(element)
    if match := _LEVEL.match(name):
        return match[1]
    match = INSTANCE.match(name)
    return match[1] if match and unread(element) is None else None


def _add(target: dict[str, list[Element]], found: Iterator[tuple[str, Element]]) -> None:
    for lod, element in found:
        target.setdefault(lod, []).append(element)


def _thematic(boundary: Element) -> Iterator[tuple[str, Element]]:
    """Geometry properties of a boundary surface and of the openings in it."""
    for surface in boundary:
        if local_name(surface) in INNER:
            continue
        for child in surface:
            if lod := _level_of(child):
                yield lod, child
            elif local_name(child) in _OPENINGS:
                for opening in child:
                    if local_name(opening) in OUTER:
                        for part in opening:
                            if lod := _level_of(part):
                                yield lod, part


def _installation(holder: Element) -> Iterator[tuple[str, Element]]:
    for installation in holder:
        for child in installation:
            if lod := _level_of(child):
                yield lod, child
            elif local_name(child) in _BOUNDARIES:
                yield from _thematic(child)


def levels_of(found: LevelIndex, file: GmlFile, on_fault: LinkFault) -> list[Level]:
    """Levels of detail of a building, best first.

    Parameters
    ----------
    found
        Where the geometry is.
    file
        The file.
    on_fault
        Told code and message of links that lead nowhere.
    """
    return [
        _level(lod, [*found.shell[lod], *found.extra.get(lod, [])], file, on_fault)
        for lod in _BEST_FIRST
        if lod in found.shell
    ]


def lods_in(found: LevelIndex) -> str:
    """Levels of detail of a building, as they stand in the table.

    Parameters
    ----------
    found
        Where the geometry is.
    """
    return lods_of([*found.shell, *(["0"] if found.outline else [])])


def _level(lod: str, properties: list[Element], file: GmlFile, on_fault: LinkFault) -> Level:
    """Level of detail that knows, once it was read, whether its faces are those of its solid."""
    read = _reader(properties, file, on_fault)
    solids = [element for element in properties if local_name(element) == f"lod{lod}Solid"]
    number = 0

    def faces() -> list[RawFace]:
        nonlocal number
        found = read()
        number = len(found)
        return found

    def is_shell() -> bool:
        return len(solids) == 1 and members_of_solid(solids[0]) == number > 0

    return Level(lod, faces, is_shell)


def outline_of(
    found: LevelIndex, file: GmlFile, on_fault: LinkFault
) -> Callable[[], list[RawFace]] | None:
    """LOD0 polygons of a building, or None when it has none.

    Parameters
    ----------
    found
        Where the geometry is.
    file
        The file.
    on_fault
        Told code and message of links that lead nowhere.
    """
    return _reader(found.outline, file, on_fault) if found.outline else None


def _reader(
    properties: list[Element], file: GmlFile, on_fault: LinkFault
) -> Callable[[], list[RawFace]]:
    def read() -> list[RawFace]:
        walk = file.walk()
        for element in properties:
            if INSTANCE.match(local_name(element)):
                try:
                    gather_instance(element, file, walk)
                except TemplateError as error:
                    on_fault("template", f"{local_name(element)}: {error.message}")
            else:
                walk.gather(element)
        for fault in walk.faults:
            on_fault(fault.code, fault.message)
        return without_copies(walk.faces) if len(properties) > 1 else walk.faces

    return read
