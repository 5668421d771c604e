"""Time at which the ends of a road are parted, against a search at every time."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.parting import parting_time
from citytwin.kernels.road_ends import road_pieces


def slow(minutes: np.ndarray, inside: np.ndarray, ends: np.ndarray) -> float:
    """The first time at which no connected piece of open cells has all ends."""
    wanted = int(np.bitwise_or.reduce(ends[inside == 1]))
    for time in np.unique(minutes[~np.isnan(minutes)]):
        still = (inside == 1) & ~(minutes <= time)
        piece = road_pieces(still.astype(np.uint8))
        reached = [int(np.bitwise_or.reduce(ends[piece == n])) for n in range(piece.max() + 1)]
        if wanted not in reached:
            return float(time)
    return float("nan")


@pytest.mark.parametrize("seed", range(12))
def test_against_a_search_at_every_time(seed: int) -> None:
    """Random times on a random road of three ends."""
    draw = np.random.default_rng(seed)
    minutes = draw.integers(1, 9, (5, 11)).astype(np.float32)
    minutes[draw.random((5, 11)) < 0.4] = np.nan
    inside = np.ones((5, 11), dtype=np.uint8)
    inside[0, 2:5] = 0
    ends = np.zeros((5, 11), dtype=np.int64)
    ends[:, 0], ends[:, 10], ends[4, 5] = 1, 2, 4
    np.testing.assert_array_equal(parting_time(minutes, inside, ends), slow(minutes, inside, ends))


def test_two_ways_part_when_the_second_closes() -> None:
    """A ring of cells: the way through the north closes at 10, that through the south at 20."""
    inside = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=np.uint8)
    ends = np.array([[0, 0, 0], [1, 0, 2], [0, 0, 0]], dtype=np.int64)
    minutes = np.full((3, 3), np.nan, dtype=np.float32)
    minutes[0, 1], minutes[2, 1] = 10.0, 20.0
    assert parting_time(minutes, inside, ends) == 20.0
    minutes[2, 1] = np.nan
    assert np.isnan(parting_time(minutes, inside, ends))
