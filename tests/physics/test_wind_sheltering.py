"""The pedestrian wind proxy behaves as sheltering must."""

from __future__ import annotations

import math

import numpy as np
import pytest

from citytwin.kernels.sheltering import sheltering
from citytwin.kernels.wind_proxy import FETCH_M, speed_ratio

CELL_M = 2.0


def ratio(height, wind_from_deg):
    """Speed ratio for one wind direction."""
    return speed_ratio(sheltering(height, CELL_M, np.radians([wind_from_deg]), FETCH_M))[0]


def rows_of_houses(gap_cells, n_row=5, depth_cells=5):
    """Long rows of 10 m houses across the wind on open ground."""
    height = np.zeros((260, 101), dtype=np.float32)
    for k in range(n_row):
        top = 60 + k * (depth_cells + gap_cells)
        height[top : top + depth_cells] = 10.0
    return height


def test_wider_streets_are_never_calmer():
    """Mean ratio in the gap between rows rises with the gap, from S/H of 0.8 to 6.4."""
    means = []
    for gap in (4, 8, 16, 32):
        street = slice(65, 65 + gap)
        means.append(np.nanmean(ratio(rows_of_houses(gap), 0.0)[street, 50]))
    assert np.all(np.diff(means) > 0)
    assert means[0] > 0.3
    assert means[-1] < 1.0


def test_speed_recovers_downwind_of_a_row():
    """Behind the last row the ratio grows with distance, up to the undisturbed speed."""
    behind = ratio(rows_of_houses(8, n_row=1), 0.0)[65:, 50]
    assert np.all(np.diff(behind) >= -1e-6)
    assert behind[0] < 0.6
    # 100 cells are the fetch; the ray that meets the row there is the straight one.
    assert behind[110] == pytest.approx(1.0)


def town(seed):
    """Scattered houses."""
    rng = np.random.default_rng(seed)
    height = np.zeros((70, 90), dtype=np.float32)
    for _ in range(25):
        i, j = rng.integers(0, 62), rng.integers(0, 82)
        height[i : i + rng.integers(3, 8), j : j + rng.integers(3, 8)] = rng.uniform(4, 15)
    return height


@pytest.mark.parametrize("seed", range(4))
def test_another_building_never_adds_wind(seed):
    """A new or higher building can only slow the wind at ground that stays open."""
    height = town(seed)
    built = height.copy()
    built[30:36, 40:47] = 45.0
    for wind in (0.0, 70.0, 225.0):
        before, after = ratio(height, wind), ratio(built, wind)
        open_ground = np.isfinite(after)
        assert (after <= before)[open_ground].all()
        assert (after < before)[open_ground].any()


def test_wind_from_the_other_side_swaps_the_sides():
    """A wall slows its lee more than its windward side, for wind from either side."""
    height = np.zeros((80, 75), dtype=np.float32)
    height[40, :] = 8.0
    north, south = ratio(height, 0.0)[:, 37], ratio(height, 180.0)[:, 37]
    lee, front = north[45], north[35]
    assert lee < front < 1.0
    assert south[35] == pytest.approx(lee, rel=1e-5)
    assert south[45] == pytest.approx(front, rel=1e-5)


def test_ratio_stays_within_its_range():
    """Ratios lie in 0..1 whatever the town; narrow courts are calm, not negative."""
    height = np.full((30, 40), 60.0, dtype=np.float32)
    height[15, 20] = 0.0
    court = ratio(height, 10.0)[15, 20]
    assert 0.1 < court < 0.4
    assert math.isfinite(court)
