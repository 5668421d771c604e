"""Motion and extrapolation of rain on fields whose motion is known; radar and gauges together."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.rain_advection import extrapolate
from citytwin.kernels.rain_merging import mean_field_bias, merged
from citytwin.kernels.rain_motion import motion

SHAPE = (80, 100)
CELLS = [(30, 30, 5, 30), (50, 60, 8, 15), (20, 70, 4, 50), (60, 35, 6, 20), (40, 48, 12, 5)]
"""Row, column, width [cells] and rate [mm/h] of showers."""
YS, XS = np.indices(SHAPE, dtype=np.float64)


def showers(ys, xs):
    """Rates at places."""
    return sum(
        rate * np.exp(-((ys - y) ** 2 + (xs - x) ** 2) / (2.0 * width**2))
        for y, x, width, rate in CELLS
    )


def shifted(rows, columns):
    """The showers, moved."""
    return showers(YS - rows, XS - columns).astype(np.float32)


def turned(degrees):
    """The showers, turned about the middle."""
    y, x = YS - 40.0, XS - 50.0
    cos, sin = np.cos(np.deg2rad(degrees)), np.sin(np.deg2rad(degrees))
    return showers(40.0 + cos * y + sin * x, 50.0 - sin * y + cos * x).astype(np.float32)


def rmse(found, truth):
    """Where both are known [mm/h]."""
    return float(np.sqrt(np.nanmean((found - truth) ** 2)))


@pytest.mark.parametrize(("rows", "columns"), [(0.5, 1.0), (3.0, -4.0), (-7.0, 9.0)])
def test_a_uniform_motion_is_found(rows, columns):
    """To a twentieth of a cell, from a fraction of a cell to a shower's own width."""
    found = motion(shifted(0, 0), shifted(rows, columns))
    wet = shifted(0, 0) > 1.0
    assert np.abs(found[0][wet] - columns).mean() < 0.05
    assert np.abs(found[1][wet] - rows).mean() < 0.05


def test_the_edge_of_sight_is_no_rain():
    """Showers that come out of the unknown move as fast as they do."""
    images = [shifted(0, 0), shifted(0.0, 3.0)]
    for image in images:
        image[:, :55] = np.nan
    columns, rows = motion(*images)
    wet = np.isfinite(images[0]) & (shifted(0, 0) > 1.0)
    assert np.abs(columns[wet] - 3.0).mean() < 0.3
    assert np.abs(rows[wet]).mean() < 0.3


def test_rain_is_where_it_will_be():
    """Three intervals on: a hundredth of the error of persistence."""
    last = shifted(3, -4)
    found = extrapolate(last, *motion(shifted(0, 0), last), [1.0, 2.0, 3.0])
    for lead, image in enumerate(found, start=1):
        truth = shifted(3 * (1 + lead), -4 * (1 + lead))
        assert rmse(image, truth) < 0.01 * rmse(np.where(np.isnan(image), image, last), truth)


def test_a_turning_field_is_followed():
    """Every shower goes its own way: four degrees in an interval."""
    last = turned(4)
    found = extrapolate(last, *motion(turned(0), last), [1.0, 3.0])
    for lead, share, image in zip((1, 3), (0.1, 0.2), found, strict=True):
        truth = turned(4 + 4 * lead)
        assert rmse(image, truth) < share * rmse(np.where(np.isnan(image), image, last), truth)


def test_paths_are_followed_around_a_centre():
    """Solid rotation given exactly: a quarter of a turn in 18 steps comes out a quarter of a turn."""
    turn = np.deg2rad(5.0)
    columns, rows = turn * (YS - 40.0), -turn * (XS - 50.0)
    (found,) = extrapolate(turned(0), columns, rows, [90.0 / 5.0])
    truth = turned(90)
    assert rmse(found, truth) < 0.05 * rmse(turned(0), truth)


def test_nothing_is_known_of_what_comes_from_outside():
    """Nor of what comes from a gap; a whole step moves whole cells, unchanged."""
    image = shifted(0, 0)
    image[10, 10] = np.nan
    (found,) = extrapolate(image, np.full(SHAPE, 2.0), np.full(SHAPE, 1.0), [1.0])
    assert np.isnan(found[0]).all()
    assert np.isnan(found[:, :2]).all()
    assert np.isnan(found[11, 12])
    np.testing.assert_allclose(found[1:, 2:], image[:-1, :-2], rtol=1e-6)


def test_a_dry_image_does_not_move():
    """Nor does one that knows nothing."""
    for empty in (np.zeros(SHAPE, np.float32), np.full(SHAPE, np.nan, np.float32)):
        assert not np.any(motion(empty, shifted(0, 0)))


def test_leads_rise():
    """Backwards there is no extrapolation."""
    with pytest.raises(ValueError, match="leads must rise"):
        extrapolate(shifted(0, 0), np.zeros(SHAPE), np.zeros(SHAPE), [2.0, 1.0])


def test_the_bias_is_a_ratio_of_sums():
    """By hand: (4 + 8 + 12) / (2 + 5 + 5); drizzle, gaps and a broken radar say nothing."""
    gauges = np.array([4.0, 8.0, 12.0, np.nan, 9.0, 0.0])
    radar = np.array([2.0, 5.0, 5.0, 3.0, np.nan, 0.05])
    assert mean_field_bias(gauges, radar) == pytest.approx(2.0)
    assert mean_field_bias(gauges[:2], radar[:2]) == 1.0
    assert mean_field_bias(100.0 * gauges, radar) == 1.0


def test_a_gauge_has_its_say_where_it_stands():
    """Without noise it is met exactly; an e-th of the difference is left at the range."""
    radar = np.full((61, 61), 10.0, np.float32)
    found = merged(
        radar, np.array([30.0]), np.array([30.0]), np.array([5.0]), range_cells=10.0, noise=0.0
    )
    assert found[30, 30] == pytest.approx(15.0)
    assert found[30, 40] == pytest.approx(10.0 + 5.0 * np.exp(-1.0))
    assert (merged(radar, *np.zeros((3, 0)), range_cells=10.0) == radar).all()


def test_no_rain_is_less_than_none():
    """And what the radar does not know stays unknown."""
    radar = np.full((5, 5), 1.0, np.float32)
    radar[0, 0] = np.nan
    found = merged(radar, np.array([2.0]), np.array([2.0]), np.array([-9.0]), range_cells=3.0)
    assert np.isnan(found[0, 0])
    assert np.nanmin(found) == 0.0


def test_a_gauge_left_out_is_met_better_than_by_the_radar_alone():
    """A radar that sees too little, the less the further east: each gauge from the others."""
    dice = np.random.default_rng(3)
    truth = showers(YS, XS)
    radar = (truth * (0.9 - 0.006 * XS)).astype(np.float32)
    rows, columns = dice.integers(5, 75, 40), dice.integers(5, 95, 40)
    gauges = truth[rows, columns]
    alone, together = [], []
    for out in range(40):
        keep = np.arange(40) != out
        bias = mean_field_bias(gauges[keep], radar[rows, columns][keep].astype(np.float64))
        field = (bias * radar).astype(np.float32)
        rest = gauges - field[rows, columns]
        found = merged(
            field,
            rows[keep].astype(np.float64),
            columns[keep].astype(np.float64),
            rest[keep],
            range_cells=15.0,
        )
        alone.append(radar[rows[out], columns[out]] - gauges[out])
        together.append(found[rows[out], columns[out]] - gauges[out])
    assert np.sqrt(np.mean(np.square(together))) < 0.7 * np.sqrt(np.mean(np.square(alone)))
