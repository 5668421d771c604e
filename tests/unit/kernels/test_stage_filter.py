"""The filter of levels: its steady gain by analysis, gaps, forecasts, and noise that is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq

from citytwin.kernels.stage_filter import filtered

STEP_S = 600.0


def steady_gain(index):
    """Gains (level, trend times step) in the steady state, by analysis.

    Equating the covariances before and after a step gives beta^2 = index (1 - alpha) and alpha^2 +
    alpha beta - 2 beta + beta^2 / 6 = 0, where index = noise step^3 / variance; the second by the formula for
    quadratic equations, the first by bisection.
    """

    def alpha(beta):
        return 0.5 * (np.sqrt(beta * beta / 3.0 + 8.0 * beta) - beta)

    beta = brentq(lambda b: b * b - index * (1.0 - alpha(b)), 1e-9, 2.0)
    return alpha(beta), beta


@pytest.mark.parametrize("index", [0.001, 0.1, 1.0, 10.0])
def test_the_gain_becomes_the_steady_one(index):
    """Whatever the record says: covariances know nothing of it."""
    variance = 1e-4
    noise = index * variance / STEP_S**3
    times = STEP_S * np.arange(200)
    found = filtered(times, np.sin(times / 7000.0), noise, variance)
    before = found.states[-2].after(STEP_S, noise)
    total = before.level_var_m2 + variance
    alpha, beta = steady_gain(index)
    assert before.level_var_m2 / total == pytest.approx(alpha, rel=1e-6)
    assert before.covariance_m2_s / total * STEP_S == pytest.approx(beta, rel=1e-6)


def test_a_gap_of_two_steps_is_two_gaps_of_one():
    """Means and covariances."""
    state = filtered(STEP_S * np.arange(5), np.array([0.0, 1.0, 1.5, 1.7, 2.0]), 1e-9, 1e-4).states[
        -1
    ]
    once, twice = state.after(2 * STEP_S, 1e-9), state.after(STEP_S, 1e-9).after(STEP_S, 1e-9)
    for name in ("level_m", "level_var_m2", "covariance_m2_s", "trend_var_m2_s2"):
        assert getattr(once, name) == pytest.approx(getattr(twice, name), rel=1e-12)


def test_a_straight_rise_goes_on_straight():
    """Over a gap as well; the deviation grows with every step ahead."""
    times = STEP_S * np.array([0, 1, 2, 3, 4, 9, 10, 11.0])
    found = filtered(times, 2.0 + 1e-4 * times)
    ahead = times[-1] + STEP_S * np.arange(7)
    levels, deviations = found.forecast(ahead)
    assert levels == pytest.approx(2.0 + 1e-4 * ahead, abs=2e-3)
    assert (np.diff(deviations) > 0.0).all()


def test_noise_that_was_put_in_is_found():
    """A record of the model itself: deviations of errors are one, forecasts are as wrong as they say."""
    dice = np.random.default_rng(5)
    variance, noise = 0.02**2, 2e-12
    times = STEP_S * np.arange(600)
    spread = noise * np.array([[STEP_S**3 / 3, STEP_S**2 / 2], [STEP_S**2 / 2, STEP_S]])
    steps = dice.multivariate_normal([0.0, 0.0], spread, times.size)
    level, trend = np.zeros(times.size), 0.0
    for k in range(1, times.size):
        level[k] = level[k - 1] + STEP_S * trend + steps[k, 0]
        trend += steps[k, 1]
    found = filtered(times, level + dice.normal(0.0, 0.02, times.size))
    assert 0.3 < found.noise_m2_s3 / noise < 3.0
    assert found.variance_m2 == pytest.approx(variance, rel=0.15)
    assert np.std(found.errors) == pytest.approx(1.0, abs=0.05)
    assert np.mean(np.abs(found.errors) < 2.0) == pytest.approx(0.954, abs=0.02)


def test_a_filtered_level_is_nearer_to_the_truth():
    """Of a flood wave under noise of 3 cm."""
    dice = np.random.default_rng(6)
    times = 60.0 * np.arange(600)
    truth = 2.0 * np.exp(-(((times - 18_000.0) / 6000.0) ** 2))
    measured = truth + dice.normal(0.0, 0.03, times.size)
    found = np.array([state.level_m for state in filtered(times, measured).states])
    assert np.std((found - truth)[20:]) < 0.5 * 0.03


@pytest.mark.parametrize(
    ("times", "levels"), [([], []), ([0.0, 0.0], [1.0, 2.0]), ([0.0, 1.0], [1.0, np.nan])]
)
def test_no_record_is_refused(times, levels):
    """Rather than guessed at."""
    with pytest.raises(ValueError, match="rising times"):
        filtered(np.array(times), np.array(levels))


def test_one_level_stays_what_it_is():
    """And soon says nothing any more."""
    found = filtered(np.array([0.0]), np.array([3.0]))
    levels, deviations = found.forecast(np.array([0.0, 600.0]))
    assert list(levels) == [3.0, 3.0]
    assert deviations[1] > 0.5
