"""xlink:href inside one file: found in the feature at hand, else fetched in a second reading."""

from __future__ import annotations

from dataclasses import dataclass, field

from citytwin.formats.city.faces import RawFace
from citytwin.formats.xml import Element, attribute

GEOMETRIES = (
    "Polygon",
    "Surface",
    "CompositeSurface",
    "MultiSurface",
    "OrientableSurface",
    "Solid",
    "CompositeSolid",
    "MultiSolid",
    "TriangulatedSurface",
    "PolyhedralSurface",
    "Tin",
    "Shell",
    "MultiGeometry",
    "GeometricComplex",
)
_TAGS = tuple(f"{{*}}{name}" for name in GEOMETRIES)


@dataclass(eq=False)
class Links:
    """Targets of links of one file."""

    foreign: dict[str, list[RawFace]] = field(default_factory=dict)
    """Surfaces of other features, by id; filled by a second reading of the file."""
    missing: set[str] = field(default_factory=set)
    """Ids that were looked for in vain in the feature that names them."""
    _feature: Element | None = None
    _local: dict[str, Element] | None = None

    def enter(self, feature: Element) -> None:
        """Begin a new feature.

        Parameters
        ----------
        feature
            Element in which links are looked up first.
        """
        self._feature, self._local = feature, None

    def local(self, target: str) -> Element | None:
        """Geometry of the current feature with an id.

        Parameters
        ----------
        target
            gml:id.
        """
        if self._local is None:
            self._local = {}
            if self._feature is not None:
                for element in self._feature.iter(*_TAGS):
                    name = attribute(element, "id") if element.attrib else None
                    if name is not None:
                        self._local.setdefault(name, element)
        return self._local.get(target)
