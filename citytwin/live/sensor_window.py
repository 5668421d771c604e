"""What one sensor measured in its last minutes."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta

from citytwin.alerts.rule import Watch
from citytwin.formats.observations import source_of
from citytwin.live.recent import Recent
from citytwin.live_config import SensorConfig
from citytwin.model.properties import ObservedProperty


def values_until(
    recent: Recent, thing: str, observed: ObservedProperty, now: datetime
) -> dict[datetime, float]:
    """Return the good values of a sensor by their times; those that its own series speaks against are left out.

    Parameters
    ----------
    recent
        What was measured.
    thing
        URN of the sensor.
    observed
        What it measures.
    now
        Aware; what is from later is not seen.
    """
    watch = Watch(property=observed.name, things=thing)
    samples = recent.series(watch).get(thing, ())
    return {s.at: s.value for s in samples if s.at <= now}


def window_of(
    times: Collection[datetime], config: SensorConfig, now: datetime
) -> frozenset[datetime]:
    """Return the times that are averaged over; none where the sensor has not measured lately.

    Parameters
    ----------
    times
        At which it measured (aware).
    config
        Over how long, and what is too old.
    now
        Aware.
    """
    last = max(times, default=None)
    if last is None or now - last > timedelta(minutes=config.max_age_minutes):
        return frozenset()
    return frozenset(at for at in times if last - at < timedelta(minutes=config.window_minutes))


def payloads_at(
    recent: Recent, thing: str, properties: Iterable[ObservedProperty], used: Collection[datetime]
) -> dict[str, tuple[str, ...]]:
    """Return the sha256 of the raw payloads that some values of a sensor came in, sorted, by its feed.

    Parameters
    ----------
    recent
        What was measured.
    thing
        URN of the sensor.
    properties
        That it measures.
    used
        Times of the values.
    """
    references = {
        reference
        for observed in properties
        for at, reference in recent.references.get((thing, observed.name), {}).items()
        if at in used
    }
    return {source_of(thing): tuple(sorted(references))}
