"""Wind climate: Weibull sectors, their test, and exceedance worked by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from citytwin.kernels.wind_climate import (
    KS_LIMIT,
    Sector,
    exceedance,
    exceedance_table,
    ks_distance,
    sectors_of,
    weibull,
)
from citytwin.kernels.wind_profile import site_over_station

NONE = np.empty(0)


def one(scale: float, shape: float = 2.0, frequency: float = 1.0) -> Sector:
    """A sector of a known distribution."""
    return Sector(frequency, NONE, scale, shape, fits=True)


@pytest.mark.parametrize(
    ("scale", "expected"),
    [(5.0, math.exp(-1)), (2.5, math.exp(-4)), (3.0, math.exp(-25 / 9))],
)
def test_a_constant_ratio_of_one(scale: float, expected: float) -> None:
    """P(U > 5 m/s) = exp(-(5/c)^2): 0.36788, 0.018316, 0.06218."""
    made = exceedance((one(scale),), np.ones((1, 2, 3)), 5.0)
    np.testing.assert_allclose(made, expected, rtol=1e-12)
    table = exceedance_table((one(scale),), 5.0, 2.0)
    assert table[0, 1000] == pytest.approx(expected, rel=1e-12)
    assert table[0, 0] == 0.0


def test_sectors_add_up() -> None:
    """A third from the north at half speed, half from the south at double, the rest calm."""
    sectors = (one(4.0, 1.8, 1 / 3), one(3.0, 2.2, 1 / 2))
    made = exceedance(sectors, np.array([[0.5], [2.0]]), 4.0)
    by_hand = math.exp(-((8 / 4) ** 1.8)) / 3 + math.exp(-((2 / 3) ** 2.2)) / 2
    assert made[0] == pytest.approx(by_hand, rel=1e-12)


def test_no_ratio_no_answer() -> None:
    """Still air exceeds nothing; an unknown ratio leaves the whole unknown."""
    made = exceedance((one(5.0), one(5.0)), np.array([[0.0, np.nan], [0.0, 1.0]]), 1.0)
    assert made[0] == 0.0
    assert np.isnan(made[1])


def test_fit_and_distance_against_scipy() -> None:
    """The same maximum of likelihood, the same distance."""
    winds = np.sort(stats.weibull_min.rvs(1.7, scale=4.2, size=800, random_state=5))
    scale, shape = weibull(winds)
    theirs = stats.weibull_min.fit(winds, floc=0)
    assert (shape, scale) == pytest.approx((theirs[0], theirs[2]), rel=1e-4)
    their_distance = stats.kstest(winds, "weibull_min", args=(shape, 0, scale)).statistic
    assert ks_distance(winds, scale, shape) == pytest.approx(their_distance, rel=1e-9)


def test_one_fit_in_twenty_is_refused() -> None:
    """The limit of the test, on 2000 samples of 200 winds that do follow the distribution."""
    samples = stats.weibull_min.rvs(2.0, scale=3.0, size=(2000, 200), random_state=11)
    refused = 0
    for sample in np.sort(samples, axis=1):
        refused += ks_distance(sample, *weibull(sample)) * math.sqrt(200) > KS_LIMIT
    assert refused / 2000 == pytest.approx(0.05, abs=0.015)


def test_winds_of_two_kinds_count_themselves() -> None:
    """Sea breeze and storms are no Weibull: the share above a speed is that of the winds."""
    winds = np.concatenate([np.linspace(1.0, 2.0, 150), np.linspace(9.0, 10.0, 50)])
    (sector,) = sectors_of(winds, np.zeros(200, np.int64), 1, 400)
    assert not sector.fits
    assert sector.frequency == 0.5
    assert sector.exceeds(np.array([5.0, 0.5, 11.0])) == pytest.approx([0.25, 1.0, 0.0])
    made = exceedance((sector,), np.ones((1, 1)), 5.0)
    assert made[0] == pytest.approx(0.125)


def test_few_winds_are_not_fitted() -> None:
    """29 winds count themselves; a sector without any adds nothing."""
    few, none = sectors_of(np.linspace(1, 5, 29), np.zeros(29, np.int64), 2, 100)
    assert not few.fits
    assert few.exceeds(np.array([3.0]))[0] == pytest.approx(14 / 29)
    assert none.frequency == 0
    assert none.exceeds(np.array([0.0]))[0] == 0


def test_from_the_station_to_the_site() -> None:
    """35.3 m over 0.5 m, up to 200 m and down to 2 m over 0.1 m, by the logarithms."""
    made = site_over_station(35.3, np.array([0.5, 0.03]), 2.0, 0.1, 200.0)
    by_hand = math.log(400) / math.log(70.6) * math.log(20) / math.log(2000)
    assert made[0] == pytest.approx(by_hand, rel=1e-12)
    assert made[1] < made[0], "an open station saw more of the wind aloft"
    same = site_over_station(10.0, np.array([0.03]), 10.0, 0.03, 200.0)
    assert same[0] == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("mast_m", "height_m", "blending_m"), [(0.02, 2.0, 200.0), (10.0, 0.1, 200.0), (10.0, 2.0, 9.0)]
)
def test_profiles_that_make_no_sense(mast_m: float, height_m: float, blending_m: float) -> None:
    """Below the roughness there is no logarithmic wind."""
    with pytest.raises(ValueError, match="must lie above"):
        site_over_station(mast_m, np.array([0.03]), height_m, 0.1, blending_m)
