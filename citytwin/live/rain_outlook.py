"""The rain of a nowcast: what gauges measured lately, and the same rate for the next hour.

Persistence is the reference that every nowcast is measured against (Germann and Zawadzki, 2002); it
needs nothing but gauges. The rate of an interval is the mean of the gauges' means.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from citytwin.live.recent import Recent
from citytwin.live_config import NowcastConfig

STEP = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class RateInterval:
    """Rain of an interval."""

    start_minutes: float
    """Since the begin of the run."""
    end_minutes: float
    mm_per_h: float


@dataclass(frozen=True)
class Outlook:
    """Rain before and after now."""

    start: datetime
    """Begin of the run."""
    now: datetime
    rain: tuple[RateInterval, ...]
    """Without gaps, from the begin to the end of the run; dry intervals are left out."""
    duration_h: float
    gauges: int
    """Gauges that measured."""
    missing: int
    """Past intervals in which none did; the rate after them stands in."""
    lasting_mm_h: float
    """Rate that is assumed to last."""
    references: tuple[str, ...]
    """sha256 of the raw payloads that went in, sorted."""
    synthetic: bool


def outlook(config: NowcastConfig, recent: Recent, now: datetime) -> Outlook | None:
    """Return the rain of a nowcast; None where no gauge has measured lately.

    Parameters
    ----------
    config
        Which gauges, how far back and ahead.
    recent
        What they measured.
    now
        Aware.
    """
    past = max(1, round(timedelta(minutes=config.past_minutes) / STEP))
    series = recent.series(config.when)
    rates: list[float | None] = []
    for k in range(past, 0, -1):
        first, last = now - k * STEP, now - (k - 1) * STEP
        means = [
            math.fsum(values) / len(values)
            for samples in series.values()
            if (values := [s.value for s in samples if first < s.at <= last])
        ]
        rates.append(math.fsum(means) / len(means) if means else None)
    lasting = next((rate for rate in reversed(rates) if rate is not None), None)
    if lasting is None:
        return None
    known = [lasting if rate is None else rate for rate in rates]
    minutes = STEP.total_seconds() / 60.0
    rain = [
        RateInterval(minutes * k, minutes * (k + 1), round(rate, 3)) for k, rate in enumerate(known)
    ]
    until = minutes * past + config.next_minutes
    rain.append(RateInterval(minutes * past, until, round(lasting, 3)))
    start = now - past * STEP
    return Outlook(
        start=start,
        now=now,
        rain=tuple(interval for interval in rain if interval.mm_per_h > 0.0),
        duration_h=until / 60.0,
        gauges=sum(any(start < s.at <= now for s in samples) for samples in series.values()),
        missing=sum(rate is None for rate in rates),
        lasting_mm_h=lasting,
        references=_references(recent, config, series.keys(), start),
        synthetic=any(t.synthetic for name, t in recent.things.items() if name in series),
    )


def _references(
    recent: Recent, config: NowcastConfig, things: Collection[str], start: datetime
) -> tuple[str, ...]:
    found: set[str] = set()
    for (thing, observed), references in recent.references.items():
        if observed == config.when.property and thing in things:
            found.update(ref for at, ref in references.items() if at > start)
    return tuple(sorted(found))
