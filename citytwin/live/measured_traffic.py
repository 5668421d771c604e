"""What detectors, stops and vehicles measured in the last minutes."""

from __future__ import annotations

import fnmatch
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import unquote

from citytwin.alerts.rule import Watch
from citytwin.alerts.windows import Sample
from citytwin.formats.observations import Batch, Place, Reading, source_of
from citytwin.live.recent import Recent
from citytwin.live_config import TrafficConfig
from citytwin.model.properties import ObservedProperty
from citytwin.model.tables import Flag
from citytwin.store.observations import Thing

_VEHICLE = "vehicle"


@dataclass(frozen=True)
class MeasuredTraffic:
    """Readings of the last minutes by feed, with what they came in."""

    batches: Mapping[str, Batch]
    """By feed, in the order of their names."""
    means: Mapping[tuple[str, str], float]
    """Of the good values, by thing and property."""
    at: datetime
    """Of the last good value."""
    payloads: Mapping[str, tuple[str, ...]]
    """By feed: sha256 of the raw payloads that went in, sorted."""
    silent: tuple[tuple[str, ObservedProperty], ...]
    """Things that stand still, and of which nothing good came; their places are in the batches."""
    synthetic: bool

    def change(self, before: MeasuredTraffic) -> float:
        """Return the largest change of a mean since another time, as a share of the larger of the two.

        What has come or gone has changed wholly.

        Parameters
        ----------
        before
            At that time.
        """
        if self.means.keys() != before.means.keys():
            return 1.0
        pairs = [(value, before.means[key]) for key, value in self.means.items()]
        return max((abs(a - b) / max(abs(a), abs(b)) for a, b in pairs if a != b), default=0.0)


def measured_traffic(
    config: TrafficConfig,
    properties: Sequence[ObservedProperty],
    recent: Recent,
    now: datetime,
) -> MeasuredTraffic | None:
    """Return the traffic of the last minutes; None where nothing good was measured.

    A thing of which the last value is not good comes with that value: it must show on the map.

    Parameters
    ----------
    config
        Of which things, over how long.
    properties
        That make up the traffic of a layer.
    recent
        What they measured; values that their own series speaks against are left out.
    now
        Aware; what is from later is not seen.
    """
    first = now - timedelta(minutes=config.window_minutes)
    found: dict[str, list[Reading]] = {}
    references: dict[str, set[str]] = {}
    means: dict[tuple[str, str], float] = {}
    last: datetime | None = None
    for observed in properties:
        watch = Watch(property=observed.name, things=config.things)
        for name, samples in recent.series(watch).items():
            if name not in recent.things:
                continue
            good = [s for s in samples if first < s.at <= now]
            readings = [_reading(name, observed, s) for s in good] or _silent(
                recent, name, observed, (first, now)
            )
            found.setdefault(source_of(name), []).extend(readings)
            known = recent.references.get((name, observed.name), {})
            used = references.setdefault(source_of(name), set())
            times = [datetime.fromtimestamp(reading.end_s, UTC) for reading in readings]
            used.update(known[at] for at in times if at in known)
            if good:
                means[name, observed.name] = math.fsum(s.value for s in good) / len(good)
                last = max([s.at for s in good] + ([] if last is None else [last]))
    if last is None:
        return None
    silent = tuple(
        (name, observed)
        for observed in properties
        for name in sorted(recent.things)
        if (name, observed.name) in recent.latest
        and (name, observed.name) not in means
        and recent.things[name].kind != _VEHICLE
        and fnmatch.fnmatchcase(name, config.things)
    )
    named = {name for name, _ in silent}
    feeds = sorted({feed for feed in found if found[feed]} | {source_of(name) for name in named})
    things = [recent.things[name] for name in sorted(recent.things)]
    return MeasuredTraffic(
        batches={feed: _batch(found.get(feed, []), feed, things, named) for feed in feeds},
        means=means,
        at=last,
        payloads={feed: tuple(sorted(references.get(feed, ()))) for feed in feeds},
        silent=silent,
        synthetic=any(recent.things[name].synthetic for name, _ in means),
    )


def with_estimates(
    traffic: MeasuredTraffic, usual: Mapping[tuple[str, str], float]
) -> Mapping[str, Batch]:
    """Return the readings by feed, with estimates in place of those that are missing.

    Parameters
    ----------
    traffic
        What was measured.
    usual
        By thing and property; each becomes a reading with the flag of an estimate.
    """
    second = int(traffic.at.timestamp())
    batches = dict(traffic.batches)
    for name, observed in traffic.silent:
        value, feed = usual.get((name, observed.name)), source_of(name)
        if value is not None:
            estimate = Reading(_local(name), observed, second, second, value, Flag.ESTIMATED)
            before = batches[feed]
            batches[feed] = replace(before, readings=(*before.readings, estimate))
    return batches


def _local(name: str) -> str:
    """Identifier of a thing within its source: :func:`citytwin.formats.observations.urn` undone."""
    return unquote(name.split(":", 3)[3])


def _reading(name: str, observed: ObservedProperty, sample: Sample) -> Reading:
    second = int(sample.at.timestamp())
    return Reading(_local(name), observed, second, second, sample.value, Flag.GOOD)


def _silent(
    recent: Recent, name: str, observed: ObservedProperty, times: tuple[datetime, datetime]
) -> list[Reading]:
    """The last value, where it came within the window and is not good."""
    first, now = times
    latest = recent.latest.get((name, observed.name))
    if latest is None or latest.flag is Flag.GOOD or not first < latest.at <= now:
        return []
    second = int(latest.at.timestamp())
    return [Reading(_local(name), observed, second, second, latest.value, latest.flag)]


def _batch(
    readings: list[Reading], feed: str, things: list[Thing], silent: Collection[str]
) -> Batch:
    named = {reading.thing for reading in readings}
    places = tuple(
        Place(_local(t.thing), t.name, t.kind, t.longitude_deg, t.latitude_deg, height_m=t.height_m)
        for t in things
        if t.source == feed and (t.thing in silent or _local(t.thing) in named)
    )
    return Batch(feed, "", places, tuple(readings))
