"""Design storms against a published example and hand computation."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.errors import ConfigError
from citytwin.kernels.design_storm import (
    alternating_blocks,
    formula_intensity,
    mean_intensity,
    table_intensity,
)

# Chow, Maidment and Mays (1988), example 14.4.1: 10-minute design rain of Denver, once in 10
# years, from 96.6 / (t^0.97 + 13.90) [in/h]; depths in inches.
CHOW = [0.024, 0.033, 0.050, 0.084, 0.178, 0.693, 0.308, 0.117, 0.063, 0.040, 0.028, 0.021]


def test_the_example_of_the_textbook() -> None:
    """Twelve blocks of 10 minutes."""
    minutes = 10.0 * np.arange(1, 13)
    depth = formula_intensity(minutes, 96.6, 13.90, 0.97) * minutes / 60
    np.testing.assert_allclose(alternating_blocks(depth, 0.5), CHOW, atol=6e-4)


def test_blocks_of_a_talbot_formula_by_hand() -> None:
    """4860 / (t + 39): 49.09 mm in an hour, as the plan says, around the third block."""
    minutes = 10.0 * np.arange(1, 7)
    depth = formula_intensity(minutes, 4860, 39, 1) * minutes / 60
    assert depth[-1] == pytest.approx(49.0909, abs=1e-4)
    by_hand = [4.4929, 7.7598, 16.5306, 10.9270, 5.7953, 3.5853]
    blocks = alternating_blocks(depth, 0.5)
    np.testing.assert_allclose(blocks, by_hand, atol=1e-4)
    np.testing.assert_allclose(mean_intensity(blocks, 10.0), 6 * blocks)


@pytest.mark.parametrize(
    ("peak", "order"),
    [
        (0.0, [5, 4, 3, 2, 1]),
        (1.0, [1, 2, 3, 4, 5]),
        (0.5, [1, 3, 5, 4, 2]),
        (0.8, [1, 2, 3, 5, 4]),
    ],
)
def test_the_peak_lies_where_it_is_put(peak: float, order: list[int]) -> None:
    """Once a side is full the rest goes on to the other."""
    depth = np.cumsum([5.0, 4.0, 3.0, 2.0, 1.0])
    np.testing.assert_allclose(alternating_blocks(depth, peak), order)


def test_every_duration_around_the_peak_has_its_depth() -> None:
    """The property that the method is made for, at any place of the peak."""
    minutes = 5.0 * np.arange(1, 25)
    depth = formula_intensity(minutes, 1452, 7.5, 0.7) * minutes / 60
    for peak in (0.0, 0.3, 0.5, 1.0):
        blocks = alternating_blocks(depth, peak)
        for count in range(1, 25):
            sums = np.convolve(blocks, np.ones(count), "valid")
            assert sums.max() == pytest.approx(depth[count - 1], rel=1e-12)


def test_a_table_is_straight_in_logarithms() -> None:
    """Between 10 min at 100 mm/h and 40 min at 50 mm/h: 20 min has their geometric mean."""
    known = (np.array([10.0, 40.0]), np.array([100.0, 50.0]))
    middle = table_intensity(np.array([10.0, 20.0, 40.0]), *known)
    np.testing.assert_allclose(middle, [100.0, np.sqrt(5000.0), 50.0])
    with pytest.raises(ConfigError, match="nothing for 50 min"):
        table_intensity(np.array([50.0]), *known)


def test_curves_that_cannot_be_are_refused() -> None:
    """Less rain in a longer time, and a formula without a value."""
    with pytest.raises(ConfigError, match="3 blocks have 2 mm"):
        alternating_blocks(np.array([1.0, 3.0, 2.0]), 0.5)
    with pytest.raises(ConfigError, match="no value at 10 min"):
        formula_intensity(np.array([10.0]), 100, -20, 1)
