"""Scores of computed water against observed water, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.gauge_scores import gauge_scores, mark_scores


def test_a_series_is_scored_as_by_hand() -> None:
    """Observed 1, 2, 4, 1 each minute; computed 1, 3, 3, 2, and 5 between the second and third."""
    time = np.array([0.0, 60.0, 120.0, 180.0])
    observed = np.array([1.0, 2.0, 4.0, 1.0])
    at = np.array([0.0, 60.0, 90.0, 120.0, 180.0, 240.0])
    computed = np.array([1.0, 3.0, 5.0, 3.0, 2.0, 9.0])
    scores = gauge_scores(time, observed, at, computed)
    assert scores.number == 4
    assert scores.bias_m == pytest.approx((0 + 1 - 1 + 1) / 4)
    assert scores.rmse_m == pytest.approx(np.sqrt(3 / 4))
    assert scores.peak_error_m == pytest.approx(1.0)  # what comes after the last one does not count
    assert scores.peak_time_error_min == pytest.approx(-0.5)
    # The mean is 2: squares of 1, 0, 2 and 1 add up to 6.
    assert scores.nse == pytest.approx(1 - 3 / 6)


def test_a_series_that_never_changes_has_no_efficiency() -> None:
    """And one that is met has one of 1; between computed moments lines are straight."""
    time = np.array([10.0, 20.0, 30.0])
    still = gauge_scores(time, np.ones(3), np.array([0.0, 40.0]), np.ones(2))
    assert still.bias_m == still.rmse_m == still.peak_error_m == 0
    assert np.isnan(still.nse)
    # The mean of thirteen values of 10.1 is not 10.1 to the last bit.
    thirteen = np.arange(13.0)
    assert np.isnan(gauge_scores(thirteen, np.full(13, 10.1), thirteen, np.full(13, 10.8)).nse)
    met = gauge_scores(time, time / 10, np.array([0.0, 40.0]), np.array([0.0, 4.0]))
    assert met.nse == pytest.approx(1.0)
    assert met.peak_error_m == pytest.approx(0.0)
    assert met.peak_time_error_min == 0.0


def test_marks_are_scored_as_by_hand() -> None:
    """Errors of 0.1, -0.3 and 0.2 m, the second of them dry."""
    scores = mark_scores(np.array([0.1, -0.3, 0.2]), np.array([False, True, False]))
    assert scores[:2] == (3, 1)
    assert scores.bias_m == pytest.approx(0.0)
    assert scores.rmse_m == pytest.approx(np.sqrt(0.14 / 3))
    assert scores.largest_error_m == pytest.approx(-0.3)
