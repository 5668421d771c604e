"""Spans cut at the ends of intervals, by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from citytwin.kernels.time_pieces import pieces_of, standing_intervals


def test_hours_gaps_and_ends_by_hand() -> None:
    """Steps of 40 in [0, 200): hours 30-90 and 90-120 are known, 170 on reaches beyond the end."""
    start, end = np.array([30.0, 90.0, 170.0]), np.array([90.0, 120.0, 260.0])
    pieces = pieces_of(0.0, 200.0, start, end, 40.0)
    # 0-30 unknown; 30-90 in two; 90-120; 120-160 cut at 120 and 160; 160-170; 170-200.
    assert pieces.length_s.tolist() == [30.0, 30.0, 30.0, 30.0, 40.0, 10.0, 30.0]
    assert pieces.middle_s.tolist() == [15.0, 45.0, 75.0, 105.0, 140.0, 165.0, 185.0]
    assert pieces.interval.tolist() == [-1, 0, 0, 1, -1, -1, 2]


def test_of_two_that_overlap_the_earlier_counts() -> None:
    """An hour that holds ten minutes of its own, and one that begins before the other ends."""
    start, end = np.array([0.0, 10.0, 50.0]), np.array([60.0, 20.0, 80.0])
    pieces = pieces_of(0.0, 100.0, start, end, 100.0)
    assert pieces.interval.tolist() == [0, 2, -1]
    assert pieces.length_s.tolist() == [60.0, 20.0, 20.0]


def test_nothing_recorded() -> None:
    """Steps from the begin of the span; the last is shorter."""
    nothing = np.empty(0)
    pieces = pieces_of(5.0, 30.0, nothing, nothing, 10.0)
    assert pieces.length_s.tolist() == [10.0, 10.0, 5.0]
    assert (pieces.interval == -1).all()
    assert [part.size for part in standing_intervals(nothing, nothing)] == [0, 0]


def test_instants_stand_half_way_to_their_neighbours() -> None:
    """Hourly instants, then a gap of a day: 1.5 hours at most, and what has a length keeps it."""
    hour = 3600.0
    start = np.array([0.0, hour, 25 * hour, 26 * hour])
    end = np.array([0.0, hour, 25 * hour, 27 * hour])
    low, high = standing_intervals(start, end)
    assert (low / hour).tolist() == [-1.5, 0.5, 23.5, 26.0]
    assert (high / hour).tolist() == [0.5, 2.5, 25.5, 27.0]


times = st.lists(st.tuples(st.integers(-50, 250), st.integers(0, 60)), max_size=12)


@given(times, st.integers(1, 90))
def test_pieces_fill_the_span_once(intervals: list[tuple[int, int]], longest: int) -> None:
    """No gap, no overlap, none too long; each lies within the interval that it names."""
    ordered = sorted(intervals)
    start = np.array([float(a) for a, _ in ordered])
    end = np.array([float(a + b) for a, b in ordered])
    pieces = pieces_of(0.0, 200.0, start, end, float(longest))
    edges = pieces.middle_s - pieces.length_s / 2
    assert edges[0] == pytest.approx(0.0)
    assert edges[1:] == pytest.approx((pieces.middle_s + pieces.length_s / 2)[:-1])
    assert pieces.length_s.sum() == pytest.approx(200.0)
    assert pieces.length_s.max() <= longest + 1e-9
    for middle, owner in zip(pieces.middle_s, pieces.interval, strict=True):
        inside = (start <= middle) & (middle < end)
        assert (owner >= 0) == inside.any()
        assert owner < 0 or inside[owner]
