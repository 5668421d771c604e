"""Sky view factors of forms with a known answer, and of towers against Embree."""

from __future__ import annotations

import math

import numpy as np
import pytest

from citytwin.kernels.sky_view import sky_directions, sky_view_factor
from tests.physics.block_rays import EmbreeBlocks, towers_on_terrain

LOW = math.radians(1.0)
MANY = sky_directions(1024, LOW)


def test_weights_are_those_of_a_level_plane():
    """Equal weights under the cosine law: the mean sine of altitude is 2/3, no side is favoured."""
    azimuth, altitude, weight = sky_directions(4096, 0.0)
    assert weight.sum() == pytest.approx(1.0)
    assert (weight * np.sin(altitude)).sum() == pytest.approx(2 / 3, abs=1e-4)
    for k in range(1, 5):
        assert abs((weight * np.exp(1j * k * azimuth)).sum()) < 2e-3


def test_open_ground_sees_all_of_the_sky():
    """Flat ground: 1 everywhere; unknown cells stay unknown."""
    height = np.full((20, 30), 12.0, dtype=np.float32)
    height[4, 5] = np.nan
    factor = sky_view_factor(height, 1.0, sky_directions(145, LOW), 0, 0)
    assert np.isnan(factor[4, 5])
    assert (np.delete(factor.ravel(), 4 * 30 + 5) == 1.0).all()


@pytest.mark.parametrize("turned", [False, True])
@pytest.mark.parametrize("wall_m", [5.0, 12.0, 30.0])
def test_street_canyon(wall_m, turned):
    """Floor of an endless street: half the sum of the cosines of both walls' altitudes.

    Cosine-weighted view factor of a strip of sky between two parallel edges (Johnson and Watson
    1984). 21 rows of floor: centres lie 0.5 to 20.5 from the walls.
    """
    width, length = 21, 2200
    height = np.full((width + 60, length), wall_m, dtype=np.float32)
    height[30 : 30 + width] = 0.0
    if turned:
        height = np.ascontiguousarray(height.T)
    factor = sky_view_factor(height, 1.0, MANY, 5, -9)
    if turned:
        factor = factor.T
    near = np.arange(width) + 0.5
    cosines = [near / np.hypot(near, wall_m), (width - near) / np.hypot(width - near, wall_m)]
    expected = 0.5 * (cosines[0] + cosines[1])
    error = factor[30 : 30 + width, length // 2] - expected
    assert np.sqrt(np.mean(error**2)) < 0.006
    assert np.abs(error).max() < 0.02  # in the cells that touch a wall
    assert (factor[:25, length // 2] == 1.0).all()


def test_before_an_endless_wall():
    """A single wall hides half of one minus the cosine of its altitude."""
    height = np.zeros((120, 2400), dtype=np.float32)
    height[100:] = 25.0
    factor = sky_view_factor(height, 1.0, MANY, 0, 0)[:100, 1200]
    distance = 100 - np.arange(100) - 0.5
    expected = 0.5 * (1.0 + distance / np.hypot(distance, 25.0))
    assert np.abs(factor - expected).max() < 0.008


@pytest.mark.parametrize("depth_m", [10.0, 40.0, 120.0])
def test_middle_of_a_basin(depth_m):
    """From the middle of a round basin the sky is the cosine squared of its rim's altitude."""
    y, x = np.mgrid[:161, :161] - 80.0
    height = np.where(np.hypot(x, y) < 60.0, 0.0, depth_m).astype(np.float32)
    factor = sky_view_factor(height, 1.0, MANY, 0, 0)
    assert factor[80, 80] == pytest.approx(60.0**2 / (60.0**2 + depth_m**2), abs=0.012)


def test_deep_shaft_sees_almost_nothing():
    """The factor falls to the small share right above."""
    height = np.full((41, 41), 300.0, dtype=np.float32)
    height[20, 20] = 0.0
    assert sky_view_factor(height, 1.0, MANY, 0, 0)[20, 20] < 0.002


@pytest.mark.parametrize("number", [145, 256])
def test_towers_against_embree(number):
    """Root mean square error at most 0.010 against 4,096 rays from each of 1,000 cells."""
    pytest.importorskip("embreex", reason="embreex comes with the development environment")
    scene = EmbreeBlocks(towers_on_terrain(300))
    rng = np.random.default_rng(5)
    cells = rng.choice(scene.height.size, 1000, replace=False)
    share = (np.indices((64, 64)).reshape(2, -1) + rng.random((2, 4096))) / 64
    azimuth, altitude = 2 * math.pi * share[0], np.arcsin(np.sqrt(share[1]))
    expected = scene.sky_shares(cells, azimuth, altitude)
    got = sky_view_factor(scene.height, 1.0, sky_directions(number, math.radians(5)), 0, 0)
    assert np.sqrt(np.mean((got.ravel()[cells] - expected) ** 2)) < 0.010
