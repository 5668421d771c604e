"""Local days as instants: where they begin, and which stand for a longer span."""

from __future__ import annotations

from datetime import UTC, date, datetime

from citytwin.model.local_days import midnight, sampled


def test_days_of_a_span_are_spread_evenly() -> None:
    """Of 10 days two stand for five each: the third and the eighth, cut into intervals."""
    taken = sampled(date(2026, 3, 1), date(2026, 3, 10), 2, 720, "Asia/Tokyo")
    # Local midnight is 15:00 UTC of the day before; middles are 6 and 18 h later.
    assert [moment.strftime("%d %H") for moment in taken.middles] == [
        "02 21", "03 09", "07 21", "08 09",
    ]  # fmt: skip
    assert (taken.hours, taken.days, taken.span_days) == (12.0, 2, 10)
    assert midnight(date(2026, 7, 1), "Europe/Paris") == datetime(2026, 6, 30, 22, tzinfo=UTC)
