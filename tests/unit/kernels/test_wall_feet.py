"""Roofs over places, and what stands before walls, on shapes done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.roof_heights import heights_over, roofs_of
from citytwin.kernels.wall_feet import wall_feet

AREA = (-50.0, -50.0, 50.0, 50.0)


def box(west, south, east, north, z):
    """Corners of a level roof."""
    return [[west, south, z], [east, south, z], [east, north, z], [west, north, z]]


def roofs(*shapes):
    """Roofs of buildings, one polygon each: (building, rings)."""
    rings = [ring for _, polygon in shapes for ring in polygon]
    sizes = [len(ring) for ring in rings]
    xyz = np.array([vertex for ring in rings for vertex in ring], dtype=np.float64)
    polygons = np.cumsum([0, *(len(polygon) for _, polygon in shapes)])
    owners = np.array([owner for owner, _ in shapes], dtype=np.int32)
    return roofs_of(xyz.reshape(-1, 3), np.cumsum([0, *sizes]), polygons, owners, AREA)


def over(found, places, building):
    """Own and other roof over places."""
    own, other = np.empty(len(places)), np.empty(len(places))
    heights_over(found, np.array(places, dtype=np.float64), np.array(building), own, other)
    return own.tolist(), other.tolist()


def test_the_highest_roof_over_a_place():
    """A slope, a floor below it, a court in it, a neighbour: own and others apart."""
    slope = [[0, 0, 10.0], [10, 0, 10.0], [10, 10, 15.0], [0, 10, 15.0]]
    court = box(4, 4, 6, 6, 0.0)
    for vertex in court:
        vertex[2] = 10.0 + vertex[1] / 2
    found = roofs((0, [slope, court]), (0, [box(0, 0, 10, 10, 2.0)]), (1, [box(8, 8, 40, 40, 7.0)]))
    own, other = over(
        found, [[2, 3], [5, 5], [9, 9], [9, 9], [30, 30], [-9, 0], [900, 0]], [0, 0, 0, 1, 0, 0, 0]
    )
    np.testing.assert_allclose(own, [11.5, 2.0, 14.5, 7.0, np.nan, np.nan, np.nan])
    np.testing.assert_allclose(other, [np.nan, np.nan, 7.0, 14.5, 7.0, np.nan, np.nan])


def test_walls_that_are_upright_lie_over_nothing():
    """Nor does what has no size, no numbers, or no faces at all."""
    wall = [[0, 0, 0.0], [10, 0, 0], [10, 0, 9], [0, 0, 9]]
    point = [[1, 1, 5.0]] * 4
    hole = [[0, -5, np.nan], [5, -5, 1], [5, 5, 1]]
    assert len(roofs((0, [wall]), (0, [point]), (0, [hole])).face) == 0
    own, other = over(roofs(), [[0, 0]], [0])
    assert np.isnan([*own, *other]).all()


def south_wall(found, y=0.0):
    """Feet of the south wall of building 0, at x = 5."""
    return wall_feet(
        np.array([[5.0, y]]), np.array([[0.0, -1.0]]), np.zeros(1, dtype=np.int64), found
    )


def test_a_free_wall():
    """Judged 5 cm before it, up to its own roof."""
    feet = south_wall(roofs((0, [box(0, 0, 10, 10, 8.0)])))
    np.testing.assert_allclose(feet.foot, [[5.0, -0.05]])
    assert feet.top_m.tolist() == [8.0]
    assert feet.covered_m.tolist() == [-np.inf]


@pytest.mark.parametrize(("gap_m", "covered"), [(0.0, True), (0.2, True), (0.4, False)])
def test_what_leaves_no_room_before_a_wall_covers_it(gap_m, covered):
    """A lower neighbour that touches, one 20 cm and one 40 cm away."""
    found = roofs((0, [box(0, 0, 10, 10, 8.0)]), (1, [box(0, -9, 10, -gap_m, 5.0)]))
    assert south_wall(found).covered_m.tolist() == [5.0 if covered else -np.inf]


def test_a_wall_is_judged_before_its_eaves():
    """A roof 65 cm out over the outline, as LOD2 over LOD0: the foot stands beyond it."""
    found = roofs((0, [box(-0.65, -0.65, 10.65, 10.65, 8.0)]))
    feet = south_wall(found)
    assert -0.85 < feet.foot[0, 1] < -0.65
    assert feet.top_m.tolist() == [8.0]
    assert feet.covered_m.tolist() == [-np.inf]


def test_a_roofed_court_is_covered():
    """A roof that goes on for more than 2 m is no eaves."""
    feet = south_wall(roofs((0, [box(-9, -9, 20, 20, 8.0)])))
    np.testing.assert_allclose(feet.foot, [[5.0, -0.05]])
    assert feet.covered_m.tolist() == [8.0]


def test_an_outline_wider_than_the_roof():
    """The roof is looked for half a metre inside; beyond that none is known."""
    found = roofs((0, [box(0, 0.3, 10, 10, 8.0)]))
    assert south_wall(found).top_m.tolist() == [8.0]
    assert np.isnan(south_wall(found, y=-1.0).top_m).all()
