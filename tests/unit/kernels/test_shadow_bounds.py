"""The exact shadows against rays clipped to every block: no cell may differ."""

from __future__ import annotations

import math

import numpy as np
import pytest

from citytwin.kernels.horizon_sweep import accumulate_sunlit, reach_m, shadow_mask
from citytwin.kernels.sun_bundle import Suns
from tests.physics.block_rays import shaded_by_slabs


def rough_city(ny, nx, seed):
    """Sloping ground, blocks of all heights from kerb to tower, some cells unknown."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:ny, :nx]
    height = 0.07 * x + 0.11 * y + 2.0 * np.sin(x / 5.0)
    for _ in range(ny * nx // 110):
        i, j = rng.integers(0, ny - 3), rng.integers(0, nx - 3)
        height[i : i + rng.integers(1, 8), j : j + rng.integers(1, 8)] = rng.uniform(0.1, 30)
    height[rng.random((ny, nx)) < 0.02] = np.nan
    return height.astype(np.float32)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("cell_m", [(1.0, 1.0), (0.7, 1.9), (2.5, 0.5)])
def test_no_cell_is_wrong(seed, cell_m):
    """One octant per seed, square cells and others, on the surface and on a plane above it."""
    rng = np.random.default_rng(seed + 50)
    height = rough_city(21, 26, seed)
    plane = height if seed % 2 else height + np.float32(1.5)
    azimuth, altitude = math.radians(45 * seed + rng.uniform(1, 44)), rng.uniform(0.05, 1.2)
    mask = shadow_mask(height, plane, cell_m, azimuth, altitude, 11, -7, "exact")
    expected = shaded_by_slabs(height, plane, cell_m, azimuth, altitude)
    known = np.isfinite(height)
    assert np.array_equal(mask[known] == 1, expected[known])
    assert (mask[~known] == 255).all()


@pytest.mark.parametrize("azimuth_deg", [0, 45, 90, 135, 180, 225, 270, 315])
def test_corners_that_a_ray_touches_do_not_block_it(azimuth_deg):
    """At multiples of 45 degrees rays meet cells along one row, column or diagonal only."""
    height = rough_city(22, 19, azimuth_deg)
    azimuth, altitude = math.radians(azimuth_deg), 0.4
    mask = shadow_mask(height, height, 1.0, azimuth, altitude, 3, 3, "exact")
    expected = shaded_by_slabs(height, height, (1.0, 1.0), azimuth, altitude)
    known = np.isfinite(height)
    assert np.array_equal(mask[known] == 1, expected[known])


@pytest.mark.parametrize(("rise", "run"), [(1, 2), (1, 3), (2, 3), (3, 4)])
def test_directions_that_run_through_corners(rise, run):
    """Rays of rational slope pass exactly through corners of cells again and again."""
    height = rough_city(20, 23, rise + run)
    azimuth = math.pi + math.atan2(rise, run)
    mask = shadow_mask(height, height, 1.0, azimuth, 0.3, 0, 0, "exact")
    expected = shaded_by_slabs(height, height, (1.0, 1.0), azimuth, 0.3)
    known = np.isfinite(height)
    assert np.array_equal(mask[known] == 1, expected[known])


def test_tiles_with_halo_give_the_same_bits():
    """Exact hours of halo-padded tiles are those of the whole, wherever the tile begins."""
    height = rough_city(41, 52, 4)
    azimuth = np.radians([12.0, 45.0, 141.0, 180.0, 251.0, 333.0])
    suns = Suns(azimuth, np.linspace(1.2, 1.35, 6), np.linspace(0.1, 0.7, 6))
    whole = accumulate_sunlit(height, height, 1.0, suns, -90, 1000, "exact")
    halo = math.ceil(reach_m(float(np.nanmax(height) - np.nanmin(height)), 1.2, 1.0))
    assert halo < 18
    for i in range(0, 41, 13):
        for j in range(0, 52, 13):
            top, left = max(0, i - halo), max(0, j - halo)
            part = height[top : i + 13 + halo, left : j + 13 + halo]
            got = accumulate_sunlit(part, part, 1.0, suns, -90 + top, 1000 + left, "exact")
            core = got[i - top : i - top + 13, j - left : j - left + 13]
            assert core.tobytes() == whole[i : i + 13, j : j + 13].tobytes()


def test_the_fast_sweep_over_blocks_errs_at_edges_only():
    """On flat ground the quick approximation of the exact answer is wrong in few cells."""
    height = np.zeros((60, 70), dtype=np.float32)
    height[30:38, 20:33] = 14.0
    height[40:52, 45:50] = 25.0
    for azimuth, altitude in ((2.3, 0.5), (3.7, 0.6), (4.4, 0.35)):
        exact = shadow_mask(height, height, 1.0, azimuth, altitude, 0, 0, "exact")
        quick = shadow_mask(height, height, 1.0, azimuth, altitude, 0, 0, "fast_blocks")
        assert (exact != quick).mean() < 0.01
        assert 0.05 < exact.mean() < 0.5


def test_night_and_zenith():
    """No sun, no light; the sun overhead lights every cell."""
    height = rough_city(15, 17, 2)
    known = np.isfinite(height)
    assert (shadow_mask(height, height, 1.0, 2.0, -0.1, 0, 0, "exact")[known] == 1).all()
    assert (shadow_mask(height, height, 1.0, 2.0, math.pi / 2, 0, 0, "exact")[known] == 0).all()
