"""What a rule looks at: one number from the recent values of many things, or none."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from citytwin.alerts.rule import Across, Statistic, Watch


@dataclass(frozen=True, slots=True)
class Sample:
    """A good value of one thing, in the unit of the property."""

    at: datetime
    """End of the time it speaks of."""
    value: float


@dataclass(frozen=True, slots=True)
class Reading:
    """What a rule sees at one moment."""

    value: float | None
    """None where nothing young enough is there."""
    complete: bool = True
    """False where too few things speak: enough to raise, not enough to clear."""
    newest: datetime | None = None
    """Time of the youngest value that went in."""


def reading(watch: Watch, series: Mapping[str, Sequence[Sample]], at: datetime) -> Reading:
    """Evaluate the window of a rule.

    Parameters
    ----------
    watch
        What to look at.
    series
        Good values of each thing that matches, in any order; things that fell silent stay in with
        an empty or an old series, so that they are missed.
    at
        Time of the evaluation; values from later are not seen.
    """
    found = [_of_thing(watch, samples, at) for samples in series.values()]
    known = [pair for pair in found if pair is not None]
    if not known:
        return Reading(None, complete=False)
    value = _across(watch.across, [value for _, value in known])
    complete = len(known) >= watch.min_share * len(found)
    return Reading(value, complete, max(newest for newest, _ in known))


def _of_thing(
    watch: Watch, samples: Sequence[Sample], at: datetime
) -> tuple[datetime, float] | None:
    """Time of the youngest value and the statistic of the window; None without a young value."""
    past = [s for s in samples if s.at <= at and math.isfinite(s.value)]
    if not past:
        return None
    past.sort(key=lambda sample: sample.at)
    newest = past[-1].at
    if _minutes(at, newest) > watch.max_age_minutes:
        return None
    if watch.statistic is Statistic.LAST:
        return newest, past[-1].value
    inside = [s.value for s in past if _minutes(at, s.at) < watch.window_minutes]
    return (newest, _statistic(watch.statistic, inside)) if inside else None


def _minutes(later: datetime, earlier: datetime) -> float:
    return (later - earlier).total_seconds() / 60.0


def _statistic(which: Statistic, values: Sequence[float]) -> float:
    if which is Statistic.MEAN:
        return math.fsum(values) / len(values)
    if which is Statistic.MAX:
        return max(values)
    if which is Statistic.MIN:
        return min(values)
    if which is Statistic.SUM:
        return math.fsum(values)
    return values[-1] - values[0]


def _across(which: Across, values: Sequence[float]) -> float:
    if which is Across.MAX:
        return max(values)
    if which is Across.MIN:
        return min(values)
    if which is Across.MEAN:
        return math.fsum(values) / len(values)
    return statistics.median(values)
