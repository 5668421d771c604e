"""Buildings made by hand, one fault each: the codes that their geometry gets."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from scipy.spatial.transform import Rotation

from citytwin.formats.city.block import Block, block_of_rows
from citytwin.formats.city.validity import Findings, check_block
from tests.unit.formats.boxes import Rings, X, Y, Z, block_of, box, moved


def square(x: float, y: float, side: float) -> list[tuple[float, float, float]]:
    """Clockwise square on the roof of the box, from its corner in the south-west."""
    points = [(x, y), (x, y + side), (x + side, y + side), (x + side, y)]
    return [(X + a, Y + b, Z + 10.0) for a, b in points]


def codes(block: Block) -> list[tuple[int, int]]:
    """Building and code of each finding."""
    found = check_block(block)
    return list(zip(found.building.tolist(), found.code.tolist(), strict=True))


def with_roof(*rings: list[tuple[float, float, float]]) -> list[Rings]:
    """The box with other rings for its roof."""
    return [box()[0], list(rings), *box()[2:]]


ROOF = box()[1][0]


def with_pit(bottom: float) -> list[Rings]:
    """The box with a pit in its roof: a pyramid upside down, its apex above the floor or below."""
    edge = square(3, 3, 4)
    apex = (X + 5.0, Y + 5.0, Z + bottom)
    sides = [[[edge[i], edge[i - 1], apex]] for i in range(4)]
    return [*with_roof(ROOF, edge), *sides]


@pytest.mark.parametrize(
    ("building", "code"),
    [
        (with_roof(ROOF[:2]), 101),
        (with_roof([*ROOF, (ROOF[3][0], ROOF[3][1] - 0.0005, ROOF[3][2])]), 102),
        (with_roof([ROOF[i] for i in (0, 2, 1, 3)]), 104),
        (with_roof(ROOF, square(8, 4, 4)), 201),
        (with_roof(ROOF, square(2, 2, 4), square(4, 4, 4)), 201),
        (with_roof(ROOF, square(2, 2, 4), square(2, 2, 4)), 202),
        (with_roof([(*ROOF[0][:2], Z + 10.1), *ROOF[1:]]), 203),
        (with_roof(ROOF, square(20, 2, 4)), 206),
        (with_roof(ROOF, square(2, 2, 6), square(4, 4, 2)), 207),
        (with_roof(ROOF, square(2, 2, 4)[::-1]), 208),
        (box()[:3], 301),
        (box()[:5], 302),
        ([*box(), box()[1]], 303),
        ([*box(), *[[[(x + 50, y, z) for x, y, z in r] for r in f] for f in box()]], 305),
        (with_roof(ROOF[::-1]), 307),
        ([[r[::-1] for r in face] for face in box()], 405),
        (with_pit(-2.0), 306),
        ([[r[::-1] for r in face] for face in with_pit(-2.0)], 306),
    ],
)
def test_every_code(building: list[Rings], code: int) -> None:
    """The sound building beside it has none."""
    assert codes(block_of(box(), building, box())) == [(1, code)]


@pytest.mark.parametrize("bottom", [8.0, 0.5, 0.0])
def test_a_pit_that_stays_in_its_building(bottom: float) -> None:
    """However deep; one that ends on the floor touches it and does not cross."""
    assert codes(block_of(with_pit(bottom))) == []


@pytest.mark.parametrize(("bottom", "found"), [(-2.0, [(0, 306)]), (-0.1, [(0, 306)]), (0.1, [])])
@pytest.mark.parametrize("axis", [(1.0, 0.0, 0.0), (1.0, 2.0, 3.0), (-3.0, 1.0, 0.5)])
@pytest.mark.parametrize("turn", [0.3, 1.5707963267948966, 2.5])
def test_a_pit_in_any_direction(
    bottom: float, found: list[tuple[int, int]], axis: tuple[float, ...], turn: float
) -> None:
    """A decimetre through the wall opposite, or short of it, however the house is turned."""
    turning = Rotation.from_rotvec(turn * np.array(axis) / np.linalg.norm(axis))
    middle = np.array([X, Y, Z])
    solid = [
        [
            [tuple(middle + turning.apply(np.array(point) - middle)) for point in ring]
            for ring in face
        ]
        for face in with_pit(bottom)
    ]
    assert codes(block_of(solid)) == found


def test_a_hole_that_divides_the_inside() -> None:
    """A diamond whose corners touch all four sides leaves four triangles."""
    diamond = [(X + a, Y + b, Z + 10.0) for a, b in ((0, 5), (5, 10), (10, 5), (5, 0))]
    assert codes(block_of(with_roof(ROOF, diamond))) == [(0, 205)]


def test_faults_of_polygons_hide_those_of_the_shell() -> None:
    """As in val3dity: a roof that is not flat does not meet its walls, which says nothing new."""
    building = with_roof([(*ROOF[0][:2], Z + 10.1), *ROOF[1:]])[:-1]
    assert codes(block_of(building)) == [(0, 203)]


def test_only_solids_have_to_be_closed() -> None:
    """A multi-surface without floor is sound; its polygons are checked all the same."""
    assert codes(block_of(box()[1:], is_shell=False)) == []
    assert codes(block_of(with_roof(ROOF[:2]), is_shell=False)) == [(0, 101)]


@pytest.mark.parametrize(
    "changes", [{"lod": "0"}, {"defects": ["spike", "rebuilt"]}, {"defects": ["clipped"]}]
)
def test_what_was_made_here_is_not_checked(changes: dict[str, object]) -> None:
    """Blocks over outlines, and what was left of a building beside its parts."""
    assert codes(block_of(box()[:5], **changes)) == []


def test_one_entry_with_the_worst_surface() -> None:
    """Three faces off their plane by 0.025, 0.05 and 0.1 m: the last is named, three are counted."""
    building = box()
    for face, lift in ((0, 0.1), (1, 0.4), (2, 0.2)):
        ring = building[face][0]
        axis = 2 if face < 2 else 1
        corner = list(ring[0])
        corner[axis] += lift
        building[face] = [[tuple(corner), *ring[1:]]]
    found: Findings = check_block(block_of(box(), building))
    assert (found.building.tolist(), found.code.tolist()) == ([1], [203])
    assert found.value[0] == pytest.approx(0.1, rel=1e-3)
    assert (found.count.tolist(), found.surface.tolist()) == ([3], [7])
    assert found.place[0, 2] == pytest.approx(Z + 10.2, abs=0.21)


def parts_of(*parts: list[Rings]) -> Block:
    """Parts of one building, with the footprints that their floors have."""
    block = block_of(*parts)
    block.parent_id[:] = "whole"
    block.footprint[:] = [shapely.MultiPolygon([shapely.Polygon(p[0][0])]) for p in parts]
    return block


@pytest.mark.parametrize(
    ("other", "found"),
    [
        (moved(box(), 4.0, 4.0, 2.0), [(0, 601)]),
        (moved(box(), 9.98, 3.0), [(0, 601)]),
        (moved(box(), 9.995), []),
        (moved(box(), 10.0), []),
        (moved(box(), 3.0, 3.0, 10.0), []),
        (moved(box(2.0), 4.0, 4.0, 4.0), [(0, 601)]),
        (moved(box()[:5], 4.0, 4.0), [(1, 302)]),
    ],
)
def test_parts_that_stand_in_each_other(other: list[Rings], found: list[tuple[int, int]]) -> None:
    """Overlaps of more than a centimetre; neither neighbours nor storeys, nor what is not sound."""
    assert codes(parts_of(box(), other)) == found


def test_a_part_under_an_overhang() -> None:
    """A house below a balcony that juts out: footprints overlap, the solids do not."""
    z = [0.0, 6.0, 10.0]
    side = [(0, z[0]), (5, z[0]), (5, z[1]), (10, z[1]), (10, z[2]), (0, z[2])]
    ends = [[(X + a, Y + b, Z + c) for a, c in side] for b in (0.0, 10.0)]
    jutting = [[ends[0]], [ends[1][::-1]]]
    for i in range(6):
        j = (i + 1) % 6
        jutting.append([[ends[0][j], ends[0][i], ends[1][i], ends[1][j]]])
    low = moved(box(4.0), 5.5, 3.0)
    block = block_of(jutting, low)
    block.parent_id[:] = "whole"
    block.footprint[:] = [
        shapely.MultiPolygon([shapely.box(X, Y, X + 10, Y + 10)]),
        shapely.MultiPolygon([shapely.box(X + 5.5, Y + 3, X + 9.5, Y + 7)]),
    ]
    assert codes(block) == []


def test_only_parts_of_one_building_are_compared() -> None:
    """Two buildings in one place are another matter."""
    assert codes(block_of(box(), moved(box(), 4.0))) == []


def test_nothing() -> None:
    """No buildings, and a building of which nothing but its outline is known."""
    assert len(check_block(block_of_rows([]))) == 0
    assert codes(block_of([], lod="0", is_shell=False)) == []
    assert codes(block_of([], box()[:1], [])) == [(1, 301)]
