"""Many suns at once against each alone, and against geometry done by hand."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.canopy import Canopy
from citytwin.kernels.horizon_sweep import shadow_mask
from citytwin.kernels.shadow_series import SUNS_PER_WORD, shadow_masks

CELL_M = 2.0


def town(ny=23, nx=31):
    """Ground with three blocks, a hole in the data, and a crown on a stem."""
    height = np.full((ny, nx), 3.0, dtype=np.float32)
    height[5:9, 6:10], height[12:15, 18:25], height[2, 27] = 21.0, 12.0, 40.0
    height[20, 3] = np.nan
    top = np.full_like(height, np.nan)
    base = np.full_like(height, np.nan)
    top[16:19, 8:11], base[16:19, 8:11] = 11.0, 6.0
    return height, top, base


@pytest.mark.parametrize("method", ["fast", "fast_blocks", "exact"])
def test_each_mask_is_that_of_its_sun_alone(method):
    """More suns than one number tells apart, from all sides, by night and behind crowns."""
    height, top, base = town()
    number = SUNS_PER_WORD + 5
    azimuth = np.radians(np.linspace(3.0, 355.0, number))
    altitude = np.radians(np.linspace(-4.0, 62.0, number))
    canopy = Canopy(top, base, np.full(number, 0.03))
    for trees in (None, canopy):
        masks = shadow_masks(height, height, CELL_M, azimuth, altitude, 4, -7, method, trees)
        for k in range(number):
            one = None if trees is None else Canopy(top, base, np.ones(1))
            sun = float(azimuth[k]), float(altitude[k])
            alone = shadow_mask(height, height, CELL_M, *sun, 4, -7, method, one)
            assert np.array_equal(masks[k], alone), k
    assert (masks[-1] == 2).any()
    assert (masks[0] == 1).sum() == height.size - 1


def test_a_wall_casts_east_in_the_evening_and_west_in_the_morning():
    """A mast of 10 m under a sun at 45 degrees shades 10 m, five cells, on the far side."""
    height = np.zeros((11, 21), dtype=np.float32)
    height[5, 10] = 10.0
    suns = np.radians([90.0, 270.0]), np.radians([44.9, 44.9])
    morning, evening = shadow_masks(height, height, CELL_M, *suns, 0, 0, "exact")
    assert np.flatnonzero(morning[5] == 1).tolist() == [5, 6, 7, 8, 9]
    assert np.flatnonzero(evening[5] == 1).tolist() == [11, 12, 13, 14, 15]
    assert morning.sum() + evening.sum() == 10


def test_no_suns_no_masks():
    """A night without any moment is an empty stack."""
    height, _, _ = town()
    none = np.empty(0)
    assert shadow_masks(height, height, CELL_M, none, none, 0, 0).shape == (0, *height.shape)


def test_useless_suns_are_refused():
    """Angles that are no numbers, or not one per sun."""
    height, _, _ = town()
    with pytest.raises(ValueError, match="finite"):
        shadow_masks(height, height, CELL_M, np.array([np.nan]), np.array([0.5]), 0, 0)
    with pytest.raises(ValueError, match="one length"):
        shadow_masks(height, height, CELL_M, np.zeros(2), np.array([0.5]), 0, 0)
