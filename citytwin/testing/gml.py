"""CityGML 2.0 elements in the form of PLATEAU files (i-UR 3.1, latitude longitude height)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lxml import etree

from citytwin.testing.place import (
    CITY_NAME,
    GEODETIC_2D_EPSG,
    GEODETIC_EPSG,
    SYNTHETIC_NOTE,
    Degrees,
    Point2,
    Point3,
)
from citytwin.testing.solids import Face

NAMESPACES = {
    "core": "http://www.opengis.net/citygml/2.0",
    "gml": "http://www.opengis.net/gml",
    "bldg": "http://www.opengis.net/citygml/building/2.0",
    "brid": "http://www.opengis.net/citygml/bridge/2.0",
    "dem": "http://www.opengis.net/citygml/relief/2.0",
    "luse": "http://www.opengis.net/citygml/landuse/2.0",
    "tran": "http://www.opengis.net/citygml/transportation/2.0",
    "wtr": "http://www.opengis.net/citygml/waterbody/2.0",
    "gen": "http://www.opengis.net/citygml/generics/2.0",
    "urf": "https://www.geospatial.jp/iur/urf/3.1",
    "uro": "https://www.geospatial.jp/iur/uro/3.1",
    "xlink": "http://www.w3.org/1999/xlink",
    "xsi": "http://www.w3.org/2001/XMLSchema-instance",
}
VEGETATION = {"veg": "http://www.opengis.net/citygml/vegetation/2.0"}
"""Named only in files that hold plants."""
CREATION_DATE = "2026-06-01"

_HREF = f"{{{NAMESPACES['xlink']}}}href"
_GML_ID = f"{{{NAMESPACES['gml']}}}id"


def tag(name: str) -> str:
    """Clark name of a prefixed one: ``gml:name`` to ``{http://...}name``."""
    prefix, local = name.split(":")
    return f"{{{(NAMESPACES | VEGETATION)[prefix]}}}{local}"


def add(
    parent: etree._Element, name: str, text: str | None = None, *, gml_id: str = ""
) -> etree._Element:
    """Append a child; names are prefixed, identifiers optional."""
    child = etree.SubElement(parent, tag(name))
    child.text = text
    if gml_id:
        child.set(_GML_ID, gml_id)
    return child


def add_code(parent: etree._Element, name: str, list_name: str, code: str) -> None:
    """Append a coded value with the code list that explains it."""
    add(parent, name, code).set("codeSpace", f"../../codelists/{list_name}.xml")


def add_measure(parent: etree._Element, name: str, value: str, unit: str = "m") -> None:
    """Append a number with its unit."""
    add(parent, name, value).set("uom", unit)


class Model:
    """One CityModel file; collects the extent of everything written through it."""

    def __init__(
        self,
        theme: str,
        degrees: Degrees,
        *,
        plane: bool = False,
        also: Mapping[str, str] | None = None,
    ) -> None:
        self._degrees = degrees
        self._plane = plane
        self._low = [float("inf")] * 3
        self._high = [float("-inf")] * 3
        self.root = etree.Element(tag("core:CityModel"), nsmap=NAMESPACES | dict(also or {}))
        add(self.root, "gml:description", SYNTHETIC_NOTE)
        add(self.root, "gml:name", f"{CITY_NAME} {theme}")
        envelope = add(add(self.root, "gml:boundedBy"), "gml:Envelope")
        code = GEODETIC_2D_EPSG if plane else GEODETIC_EPSG
        envelope.set("srsName", f"http://www.opengis.net/def/crs/EPSG/0/{code}")
        envelope.set("srsDimension", "3")
        self._corners = (add(envelope, "gml:lowerCorner"), add(envelope, "gml:upperCorner"))

    def member(self, name: str, gml_id: str) -> etree._Element:
        """Append a city object of its own."""
        wrapper = add(self.root, "core:cityObjectMember")
        wrapper.tail = "\n"
        return add(wrapper, name, gml_id=gml_id)

    def positions(self, ring: Sequence[Point3]) -> str:
        """Text of a closed posList."""
        points: list[Point2] = [(x, y) for x, y, _ in ring]
        text = []
        for (lat, lon), (_, _, z) in zip(self._degrees.lat_lon(points), ring, strict=True):
            height = 0.0 if self._plane else z
            for axis, value in enumerate((lat, lon, height)):
                self._low[axis] = min(self._low[axis], value)
                self._high[axis] = max(self._high[axis], value)
            text.append(f"{lat:.8f} {lon:.8f} 0" if self._plane else f"{lat:.8f} {lon:.8f} {z:.3f}")
        return " ".join([*text, text[0]])

    def add_point(self, parent: etree._Element, place: Point3) -> None:
        """Append ``gml:Point``."""
        text = " ".join(self.positions([place]).split()[:3])
        add(add(parent, "gml:Point"), "gml:pos", text)

    def add_polygon(
        self, parent: etree._Element, rings: Iterable[Sequence[Point3]], gml_id: str = ""
    ) -> None:
        """Append ``gml:surfaceMember/gml:Polygon``: the outer ring, then holes."""
        polygon = add(add(parent, "gml:surfaceMember"), "gml:Polygon", gml_id=gml_id)
        for index, ring in enumerate(rings):
            side = add(polygon, "gml:interior" if index else "gml:exterior")
            add(add(side, "gml:LinearRing"), "gml:posList", self.positions(ring))

    def add_solid(self, parent: etree._Element, faces: Iterable[Face]) -> None:
        """Append a solid whose shell holds its polygons."""
        shell = add(add(add(parent, "gml:Solid"), "gml:exterior"), "gml:CompositeSurface")
        for face in faces:
            self.add_polygon(shell, face.rings)

    def add_triangles(self, parent: etree._Element, triangles: Iterable[Sequence[Point3]]) -> None:
        """Append ``gml:TriangulatedSurface``, one patch a line."""
        patches = add(add(parent, "gml:TriangulatedSurface"), "gml:trianglePatches")
        for triangle in triangles:
            patch = add(patches, "gml:Triangle")
            ring = add(add(patch, "gml:exterior"), "gml:LinearRing")
            add(ring, "gml:posList", self.positions(triangle))
            patch.tail = "\n"

    def write(self, path: Path) -> Path:
        """Set the envelope and write the file."""
        for corner, values in zip(self._corners, (self._low, self._high), strict=True):
            lat, lon, height = values
            corner.text = f"{lat:.8f} {lon:.8f} {height:.3f}"
        path.parent.mkdir(parents=True, exist_ok=True)
        content = etree.tostring(self.root, xml_declaration=True, encoding="UTF-8")
        path.write_bytes(content + b"\n")
        return path


def add_linked_solid(parent: etree._Element, polygon_ids: Iterable[str]) -> None:
    """Append a solid whose shell refers to polygons of the same file."""
    shell = add(add(add(parent, "gml:Solid"), "gml:exterior"), "gml:CompositeSurface")
    for polygon_id in polygon_ids:
        add(shell, "gml:surfaceMember").set(_HREF, f"#{polygon_id}")
