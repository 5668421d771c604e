"""Features that are areas: roads, land use, water, plants, bridge decks seen from above."""

from __future__ import annotations

import re

from citytwin.formats.city.affine import TemplateError
from citytwin.formats.city.areas import Outline, outline_of
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.gml.document import GmlFile
from citytwin.formats.gml.instances import INSTANCE, gather_instance
from citytwin.formats.gml.surfaces import Walk
from citytwin.formats.xml import Element, local_name

_LEVEL = re.compile(r"^lod([0-4])(MultiSurface|MultiSolid|Solid|Geometry|Surface)$")
# The plainest level first: the outline is the same, and it has the fewest pieces.
_ORDER = ("1", "2", "3", "4", "0")


def feature_outline(feature: Element, record: str, file: GmlFile, ledger: Ledger) -> Outline | None:
    """Area of a feature, from the plainest level of detail that has surfaces.

    Parameters
    ----------
    feature
        Such as a Road with its traffic areas.
    record
        Identifier of the feature.
    file
        The file.
    ledger
        Receives what could not be used.

    Returns
    -------
    Outline or None
        In the CRS of the city; None when there is no usable surface.
    """
    levels: dict[str, list[Element]] = {}
    for element in feature.iter():
        name = local_name(element)
        if match := _LEVEL.match(name) or INSTANCE.match(name):
            levels.setdefault(match[1], []).append(element)
    for lod in _ORDER:
        if lod not in levels:
            continue
        walk = file.walk()
        for element in levels[lod]:
            if INSTANCE.match(local_name(element)):
                _gather_instance(element, record, walk, file, ledger)
            else:
                walk.gather(element)
        for fault in walk.faults:
            ledger.reject(file.path.name, record, fault.code, fault.message)
        if walk.faces:
            return outline_of(walk.faces, record, file.site, ledger)
    ledger.reject(file.path.name, record, "no-geometry", "no surface in any level of detail")
    return None


def _gather_instance(
    holder: Element, record: str, walk: Walk, file: GmlFile, ledger: Ledger
) -> None:
    try:
        gather_instance(holder, file, walk)
    except TemplateError as error:
        ledger.reject(file.path.name, record, "template", error.message)


def first_text(feature: Element, name: str) -> tuple[str | None, Element | None]:
    """Text of the first descendant of a name, and the element itself.

    Parameters
    ----------
    feature
        A feature.
    name
        Local name.
    """
    for element in feature.iter(f"{{*}}{name}"):
        content = (element.text or "").strip()
        if content:
            return content, element
    return None, None


def child_text(feature: Element, name: str) -> tuple[str | None, Element | None]:
    """Text of the first child of a name, and the element itself.

    Parameters
    ----------
    feature
        A feature.
    name
        Local name.
    """
    for element in feature:
        content = (element.text or "").strip()
        if local_name(element) == name and content:
            return content, element
    return None, None
