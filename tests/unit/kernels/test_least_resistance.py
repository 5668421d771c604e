"""Paths of least resistance: streets between blocks, against a search by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from citytwin.kernels.least_resistance import corridor_excess

NORTH, EAST, WEST = 0.0, math.pi / 2, 3 * math.pi / 2


def town() -> np.ndarray:
    """Blocks of resistance 1 with a street of 0.1 in column 2 and one of 0.11 in column 6."""
    resistance = np.ones((8, 9))
    resistance[:, 2], resistance[:, 6] = 0.1, 0.11
    return resistance


def test_two_streets_along_the_wind() -> None:
    """Seven steps of 0.1 are best, seven of 0.11 a tenth worse; between them it costs more."""
    excess = corridor_excess(town(), NORTH)
    np.testing.assert_allclose(excess[:, 2], 0.0, atol=1e-12)
    np.testing.assert_allclose(excess[:, 6], 0.1, atol=1e-12)
    assert excess[3, 4] > 0.5


def test_wind_and_city_turn_together() -> None:
    """Turned by 90 degrees it is the same; from the other side, too, where it is symmetrical."""
    excess = corridor_excess(town(), NORTH)
    np.testing.assert_allclose(corridor_excess(np.rot90(town(), -1), EAST), np.rot90(excess, -1))
    np.testing.assert_allclose(corridor_excess(town(), math.pi), excess, rtol=1e-12)


def test_the_best_path_by_trying_all() -> None:
    """West wind over 4 x 4 cells: every path of three steps, straight or aslant, tried out."""
    resistance = np.random.default_rng(7).uniform(0.1, 1.0, (4, 4))
    through = np.full((4, 4), np.inf)
    for first in range(4):
        for turns in np.ndindex(3, 3, 3):
            rows = first + np.cumsum([0, *(turn - 1 for turn in turns)])
            if rows.min() < 0 or rows.max() > 3:
                continue
            met = resistance[rows, range(4)]
            lengths = np.hypot(1.0, np.diff(rows))
            cost = float((lengths * (met[1:] + met[:-1]) / 2).sum())
            through[rows, range(4)] = np.minimum(through[rows, range(4)], cost)
    np.testing.assert_allclose(
        corridor_excess(resistance, WEST), through / through.min() - 1, rtol=1e-12, atol=1e-12
    )


def test_where_no_path_leads_through() -> None:
    """Unknown cells are walked around; behind a wall of them there is no answer."""
    resistance = town()
    resistance[4, 2] = np.nan
    excess = corridor_excess(resistance, NORTH)
    assert np.isnan(excess[4, 2])
    np.testing.assert_allclose(excess[:, 6], 0.0, atol=1e-12)
    resistance[4] = np.nan
    assert np.isnan(corridor_excess(resistance, NORTH)).all()


def test_free_passage_is_refused() -> None:
    """Without any resistance all paths would be as good."""
    with pytest.raises(ValueError, match="above 0"):
        corridor_excess(np.zeros((3, 3)), NORTH)
