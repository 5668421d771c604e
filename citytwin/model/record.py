"""Time series of one observed property at one place, as plain arrays for the simulations."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citytwin.model.properties import ObservedProperty

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Record:
    """Good observations of one property, in order of time."""

    observed: ObservedProperty
    start_s: FloatArray
    """Shape (n,): beginning of the interval, seconds since 1970-01-01T00:00Z."""
    end_s: FloatArray
    """Shape (n,): end of the interval; equals the beginning for an instant."""
    result: FloatArray
    """Shape (n,): in the unit of `observed`."""
    source: str
    """Name of the source in the configuration."""
    thing: str
    """URN of the sensor."""
    sensor_height_m: float = float("nan")
    """Height of the sensor above the ground [m]; NaN when unknown."""
    synthetic: bool = False

    def during(self, start_s: float, end_s: float) -> Record:
        """Return the observations that overlap [start_s, end_s)."""
        keep = (self.start_s < end_s) & (self.end_s > start_s)
        keep |= (self.start_s == self.end_s) & (self.start_s >= start_s) & (self.start_s < end_s)
        return Record(
            self.observed,
            self.start_s[keep],
            self.end_s[keep],
            self.result[keep],
            self.source,
            self.thing,
            self.sensor_height_m,
            self.synthetic,
        )
