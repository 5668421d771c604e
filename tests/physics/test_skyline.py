"""Openness and shelter beside angles worked out by hand, and beside rays walked one by one."""

from __future__ import annotations

import math

import numpy as np
import pytest

from citytwin.kernels.openness import skyline
from citytwin.kernels.ray_fan import N_RAY, fan_weights
from citytwin.kernels.sheltering import fetch_reach_m

CELL_M, FETCH_M = 2.0, 60.0
WINDS_DEG = [0.0, 90.0, 202.0]


def look(surface, obstacles=None, winds=WINDS_DEG, **given):
    """Skyline with winds in degrees."""
    surface = np.asarray(surface, dtype=np.float32)
    standing = np.zeros_like(surface) if obstacles is None else obstacles.astype(np.float32)
    return skyline(surface, standing, CELL_M, np.radians(winds), FETCH_M, **given)


def test_a_wall_in_the_north_shelters_from_the_north_alone():
    """A long wall 10 m high, 20 m off: its angle upwind, the far ground elsewhere."""
    walls = np.zeros((61, 201))
    walls[10, :] = 10.0  # its near face 20 m north of row 20.5
    seen = look(walls, walls)
    row, col = 21, 100
    near_m = (11 - 0.5) * CELL_M
    # Rays of the fan meet the wall further off: at near / cos of their angle.
    off = np.arange(N_RAY) * 7.5
    weight = fan_weights(0.0)
    inside = weight > 0
    wanted = sum(
        w * math.degrees(math.atan(8.5 / (near_m / math.cos(math.radians(a)))))
        for w, a in zip(weight[inside], off[inside], strict=True)
    )
    assert seen.shelter_deg[0, row, col] == pytest.approx(wanted, abs=0.05)
    assert seen.shelter_deg[2, row, col] < 0


def test_a_plain_is_open_and_a_slope_shelters_its_foot():
    """A plain is as open as its far end lies 1.5 m below; a slope of 30 degrees shows as nearly 30."""
    plain = look(np.zeros((80, 80)))
    dip = math.degrees(math.atan(1.5 / FETCH_M))
    # Rays end in whole cells: one cell before the fetch at worst.
    assert plain.openness_deg[40, 40] == pytest.approx(90 + dip, abs=0.08)
    east = np.arange(80) * CELL_M * math.tan(math.radians(30))
    slope = look(np.tile(east, (80, 1)))
    assert slope.shelter_deg[1, 40, 40] == pytest.approx(29, abs=1.5)
    assert slope.openness_deg[40, 40] == pytest.approx(90, abs=1.5)


def test_rays_walked_one_by_one_find_the_same():
    """A rough town beside a plain search of every cell of every ray, without early ends."""
    rng = np.random.default_rng(3)
    ground = np.cumsum(rng.normal(0, 0.2, (40, 44)), axis=1)
    walls = np.where(rng.random(ground.shape) < 0.08, rng.uniform(3, 40, ground.shape), 0.0)
    surface = (ground + walls).astype(np.float32)
    surface[5, 7] = np.nan
    seen = look(surface, walls)
    for row, col in ((0, 0), (20, 22), (39, 43), (11, 30)):
        if walls[row, col] > 1.5:
            assert np.isnan(seen.openness_deg[row, col])
            continue
        angle = np.array(
            [highest_deg(surface, row, col, 2 * math.pi * k / N_RAY) for k in range(N_RAY)]
        )
        assert seen.openness_deg[row, col] == pytest.approx(90 - angle.mean(), abs=1e-4)
        for d, wind in enumerate(WINDS_DEG):
            wanted = fan_weights(math.radians(wind)) @ angle
            assert seen.shelter_deg[d, row, col] == pytest.approx(wanted, abs=1e-4)
    assert np.isnan(seen.openness_deg[5, 7])


def highest_deg(surface, row, col, azimuth_rad):
    """Highest angle along one ray, by rounding points of a line."""
    to_row, to_col = -math.cos(azimuth_rad), math.sin(azimuth_rad)
    step = 1 / max(abs(to_row), abs(to_col))
    best = -math.inf
    for k in range(1, int(FETCH_M / (step * CELL_M)) + 1):
        i = row + int(math.copysign(math.floor(abs(k * step * to_row) + 0.5 - 1e-9), to_row))
        j = col + int(math.copysign(math.floor(abs(k * step * to_col) + 0.5 - 1e-9), to_col))
        if not (0 <= i < surface.shape[0] and 0 <= j < surface.shape[1]):
            break
        rise = float(surface[i, j]) - float(surface[row, col]) - 1.5
        if not math.isnan(rise):
            best = max(best, rise / ((k - 0.5) * step * CELL_M))
    return math.degrees(math.atan(best if best > -math.inf else 0.0))


def test_a_tile_with_its_surroundings_has_the_bits_of_the_town():
    """The same whatever else the raster holds."""
    rng = np.random.default_rng(5)
    walls = np.where(rng.random((120, 130)) < 0.1, rng.uniform(3, 90, (120, 130)), 0.0)
    whole = look(walls, walls)
    pad = math.ceil(fetch_reach_m(FETCH_M, CELL_M) / CELL_M)
    core = slice(45, 70), slice(50, 85)
    around = tuple(slice(side.start - pad, side.stop + pad) for side in core)
    inner = tuple(slice(pad, pad + side.stop - side.start) for side in core)
    cut = look(walls[around], walls[around], inner=inner)
    np.testing.assert_array_equal(cut.openness_deg, whole.openness_deg[core])
    np.testing.assert_array_equal(cut.shelter_deg, whole.shelter_deg[(slice(None), *core)])
