"""Spells of shade against closed forms, and against suns sampled every ten seconds."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from citytwin.kernels.shade_spells import (
    shaded_hours,
    shaded_spells,
    sun_circle,
    sun_directions,
)
from citytwin.kernels.solar import sun_position

LATITUDE, DECLINATION = math.radians(35.6895), math.radians(-23.44)
DAY = (math.radians(-60.0), math.radians(60.0))
TOKYO = sun_circle(LATITUDE, DECLINATION, 0.0, DAY, 0.0)


def ring_edges(corners: list[tuple[float, float]], top: float) -> np.ndarray:
    """Edges of a flat roof."""
    following = corners[1:] + corners[:1]
    return np.array([[*a, top, *b, top] for a, b in zip(corners, following, strict=True)])


def hours_of_a_long_wall(height: float, distance: float) -> float:
    """Shade north of a wall without ends: the sun's height over its southing is below h / d.

    up d < h south is linear in cos H, so the wall shades before -H0 and after H0, or between.
    """
    sin, cos = math.sin, math.cos
    swing = cos(DECLINATION) * (cos(LATITUDE) * distance - sin(LATITUDE) * height)
    rest = -sin(DECLINATION) * (cos(LATITUDE) * height + sin(LATITUDE) * distance)
    turn = math.acos(min(max(rest / swing, -1.0), 1.0))
    early = min(turn, DAY[1])
    shaded = DAY[1] - early if swing > 0.0 else early
    return 2.0 * shaded * 12.0 / math.pi


@pytest.mark.parametrize("distance", [5.0, 17.0, 17.3, 18.0, 21.0, 26.0])
def test_a_long_wall(distance: float) -> None:
    """North of a wall of 10 m: all day, in the morning and evening, or never."""
    wall = np.array([[-1e7, 0.0, 10.0, 1e7, 0.0, 10.0]])
    hours = shaded_hours(np.array([[0.0, distance, 0.0]]), wall, TOKYO)
    assert hours[0] == pytest.approx(hours_of_a_long_wall(10.0, distance), abs=1e-5)


def sampled_hours(
    roof: shapely.Polygon, top: float, points: np.ndarray, step_s: float = 10.0
) -> np.ndarray:
    """Hours in which the swept roof, a convex prism's shadow, covers the points."""
    number = round(8 * 3600 / step_s)
    hour_angle = np.radians(15.0 * ((np.arange(number) + 0.5) * step_s / 3600.0 - 4.0))
    azimuth, altitude = sun_position(LATITUDE, DECLINATION, hour_angle)
    corners = shapely.get_coordinates(roof.exterior)
    hours = np.zeros(len(points))
    for a, h in zip(azimuth, altitude, strict=True):
        reach = top / math.tan(h)
        tip = corners - reach * np.array([math.sin(a), math.cos(a)])
        shadow = shapely.MultiPoint(np.vstack([corners, tip])).convex_hull
        hours += shapely.contains_xy(shadow, points) * step_s / 3600.0
    return hours


def test_a_turned_box_at_many_places() -> None:
    """A box that stands askew, against ten seconds' steps: within a step or two per spell."""
    corners = [(0.0, 0.0), (17.0, 6.0), (13.0, 17.3), (-4.0, 11.3)]
    points = np.random.default_rng(4).uniform((-120.0, 5.0), (120.0, 100.0), (60, 2))
    expected = sampled_hours(shapely.Polygon(corners), 21.0, points, 30.0)
    heights = np.column_stack([points, np.zeros(len(points))])
    found = shaded_hours(heights, ring_edges(corners, 21.0), TOKYO)
    assert expected.max() > 2.0
    np.testing.assert_allclose(found, expected, atol=2.1 * 30.0 / 3600.0)


def test_spells_join_and_add_up() -> None:
    """Two towers shade one place in turn; touching spells are one, and the sum is the hours."""
    west = ring_edges([(-60.0, -40.0), (-50.0, -40.0), (-50.0, -30.0), (-60.0, -30.0)], 50.0)
    east = ring_edges([(50.0, -40.0), (60.0, -40.0), (60.0, -30.0), (50.0, -30.0)], 50.0)
    point, both = np.zeros(3), np.vstack([west, east])
    spells = shaded_spells(point, both, TOKYO)
    assert spells.shape == (2, 2)
    np.testing.assert_allclose(spells[0], 24.0 - spells[1][::-1])  # noon is their mirror
    hours = shaded_hours(point[None], both, TOKYO)[0]
    assert hours == pytest.approx((spells[:, 1] - spells[:, 0]).sum())


def test_north_turned_with_the_scene() -> None:
    """Grid azimuth = true azimuth - convergence: a scene turned to match keeps its hours."""
    corners = [(0.0, 0.0), (20.0, 0.0), (20.0, 12.0), (0.0, 12.0)]
    points = np.array([[10.0, 40.0], [-20.0, 30.0], [60.0, 45.0]])
    turn = math.radians(7.0)
    # a direction of true azimuth a has the azimuth a - turn on the grid: counter-clockwise
    rotate = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    turned = [tuple(np.array(corner) @ rotate) for corner in corners]
    circle = sun_circle(LATITUDE, DECLINATION, turn, DAY, 0.0)
    level = np.zeros((3, 1))
    expected = shaded_hours(np.hstack([points, level]), ring_edges(corners, 31.0), TOKYO)
    found = shaded_hours(np.hstack([points @ rotate, level]), ring_edges(turned, 31.0), circle)
    assert expected.min() > 0.5
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_directions_are_those_of_the_spherical_triangle() -> None:
    """The circle goes through the suns that the hour angle formula gives."""
    hour_angle = np.radians([-60.0, -10.0, 0.0, 33.0])
    azimuth, altitude = sun_position(LATITUDE, DECLINATION, hour_angle)
    level = np.cos(altitude)
    expected = np.column_stack([level * np.sin(azimuth), level * np.cos(azimuth), np.sin(altitude)])
    np.testing.assert_allclose(sun_directions(TOKYO, hour_angle), expected, atol=1e-15)


def test_low_suns_and_nights_do_not_count() -> None:
    """The window ends where the sun sinks below the altitude asked for; polar night has none."""
    low = sun_circle(LATITUDE, DECLINATION, 0.0, DAY, math.radians(20.0))
    assert math.degrees(math.asin(sun_directions(low, np.array([low.begin_rad]))[0, 2])) == (
        pytest.approx(20.0)
    )
    night = sun_circle(math.radians(80.0), DECLINATION, 0.0, DAY, 0.0)
    assert night.begin_rad == night.end_rad
    box = ring_edges([(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0)], 30.0)
    assert shaded_hours(np.array([[4.0, 20.0, 0.0]]), box, night)[0] == 0.0


def test_edges_below_the_place_shade_nothing() -> None:
    """A plane above the roof lies in the sun all day."""
    box = ring_edges([(0.0, 0.0), (9.0, 0.0), (9.0, 9.0), (0.0, 9.0)], 3.0)
    assert shaded_hours(np.array([[4.0, 12.0, 4.0]]), box, TOKYO)[0] == 0.0
