"""Shadows of simple bodies have the length and place that geometry gives them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from citytwin.kernels.horizon_sweep import accumulate_sunlit, reach_m, shadow_mask
from citytwin.kernels.sun_bundle import Suns


def box_on_ground(shape, rows, cols, roof_m, ground_m=0.0):
    """Flat ground with one flat-roofed box."""
    height = np.full(shape, ground_m, dtype=np.float32)
    height[rows, cols] = roof_m
    return height


@pytest.mark.parametrize(
    ("azimuth_deg", "altitude_deg", "cell_m"),
    [
        (180.0, 30.9, 1.0),
        (135.0, 20.0, 0.5),
        (212.37, 31.3, 0.5),
        (90.0, 15.0, 2.0),
        (0.0, 60.0, 1.0),
        (283.1, 12.0, 2.0),
        (47.9, 40.0, 0.5),
    ],
)
def test_box_shadow_is_the_swept_footprint(azimuth_deg, altitude_deg, cell_m):
    """The shadow of a box is its footprint swept by H / tan(altitude) away from the sun.

    A cell centre lies in the swept footprint if some point of the segment from it towards the
    sun, up to the shadow length, lies in the box: slab test per axis. Cells may differ only
    where the answer changes within one cell.
    """
    ny, nx = 150, 170
    rows, cols = slice(70, 82), slice(60, 84)
    roof_m = 60.0 * cell_m * math.tan(math.radians(altitude_deg))
    height = box_on_ground((ny, nx), rows, cols, roof_m)
    azimuth = math.radians(azimuth_deg)
    got = shadow_mask(height, height, cell_m, azimuth, math.radians(altitude_deg), -7, 13) == 1

    def swept(dy, dx):
        y, x = np.mgrid[:ny, :nx] + 0.5
        y, x = y + dy, x + dx
        enter, leave = np.zeros((ny, nx)), np.full((ny, nx), 60.0)
        for start, stop, place, speed in (
            (rows.start, rows.stop, y, -math.cos(azimuth)),
            (cols.start, cols.stop, x, math.sin(azimuth)),
        ):
            if abs(speed) < 1e-12:
                outside = (place < start) | (place > stop)
                leave = np.where(outside, -1.0, leave)
                continue
            a, b = (start - place) / speed, (stop - place) / speed
            enter = np.maximum(enter, np.minimum(a, b))
            leave = np.minimum(leave, np.maximum(a, b))
        return enter < leave

    ground = height == 0
    moved = [swept(dy, dx) for dy in (-0.75, 0, 0.75) for dx in (-0.75, 0, 0.75)]
    certain = np.all(moved, axis=0) & ground
    possible = np.any(moved, axis=0) & ground
    assert certain.sum() > 300
    assert not (certain & ~got).any()
    assert not (got & ~possible).any()
    assert not got[~ground].any()


@pytest.mark.parametrize("cell_m", [0.5, 1.0, 2.0])
@pytest.mark.parametrize(
    ("obstacle_m", "gap_m", "wall_m", "altitude_deg"),
    [(30, 16, 50, 30.9), (60, 10, 20, 20.0), (10, 12, 40, 45.0), (100, 30, 90, 60.0)],
)
def test_two_slabs(obstacle_m, gap_m, wall_m, altitude_deg, cell_m):
    """Before a wall the shadow is H - d tan(a) high; on its roof it ends at (H - W) / tan(a) - d.

    Sun due south, slabs running east-west. The shadow height is read from measuring planes,
    one height per column, in the row before the wall; that row's centre lies half a cell
    before the wall.
    """
    gap, depth = round(gap_m / cell_m), round(120 / cell_m)
    nx = 64
    height = np.zeros((depth + gap + 20, nx), dtype=np.float32)
    height[:depth] = wall_m
    height[depth + gap :] = obstacle_m
    slope = math.tan(math.radians(altitude_deg))
    plane = height.copy()
    foot = depth
    levels = np.linspace(0.0, 1.3 * obstacle_m, nx).astype(np.float32)
    plane[foot] = levels
    mask = shadow_mask(height, plane, cell_m, math.pi, math.radians(altitude_deg), 3, -8)
    top = obstacle_m - (gap_m - 0.5 * cell_m) * slope
    clear = np.abs(levels - top) > 0.01
    assert np.array_equal(mask[foot, clear] == 1, levels[clear] < top)
    roof_depth = max(0.0, (obstacle_m - wall_m) / slope - gap_m)
    got_depth = (mask[:depth, 0] == 1).sum() * cell_m
    assert got_depth == pytest.approx(roof_depth, abs=0.5 * cell_m + 1e-6)


@pytest.mark.parametrize("azimuth_deg", [180.0, 90.0])
@pytest.mark.parametrize(
    ("wall_m", "altitude_deg", "slope_deg"),
    [(10, 30, 5), (10, 30, -5), (25, 15, 10), (25, 45, 20), (8, 60, -20)],
)
def test_wall_on_a_slope(wall_m, altitude_deg, slope_deg, azimuth_deg):
    """On ground rising away from the sun by s the shadow is H / (tan(a) + tan(s)) long."""
    cell_m, n = 0.25, 700
    distance = (np.arange(n)[::-1] + 0.5) * cell_m  # row 0 is farthest from the sun
    ground = (distance * math.tan(math.radians(slope_deg))).astype(np.float32)
    profile = ground.copy()
    wall = slice(n - 44, n - 40)
    profile[wall] = ground[n - 41] + wall_m
    height = np.repeat(profile[:, None], 12, axis=1)
    if azimuth_deg == 90.0:
        height = np.ascontiguousarray(height.T)
    mask = shadow_mask(
        height, height, cell_m, math.radians(azimuth_deg), math.radians(altitude_deg), 0, 0
    )
    line = mask[:, 6] if azimuth_deg == 180.0 else mask[6]
    shadow_m = (line[: n - 44] == 1).sum() * cell_m
    slopes = math.tan(math.radians(altitude_deg)) + math.tan(math.radians(slope_deg))
    assert shadow_m == pytest.approx((wall_m + _rise(cell_m, slope_deg)) / slopes, abs=cell_m)


def _rise(cell_m, slope_deg):
    """Rise of the ground from the wall's reference cell (its sunny side) to its far face."""
    return -3.5 * cell_m * math.tan(math.radians(slope_deg))


@pytest.mark.parametrize("azimuth_deg", [180.0, 151.0, 205.5, 100.0])
def test_a_slope_is_lit_until_the_sun_sinks_below_it(azimuth_deg):
    """A plane falling away from the sun is lit if it falls less than the rays, else dark."""
    cell_m, steep = 2.0, math.tan(math.radians(25.0))
    y, x = np.mgrid[:70, :90] * cell_m
    azimuth = math.radians(azimuth_deg)
    along = x * math.sin(azimuth) - y * math.cos(azimuth)  # metres towards the sun
    height = (100.0 + steep * along).astype(np.float32)
    lit = shadow_mask(height, height, cell_m, azimuth, math.radians(29.0), 0, 0)
    assert (lit == 0).all()
    dark = shadow_mask(height, height, cell_m, azimuth, math.radians(20.0), 0, 0)
    inner = dark[6:-6, 6:-6]
    assert (inner == 1).mean() > 0.99


def city(ny=60, nx=75, seed=5):
    """Blocks on gentle ground."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:ny, :nx]
    height = 3.0 + 0.01 * x + 0.02 * y
    for _ in range(25):
        i, j = rng.integers(0, ny - 9), rng.integers(0, nx - 9)
        height[i : i + rng.integers(3, 9), j : j + rng.integers(3, 9)] = rng.uniform(8, 40)
    return height.astype(np.float32)


SUNS = Suns(
    np.radians([100.0, 137.2, 163.0, 199.9, 222.8, 261.0, 291.0, 69.0]),
    np.radians([8.0, 17.1, 29.0, 27.0, 17.1, 9.0, 12.0, 11.0]),
    np.full(8, 0.5),
)


def test_a_quarter_turn_of_city_and_sun_turns_the_answer():
    """Rotating the city and the sun by 90 degrees clockwise rotates the hours, bit for bit."""
    height = city()
    ny, nx = height.shape
    row0, col0 = 17, -203
    hours = accumulate_sunlit(height, height, 1.5, SUNS, row0, col0)
    turned = np.ascontiguousarray(np.rot90(height, -1))
    suns = SUNS._replace(azimuth_rad=SUNS.azimuth_rad + math.pi / 2)
    # Clockwise, row i goes to column -i: the sweep's phase follows the global indices.
    rotated = accumulate_sunlit(turned, turned, 1.5, suns, col0, -(row0 + ny - 1))
    assert nx != ny
    assert np.array_equal(rotated, np.rot90(hours, -1))


def test_a_mirrored_city_has_mirrored_hours():
    """East-west mirror of the city and the sun mirrors the hours, bit for bit."""
    height = city()
    nx = height.shape[1]
    hours = accumulate_sunlit(height, height, 1.5, SUNS, 17, -203)
    suns = SUNS._replace(azimuth_rad=-SUNS.azimuth_rad)
    mirror = np.ascontiguousarray(height[:, ::-1])
    flipped = accumulate_sunlit(mirror, mirror, 1.5, suns, 17, -(-203 + nx - 1))
    assert np.array_equal(flipped, hours[:, ::-1])


@pytest.mark.parametrize("seed", range(6))
def test_a_higher_or_new_building_never_adds_sun(seed):
    """Raising a block can only take hours from all cells outside it."""
    height = city(seed=seed)
    before = accumulate_sunlit(height, height, 1.5, SUNS, 0, 0)
    rng = np.random.default_rng(seed + 100)
    i, j = rng.integers(5, 45), rng.integers(5, 55)
    raised = height.copy()
    raised[i : i + 6, j : j + 8] = 45.0
    after = accumulate_sunlit(raised, raised, 1.5, SUNS, 0, 0)
    outside = np.ones(height.shape, dtype=bool)
    outside[i : i + 6, j : j + 8] = False
    assert (after <= before)[outside].all()
    assert (after < before)[outside].any()


def test_height_of_the_datum_does_not_matter():
    """Lifting city and ground by a whole number of metres changes nothing."""
    height = city()
    expected = accumulate_sunlit(height, height, 1.5, SUNS, 0, 0)
    lifted = np.round(height * 4096) / 4096
    low = accumulate_sunlit(lifted, lifted, 1.5, SUNS, 0, 0)
    high = accumulate_sunlit(lifted + 512, lifted + 512, 1.5, SUNS, 0, 0)
    assert np.array_equal(low, high)
    assert np.abs(low - expected).mean() < 0.01


def test_doubling_all_lengths_changes_nothing():
    """The answer depends on the ratio of height to cell size only."""
    height = np.round(city() * 256) / 256
    small = accumulate_sunlit(height, height, 1.5, SUNS, 4, 4)
    large = accumulate_sunlit(2 * height, 2 * height, 3.0, SUNS, 4, 4)
    assert (small == large).mean() > 0.999


def test_hours_behind_a_long_wall():
    """North of a long east-west wall the sun is lost while its profile angle is too low.

    Winter day at 35.7 degrees: a point d behind a wall of height H is lit when
    tan(altitude) / cos(azimuth - 180) > H / d.
    """
    from citytwin.kernels.solar import sun_position

    minutes = np.arange(-240, 240, 4) + 2.0
    azimuth, altitude = sun_position(*np.radians([35.7, -23.44]), np.radians(minutes / 4))
    height = np.zeros((60, 900), dtype=np.float32)
    height[50:] = 12.0
    hours = accumulate_sunlit(
        height, height, 1.0, Suns(azimuth, altitude, np.full(minutes.size, 4 / 60)), 0, 0
    )
    profile = np.tan(altitude) / np.cos(azimuth - math.pi)
    for distance in (10, 18, 21, 25, 40):
        expected = (profile > 12.0 / (distance - 0.5)).sum() * 4 / 60
        assert hours[50 - distance, 450] == pytest.approx(expected, abs=2 * 4 / 60)


@pytest.mark.parametrize("method", ["fast", "exact"])
def test_the_shadow_of_the_highest_tower_survives_tiling(method):
    """634 m at 8.1 degrees, the winter sun of Tokyo at 8 h: 4,455 m, through many tiles.

    The tip is where the last shaded cell lies; each tile sees no further than its reach.
    """
    cell_m, tile = 20.0, 32
    azimuth, altitude = math.radians(127.0), math.radians(8.1)
    height = np.zeros((200, 220), dtype=np.float32)
    height[190:193, 200:203] = 634.0
    whole = shadow_mask(height, height, cell_m, azimuth, altitude, 0, 0, method)
    rows, cols = np.nonzero(whole == 1)
    length_m = np.hypot(191 - rows, 201 - cols).max() * cell_m
    assert length_m == pytest.approx(634 / math.tan(altitude), abs=2.5 * cell_m)
    halo = math.ceil(reach_m(634.0, altitude, cell_m) / cell_m)
    for i in range(0, 200, tile):
        for j in range(0, 220, tile):
            # The sun stands in the south-east: a tile looks down and to the right.
            part = height[i : i + tile + halo, j : j + tile + halo]
            got = shadow_mask(part, part, cell_m, azimuth, altitude, i, j, method)
            assert np.array_equal(got[:tile, :tile], whole[i : i + tile, j : j + tile])
