"""Ray features of obstacles up- and downwind."""

from __future__ import annotations

import math

import numpy as np
import pytest

from citytwin.kernels.sheltering import N_RAY, fetch_reach_m, sheltering
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
    """One ray, by rounding points of a line: skyline angle and log free distance."""
    to_row, to_col = -math.cos(azimuth_rad), math.sin(azimuth_rad)
    step = 1.0 / max(abs(to_row), abs(to_col))
    tangent, free = 0.0, None
    k = 1
    while k * step * CELL_M <= FETCH + 1e-9:
        i = row + math.copysign(round(abs(k * step * to_row) - 1e-7), to_row)
        j = col + math.copysign(round(abs(k * step * to_col) - 1e-7), to_col)
        if not (0 <= i < height.shape[0] and 0 <= j < height.shape[1]):
            break
        rise = height[int(i), int(j)] - 1.5
        if rise > 0:
            distance = (k - 0.5) * step * CELL_M
            tangent = max(tangent, rise / distance)
            free = distance if free is None else free
        k += 1
    return math.atan(tangent), math.log(FETCH if free is None else free)


def test_features_agree_with_plain_rays():
    """Fan means, horizon and free distances equal those of rays walked one by one."""
    height = town()
    wind = np.radians([0.0, 22.5, 100.0, 255.0])
    got = sheltering(height, CELL_M, wind, FETCH)
    for row, col in ((0, 0), (12, 17), (24, 33), (7, 30), (20, 3)):
        if height[row, col] > 1.5:
            continue
        azimuth = np.arange(N_RAY) * 2 * math.pi / N_RAY
        angle, log_free = np.array([reference(height, row, col, a) for a in azimuth]).T
        assert got.horizon[row, col] == pytest.approx(angle.mean(), rel=1e-5)
        for d, toward in enumerate(wind):
            for turned, a, f in (
                (0.0, got.up_angle, got.up_log_distance),
                (math.pi, got.down_angle, got.down_log_distance),
            ):
                off = (azimuth - toward - turned + math.pi) % (2 * math.pi) - math.pi
                fan = np.abs(off) <= math.radians(15) + 1e-9
                assert fan.sum() in {4, 5}
                assert a[d, row, col] == pytest.approx(angle[fan].mean(), rel=1e-5, abs=1e-7)
                assert f[d, row, col] == pytest.approx(log_free[fan].mean(), rel=1e-5)


def test_a_long_wall_upwind():
    """Before a wall of height H at distance x the skyline is atan((H - 1.5) cos(off) / x)."""
    height = np.zeros((34, 31), dtype=np.float32)
    height[:12] = 21.5
    got = sheltering(height, 1.0, np.zeros(1), 30.0)
    off = np.radians([-15, -7.5, 0, 7.5, 15])
    for gap in (1, 4, 20):
        distance = (gap - 0.5) / np.cos(off)
        row = 11 + gap
        expected = np.arctan(20.0 / distance).mean()
        assert got.up_angle[0, row, 15] == pytest.approx(expected, rel=1e-5)
        assert got.up_log_distance[0, row, 15] == pytest.approx(np.log(distance).mean(), rel=1e-5)
        assert got.down_angle[0, row, 15] == 0
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
    for full, tile in zip(whole[:4], part[:4], strict=True):
        assert tile[:, *inner].tobytes() == full[:, rows, cols].tobytes()
    assert part.horizon[inner].tobytes() == whole.horizon[rows, cols].tobytes()


def test_quarter_turns_and_mirrors():
    """Turning or mirroring town and wind turns or mirrors the features."""
    height = town(20, 27, seed=4)
    wind = np.radians([30.0, 135.0])
    plain = sheltering(height, CELL_M, wind, FETCH)
    turned = sheltering(
        np.ascontiguousarray(np.rot90(height, -1)), CELL_M, wind + math.pi / 2, FETCH
    )
    mirror = sheltering(np.ascontiguousarray(height[:, ::-1]), CELL_M, -wind, FETCH)
    for a, b, c in zip(plain[:4], turned[:4], mirror[:4], strict=True):
        np.testing.assert_allclose(np.rot90(a, -1, axes=(1, 2)), b, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(a[:, :, ::-1], c, rtol=1e-5, atol=1e-6)


def test_open_ground_leaves_the_wind_alone():
    """Without obstacles, with unknown cells and garden walls of 1.2 m, the ratio is 1."""
    height = np.full((6, 9), 1.2, dtype=np.float32)
    height[2, 3] = np.nan
    features = sheltering(height, 5.0, np.radians([77.0]), FETCH_M)
    np.testing.assert_allclose(speed_ratio(features), 1.0, rtol=1e-6)
    assert (features.horizon == 0).all()


def test_buildings_have_no_pedestrians():
    """Cells under an obstacle are NaN in all features and in the ratio, others are not."""
    height = town(16, 21, seed=5)
    features = sheltering(height, CELL_M, np.radians([0.0, 90.0]), FETCH_M)
    built = height > 1.5
    ratio = speed_ratio(features)
    assert np.isnan(features.horizon[built]).all()
    assert np.isnan(ratio[:, built]).all()
    assert np.isfinite(ratio[:, ~built]).all()
    assert ratio.dtype == np.float32
