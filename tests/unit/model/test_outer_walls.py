"""Walls of footprints: normals that point outwards, pieces of equal length."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from citytwin.model.outer_walls import outer_walls

COURT = shapely.Polygon(
    [(0, 0), (30, 0), (30, 20), (0, 20)], [[(10, 5), (20, 5), (20, 15), (10, 15)]]
)


@pytest.mark.parametrize("turned", [False, True])
def test_normals_point_into_the_open(turned: bool) -> None:
    """Whatever way the rings run: out of the building, and into its court."""
    ring = COURT.exterior.coords[::-1] if turned else COURT.exterior.coords
    walls = outer_walls([shapely.Polygon(ring, [COURT.interiors[0].coords])], 100.0)
    assert len(walls.building) == 8
    before = walls.middle + 0.1 * walls.normal
    behind = walls.middle - 0.1 * walls.normal
    assert not shapely.contains_xy(COURT, *before.T).any()
    assert shapely.contains_xy(COURT, *behind.T).all()
    np.testing.assert_allclose(np.hypot(*walls.normal.T), 1.0)


def test_long_walls_are_cut_into_equal_pieces() -> None:
    """A wall of 25 m by 10 m: three pieces of 25 / 3 m, one after the other."""
    walls = outer_walls([shapely.box(0, 0, 25, 4)], 10.0)
    assert sorted(walls.length_m.round(9)) == [4.0, 4.0, *[round(25 / 3, 9)] * 6]
    assert walls.wall.max() == 4
    long = walls.wall == walls.wall[np.argmax(walls.length_m)]
    assert walls.piece[long].tolist() == [1, 2, 3]
    np.testing.assert_allclose(walls.end[long][:-1], walls.start[long][1:])
    assert walls.length_m.sum() == pytest.approx(58.0)
    assert len(outer_walls([shapely.box(0, 0, 10 + 1e-9, 4)], 10.0).wall) == 4


def test_kinks_and_points_in_a_line_make_no_walls() -> None:
    """A vertex 5 cm off the line, and one on it."""
    shape = shapely.Polygon([(0, 0), (4, 0), (8, 0.05), (12, 0), (12, 6), (0, 6)])
    assert len(outer_walls([shape], 100.0).building) == 4


def test_each_building_counts_its_own_walls() -> None:
    """Of multipolygons all parts; what is no area has none."""
    pair = shapely.MultiPolygon([shapely.box(0, 0, 4, 4), shapely.box(9, 0, 12, 3)])
    walls = outer_walls(
        [pair, shapely.Point(3, 3), shapely.Polygon(), shapely.box(20, 0, 24, 4)], 50.0
    )
    assert walls.building.tolist() == [0] * 8 + [3] * 4
    assert walls.wall.tolist() == [1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4]
    nothing = outer_walls([], 50.0)
    assert len(nothing.wall) == 0
    assert nothing.normal.shape == (0, 2)


def test_damaged_outlines_do_not_fill_the_memory() -> None:
    """A vertex at the end of the world makes no million pieces of wall."""
    far = shapely.Polygon([(0, 0), (10, 0), (1e12, 1e12), (0, 10)])
    walls = outer_walls([far, shapely.box(0, 0, 4, 4)], 10.0)
    assert len(walls.wall) < 8
    assert (walls.building == 1).sum() == 4
    assert (walls.length_m <= 10.0).all()
