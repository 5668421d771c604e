"""Ray features of obstacles up- and downwind."""

from __future__ import annotations

import math

import numpy as np
import pytest

from citytwin.kernels.ray_fan import N_RAY, fan_weights
from citytwin.kernels.sheltering import fetch_reach_m, sheltering
from citytwin.kernels.wind_proxy import FETCH_M, speed_ratio

CELL_M = 2.5
FETCH = 40.0


def town(ny=25, nx=34, seed=0, share=0.08):
    """Scattered blocks on open ground, a few unknown cells."""
    rng = np.random.default_rng(seed)
    height = np.where(rng.random((ny, nx)) < share, rng.uniform(3, 30, (ny, nx)), 0.0)
    height[rng.random((ny, nx)) < 0.02] = np.nan
    height[rng.random((ny, nx)) < 0.05] = 1.2
    return height.astype(np.float32)


def reference(height, row, col, azimuth_rad):
    """One ray, by rounding points of a line: log free distance."""
    to_row, to_col = -math.cos(azimuth_rad), math.sin(azimuth_rad)
    step = 1.0 / max(abs(to_row), abs(to_col))
    k = 1
    while k * step * CELL_M <= FETCH + 1e-9:
        i = row + math.copysign(round(abs(k * step * to_row) - 1e-7), to_row)
        j = col + math.copysign(round(abs(k * step * to_col) - 1e-7), to_col)
        if not (0 <= i < height.shape[0] and 0 <= j < height.shape[1]):
            break
        if height[int(i), int(j)] > 1.5:
            return math.log((k - 0.5) * step * CELL_M)
        k += 1
    return math.log(FETCH)


RAYS_DEG = np.arange(N_RAY) * 7.5


def overlap(ray_deg, toward_deg):
    """Degrees of [ray - 3.75, ray + 3.75] inside [toward - 18.75, toward + 18.75], by counting."""
    fine = ray_deg + (np.arange(7500) + 0.5) / 1000 - 3.75
    return np.mean(np.abs((fine - toward_deg + 180) % 360 - 180) < 18.75) * 7.5


def test_features_agree_with_plain_rays():
    """Free distances equal the means of rays walked one by one, weighted by their part of the fan."""
    height = town()
    winds = [0.0, 22.5, 100.0, 255.0, 359.8]
    got = sheltering(height, CELL_M, np.radians(winds), FETCH)
    for row, col in ((0, 0), (12, 17), (24, 33), (7, 30), (20, 3)):
        if height[row, col] > 1.5:
            continue
        log_free = np.array([reference(height, row, col, a) for a in np.radians(RAYS_DEG)])
        for d, toward in enumerate(winds):
            for turned, found in ((0, got.up_log_distance), (180, got.down_log_distance)):
                weight = [overlap(ray, toward + turned) / 37.5 for ray in RAYS_DEG]
                assert found[d, row, col] == pytest.approx(np.dot(weight, log_free), rel=1e-3)


@pytest.mark.parametrize("azimuth_deg", [0.0, 0.2, -0.2, 1.9, 3.7, 3.75, 3.8, 90.4, 123.456, 359.9])
def test_the_fan_looks_where_the_wind_comes_from(azimuth_deg):
    """Its mean direction is the azimuth, its width is the same for all: no convergence skews it."""
    weight = fan_weights(math.radians(azimuth_deg))
    off = (RAYS_DEG - azimuth_deg + 180) % 360 - 180
    assert weight.sum() == pytest.approx(1.0)
    assert (weight * off).sum() == pytest.approx(0.0, abs=1e-9)
    assert weight[np.abs(off) > 22.5].sum() == 0
    np.testing.assert_allclose(weight[np.abs(off) <= 15.0], 0.2)


def test_the_fan_turns_without_jumps():
    """A thousandth of a degree more never moves more than its share of the rays at the rim."""
    azimuths = np.radians(np.arange(0.0, 15.0, 0.001))
    weights = np.array([fan_weights(a) for a in azimuths])
    assert np.abs(np.diff(weights, axis=0)).max() <= 0.001 / 7.5 / 5 * 1.001


def test_a_long_wall_upwind():
    """Before a wall at distance x the free distance is x / cos(off) along each of five rays."""
    height = np.zeros((34, 31), dtype=np.float32)
    height[:12] = 21.5
    got = sheltering(height, 1.0, np.zeros(1), 30.0)
    off = np.radians([-15, -7.5, 0, 7.5, 15])
    for gap in (1, 4, 20):
        distance = (gap - 0.5) / np.cos(off)
        row = 11 + gap
        expected = np.log(distance).mean()
        assert got.up_log_distance[0, row, 15] == pytest.approx(expected, rel=1e-5)
        assert got.down_log_distance[0, row, 15] == pytest.approx(math.log(30.0))


def test_tiles_with_fetch_give_the_same_bits():
    """A tile padded by the reach holds the bits of the whole raster."""
    height = town(41, 52, seed=3)
    wind = np.radians([10.0, 200.0])
    whole = sheltering(height, CELL_M, wind, 20.0)
    halo = math.ceil(fetch_reach_m(20.0, CELL_M) / CELL_M)
    rows, cols = slice(15, 26), slice(19, 33)
    padded = height[15 - halo : 26 + halo, 19 - halo : 33 + halo]
    part = sheltering(np.ascontiguousarray(padded), CELL_M, wind, 20.0)
    inner = slice(halo, -halo), slice(halo, -halo)
    for full, tile in zip(whole, part, strict=True):
        assert tile[:, *inner].tobytes() == full[:, rows, cols].tobytes()


def test_quarter_turns_and_mirrors():
    """Turning or mirroring town and wind turns or mirrors the features."""
    height = town(20, 27, seed=4)
    wind = np.radians([30.0, 135.0])
    plain = sheltering(height, CELL_M, wind, FETCH)
    turned = sheltering(
        np.ascontiguousarray(np.rot90(height, -1)), CELL_M, wind + math.pi / 2, FETCH
    )
    mirror = sheltering(np.ascontiguousarray(height[:, ::-1]), CELL_M, -wind, FETCH)
    for a, b, c in zip(plain, turned, mirror, strict=True):
        np.testing.assert_allclose(np.rot90(a, -1, axes=(1, 2)), b, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(a[:, :, ::-1], c, rtol=1e-5, atol=1e-6)


def test_open_ground_leaves_the_wind_alone():
    """Without obstacles, with unknown cells and garden walls of 1.2 m, the ratio is 1."""
    height = np.full((6, 9), 1.2, dtype=np.float32)
    height[2, 3] = np.nan
    features = sheltering(height, 5.0, np.radians([77.0]), FETCH_M)
    np.testing.assert_allclose(speed_ratio(features), 1.0, rtol=1e-6)


def test_buildings_have_no_pedestrians():
    """Cells under an obstacle are NaN in all features and in the ratio, others are not."""
    height = town(16, 21, seed=5)
    features = sheltering(height, CELL_M, np.radians([0.0, 90.0]), FETCH_M)
    built = height > 1.5
    ratio = speed_ratio(features)
    assert all(np.isnan(feature[:, built]).all() for feature in features)
    assert np.isnan(ratio[:, built]).all()
    assert np.isfinite(ratio[:, ~built]).all()
    assert ratio.dtype == np.float32
