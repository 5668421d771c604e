"""The shadow sweep against rays clipped to every block, and its promises on tiles and gaps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from citytwin.kernels.horizon_sweep import accumulate_sunlit, reach_m, shadow_mask, turn
from citytwin.kernels.sun_bundle import Suns
from tests.physics.block_rays import near_edge, shaded_by_slabs

CELL_M = 2.5


def blocks(ny, nx, seed, tallest_m=40):
    """Flat ground at 7 m with blocks on it, all steps at least 8 m high."""
    rng = np.random.default_rng(seed)
    height = np.full((ny, nx), 7.0, dtype=np.float32)
    for _ in range(ny * nx // 260):
        i, j = rng.integers(0, ny - 11), rng.integers(0, nx - 11)
        height[i : i + rng.integers(4, 11), j : j + rng.integers(4, 11)] = 7 + 8 * rng.integers(
            1, tallest_m // 8
        )
    return height


@pytest.mark.parametrize("octant", range(8))
def test_mask_agrees_with_clipped_rays_off_shadow_edges(octant):
    """In each octant errors against the clipped rays are few, and at shadow edges."""
    height = blocks(66, 81, seed=octant)
    wrong = stray = 0.0
    for turn_deg, altitude_deg in ((7.3, 24.0), (19.1, 41.0), (38.9, 15.5)):
        azimuth, altitude = np.radians(45.0 * octant + turn_deg), np.radians(altitude_deg)
        expected = shaded_by_slabs(height, height, (CELL_M, CELL_M), azimuth, altitude)
        got = shadow_mask(height, height, CELL_M, azimuth, altitude, 11, -5) == 1
        wrong += (got != expected).mean() / 3
        stray += ((got != expected) & ~near_edge(expected)).mean() / 3
        assert 0.05 < expected.mean() < 0.9
    # Blocks are 4 to 10 cells wide here, so shadow edges are a quarter of all cells.
    assert wrong < 0.025
    assert stray < 0.002


@pytest.mark.parametrize("azimuth_deg", [0, 90, 180, 270, 360])
def test_axis_suns_are_exact(azimuth_deg):
    """With the sun along rows or columns the sweep and the clipped rays agree in every cell."""
    height = blocks(40, 53, seed=azimuth_deg)
    azimuth, altitude = np.radians(azimuth_deg), np.radians(21.7)
    got = shadow_mask(height, height, CELL_M, azimuth, altitude, 0, 0) == 1
    assert np.array_equal(got, shaded_by_slabs(height, height, (CELL_M, CELL_M), azimuth, altitude))


@pytest.mark.parametrize("azimuth_deg", [45, 135, 225, 315])
def test_diagonal_suns_run_through_cell_centres(azimuth_deg):
    """At odd multiples of 45 degrees only the cells of one diagonal shade each other."""
    height = blocks(33, 41, seed=azimuth_deg)
    azimuth, altitude = np.radians(azimuth_deg), np.radians(30.0)
    di, dj = round(-math.cos(azimuth) * 1.1), round(math.sin(azimuth) * 1.1)
    rise = CELL_M * math.sqrt(2) * math.tan(altitude)
    expected = np.zeros(height.shape, dtype=bool)
    for i in range(33):
        for j in range(41):
            k = 1
            while 0 <= i + k * di < 33 and 0 <= j + k * dj < 41:
                ray = height[i, j] + (k - 0.5) * rise
                expected[i, j] |= height[i + k * di, j + k * dj] > ray
                k += 1
    got = shadow_mask(height, height, CELL_M, azimuth, altitude, 4, 9) == 1
    assert np.array_equal(got, expected)


def rough(ny, nx, seed):
    """Rolling terrain with blocks and some unknown cells."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:ny, :nx]
    height = blocks(ny, nx, seed, tallest_m=24) + 4 * np.sin(x / 9.0) + 3 * np.cos(y / 7.0)
    height[rng.random((ny, nx)) < 0.01] = np.nan
    return height.astype(np.float32)


def test_tiles_with_halo_give_the_same_bits():
    """Hours and masks of halo-padded tiles are those of the whole, to the last bit."""
    ny, nx, row0, col0 = 47, 59, -1037, 20011
    height = rough(ny, nx, seed=8)
    plane = height + np.float32(1.5)
    azimuth = np.radians([3.0, 31, 45, 77, 112.5, 180, 201, 260.2, 299, 333.3])
    altitude = np.radians(np.linspace(31.0, 64.0, azimuth.size))
    suns = Suns(azimuth, altitude, np.linspace(0.1, 0.9, azimuth.size))
    whole = accumulate_sunlit(height, plane, CELL_M, suns, row0, col0)
    mask = shadow_mask(height, plane, CELL_M, azimuth[3], altitude[3], row0, col0)
    halo = math.ceil(reach_m(float(np.nanmax(height) - np.nanmin(height)), altitude[0], 2.5) / 2.5)
    assert halo < 30
    for tile in (16, 33):
        for i in range(0, ny, tile):
            for j in range(0, nx, tile):
                top, left = max(0, i - halo), max(0, j - halo)
                rows = slice(top, min(ny, i + tile + halo))
                cols = slice(left, min(nx, j + tile + halo))
                part = height[rows, cols], plane[rows, cols]
                origin = row0 + top, col0 + left
                core = slice(i - top, i - top + tile), slice(j - left, j - left + tile)
                hours = accumulate_sunlit(*part, CELL_M, suns, *origin)[core]
                assert hours.tobytes() == whole[i : i + tile, j : j + tile].tobytes()
                one = shadow_mask(*part, CELL_M, azimuth[3], altitude[3], *origin)[core]
                assert np.array_equal(one, mask[i : i + tile, j : j + tile])


def test_unknown_cells_cast_nothing_and_stay_unknown():
    """A NaN block throws no shadow, and its own cells are no data."""
    height = np.zeros((20, 30), dtype=np.float32)
    height[10:13, 10:15] = np.nan
    mask = shadow_mask(height, height, 1.0, np.radians(200.0), np.radians(10.0), 0, 0)
    assert (mask[10:13, 10:15] == 255).all()
    assert (mask == 0).sum() == 600 - 15
    hours = accumulate_sunlit(
        height, height, 1.0, Suns(*np.radians([[200.0], [10.0]]), np.ones(1)), 0, 0
    )
    assert np.isnan(hours[10:13, 10:15]).all()
    assert np.nansum(hours) == 600 - 15


def test_night_lights_nobody():
    """At or below the horizon all known cells are dark, and the count stays zero."""
    height = blocks(15, 23, seed=1)
    for altitude in (0.0, -0.2, -math.pi / 2):
        assert (shadow_mask(height, height, 1.0, 1.0, altitude, 0, 0) == 1).all()
        suns = Suns(np.array([1.0]), np.array([altitude]), np.array([0.5]))
        assert (accumulate_sunlit(height, height, 1.0, suns, 0, 0) == 0).all()


def test_overhead_sun_lights_everybody():
    """With the sun in the zenith no cell is shaded, whatever the walls."""
    height = blocks(15, 23, seed=2, tallest_m=600)
    assert (shadow_mask(height, height, 1.0, 0.3, math.pi / 2, 0, 0) == 0).all()


def test_a_plane_inside_a_building_is_no_data():
    """Where the measuring plane lies below the surface there is no answer."""
    height = np.zeros((9, 14), dtype=np.float32)
    height[3:6, 4:9] = 10.0
    plane = np.full((9, 14), 4.0, dtype=np.float32)
    mask = shadow_mask(height, plane, 1.0, np.radians(180.0), np.radians(45.0), 0, 0)
    assert (mask[3:6, 4:9] == 255).all()
    # 6 m above the plane at 45 degrees, and the raster ends three cells north of the box.
    assert (mask[:3, 4:9] == 1).all()
    assert (mask == 1).sum() == 15


def test_hours_are_the_weighted_sum_of_masks():
    """Accumulated hours equal the sum of single masks, over all octants and night."""
    height = rough(31, 44, seed=3)
    azimuth = np.radians(np.arange(0.0, 360.0, 7.7))
    altitude = np.radians(20.0 + 30.0 * np.sin(np.arange(azimuth.size)))
    weight = np.full(azimuth.size, 0.25)
    expected = np.zeros(height.shape)
    for a, h in zip(azimuth, altitude, strict=True):
        expected += 0.25 * (shadow_mask(height, height, CELL_M, a, h, 5, 6) == 0)
    hours = accumulate_sunlit(height, height, CELL_M, Suns(azimuth, altitude, weight), 5, 6)
    known = np.isfinite(height)
    assert np.array_equal(hours[known], expected[known].astype(np.float32))
    assert np.isnan(hours[~known]).all()


def test_inputs_stay_untouched_and_any_memory_order_works():
    """Views in Fortran order give the same answer, and nothing is written to them."""
    height = rough(24, 37, seed=4)
    before = height.tobytes()
    suns = Suns(np.array([1.0, 4.0]), np.array([0.5, 0.3]), np.ones(2))
    expected = accumulate_sunlit(height, height, 1.0, suns, 0, 0)
    fortran = np.asfortranarray(height)
    assert accumulate_sunlit(fortran, fortran, 1.0, suns, 0, 0).tobytes() == expected.tobytes()
    assert height.tobytes() == before


def test_bad_arguments_are_refused():
    """Shapes, cell sizes and angles that mean nothing raise."""
    height = np.zeros((4, 5), dtype=np.float32)
    with pytest.raises(ValueError, match="one shape"):
        shadow_mask(height, height[:, :3], 1.0, 0.1, 0.1, 0, 0)
    with pytest.raises(ValueError, match="not empty"):
        shadow_mask(height[:, :0], height[:, :0], 1.0, 0.1, 0.1, 0, 0)
    with pytest.raises(ValueError, match="cell_m"):
        shadow_mask(height, height, 0.0, 0.1, 0.1, 0, 0)
    with pytest.raises(ValueError, match="radians"):
        shadow_mask(height, height, 1.0, 0.1, 30.0, 0, 0)
    with pytest.raises(ValueError, match="finite"):
        shadow_mask(height, height, 1.0, math.nan, 0.3, 0, 0)
    with pytest.raises(ValueError, match="one length"):
        accumulate_sunlit(height, height, 1.0, Suns(np.ones(2), np.ones(3), np.ones(2)), 0, 0)


def test_reach_is_the_length_of_the_longest_shadow():
    """A 250 m tower at 8.1 degrees reaches 250 / tan(8.1 deg), plus three cells."""
    assert reach_m(250.0, math.radians(8.1), 2.0) == pytest.approx(1756.6 + 6.0, abs=0.1)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1)])
def test_rasters_of_one_row_or_column_work(shape):
    """Flat strips and single cells are lit from all sides."""
    height = np.full(shape, 3.0, dtype=np.float32)
    for azimuth in np.radians([0, 60, 90, 100, 225, 300]):
        assert (shadow_mask(height, height, 0.5, azimuth, 0.1, 0, 0) == 0).all()


def test_turn_transposes():
    """Blocked transposition equals numpy's."""
    field = np.arange(37 * 50).reshape(37, 50)
    assert np.array_equal(turn(field), field.T)
