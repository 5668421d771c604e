"""The wind at a mast: mean of its last minutes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from citytwin.kernels.wind_rose import CALM_M_S
from citytwin.live.recent import Recent
from citytwin.live.sensor_window import payloads_at, values_until, window_of
from citytwin.live_config import WindConfig
from citytwin.model.properties import WIND_DIRECTION, WIND_SPEED, ObservedProperty
from citytwin.model.record import Record
from citytwin.store.observations import Thing


@dataclass(frozen=True)
class MeasuredWind:
    """A mean wind, with what it was made from."""

    thing: Thing
    at: datetime
    """Of the last measurement."""
    speed_m_s: float
    from_deg: float
    """From true north clockwise; 0 of a calm."""
    measurements: int
    payloads: Mapping[str, tuple[str, ...]]
    """By feed: sha256 of the raw payloads that went in, sorted."""

    @property
    def vector_m_s(self) -> tuple[float, float]:
        """Towards north and towards east of where it comes from."""
        angle = math.radians(self.from_deg)
        return self.speed_m_s * math.cos(angle), self.speed_m_s * math.sin(angle)

    @property
    def records(self) -> dict[ObservedProperty, Record]:
        """As simulations take it: one instant of speed and direction."""
        values = ((WIND_SPEED, self.speed_m_s), (WIND_DIRECTION, self.from_deg))
        return {observed: self._record(observed, value) for observed, value in values}

    def _record(self, observed: ObservedProperty, value: float) -> Record:
        time_s = np.array([self.at.timestamp()])
        height_m = self.thing.height_m
        return Record(
            observed=observed,
            start_s=time_s,
            end_s=time_s,
            result=np.array([value]),
            source=self.thing.source,
            thing=self.thing.thing,
            sensor_height_m=math.nan if height_m is None else height_m,
            synthetic=self.thing.synthetic,
            station=self.thing.name or "",
            kind=self.thing.kind,
        )


def measured_wind(config: WindConfig, recent: Recent, now: datetime) -> MeasuredWind | None:
    """Return the mean wind of a mast; None where it has not measured lately.

    Speed is the mean of the speeds, direction that of the mean vector (WMO-No. 8, 2018, vol. I, ch. 5).
    Only what was measured at one time as speed and direction counts, and calms, which have none.

    Parameters
    ----------
    config
        Which mast, over how long.
    recent
        What it measured; values that their own series speaks against are left out.
    now
        Aware; what is from later is not seen.
    """
    speeds, directions = (
        values_until(recent, config.thing, observed, now)
        for observed in (WIND_SPEED, WIND_DIRECTION)
    )
    times = [at for at, speed in speeds.items() if at in directions or speed < CALM_M_S]
    thing = recent.things.get(config.thing)
    used = window_of(times, config, now)
    if not used or thing is None:
        return None
    speed = math.fsum(speeds[at] for at in used) / len(used)
    angles = {at: math.radians(directions[at]) for at in used if at in directions}
    north = math.fsum(speeds[at] * math.cos(angle) for at, angle in angles.items())
    east = math.fsum(speeds[at] * math.sin(angle) for at, angle in angles.items())
    return MeasuredWind(
        thing=thing,
        at=max(used),
        speed_m_s=speed,
        from_deg=0.0 if speed < CALM_M_S else math.degrees(math.atan2(east, north)) % 360.0,
        measurements=len(used),
        payloads=payloads_at(recent, config.thing, (WIND_SPEED, WIND_DIRECTION), used),
    )
