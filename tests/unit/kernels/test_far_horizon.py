"""The horizon of far terrain against geometry, with the Earth's curvature and refraction."""

from __future__ import annotations

import math

import numpy as np
import pytest

from citytwin.kernels.far_horizon import above_horizon, far_horizon

CELL_M = 100.0


def seen(terrain, viewpoint, azimuths_deg, near_m=500.0, far_m=50_000.0, refraction=0.13):
    """Horizon in degrees."""
    azimuth = np.radians(np.array(azimuths_deg, dtype=float))
    return np.degrees(far_horizon(terrain, CELL_M, viewpoint, azimuth, near_m, far_m, refraction))


@pytest.mark.parametrize(("distance_m", "sunk_m"), [(12_700, 11.0), (50_000, 170.7)])
def test_a_ridge_sinks_with_its_distance(distance_m, sunk_m):
    """A ridge 1,000 m high, drop d^2 (1 - 0.13) / 2R: 11 m at 12.7 km, 170.7 m at 50 km."""
    terrain = np.zeros((12, 530), dtype=np.float32)
    terrain[:, 10 + distance_m // 100] = 1000.0
    got = seen(terrain, (5.0, 10.0, 0.0), [90.0])
    assert got[0] == pytest.approx(math.degrees(math.atan((1000 - sunk_m) / distance_m)), abs=2e-4)


def test_without_air_and_on_a_wide_sea_the_horizon_dips():
    """From 60 m above a smooth sphere the dip is sqrt(2 h (1 - k) / R)."""
    terrain = np.zeros((3, 600), dtype=np.float32)
    for refraction in (0.0, 0.13):
        dip = math.degrees(math.sqrt(2 * 60 * (1 - refraction) / 6_371_000))
        got = seen(terrain, (1.0, 5.0, 60.0), [90.0], refraction=refraction)
        assert got[0] == pytest.approx(-dip, abs=1e-5)


def test_compass():
    """A hill in the north-east stands at 45 degrees, and nowhere else."""
    terrain = np.zeros((101, 101), dtype=np.float32)
    terrain[10:21, 80:91] = 300.0
    got = seen(terrain, (50.0, 50.0, 0.0), np.arange(0, 360, 45), far_m=4900.0)
    # Its first centre is 30 rows and 30 columns away; steps of 50 m may pass it by a little.
    near = 30 * math.sqrt(2) * CELL_M
    assert got[1] == pytest.approx(math.degrees(math.atan(300 / near)), abs=0.05)
    assert (np.delete(got, 1) < 0.0).all()


def test_hills_against_a_fine_walk():
    """Rolling hills: the same as stepping 1/40 cell through the interpolated terrain."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:60, :70]
    terrain = 200 + 90 * np.sin(x / 6.0) + 70 * np.cos(y / 7.0) + rng.uniform(0, 10, x.shape)
    row, col, eye = 30.3, 35.7, 180.0
    azimuths = np.arange(0.0, 360.0, 29.0)
    got = seen(terrain, (row, col, eye), azimuths, near_m=200.0, far_m=2500.0)
    distance = np.linspace(200.0, 2500.0, 921)
    for azimuth, horizon in zip(np.radians(azimuths), got, strict=True):
        r, c = row - distance / 100 * np.cos(azimuth), col + distance / 100 * np.sin(azimuth)
        i, j = np.floor(r).astype(int), np.floor(c).astype(int)
        a, b = r - i, c - j
        z = terrain[i, j] * (1 - a) * (1 - b) + terrain[i, j + 1] * (1 - a) * b
        z = z + terrain[i + 1, j] * a * (1 - b) + terrain[i + 1, j + 1] * a * b
        fall = distance**2 * 0.87 / (2 * 6_371_000)
        expected = np.degrees(np.arctan((z - eye - fall) / distance).max())
        assert horizon == pytest.approx(expected, abs=0.15)
        assert horizon <= expected + 0.001


def test_unknown_terrain_hides_nothing():
    """NaN beside a hill is passed over; a direction without terrain hides nothing."""
    terrain = np.full((9, 50), np.nan, dtype=np.float32)
    terrain[:, 30:33] = 500.0
    got = seen(terrain, (4.0, 2.0, 0.0), [90.0, 270.0], near_m=100.0, far_m=5000.0)
    # 2,800 m away the Earth has sunk by 0.54 m.
    assert got[0] == pytest.approx(math.degrees(math.atan(499.46 / 2800)), abs=0.001)
    assert got[1] == -90.0


def test_suns_above_a_horizon_between_its_directions():
    """Linear from 10 degrees in the north to 20 in the east, and round to north again."""
    horizon = np.radians([10.0, 20.0, 0.0, 4.0])
    azimuth = np.radians([45.0, 45.0, 315.0, 315.0, -45.0])
    altitude = np.radians([15.1, 14.9, 7.1, 6.9, 7.1])
    assert above_horizon(azimuth, altitude, horizon).tolist() == [True, False, True, False, True]
