"""The rain of a nowcast: what radar and gauges measured lately, and what the next hour brings.

Where a feed of images is fresh they are corrected by the gauges and carried on along the motion of the rain
(:mod:`citytwin.live.radar_rain`). Otherwise the rate of an interval is the mean of the gauges' means, and the
last one lasts: persistence, the reference that every nowcast is measured against (Germann and Zawadzki, 2002).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from citytwin.alerts.windows import Sample
from citytwin.formats.observations import source_of, urn
from citytwin.formats.rain.image import RainImage
from citytwin.live.radar_rain import FRESH_S, RadarRain, radar_rain
from citytwin.live.rain_area import KIND, THING
from citytwin.live.recent import Recent
from citytwin.live_config import NowcastConfig
from citytwin.model.grid import Tile

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
    """Intervals of which nothing is known; the rate before or after them stands in."""
    lasting_mm_h: float
    """Rate that is assumed to last where no radar says more."""
    payloads: Mapping[str, tuple[str, ...]]
    """By feed: sha256 of the raw payloads that went in, sorted."""
    synthetic: bool
    radar: RadarRain | None = None
    """Images of rain, observed and carried on, where there are any."""

    @property
    def references(self) -> tuple[str, ...]:
        """sha256 of all payloads, sorted."""
        return tuple(sorted({ref for refs in self.payloads.values() for ref in refs}))


def outlook(
    config: NowcastConfig, recent: Recent, now: datetime, city: Tile | None = None
) -> Outlook | None:
    """Return the rain of a nowcast; None where nobody has measured lately.

    Parameters
    ----------
    config
        Which gauges, how far back and ahead.
    recent
        What they measured.
    now
        Aware.
    city
        Cells of the lattice of images in which the city lies; None looks at gauges alone.
    """
    past = max(1, round(timedelta(minutes=config.past_minutes) / STEP))
    start = now - past * STEP
    until = now + timedelta(minutes=config.next_minutes)
    series = {
        name: samples
        for name, samples in recent.series(config.when).items()
        if name not in recent.things or recent.things[name].kind != KIND
    }
    rates = [_mean(series, now - k * STEP, now - (k - 1) * STEP) for k in range(past, 0, -1)]
    radar = None if city is None else _radar(recent, series, (start, now, until))
    ahead: list[float | None] = []
    if radar is not None and city is not None:
        seen = _by_interval(radar.images, city, start, until)
        rates = [r if s is None else s for s, r in zip(seen[:past], rates, strict=True)]
        ahead = seen[past:]
    lasting = next((rate for rate in reversed(rates) if rate is not None), None)
    if lasting is None:
        return None
    rates += ahead or [lasting]
    return Outlook(
        start=start,
        now=now,
        rain=_intervals(rates, past, config.next_minutes),
        duration_h=(until - start).total_seconds() / 3600.0,
        gauges=sum(any(start < s.at <= now for s in samples) for samples in series.values()),
        missing=sum(rate is None for rate in rates),
        lasting_mm_h=lasting,
        payloads=_payloads(recent, config, series.keys(), start)
        | ({} if radar is None else {radar.feed: radar.references}),
        synthetic=_synthetic(recent, series.keys(), radar),
        radar=radar,
    )


def _mean(series: Mapping[str, Sequence[Sample]], first: datetime, last: datetime) -> float | None:
    means = [
        math.fsum(values) / len(values)
        for samples in series.values()
        if (values := [s.value for s in samples if first < s.at <= last])
    ]
    return math.fsum(means) / len(means) if means else None


def _radar(
    recent: Recent,
    gauges: Mapping[str, Sequence[Sample]],
    times: tuple[datetime, datetime, datetime],
) -> RadarRain | None:
    """The feed with the youngest last image, if that is young enough."""
    start, now, until = times
    best: tuple[int, str] | None = None
    for feed, images in recent.images.items():
        ends = [end_s for end_s in images if start.timestamp() < end_s]
        if ends and max(ends) >= now.timestamp() - FRESH_S:
            best = max(best or (0, ""), (max(ends), feed))
    if best is None:
        return None
    feed = best[1]
    found = [
        image for end_s, image in sorted(recent.images[feed].items()) if end_s > start.timestamp()
    ]
    return radar_rain(feed, found, gauges, recent.things, until.timestamp())


def _by_interval(
    images: Sequence[RainImage], city: Tile, start: datetime, until: datetime
) -> list[float | None]:
    """Mean over the city by intervals of ten minutes [mm/h]; None where less than half is known."""
    step_s, begin_s = STEP.total_seconds(), start.timestamp()
    count = math.ceil((until.timestamp() - begin_s) / step_s - 1e-9)
    total, known_s = np.zeros(count), np.zeros(count)
    for image in images:
        here = image.rate[city.slices]
        if not np.isfinite(here).any():
            continue
        mean = float(np.nanmean(here))
        for k in range(count):
            first, last = begin_s + k * step_s, begin_s + (k + 1) * step_s
            overlap_s = min(last, image.end_s) - max(first, image.start_s)
            if overlap_s > 0.0:
                total[k] += overlap_s * mean
                known_s[k] += overlap_s
    return [
        float(t / s) if s >= 0.5 * step_s else None for t, s in zip(total, known_s, strict=True)
    ]


def _intervals(
    rates: Sequence[float | None], past: int, next_minutes: float
) -> tuple[RateInterval, ...]:
    """What is not known has the rate before it, at the begin the one after; dry intervals are left out."""
    known = next(rate for rate in rates if rate is not None)
    minutes = STEP.total_seconds() / 60.0
    bounds = [*(minutes * k for k in range(len(rates))), minutes * past + next_minutes]
    found = []
    for (first, last), rate in zip(itertools.pairwise(bounds), rates, strict=True):
        known = known if rate is None else rate
        if round(known, 3) > 0.0:
            found.append(RateInterval(first, last, round(known, 3)))
    return tuple(found)


def _synthetic(recent: Recent, gauges: Collection[str], radar: RadarRain | None) -> bool:
    """Whether any of it was generated: a feed says so of its things, a file of its image."""
    images = () if radar is None else radar.images
    used = {*gauges, *(() if radar is None else (urn(radar.feed, THING),))}
    return any(recent.things[name].synthetic for name in used & recent.things.keys()) or any(
        image.synthetic for image in images
    )


def _payloads(
    recent: Recent, config: NowcastConfig, things: Collection[str], start: datetime
) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for (thing, observed), references in recent.references.items():
        if observed == config.when.property and thing in things:
            kept = {ref for at, ref in references.items() if at > start}
            if kept:
                found.setdefault(source_of(thing), set()).update(kept)
    return {feed: tuple(sorted(refs)) for feed, refs in found.items()}
