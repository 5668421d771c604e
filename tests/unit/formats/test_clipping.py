"""Faces cut to a part of a footprint keep their planes."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from citytwin.formats.city.clipping import clipped
from citytwin.formats.city.faces import Face, block

AREA = shapely.MultiPolygon([shapely.box(4.0, 0.0, 10.0, 5.0)])


def test_a_sloping_roof_keeps_its_slope() -> None:
    """From 3 m up by half of x over 10 m x 6 m, cut to x from 4 m and y to 5 m: 5 m to 8 m."""
    ring = np.array([(0, 0, 3), (10, 0, 8), (10, 6, 8), (0, 6, 3)], dtype=np.float64)
    for rings in ([ring], [ring[::-1]]):
        (made,) = clipped([Face("r", "roof", rings)], AREA)
        points = made.rings[0]
        np.testing.assert_allclose(points[:, 2], 3.0 + points[:, 0] / 2.0)
        x, y = points[:, 0], points[:, 1]
        assert (x.min(), x.max(), y.min(), y.max()) == (4.0, 10.0, 0.0, 5.0)
        turned = np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y) / 2.0
        assert turned == pytest.approx(30.0 if rings[0] is ring else -30.0)
        assert (made.surface_id, made.semantic) == ("r", "roof")


def test_walls_stay_where_they_lie_in_the_area() -> None:
    """Of the four walls of a block, the one at x = 10 from y = 1 to 4."""
    faces = block([np.array([(2.0, 1.0), (10.0, 1.0), (10.0, 4.0), (2.0, 4.0)])], 0.0, 9.0)
    walls = [face for face in clipped(faces, AREA) if face.semantic == "wall"]
    assert len(walls) == 1
    assert (walls[0].rings[0][:, 0] == 10.0).all()


def test_two_pieces_of_a_face_do_not_share_its_id() -> None:
    """An id names one surface."""
    two = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(3, 0, 4, 1)])
    ring = np.array([(0, 0, 3), (9, 0, 3), (9, 6, 3), (0, 6, 3)], dtype=np.float64)
    assert [face.surface_id for face in clipped([Face("r", "roof", [ring])], two)] == ["", ""]
