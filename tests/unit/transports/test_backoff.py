"""Waits and breakers."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citytwin.transports.backoff import Backoff, Breaker


@pytest.mark.parametrize(
    ("failures", "bound_s"), [(1, 2.0), (2, 4.0), (5, 32.0), (6, 60.0), (10_000, 60.0)]
)
def test_bounds_double(failures: int, bound_s: float) -> None:
    """2 s at first, a minute at most."""
    assert Backoff(2.0, 60.0).bound_s(failures) == bound_s


def test_jitter_is_full() -> None:
    """Even between nothing and the bound: mean half of it, within 5 standard errors."""
    waits = [Backoff(8.0).wait_s(1, random.Random(k)) for k in range(4000)]
    assert 0.0 <= min(waits) < 0.1
    assert 7.9 < max(waits) <= 8.0
    assert sum(waits) / 4000 == pytest.approx(4.0, abs=5 * 8.0 / (12 * 4000) ** 0.5)


def test_what_the_other_side_asks_for_is_kept_up_to_the_bound() -> None:
    """Retry-After of an hour does not silence a feed for an hour."""
    assert Backoff(1.0, 60.0).wait_s(1, random.Random(1), 30.0) == 30.0
    assert Backoff(1.0, 60.0).wait_s(1, random.Random(1), 3600.0) == 60.0


@given(st.lists(st.tuples(st.booleans(), st.floats(0.0, 30.0)), max_size=40))
def test_a_breaker_opens_after_failures_in_a_row_only(story: list[tuple[bool, float]]) -> None:
    """Open exactly when the last three tries failed and no rest has passed since."""
    breaker, now_s, row, last_s = Breaker(limit=3, rest_s=60.0), 0.0, 0, 0.0
    for succeeds, pause_s in story:
        now_s += pause_s
        assert breaker.allows(now_s) == (row < 3 or now_s - last_s >= 60.0)
        if not breaker.allows(now_s):
            continue
        row, last_s = (0 if succeeds else row + 1), now_s
        breaker = breaker.succeeded() if succeeds else breaker.failed(now_s)
        assert breaker.is_open == (row >= 3)
