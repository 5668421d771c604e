"""Hours of walls by storey and of points, against geometry done by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from citytwin.kernels.caster_edges import caster_edges, edges_of_faces
from citytwin.kernels.facade_sunlight import Casters, Walls, point_sunlit, storey_hours
from citytwin.kernels.shadow_height import block_grid
from citytwin.kernels.solar import sun_position
from citytwin.kernels.sun_bundle import Suns

HIGH_M, GAP_M = 20.0, 12.0
BOX = np.array([[-25.0, -32.0], [30.0, -32.0], [30.0, -12.0], [-25.0, -12.0]])
"""Opposite a wall that faces south along y = 0."""
AREA = (-200.0, -200.0, 200.0, 200.0)


def level(height_m=0.0):
    """Level ground over the area."""
    return block_grid(
        np.full((40, 40), height_m, np.float32), (-200.0, 200.0), (10.0, 10.0), (0, 0)
    )


def lids(*shapes):
    """Casters of level roofs over level ground."""
    xyz = np.concatenate([np.column_stack([plan, np.full(len(plan), z)]) for plan, z in shapes])
    offsets = np.cumsum([0, *(len(plan) for plan, _ in shapes)])
    return Casters(level(), caster_edges(edges_of_faces(xyz, offsets), AREA))


def bare():
    """Casters of nothing but ground."""
    return Casters(level(), caster_edges(np.empty((0, 6)), AREA))


def day(step_h=0.25, latitude_deg=50.0, declination_deg=10.0):
    """Suns of a whole day, those of the night too."""
    hour = np.arange(0.0, 24.0, step_h) + step_h / 2
    angles = np.radians([latitude_deg, declination_deg])
    return Suns(*sun_position(*angles, np.radians(15 * (hour - 12))), np.full(hour.size, step_h))


def south_walls(x, storeys, covered_m=-np.inf):
    """Walls along y = 0 that face south, with storeys of 3 m."""
    n = len(x)
    return Walls(
        np.column_stack([x, np.zeros(n)]),
        np.tile([0.0, -1.0], (n, 1)),
        np.zeros(n),
        np.full(n, 3.0),
        np.arange(n + 1) * storeys,
        np.full(n, covered_m),
    )


def expected_hours(x, storeys, suns):
    """By hand: the ray meets the near or the west or the east side of the box, or passes it."""
    hours = np.zeros((len(x), storeys))
    z = 3.0 * np.arange(storeys) + 1.5
    for azimuth, altitude, weight in zip(*suns, strict=True):
        south = -math.cos(azimuth)
        if altitude <= 0 or south <= 1e-12:
            continue
        for w, at in enumerate(x):
            entries = []
            near = GAP_M / south
            if -25 < at + near * math.sin(azimuth) < 30:
                entries.append(near)
            for side in (-25.0, 30.0):
                if abs(math.sin(azimuth)) > 1e-12:
                    d = (side - at) / math.sin(azimuth)
                    if d > 0 and 12 < d * south < 32:
                        entries.append(d)
            shadow = HIGH_M - min(entries) * math.tan(altitude) if entries else -1.0
            hours[w] += weight * (z >= shadow)
    return hours


def test_a_wall_opposite_a_box():
    """Storeys of a tower behind a block, by the height of its shadow."""
    x, suns = np.array([-60.0, -20.0, 3.3, 28.0, 55.0]), day()
    walls = south_walls(x, 9)
    got = storey_hours(walls, lids((BOX, HIGH_M)), suns).reshape(5, 9)
    np.testing.assert_allclose(got, expected_hours(x, 9, suns), atol=1e-9)
    assert 0 < got[2, 0] < got[2, -1]


def test_hours_rise_with_the_storeys_and_end_at_those_of_the_open():
    """Above the roof opposite nothing is missing; the sun of a wall in the open is that before it."""
    suns = day()
    got = storey_hours(south_walls(np.linspace(-90, 90, 40), 12), lids((BOX, HIGH_M)), suns)
    got = got.reshape(40, 12)
    assert (np.diff(got, axis=1) >= 0).all()
    before = (suns.altitude_rad > 0) & (-np.cos(suns.azimuth_rad) > 0)
    np.testing.assert_allclose(got[:, 7:], before.sum() * 0.25, atol=1e-9)


def test_storeys_are_points_in_their_middle():
    """What is found for all storeys at once is what each point says alone; sums agree."""
    suns, casters = day(), lids((BOX, HIGH_M), (BOX + [70, 5], 31.0))
    x = np.linspace(-50, 80, 27)
    walls = south_walls(x, 11)
    points = np.column_stack(
        [np.repeat(x, 11), np.zeros(27 * 11), np.tile(3.0 * np.arange(11) + 1.5, 27)]
    )
    lit = point_sunlit(casters, points, np.tile([0.0, -1.0, 0.0], (len(points), 1)), suns)
    got = storey_hours(walls, casters, suns)
    np.testing.assert_allclose(got, lit @ suns.weight, atol=1e-9)


@pytest.mark.parametrize(("covered_m", "dark"), [(3.0, 1), (7.4, 2), (7.6, 3), (99.0, 5)])
def test_a_wall_against_a_neighbour(covered_m, dark):
    """Storeys whose middle the neighbour covers see nothing, those above what they always see."""
    suns = day()
    open_ = storey_hours(south_walls(np.zeros(1), 5), bare(), suns)
    got = storey_hours(south_walls(np.zeros(1), 5, covered_m), bare(), suns)
    assert (got[:dark] == 0).all()
    assert np.array_equal(got[dark:], open_[dark:])


def test_any_wall_alone_gives_the_same_bits():
    """Walls know nothing of each other: batches change nothing."""
    suns, casters = day(), lids((BOX, HIGH_M))
    walls = south_walls(np.linspace(-50, 50, 23), 6)
    whole = storey_hours(walls, casters, suns)
    for w in range(23):
        one = south_walls(walls.foot[w : w + 1, 0], 6)
        assert np.array_equal(storey_hours(one, casters, suns), whole[6 * w : 6 * w + 6])


def test_ground_casts_as_well():
    """A wall in a pit 9 m deep: its second storey lies below the rim, its fourth above."""
    ground = np.full((40, 40), 9.0, np.float32)
    ground[19:21] = 0.0
    casters = Casters(
        block_grid(ground, (-200.0, 200.0), (10.0, 10.0), (0, 0)),
        caster_edges(np.empty((0, 6)), AREA),
    )
    sun = Suns(np.array([math.pi]), np.array([math.radians(20)]), np.ones(1))
    walls = south_walls(np.zeros(1), 4)
    walls.foot[:, 1] = -1.0  # 9 m before the rim: the shadow ends at 9 - 9 tan 20 = 5.7 m
    assert storey_hours(walls, casters, sun).tolist() == [0, 0, 1, 1]


def test_what_is_unknown_stays_unknown():
    """No base, no hours; a wall without storeys has none; a point that is no number is dark."""
    walls = south_walls(np.zeros(3), 2)._replace(
        base_m=np.array([0.0, np.nan, 0.0]), first=np.array([0, 2, 4, 4])
    )
    got = storey_hours(walls, bare(), day())
    assert got.shape == (4,)
    assert np.isnan(got[2:]).all()
    assert not np.isnan(got[:2]).any()
    point = np.array([[0.0, np.nan, 3.0]])
    assert not point_sunlit(bare(), point, np.zeros((1, 3)), day()).any()


def test_points_see_what_stands_before_them():
    """Suns behind a wall, below a tilted plane and below the horizon are not seen."""
    suns = day()
    up = suns.altitude_rad > 0
    east = np.sin(suns.azimuth_rad)
    lit = point_sunlit(bare(), np.full((3, 3), 2.0), [[1.0, 0, 0], [0, 0, 1], [0, 0, 0]], suns)
    assert np.array_equal(lit[0], up & (east > 0))
    assert np.array_equal(lit[1], up)
    assert np.array_equal(lit[2], up)


def test_unusable_input_is_refused():
    """Shapes that do not fit, and storeys without height."""
    walls = south_walls(np.zeros(2), 2)
    with pytest.raises(ValueError, match="feet of walls"):
        storey_hours(walls._replace(base_m=np.zeros(3)), bare(), day())
    with pytest.raises(ValueError, match="height above 0"):
        storey_hours(walls._replace(storey_m=np.array([3.0, 0.0])), bare(), day())
    with pytest.raises(ValueError, match="points and normals"):
        point_sunlit(bare(), np.zeros((2, 3)), np.zeros((1, 3)), day())
