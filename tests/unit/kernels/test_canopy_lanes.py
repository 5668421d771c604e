"""Shade of crowns against rays clipped to every crown, and its promises on tiles and gaps."""

from __future__ import annotations

import math

import numpy as np
import pytest

from citytwin.kernels.canopy import Canopy
from citytwin.kernels.horizon_sweep import accumulate_sunlit, reach_m, shadow_mask
from citytwin.kernels.sun_bundle import Suns
from tests.physics.block_rays import near_edge, shaded_by_slabs
from tests.physics.crown_rays import crossing_crowns

LEAVES = np.full(1, 0.1)


def grove(ny, nx, seed):
    """Sloping ground, some blocks, crowns of all heights, some thin, some one over the other."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:ny, :nx]
    ground = (10 + 0.03 * x + 0.05 * y).astype(np.float32)
    for _ in range(ny * nx // 500):
        i, j = rng.integers(0, ny - 8), rng.integers(0, nx - 8)
        ground[i : i + 5, j : j + 6] = 25
    top, base = np.full((2, ny, nx), np.nan, dtype=np.float32)
    for _ in range(ny * nx // 130):
        i, j = rng.integers(0, ny), rng.integers(0, nx)
        tall, radius = rng.uniform(3, 16), rng.uniform(1.5, 4)
        there = ((y - i) ** 2 + (x - j) ** 2 <= radius**2) & (ground < 25)
        top[there] = ground[there] + tall
        base[there] = ground[there] + tall * rng.uniform(0.2, 0.9)
    return ground, top, base


def answer(ground, plane, top, base, cell_m, azimuth, altitude):
    """The mask as the clipped rays see it."""
    dark = shaded_by_slabs(ground, plane, cell_m, azimuth, altitude)
    crossed = crossing_crowns(plane, top, base, cell_m, azimuth, altitude)
    return np.where(dark, 1, np.where(crossed, 2, 0))


@pytest.mark.parametrize("azimuth_deg", [0, 90, 180, 270])
def test_axis_suns_are_exact(azimuth_deg):
    """With the sun along rows or columns sweep and clipped rays agree in every cell."""
    ground, top, base = grove(40, 53, azimuth_deg)
    plane = ground + np.float32(1.5)
    azimuth, altitude = math.radians(azimuth_deg), math.radians(28.3)
    canopy = Canopy(top, base, LEAVES)
    got = shadow_mask(ground, plane, (2.0, 0.8), azimuth, altitude, 3, -70, "exact", canopy)
    expected = answer(ground, plane, top, base, (2.0, 0.8), azimuth, altitude)
    assert (expected == 2).mean() > 0.1
    assert np.array_equal(got, expected)


@pytest.mark.parametrize("octant", range(8))
def test_masks_agree_with_clipped_rays_off_edges(octant):
    """In each octant few cells differ, and those lie at edges of shadows."""
    ground, top, base = grove(60, 71, octant)
    canopy = Canopy(top, base, LEAVES)
    wrong = stray = 0.0
    for turn_deg, altitude_deg in ((7.3, 24.0), (19.1, 52.0), (38.9, 11.5)):
        azimuth, altitude = np.radians(45.0 * octant + turn_deg), np.radians(altitude_deg)
        expected = answer(ground, ground, top, base, (1.0, 1.0), azimuth, altitude)
        got = shadow_mask(ground, ground, 1.0, azimuth, altitude, 11, -5, "exact", canopy)
        edges = near_edge(expected == 2) | near_edge(expected == 1)
        wrong += (got != expected).mean() / 3
        stray += ((got != expected) & ~edges).mean() / 3
        assert 0.05 < (expected == 2).mean() < 0.8
    assert wrong < 0.04
    assert stray < 0.002


def test_a_thin_roof_on_posts_shades_where_geometry_says():
    """A pergola from 2 to 3 m, 4 x 6 m: its shade is as long as it is, and light comes in below.

    With a sun in the south at atan(1/2) the top edge of its north side throws its shade 6 m, the
    bottom edge of its south side 4 m beyond itself: seen from the ground it covers rows that lie
    0 to 6 m north of its south side's shade.
    """
    ground = np.zeros((30, 20), dtype=np.float32)
    top, base = np.full((2, 30, 20), np.nan, dtype=np.float32)
    top[18:22, 6:12], base[18:22, 6:12] = 3.0, 2.0
    sun = math.pi, math.atan(0.5)
    mask = shadow_mask(ground, ground, 1.0, *sun, 0, 0, canopy=Canopy(top, base, LEAVES))
    expected = np.zeros((30, 20), dtype=np.uint8)
    # Bottom of the south side at row edge 22: shade begins 4 m north of it, at row edge 18; top
    # of the north side at row edge 18: ends 6 m north of it, at row edge 12.
    expected[12:18, 6:12] = 2
    assert np.array_equal(mask, expected)


def test_light_comes_in_under_a_crown():
    """Below a crown on a trunk of 4 m the low sun lights the ground, the high sun does not."""
    ground = np.zeros((21, 21), dtype=np.float32)
    top, base = np.full((2, 21, 21), np.nan, dtype=np.float32)
    top[8:13, 8:13], base[8:13, 8:13] = 10.0, 4.0
    canopy = Canopy(top, base, LEAVES)
    low = shadow_mask(ground, ground, 1.0, math.pi, math.radians(20), 0, 0, canopy=canopy)
    high = shadow_mask(ground, ground, 1.0, math.pi, math.radians(80), 0, 0, canopy=canopy)
    assert (low[8:13, 8:13] == 0).all()
    # A ray from the southernmost row leaves the crown after 0.5 m, 2.8 m up: below its base.
    assert (high[8:12, 8:13] == 2).all()
    assert (high[12, 8:13] == 0).all()
    to_the_ground = Canopy(top, np.full_like(base, np.nan), LEAVES)
    low = shadow_mask(ground, ground, 1.0, math.pi, math.radians(20), 0, 0, canopy=to_the_ground)
    assert (low[8:13, 8:13] == 2).all()


def test_a_low_hedge_shades():
    """Half a metre of hedge throws a shade of 2 m when the sun stands at atan(1/4)."""
    ground = np.full((12, 9), 3.0, dtype=np.float32)
    top = np.full((12, 9), np.nan, dtype=np.float32)
    top[8, 2:7] = 3.5
    canopy = Canopy(top, np.full_like(top, np.nan), LEAVES)
    mask = shadow_mask(ground, ground, 1.0, math.pi, math.atan(0.25), 0, 0, canopy=canopy)
    expected = np.zeros((12, 9), dtype=np.uint8)
    expected[6:9, 2:7] = 2
    assert np.array_equal(mask, expected)


def test_hours_are_weighed_by_what_comes_through():
    """Each sun counts its own share behind crowns, nothing behind walls, all of it elsewhere."""
    ground, top, base = grove(37, 44, 5)
    azimuth, altitude = np.radians([[15.0, 130, 200, 290], [50.0, 31, 40, 25]])
    suns = Suns(azimuth, altitude, np.array([0.5, 1.0, 2.0, 4.0]))
    passes = np.array([0.0, 0.25, 0.5, 1.0])
    canopy = Canopy(top, base, passes)
    got = accumulate_sunlit(ground, ground, 1.0, suns, 5, 6, canopy=canopy)
    expected = np.zeros(ground.shape)
    for k in range(4):
        sun = azimuth[k], altitude[k]
        mask = shadow_mask(ground, ground, 1.0, *sun, 5, 6, canopy=canopy)
        expected += suns.weight[k] * np.array([1.0, 0.0, passes[k]])[mask]
        bare = shadow_mask(ground, ground, 1.0, *sun, 5, 6)
        assert np.array_equal(mask == 1, bare == 1)
    assert np.array_equal(got, expected)


@pytest.mark.parametrize("method", ["fast", "exact"])
def test_tiles_with_halo_give_the_same_bits(method):
    """Hours under trees of halo-padded tiles are those of the whole, wherever the tile begins."""
    ground, top, base = grove(47, 59, 9)
    azimuth = np.radians([3.0, 45, 112.5, 180, 260.2, 333.3])
    suns = Suns(azimuth, np.radians(np.linspace(50, 63, 6)), np.linspace(0.1, 0.9, 6))
    passes = np.linspace(0.03, 0.46, 6)
    row0, col0 = -90, 20011

    def hours(rows, cols):
        part = ground[rows, cols]
        canopy = Canopy(top[rows, cols], base[rows, cols], passes)
        at = row0 + rows.start, col0 + cols.start
        return accumulate_sunlit(part, part, 1.0, suns, *at, method, canopy)

    whole = hours(slice(0, 47), slice(0, 59))
    highest = max(np.nanmax(top), ground.max())
    halo = math.ceil(reach_m(float(highest - ground.min()), math.radians(50), 1.0))
    assert halo < 30
    for i in range(0, 47, 13):
        for j in range(0, 59, 13):
            i0, j0 = max(0, i - halo), max(0, j - halo)
            got = hours(slice(i0, min(47, i + 13 + halo)), slice(j0, min(59, j + 13 + halo)))
            core = got[i - i0 : i - i0 + 13, j - j0 : j - j0 + 13]
            assert core.tobytes() == whole[i : i + 13, j : j + 13].tobytes()


def test_many_crowns_in_one_ray():
    """Eight thin crowns in one ray, apart from each other: more than there is room for at first."""
    ground = np.zeros((1, 220), dtype=np.float32)
    top, base = np.full((2, 1, 220), np.nan, dtype=np.float32)
    top[0, 20:180:2] = 30.0
    base[0, 20:180:2] = 29.9
    sun = math.pi / 2, math.radians(60.0)
    canopy = Canopy(top, base, LEAVES)
    mask = shadow_mask(ground, ground, 1.0, *sun, 0, 0, canopy=canopy)
    expected = crossing_crowns(ground, top, base, (1.0, 1.0), *sun)
    assert np.array_equal(mask == 2, expected)


def test_bad_canopies_are_refused():
    """Other shapes than the surface's, other numbers than the suns', and negative shares raise."""
    ground = np.zeros((4, 5), dtype=np.float32)
    suns = Suns(np.ones(2), np.ones(2), np.ones(2))
    for canopy, said in (
        (Canopy(ground[:3], ground, np.ones(2)), "one shape"),
        (Canopy(ground, ground, np.ones(3)), "2 suns"),
        (Canopy(ground, ground, -np.ones(2)), "share"),
    ):
        with pytest.raises(ValueError, match=said):
            accumulate_sunlit(ground, ground, 1.0, suns, 0, 0, canopy=canopy)
