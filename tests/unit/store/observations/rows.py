"""Rows of a little feed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np

from citytwin.model.tables import Flag
from citytwin.store.observations import Observed, raw_ref_of

MIDNIGHT = datetime(2026, 7, 1, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
REF = raw_ref_of(b"payload")


def us(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def at(minute: float) -> datetime:
    """So many minutes after midnight."""
    return MIDNIGHT + timedelta(minutes=minute)


class Clock:
    """A clock that stands until it is set."""

    def __init__(self, minute: float = 0.0) -> None:
        self.now_us = us(at(minute))

    def __call__(self) -> int:
        """Microseconds since 1970."""
        return self.now_us

    def set(self, minute: float) -> None:
        """Set it to so many minutes after midnight."""
        self.now_us = us(at(minute))


Told = tuple[str, float, float]
"""Thing, minute of an instant, result in m."""


def levels(
    told: Sequence[Told],
    *,
    flags: Sequence[Flag] | None = None,
    known: Sequence[float] | None = None,
    source: str = "river",
) -> Observed:
    """Water levels."""
    moments = [us(at(minute)) for _, minute, _ in told]
    return Observed(
        source=source,
        thing=[thing for thing, _, _ in told],
        observed=["water_level"] * len(told),
        unit=["m"] * len(told),
        start_us=moments,
        end_us=moments,
        result=[value for _, _, value in told],
        flag=[Flag.GOOD] * len(told) if flags is None else list(flags),
        tests=np.zeros(len(told), dtype=np.int32),
        raw_ref=REF,
        known_us=None if known is None else [us(at(minute)) for minute in known],
    )
