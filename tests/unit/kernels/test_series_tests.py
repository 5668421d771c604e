"""Tests of series, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.series_tests import (
    changes_too_fast,
    does_not_move,
    stands_out,
    unlike_neighbours,
)
from citytwin.kernels.unit_steps import unit_step

NAN = float("nan")


def test_rate_of_change() -> None:
    """Three degrees a minute are too much, over two minutes they are not; nor without a value."""
    time = np.array([0.0, 60.0, 180.0, 240.0, 300.0, 360.0])
    value = np.array([10.0, 13.0, 16.0, 19.1, NAN, 30.0])
    found = changes_too_fast(time, value, 3.0 / 60.0)
    assert found.tolist() == [False, False, False, True, False, False]
    assert not changes_too_fast(time, value, NAN).any()


def test_spikes_are_no_steps() -> None:
    """A value alone above both neighbours, not the edge of a plateau."""
    value = np.array([[1.0, 1.0, 9.0, 1.0, 1.0], [1.0, 1.0, 9.0, 9.0, 9.0]])
    found = stands_out(value, np.array([[5.0], [5.0]]))
    assert found.tolist() == [[False, False, True, False, False], [False] * 5]


def test_flat_lines() -> None:
    """From the moment on at which it has lasted too long; movement and gaps end it."""
    time = np.tile(np.arange(7) * 600.0, (3, 1))
    value = np.array([
        [5.0, 5.0, 5.0, 5.0, 5.0, 6.0, 6.0],
        [5.0, 5.0, NAN, 5.0, 5.0, 5.0, 5.0],
        [5.0, 5.1, 5.0, 5.1, 5.0, 5.3, 5.0],
    ])  # fmt: skip
    found = does_not_move(time, value, np.array([0.0, 0.0, 0.1]), np.full(3, 1800.0))
    assert np.flatnonzero(found[0]).tolist() == [3, 4]
    assert np.flatnonzero(found[1]).tolist() == [6]
    assert np.flatnonzero(found[2]).tolist() == [3, 4]
    assert not does_not_move(time, value, np.full(3, NAN), np.zeros(3)).any()


def test_neighbours() -> None:
    """One of five stands apart; the sixth is too far away to be judged."""
    x = np.array([0.0, 100.0, 200.0, 300.0, 400.0, 90_000.0])
    value = np.array([20.0, 21.0, 35.0, 19.0, 20.5, 50.0])
    found = unlike_neighbours(x, np.zeros(6), value, 1000.0, 8.0)
    assert found.tolist() == [False, False, True, False, False, False]


@pytest.mark.parametrize(
    ("factor", "offset", "wrong"),
    [(1.8, 32.0, lambda v: 1.8 * v + 32.0), (3.6, 0.0, lambda v: v * 3.6),
     (3.6, 0.0, lambda v: v / 3.6), (1000.0, 0.0, lambda v: v * 1000.0)],
)  # fmt: skip
def test_another_unit(factor: float, offset: float, wrong: object) -> None:
    """From the third value before the end on, of a series that is steady on both sides."""
    assert callable(wrong)
    steady = np.array([[20.1, 20.0, 20.3, 20.2, 20.1, 20.0, 20.2, 20.1]])
    mixed = steady.copy()
    mixed[:, 5:] = wrong(steady[:, 5:])
    found = unit_step(mixed, np.array([factor]), np.array([offset]))
    assert np.flatnonzero(found[0]).tolist() == [5, 6, 7]
    assert not unit_step(steady, np.array([factor]), np.array([offset])).any()
    assert not unit_step(mixed, np.array([NAN]), np.array([0.0])).any()


def test_a_storm_is_no_other_unit() -> None:
    """Wind that rises by itself, a front, and a calm that ends."""
    wind = np.array([
        [2.0, 2.5, 3.0, 4.0, 5.0, 6.5, 7.5, 8.0],
        [3.0, 3.2, 2.9, 3.1, 3.0, 15.0, 14.0, 16.0],
        [0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 3.0, 4.0],
    ])  # fmt: skip
    assert not unit_step(wind, np.full(3, 3.6), np.zeros(3)).any()
