"""Shells made by hand, one fault each; and any turning and order of sound ones."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citytwin.kernels import shell_validity as sv
from citytwin.kernels.snapping import snap_vertices
from tests.unit.formats import boxes

Solid = list[list[list[tuple[float, float, float]]]]


def box(x: float = 0.0, y: float = 0.0, z: float = 0.0, side: float = 1.0) -> Solid:
    """Faces of a cube, turned outwards; each face is a list of rings."""
    return boxes.box(side, (x, y, z))


def turned(face: list) -> list:
    """The face turned round, holes with it."""
    return [ring[::-1] for ring in face]


def counted(*solids: Solid, wanted: tuple[bool, ...] | None = None) -> list[dict[str, int]]:
    """Counts of each shell by name, zeros left out."""
    rings = [ring for solid in solids for face in solid for ring in face]
    xyz = np.array([point for ring in rings for point in ring], dtype=np.float64)
    faces = [face for solid in solids for face in solid]
    offsets = [
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
        for sizes in ([len(r) for r in rings], [len(f) for f in faces], [len(s) for s in solids])
    ]
    same_as = np.empty(len(xyz), dtype=np.int64)
    snap_vertices(xyz, offsets[0][offsets[1][offsets[2]]], 0.001, same_as)
    counts = np.zeros((len(solids), sv.COUNTS), dtype=np.int64)
    at = np.zeros(len(solids), dtype=np.int64)
    chosen = np.array(wanted or [True] * len(solids))
    sv.check_shells(xyz, same_as, *offsets, chosen, counts, at)
    assert ((at >= 0) & (at < len(xyz))).all()
    names = ("open", "crowded", "pinched", "pieces", "turned", "inside_out")
    return [{n: int(c) for n, c in zip(names, row, strict=True) if c} for row in counts]


def ring_of_boxes() -> Solid:
    """A square ring with holes in bottom and top: a torus."""
    outer, inner = box(side=3.0), box(1.0, 1.0, 0.0, 1.0)
    inner = [[[(a, b, 3.0 * c) for a, b, c in ring] for ring in face] for face in inner]
    bottom = [outer[0][0], inner[0][0][::-1]]
    top = [outer[1][0], inner[1][0][::-1]]
    return [bottom, top, *outer[2:], *(turned(face) for face in inner[2:])]


@pytest.mark.parametrize(
    ("solid", "expected"),
    [
        (box(), {"pieces": 1}),
        (ring_of_boxes(), {"pieces": 1}),
        (box()[:-1], {"open": 4, "pieces": 1}),
        ([*box()[:5], turned(box()[5])], {"pieces": 1, "turned": 1}),
        ([*box()[:4], *map(turned, box()[4:])], {"pieces": 1, "turned": 2}),
        ([turned(box()[0]), *box()[1:5]], {"open": 4, "pieces": 1, "turned": 1}),
        ([*map(turned, box())], {"pieces": 1, "inside_out": 1}),
        ([*box(), *box(5.0)], {"pieces": 2}),
        ([*box(), *map(turned, box(5.0))], {"pieces": 2, "turned": 6}),
        ([*box(), *box(1.0, 1.0)], {"crowded": 1}),
        ([*box(), *box(1.0, 1.0, 1.0)], {"pieces": 2, "pinched": 1}),
        ([*box(), box()[1]], {"crowded": 4}),
        ([*box(), [[(0, 0, 0), (1, 0, 0), (0.5, -1, 0)]]], {"crowded": 1, "open": 2}),
    ],
)
def test_every_fault(solid: Solid, expected: dict[str, int]) -> None:
    """Made by hand, one fault each."""
    assert counted(solid) == [expected]


def test_a_vertex_on_an_edge_opens_the_shell() -> None:
    """A wall with one vertex more than the floor beside it: three edges meet nothing."""
    solid = box()
    wall = solid[2][0]
    middle = tuple((a + b) / 2 for a, b in zip(wall[0], wall[1], strict=True))
    solid[2] = [[wall[0], middle, *wall[1:]]]
    assert counted(solid) == [{"open": 3, "pieces": 1}]


def test_shells_that_are_not_wanted_are_left_out() -> None:
    """Their counts are zero."""
    assert counted(box(), box(9.0), wanted=(False, True)) == [{}, {"pieces": 1}]


def test_corners_within_the_tolerance_close_the_shell() -> None:
    """Half a millimetre between the corners of neighbours is no gap, two are one."""
    near, far = box(), box()
    near[1] = [[(a, b, c + 0.0005) for a, b, c in near[1][0]]]
    far[1] = [[(a, b, c + 0.002) for a, b, c in far[1][0]]]
    assert counted(near, far) == [{"pieces": 1}, {"open": 8, "pieces": 2}]


@given(st.permutations(range(6)), st.lists(st.integers(0, 3), min_size=6, max_size=6))
def test_order_and_first_corner_do_not_matter(order: list[int], start: list[int]) -> None:
    """Faces in any order, rings beginning anywhere: one sound piece, or one inside out."""
    faces = [[box()[i][0][k:] + box()[i][0][:k]] for i, k in zip(order, start, strict=True)]
    assert counted(faces, [*map(turned, faces)]) == [{"pieces": 1}, {"pieces": 1, "inside_out": 1}]


def test_a_long_strip() -> None:
    """A tower of 3000 storeys of four walls each: chains of neighbours are no burden."""
    storeys = 3000
    solid = [box()[0]]
    for z in range(storeys):
        solid += [[[(a, b, c + z) for a, b, c in face[0]]] for face in box()[2:]]
    top = [[(a, b, float(storeys)) for a, b, _ in box()[1][0]]]
    assert counted([*solid, top], solid) == [{"pieces": 1}, {"open": 4, "pieces": 1}]
