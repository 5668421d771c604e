"""Local days of a city as instants: where they begin, and which stand for a longer span."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from datetime import date as Day
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime
from pydantic import Field as Bound

SunDay = Annotated[Day, Bound(ge=Day(2, 1, 1), le=Day(5999, 12, 31))]
"""Day on which the algorithm of the sun is sure of its place (it knows the years up to 6000), and
which is no end of the calendar in any time zone."""
SunMoment = Annotated[
    AwareDatetime,
    Bound(ge=datetime(2, 1, 1, tzinfo=UTC), le=datetime(5999, 12, 31, tzinfo=UTC)),
]
"""Aware moment within the same bounds."""


def midnight(day: Day, time_zone: str) -> datetime:
    """Return the instant at which a local day begins, in UTC.

    Parameters
    ----------
    day
        The day.
    time_zone
        IANA name.
    """
    local = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(time_zone))
    return local.astimezone(UTC)


@dataclass(frozen=True)
class Sampled:
    """Instants that stand for a span of days."""

    middles: tuple[datetime, ...]
    """Middles of the intervals, in UTC."""
    hours: float
    """Length of an interval [h]."""
    days: int
    """How many days were taken."""
    span_days: int
    """How many days they stand for."""


def sampled(first: Day, last: Day, max_days: int, step_minutes: float, time_zone: str) -> Sampled:
    """Cut the days of a span into intervals; of a long span take evenly spread days.

    Parameters
    ----------
    first, last
        Local days, both included; ``last`` is not before ``first``.
    max_days
        How many days at most are taken, >= 1.
    step_minutes
        Length of an interval, > 0; a whole number of them makes a day [min].
    time_zone
        IANA name.
    """
    span = (last - first).days + 1
    days, per_day = min(span, max_days), round(24 * 60 / step_minutes)
    begins = [
        midnight(first + timedelta(days=int((k + 0.5) * span / days)), time_zone)
        for k in range(days)
    ]
    middles = tuple(
        begin + timedelta(days=(k + 0.5) / per_day) for begin in begins for k in range(per_day)
    )
    return Sampled(middles, 24.0 / per_day, days, span)
