"""Outlines of the buildings of a synthetic city, their faces, and the text of their geometry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

Corner: TypeAlias = tuple[float, float]
Ring: TypeAlias = tuple[int, ...]
"""Numbers of vertices."""
Face: TypeAlias = tuple[Ring, ...]
"""Outer ring, then holes."""


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

    def block(self) -> list[tuple[str, Face]]:
        """Faces of LOD1: vertices are the bottom ring, then the top ring."""
        top = tuple(range(self.size, 2 * self.size))
        return [*self._sides(range(self.size)), ("Roof", (top,))]

    def detailed(self) -> list[tuple[str, Face]]:
        """Faces of LOD2: more vertices are the ridge, or both rings of a house on the roof."""
        n, more = self.size, 2 * self.size
        if self.gable:
            west, east = more, more + 1
            return [
                *self._sides((0, 2)),
                ("Wall", ((1, 2, n + 2, east, n + 1),)),
                ("Wall", ((3, 0, n, west, n + 3),)),
                ("Roof", ((n, n + 1, east, west),)),
                ("Roof", ((n + 2, n + 3, west, east),)),
            ]
        hole = tuple(range(more + 3, more - 1, -1))
        return [
            *self._sides(range(n)),
            ("Roof", (tuple(range(n, 2 * n)), hole)),
            *(("Wall", (_wall(k, 4, more, more + 4),)) for k in range(4)),
            ("Roof", (tuple(range(more + 4, more + 8)),)),
        ]

    def _sides(self, walls: Iterable[int]) -> list[tuple[str, Face]]:
        """The ground, and walls from the bottom ring to the top ring."""
        n = self.size
        ground = tuple(range(n - 1, -1, -1))
        return [("Ground", (ground,)), *(("Wall", (_wall(k, n, 0, n),)) for k in walls)]


def vertices_in_order(shape: Shape) -> list[int]:
    """Return the vertices of a building as its text names them, all rings closed.

    Parameters
    ----------
    shape
        Its shape.
    """
    block = [face for _, face in shape.block()]
    faces = [block[-1], *block, *(face for _, face in shape.detailed() if shape.lod2)]
    return [k for face in faces for ring in face for k in (*ring, ring[0])]


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
    text = f"<bldg:lod0RoofEdge><gml:MultiSurface>{_member(faces[-1])}</gml:MultiSurface>"
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


def _member(face: Face, name: str = "") -> str:
    identifier = f' gml:id="{name}"' if name else ""
    outer, *holes = (_ring(ring) for ring in face)
    rings = f"<gml:exterior>{outer}</gml:exterior>"
    rings += "".join(f"<gml:interior>{hole}</gml:interior>" for hole in holes)
    return (
        f"<gml:surfaceMember><gml:Polygon{identifier}>{rings}</gml:Polygon></gml:surfaceMember>\n"
    )


def _ring(ring: Ring) -> str:
    numbers = " ".join(["%.14f %.14f %.4f"] * (len(ring) + 1))
    return f"<gml:LinearRing><gml:posList>{numbers}</gml:posList></gml:LinearRing>"
