"""Joined suns light open planes as the many suns did."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.sun_bins import Lights, binned

RNG = np.random.default_rng(7)
MANY = Lights(
    RNG.uniform(1.6, 4.7, 3000),
    RNG.uniform(-0.2, 1.35, 3000),
    RNG.uniform(0.0, 2.0, (2, 3000)) * RNG.integers(0, 2, 3000),
)


def vectors(lights: Lights) -> np.ndarray:
    """Sum of all light of each kind, with its direction: shape (kinds, 3)."""
    azimuth, altitude, weights, _ = lights
    up = altitude > 0.0
    level = np.cos(altitude)
    parts = np.stack([level * np.sin(azimuth), level * np.cos(azimuth), np.sin(altitude)])
    return (weights[:, None, up] * parts[:, up]).sum(axis=-1)


@pytest.mark.parametrize("spacing_deg", [1.0, 3.0, 10.0])
def test_open_planes_receive_the_same(spacing_deg: float) -> None:
    """The light vector of all kinds stays, and the level part of each kind."""
    few = binned(MANY, np.radians(spacing_deg))
    assert few.azimuth_rad.size < 3000
    assert vectors(few).sum(axis=0) == pytest.approx(vectors(MANY).sum(axis=0), rel=1e-12)
    assert vectors(few)[:, 2] == pytest.approx(vectors(MANY)[:, 2], rel=1e-12)
    assert vectors(few) == pytest.approx(vectors(MANY), rel=0.01, abs=1.0)


def test_bins_are_as_wide_as_asked_for() -> None:
    """Each light of many stands within the diagonal of a bin of 2 degrees of one of the few."""
    few = binned(MANY, np.radians(2.0))
    used = (MANY.weights.sum(axis=0) > 0.0) & (MANY.altitude_rad > 0.0)
    a, h = MANY.azimuth_rad[used], MANY.altitude_rad[used]
    cosine = np.sin(h)[:, None] * np.sin(few.altitude_rad) + np.cos(h)[:, None] * np.cos(
        few.altitude_rad
    ) * np.cos(a[:, None] - few.azimuth_rad)
    assert np.degrees(np.arccos(cosine.max(axis=1).min())) < 2.0 * np.sqrt(2.0)


def test_a_sun_of_its_own_stays_where_it_is() -> None:
    """One light is not moved; nothing shines at night."""
    one = Lights(np.array([3.0, 1.0]), np.array([0.7, -0.1]), np.array([[2.0, 5.0]]))
    few = binned(one, 0.1)
    assert few.azimuth_rad == pytest.approx([3.0])
    assert few.altitude_rad == pytest.approx([0.7])
    assert few.weights == pytest.approx(np.array([[2.0]]))
    night = binned(Lights(np.zeros(1), np.zeros(1), np.ones((1, 1))), 0.1)
    assert night.azimuth_rad.size == 0


def test_light_through_crowns_is_joined_alike() -> None:
    """A fifth of all light passes crowns: of each joined light a fifth; none told, none made."""
    few = binned(MANY._replace(behind_crowns=0.2 * MANY.weights), 0.1)
    assert few.behind_crowns == pytest.approx(0.2 * few.weights)
    assert binned(MANY, 0.1).behind_crowns is None
