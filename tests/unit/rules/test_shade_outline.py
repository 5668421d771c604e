"""Outlines of shadows and lines of equal shade against plane geometry."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from citytwin.kernels.shade_spells import sun_circle
from citytwin.rules.equal_shade import equal_shade_lines
from citytwin.rules.shade_lines import Shade, lines_around, worst_far, worst_near
from citytwin.rules.shade_outline import shadow_outline
from citytwin.rules.sun_window import shadow_bounds

TOKYO = sun_circle(
    math.radians(35.6895),
    math.radians(-23.44),
    0.0,
    (math.radians(-60.0), math.radians(60.0)),
    0.0,
)


def box_roof(top: float, width: float = 20.0, depth: float = 12.0) -> np.ndarray:
    """Ring of a flat roof from the origin on."""
    corners = [(0.0, 0.0), (width, 0.0), (width, depth), (0.0, depth)]
    return np.array([(*corner, top) for corner in corners])


def edges_of(ring: np.ndarray) -> np.ndarray:
    """Edges of a ring."""
    return np.hstack([ring, np.roll(ring, -1, axis=0)])


def toward(azimuth_deg: float, altitude_deg: float) -> np.ndarray:
    """Unit vector."""
    a, h = math.radians(azimuth_deg), math.radians(altitude_deg)
    return np.array([math.sin(a) * math.cos(h), math.cos(a) * math.cos(h), math.sin(h)])


def test_shadow_of_a_box_due_south() -> None:
    """27 m above the plane at 45 degrees: a shadow of 27 m beyond the north wall."""
    outline = shadow_outline([[box_roof(31.0)]], 4.0, toward(180.0, 45.0))
    assert outline.equals_exact(shapely.box(0.0, 0.0, 20.0, 39.0).normalize(), 1e-9) or (
        outline.symmetric_difference(shapely.box(0.0, 0.0, 20.0, 39.0)).area < 1e-9
    )


def test_shadow_of_a_gable_is_lower_at_the_eaves() -> None:
    """Eaves of 6 m, ridge of 10 m along x: due south the eaves' shadow is shorter."""
    west, east, south, north = 0.0, 10.0, 0.0, 8.0
    ridge = [(west, 4.0, 10.0), (east, 4.0, 10.0)]
    faces = [
        [np.array([(west, south, 6.0), (east, south, 6.0), ridge[1], ridge[0]])],
        [np.array([(east, north, 6.0), (west, north, 6.0), ridge[0], ridge[1]])],
    ]
    steep = shadow_outline(faces, 0.0, toward(180.0, 60.0))
    # the ridge's shadow ends at 4 + 10 / tan 60 = 9.77, that of the eaves at 8 + 6 / tan 60 = 11.46
    assert steep.bounds[3] == pytest.approx(8.0 + 6.0 / math.tan(math.radians(60.0)))
    low = shadow_outline(faces, 0.0, toward(180.0, 20.0))
    assert low.bounds[3] == pytest.approx(4.0 + 10.0 / math.tan(math.radians(20.0)))
    # sideways: a pentagon of 8 m by 6 m and a gable of 4 m over it, cut by the plane at 6 m
    side = shadow_outline(faces, 6.0, toward(90.0, 45.0))
    slope_area = 0.5 * 8.0 * 4.0
    assert side.area == pytest.approx(8.0 * 10.0 + slope_area)


def test_a_courtyard_keeps_its_sunny_ground() -> None:
    """A high sun leaves a part of the court lit: a hole in the shadow."""
    outer = box_roof(6.0, 30.0, 30.0)
    court = np.array([(10.0, 10.0, 6.0), (10.0, 20.0, 6.0), (20.0, 20.0, 6.0), (20.0, 10.0, 6.0)])
    shadow = shadow_outline([[outer, court]], 0.0, toward(180.0, 60.0))
    lit = 10.0 * (10.0 - 6.0 / math.tan(math.radians(60.0)))
    assert shapely.Polygon(shadow.exterior).area - shadow.area == pytest.approx(lit)


def test_nothing_above_the_plane_has_no_shadow() -> None:
    """A roof below the plane."""
    assert shadow_outline([[box_roof(3.0)]], 4.0, toward(180.0, 30.0)).is_empty


def test_vertices_of_equal_shade_are_exact() -> None:
    """On a fine and on a coarse lattice the lines lie where the duration is met."""
    ring = box_roof(31.0)
    shade = Shade(edges_of(ring), 4.0, TOKYO)
    box = shadow_bounds(shade.edges, 4.0, TOKYO)
    own = shapely.box(0.0, 0.0, 20.0, 12.0)
    lines = {cell: equal_shade_lines(shade, box, (2.0, 3.0, 5.0), cell) for cell in (0.5, 1.0)}
    for hours in (2.0, 3.0, 5.0):
        drawn = {}
        for cell in (0.5, 1.0):
            points = np.vstack(lines[cell][hours])
            away = shapely.distance(own, shapely.points(points)) > 0.5
            np.testing.assert_allclose(shade.hours(points[away]), hours, atol=1e-3)
            whole = shapely.MultiLineString(lines[cell][hours])
            drawn[cell] = whole.difference(own.buffer(4.0))
        assert drawn[1.0].hausdorff_distance(drawn[0.5]) < 0.25


def test_longest_shade_north_of_a_box() -> None:
    """The worst point is no better than any other, and lies on the line it should."""
    shade = Shade(edges_of(box_roof(31.0)), 4.0, TOKYO)
    box = shadow_bounds(shade.edges, 4.0, TOKYO)
    lines = lines_around(shapely.box(-10.0, -10.0, 30.0, 20.0), 5.0, 10.0)
    near, far = worst_near(shade, lines, box, None), worst_far(shade, lines, box, None)
    x, y = np.meshgrid(np.arange(-60.0, 80.0, 0.5), np.arange(15.0, 80.0, 0.5))
    xy = np.column_stack([x.ravel(), y.ravel()])
    hours = shade.hours(xy)
    from_site = shapely.distance(shapely.box(-10.0, -10.0, 30.0, 20.0), shapely.points(xy))
    assert near.hours >= hours[(from_site >= 5.0) & (from_site <= 10.0)].max() - 1e-6
    assert far.hours >= hours[from_site >= 10.0].max() - 1e-6
    assert near.hours < hours[from_site >= 4.9].max() + 0.05
    assert near.y == pytest.approx(25.0, abs=0.02)
    assert far.y == pytest.approx(30.0, abs=0.02)
    assert near.hours == pytest.approx(float(shade.hours(np.array([[near.x, near.y]]))[0]))


def test_land_on_which_nothing_holds_is_left_out() -> None:
    """Only what lies in the area counts; without shade there is no worst point."""
    shade = Shade(edges_of(box_roof(31.0)), 4.0, TOKYO)
    box = shadow_bounds(shade.edges, 4.0, TOKYO)
    lines = lines_around(shapely.box(-10.0, -10.0, 30.0, 20.0), 5.0, 10.0)
    east = shapely.box(60.0, 0.0, 200.0, 200.0)
    found = worst_far(shade, lines, box, east)
    assert found.x >= 60.0
    assert 0.0 < found.hours < worst_far(shade, lines, box, None).hours
    south = worst_far(shade, lines, box, shapely.box(-100.0, -200.0, 100.0, -50.0))
    assert south.hours == 0.0
    assert math.isnan(south.x)
