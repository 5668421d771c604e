"""The water level at the edges of a nowcast: what gauges measured, filtered, and how it goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from citytwin.alerts.rule import Watch
from citytwin.kernels.stage_filter import filtered
from citytwin.live.recent import Recent
from citytwin.live_config import StageConfig
from citytwin.model.properties import WATER_LEVEL

REACH = timedelta(hours=3)
"""How much of the past a level is filtered over."""
_FRESH = timedelta(minutes=30)
"""A gauge that is silent for longer says nothing of the next hour."""
_STEP_S = 600.0


@dataclass(frozen=True)
class StageLine:
    """Level over time at one gauge."""

    config: StageConfig
    minutes: tuple[float, ...]
    """Since the begin of the run, rising."""
    level_m: tuple[float, ...]
    """Above the city's vertical datum, at these times."""
    deviation_m: float
    """Standard deviation at the end."""
    trend_m_h: float
    """At the last measurement [m/h]."""
    references: tuple[str, ...] = ()
    """sha256 of the raw payloads that were filtered."""


def stage_line(
    config: StageConfig, recent: Recent, times: tuple[datetime, datetime, datetime]
) -> StageLine | None:
    """Return the level at a gauge; None where it has not measured lately.

    Parameters
    ----------
    config
        Which gauge.
    recent
        What it measured.
    times
        Begin of the run, now, and its end; aware.
    """
    start, now, until = times
    watch = Watch(property=WATER_LEVEL.name, things=config.thing, max_age_minutes=60)
    samples = sorted(
        (
            (s.at, s.value)
            for s in recent.series(watch).get(config.thing, ())
            if now - REACH < s.at <= now
        ),
        key=lambda pair: pair[0],
    )
    if not samples or samples[-1][0] < now - _FRESH:
        return None
    seconds = np.array([(at - start).total_seconds() for at, _ in samples])
    found = filtered(seconds, np.array([value for _, value in samples]))
    last_s = float(seconds[-1])
    end_s = (until - start).total_seconds()
    ahead = np.unique([*np.arange(last_s + _STEP_S, end_s, _STEP_S), end_s])
    levels, deviations = found.forecast(ahead)
    # One state before the begin says where the level comes from.
    first = max(0, int(np.searchsorted(seconds, 0.0, side="right")) - 1)
    past = found.states[first:]
    every_s = [*(state.time_s for state in past), *ahead.tolist()]
    every_m = [*(state.level_m for state in past), *levels.tolist()]
    return StageLine(
        config,
        tuple(round(s / 60.0, 4) for s in every_s),
        tuple(round(config.zero_m + level, 4) for level in every_m),
        float(deviations[-1]),
        3600.0 * past[-1].trend_m_s,
        _references(recent, config.thing, samples[0][0]),
    )


def _references(recent: Recent, thing: str, first: datetime) -> tuple[str, ...]:
    known = recent.references.get((thing, WATER_LEVEL.name), {})
    return tuple(sorted({ref for at, ref in known.items() if at >= first}))
