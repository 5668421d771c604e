"""The mask of one sun is that of the sweep for many, to the bit, whatever the raster."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from citytwin.kernels.horizon_sweep import accumulate_sunlit, shadow_mask
from citytwin.kernels.line_blocks import put_columns, take_columns, whole_pieces
from citytwin.kernels.sun_bundle import Suns
from tests.unit.kernels.test_horizon_sweep import rough

# Uncompiled, one of each kind runs through every branch; compiled, all of them cost nothing.
EVERY = 1 if not numba.config.DISABLE_JIT else 5


def by_the_sum(height, plane, cell_m, sun, origin, method):
    """The mask from the hours of one sun."""
    suns = Suns(*(np.array([value]) for value in (*sun, 1.0)))
    hours = accumulate_sunlit(height, plane, cell_m, suns, *origin, method)
    return np.where(np.isnan(hours), 255, np.where(hours > 0, 0, 1))


@pytest.mark.parametrize("seed", range(0, 16, EVERY))
def test_one_sun_alone_and_among_others(seed):
    """All octants and axes, planes, cells and places; more lines than a block, and fewer."""
    rng = np.random.default_rng(seed)
    ny, nx = rng.integers(14, 150, 2)
    height = rough(ny, nx, seed)
    plane = height if seed % 3 else height + np.float32(1.5)
    azimuth = np.radians(45.0 * seed + (0.0 if seed >= 8 else rng.uniform(1, 44)))
    cell = float(rng.uniform(0.3, 3)), float(rng.uniform(0.3, 3))
    origin = tuple(int(place) for place in rng.integers(-30_000, 30_000, 2))
    method = ("fast", "fast_blocks")[seed % 2]
    for altitude in (0.05, 0.4, 1.3):
        got = shadow_mask(height, plane, cell, azimuth, altitude, *origin, method)
        sun = azimuth, altitude
        assert np.array_equal(got, by_the_sum(height, plane, cell, sun, origin, method))


@pytest.mark.parametrize("azimuth", [0.3, 1.4, 3.3, 4.6][::EVERY])
def test_rays_that_fall_by_more_than_int32_holds(azimuth):
    """Near the zenith every step falls by up to 32 km, over 150 lines by 5,000 km."""
    height = rough(150, 150, 7)
    for altitude in np.radians([89.0, 89.99, 89.9999, 90.0]):
        got = shadow_mask(height, height, 1.0, azimuth, altitude, 90_000, -90_000)
        expected = by_the_sum(height, height, 1.0, (azimuth, altitude), (90_000, -90_000), "fast")
        assert np.array_equal(got, expected)
        assert (got != 1).all() or altitude < np.radians(89.5)


@pytest.mark.parametrize("shape", [(37, 50), (64, 4), (5, 130), (1, 7)])
def test_columns_come_and_go_as_they_are(shape):
    """Lines are columns and columns lines, also where no four make a whole."""
    ny, nx = shape
    field = np.arange(ny * nx, dtype=np.float32).reshape(shape)
    lines = np.empty((nx, whole_pieces(ny)), dtype=np.float32)
    take_columns(field, 0, nx, lines)
    assert np.array_equal(lines[:, :ny], field.T)
    classes = (field.T % 251).astype(np.uint8)
    back = np.zeros((ny, whole_pieces(nx) + 4), dtype=np.uint8)
    put_columns(np.ascontiguousarray(classes), nx, 4, back)
    assert np.array_equal(back[:, 4 : 4 + nx], classes.T)
