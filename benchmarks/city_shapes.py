"""Outlines of the buildings of a synthetic city, their faces, and the text of their geometry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

Corner: TypeAlias = tuple[float, float]
Ring: TypeAlias = tuple[int, ...]


@dataclass(frozen=True)
class Shape:
    """Buildings of one outline: corners as shares of length and width, and what is built on it."""

    corners: tuple[Corner, ...]
    gable: bool
    lod2: bool

    @property
    def size(self) -> int:
        """Corners of the outline."""
        return len(self.corners)

    def block(self) -> list[tuple[str, Ring]]:
        """Faces of LOD1, as numbers of vertices: the bottom ring, then the top ring."""
        n = self.size
        walls = [("Wall", _wall(k, n, 0, n)) for k in range(n)]
        return [("Ground", tuple(range(n - 1, -1, -1))), *walls, ("Roof", tuple(range(n, 2 * n)))]

    def detailed(self) -> list[tuple[str, Ring]]:
        """Faces of LOD2: bottom ring, eaves, then the ridge or a house on the roof."""
        n, more = self.size, 2 * self.size
        faces = [("Ground", tuple(range(n - 1, -1, -1)))]
        if self.gable:
            west, east = more, more + 1
            faces += [("Wall", _wall(k, n, 0, n)) for k in (0, 2)]
            faces += [("Wall", (1, 2, n + 2, east, n + 1)), ("Wall", (3, 0, n, west, n + 3))]
            faces += [("Roof", (n, n + 1, east, west)), ("Roof", (n + 2, n + 3, west, east))]
            return faces
        faces += [("Wall", _wall(k, n, 0, n)) for k in range(n)]
        faces += [("Roof", tuple(range(n, 2 * n)))]
        faces += [("Wall", _wall(k, 4, more, more + 4)) for k in range(4)]
        return [*faces, ("Roof", tuple(range(more + 4, more + 8)))]


def _wall(k: int, n: int, low: int, high: int) -> Ring:
    following = (k + 1) % n
    return (low + k, low + following, high + following, high + k)


_RECTANGLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
_ANGLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 0.45), (0.5, 0.45), (0.5, 1.0), (0.0, 1.0))
_COURT = (
    (0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.7, 1.0), (0.7, 0.4), (0.3, 0.4), (0.3, 1.0), (0.0, 1.0),
)  # fmt: skip
SHAPES = tuple(
    Shape(corners, corners is _RECTANGLE, lod2)
    for lod2 in (True, False)
    for corners in (_RECTANGLE, _ANGLE, _COURT)
)


def template(shape: Shape) -> str:
    """Return the geometry of a building as text, with places for its numbers.

    Parameters
    ----------
    shape
        Its shape; ``$`` stands for its name.
    """
    faces = [face for _, face in shape.block()]
    text = f"<bldg:lod0RoofEdge><gml:MultiSurface>{_member(faces[0])}</gml:MultiSurface>"
    text += "</bldg:lod0RoofEdge>\n<bldg:lod1Solid>"
    text += f"{_solid(''.join(map(_member, faces)))}</bldg:lod1Solid>\n"
    if not shape.lod2:
        return text
    detailed = shape.detailed()
    links = "".join(
        f'<gml:surfaceMember xlink:href="#poly_$_{k}"/>\n' for k in range(len(detailed))
    )
    text += f"<bldg:lod2Solid>{_solid(links)}</bldg:lod2Solid>\n"
    for k, (kind, face) in enumerate(detailed):
        text += (
            f'<bldg:boundedBy><bldg:{kind}Surface gml:id="surf_$_{k}"><bldg:lod2MultiSurface>'
            f"<gml:MultiSurface>{_member(face, f'poly_$_{k}')}</gml:MultiSurface>"
            f"</bldg:lod2MultiSurface></bldg:{kind}Surface></bldg:boundedBy>\n"
        )
    return text


def _solid(members: str) -> str:
    inside = f"<gml:CompositeSurface>{members}</gml:CompositeSurface>"
    return f"<gml:Solid><gml:exterior>{inside}</gml:exterior></gml:Solid>"


def _member(face: Sequence[int], name: str = "") -> str:
    identifier = f' gml:id="{name}"' if name else ""
    numbers = " ".join(["%.14f %.14f %.4f"] * (len(face) + 1))
    return (
        f"<gml:surfaceMember><gml:Polygon{identifier}><gml:exterior><gml:LinearRing><gml:posList>"
        f"{numbers}</gml:posList></gml:LinearRing></gml:exterior></gml:Polygon>"
        "</gml:surfaceMember>\n"
    )
