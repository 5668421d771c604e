"""Agreement of two flood maps: every figure worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from citytwin.kernels.extent_scores import extent_scores

RANKS = (0.5, 3.0, 5.0)


def test_scores_of_ten_cells():
    """Three hits, one miss, two false alarms, two dry cells; two cells are unknown to one map."""
    computed = np.array([[0.3, 1.0, 4.0, 0.04, 0.2], [0.05, 0.0, 0.0, np.nan, 2.0]], np.float32)
    expected = np.array([[0.2, 1.4, 2.5, 0.50, 0.0], [0.00, 0.0, 0.04, 1.0, np.nan]], np.float32)
    scores = extent_scores(computed, expected, 0.05, RANKS)
    assert scores[:3] == (3, 1, 2)
    assert scores.hit_rate == 3 / 4
    assert scores.false_alarm_ratio == 2 / 5
    assert scores.critical_success_index == 3 / 6
    # Errors of depth over the hits: 0.1, -0.4, 1.5 m; the last is of another rank.
    assert scores.bias_m == pytest.approx(1.2 / 3, abs=1e-6)
    assert scores.rmse_m == pytest.approx(math.sqrt((0.01 + 0.16 + 2.25) / 3), abs=1e-6)
    assert scores.same_rank == 2 / 3


def test_nothing_decides_a_score():
    """Two dry maps have no scores; a false alarm alone has no hit rate, and a ratio of one."""
    dry = np.zeros((2, 3), dtype=np.float32)
    scores = extent_scores(dry, dry, 0.05, RANKS)
    assert scores[:3] == (0, 0, 0)
    assert np.isnan(scores[3:]).all()
    wet = dry.copy()
    wet[0, 0] = 1.0
    scores = extent_scores(wet, dry, 0.05, RANKS)
    assert math.isnan(scores.hit_rate)
    assert (scores.false_alarm_ratio, scores.critical_success_index) == (1.0, 0.0)
