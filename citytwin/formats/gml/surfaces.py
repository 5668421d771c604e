"""Faces of a GML geometry, whatever it is nested in; every polygon once, links followed.

Walks without recursion: neither deep nesting nor a circle of links can exhaust anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from citytwin.formats.city.faces import CAVITY, RawFace, RingFault, Semantic
from citytwin.formats.gml.links import Links
from citytwin.formats.gml.rings import href, inherited, read_ring
from citytwin.formats.xml import Element, attribute, local_name

_FACES = frozenset({"Polygon", "PolygonPatch", "Triangle", "Rectangle"})
_HOLDERS = frozenset(
    {
        "MultiSurface", "CompositeSurface", "Surface", "PolyhedralSurface", "TriangulatedSurface",
        "Tin", "Solid", "CompositeSolid", "MultiSolid", "Shell", "MultiGeometry", "MultiPolygon",
        "GeometricComplex", "OrientableSurface", "surfaceMember", "surfaceMembers", "exterior",
        "solidMember", "solidMembers", "geometryMember", "geometryMembers", "polygonMember",
        "patches", "polygonPatches", "trianglePatches", "baseSurface", "element",
    }
)  # fmt: skip
_HOLLOW = ("Solid", "Shell")
_MAX_LINKS = 32

SemanticOf = Callable[[Element], Semantic]


@dataclass(eq=False)
class Walk:
    """One gathering of faces; a polygon reached on two ways is gathered once."""

    links: Links
    semantic_of: SemanticOf
    srs_dimension: int | None = None
    """Of the whole file, None when it declares none."""
    faces: list[RawFace] = field(default_factory=list)
    faults: list[RingFault] = field(default_factory=list)
    """Faults of links."""
    _seen: set[Element] = field(default_factory=set)
    _targets_seen: set[str] = field(default_factory=set)

    def gather(self, geometry: Element) -> None:
        """Add the faces of a geometry, in the order of the file.

        Parameters
        ----------
        geometry
            Geometry, or a property that holds or links to one.
        """
        stack: list[tuple[Element, bool, tuple[str, ...]]] = [(geometry, False, ())]
        begin, hollow = len(self.faces), False
        while stack:
            element, flipped, trail = stack.pop()
            name = local_name(element)
            if name in _FACES:
                if element not in self._seen:
                    self._seen.add(element)
                    self.faces.append(self._face(element, flipped))
                continue
            target = href(element)
            if target is not None:
                linked = self._linked(element, target, trail, flipped)
                if linked is not None:
                    stack.append((linked, flipped, (*trail, target)))
                continue
            if name == "OrientableSurface" and element.get("orientation") == "-":
                flipped = not flipped
            children = _children(element, name, element is geometry)
            if name in _HOLLOW and any(local_name(child) == "interior" for child in children):
                hollow = True  # cavities are inside: no outer face of a building
                children = [child for child in children if local_name(child) != "interior"]
            stack.extend((child, flipped, trail) for child in reversed(children))
        if hollow and len(self.faces) > begin:
            self.faces[begin].faults.append(CAVITY)

    def _linked(
        self, element: Element, target: str, trail: tuple[str, ...], flipped: bool
    ) -> Element | None:
        """Element a link leads to; None when it leads nowhere or out of the feature."""
        if not target.startswith("#"):
            self._fault("xlink-remote", f"link {target[:80]!r} leads out of the file; not followed")
            return None
        linked = self.links.local(target[1:])
        if linked is not None:
            if target in trail or len(trail) >= _MAX_LINKS or linked in element.iterancestors():
                self._fault("xlink-cyclic", f"link {target[:80]!r} leads back to itself")
                return None
            # Walked once: links to links to links must not multiply.
            return None if self._is_known(target) else linked
        if target[1:] not in self.links.foreign:
            self.links.missing.add(target[1:])
            self._fault("xlink-dangling", f"link {target[:80]!r} leads nowhere")
        elif not self._is_known(target):
            self.faces.extend(_flipped(f) if flipped else f for f in self.links.foreign[target[1:]])
        return None

    def _is_known(self, target: str) -> bool:
        known = target in self._targets_seen
        self._targets_seen.add(target)
        return known

    def _fault(self, code: str, message: str) -> None:
        self.faults.append(RingFault(code, message, fatal=True))

    def _face(self, element: Element, flipped: bool) -> RawFace:
        face = RawFace(
            surface_id=attribute(element, "id") or "",
            semantic=self.semantic_of(element),
            rings=[],
            srs_name=inherited(element, "srsName") or "",
        )
        for child in element:
            name = local_name(child)
            if name not in ("exterior", "interior", "outerBoundaryIs", "innerBoundaryIs"):
                continue
            outer = name in ("exterior", "outerBoundaryIs")
            points = read_ring(child, self.srs_dimension)
            if isinstance(points, RingFault):
                face.faults.append(points)
                face.broken |= outer
            else:
                face.rings.append(points[::-1] if flipped else points)
        if not face.rings and not face.broken:
            face.faults.append(RingFault("101", "polygon has no outer ring", fatal=True))
            face.broken = True
        return face


def members_of_solid(geometry: Element) -> int:
    """Polygons and links in a property that holds one solid.

    Parameters
    ----------
    geometry
        Property of a feature, such as ``lod2Solid``.

    Returns
    -------
    int
        0 where it holds no solid, several, or a link to one.
    """
    solids = members = 0
    for element in geometry.iterdescendants():
        name = local_name(element)
        solids += 2 if name in ("CompositeSolid", "MultiSolid") else name == "Solid"
        members += name in _FACES or (name in _HOLDERS and href(element) is not None)
    return members if solids == 1 else 0


def _children(element: Element, name: str, is_property: bool) -> list[Element]:
    return list(element) if name in _HOLDERS or is_property else []


def _flipped(face: RawFace) -> RawFace:
    rings = [ring[::-1] for ring in face.rings]
    return RawFace(face.surface_id, face.semantic, rings, face.srs_name, face.faults, face.broken)
