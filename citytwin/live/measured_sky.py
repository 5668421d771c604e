"""The sky over a sensor: mean of its last minutes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from citytwin.live.recent import Recent
from citytwin.live.sensor_window import payloads_at, values_until, window_of
from citytwin.live_config import SunlightConfig
from citytwin.model.properties import CLOUD_COVER, GLOBAL_RADIATION, ObservedProperty
from citytwin.model.record import Record
from citytwin.store.observations import Thing

_PROPERTY = {"radiation": GLOBAL_RADIATION, "clouds": CLOUD_COVER}


@dataclass(frozen=True)
class MeasuredSky:
    """A mean of radiation or cloud cover, with what it was made from."""

    thing: Thing
    observed: ObservedProperty
    at: datetime
    """Of the last measurement."""
    minutes: float
    """Before it that the mean stands for."""
    mean: float
    """In the unit of `observed`."""
    measurements: int
    payloads: Mapping[str, tuple[str, ...]]
    """By feed: sha256 of the raw payloads that went in, sorted."""

    @property
    def record(self) -> Record:
        """As simulations take it: one interval."""
        end_s = self.at.timestamp()
        return Record(
            observed=self.observed,
            start_s=np.array([end_s - 60.0 * self.minutes]),
            end_s=np.array([end_s]),
            result=np.array([self.mean]),
            source=self.thing.source,
            thing=self.thing.thing,
            synthetic=self.thing.synthetic,
            station=self.thing.name or "",
            kind=self.thing.kind,
        )


def observed_by(config: SunlightConfig) -> ObservedProperty:
    """Return what the sensor measures.

    Parameters
    ----------
    config
        Of the layer.
    """
    return _PROPERTY[config.observed]


def measured_sky(config: SunlightConfig, recent: Recent, now: datetime) -> MeasuredSky | None:
    """Return the mean of a sensor; None where it has not measured lately.

    Parameters
    ----------
    config
        Which sensor, over how long.
    recent
        What it measured; values that their own series speaks against are left out.
    now
        Aware; what is from later is not seen.
    """
    observed = observed_by(config)
    values = values_until(recent, config.thing, observed, now)
    thing = recent.things.get(config.thing)
    used = window_of(values, config, now)
    if not used or thing is None:
        return None
    return MeasuredSky(
        thing=thing,
        observed=observed,
        at=max(used),
        minutes=config.window_minutes,
        mean=math.fsum(values[at] for at in used) / len(used),
        measurements=len(used),
        payloads=payloads_at(recent, config.thing, (observed,), used),
    )
