"""What kind of surface a polygon is part of."""

from __future__ import annotations

from citytwin.formats.city.faces import Semantic
from citytwin.formats.xml import Element, local_name

OUTER: dict[str, Semantic] = {
    "RoofSurface": "roof",
    "WallSurface": "wall",
    "GroundSurface": "ground",
    "ClosureSurface": "closure",
    "OuterFloorSurface": "other",
    "OuterCeilingSurface": "other",
    "Window": "other",
    "Door": "other",
    "WindowSurface": "other",
    "DoorSurface": "other",
}
INNER = frozenset({"InteriorWallSurface", "CeilingSurface", "FloorSurface"})
"""Surfaces of rooms: not seen from outside."""


def semantic_of(polygon: Element) -> Semantic:
    """Kind of the nearest thematic surface around a polygon.

    Parameters
    ----------
    polygon
        Polygon in its document.
    """
    for ancestor in polygon.iterancestors():
        name = local_name(ancestor)
        if name in OUTER:
            return OUTER[name]
        if name in ("Building", "BuildingPart"):
            break
    return "other"
