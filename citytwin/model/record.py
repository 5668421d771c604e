"""Time series of one observed property at one place, as plain arrays for the simulations."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from citytwin.model.lag import Lag
from citytwin.model.properties import ObservedProperty
from citytwin.model.text import Text, text

FloatArray = NDArray[np.float64]
GRID_POINT = "grid_point"
"""Kind of a thing that is a place of a weather model."""


@dataclass(frozen=True, eq=False)
class Record:
    """Good and doubted observations of one property, in order of time."""

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
    doubted: NDArray[np.bool_] | None = None
    """Shape (n,): which observations their producer or a check doubts; None = none."""
    station: str = ""
    """Name of the sensor as its source gives it."""
    distance_m: float = float("nan")
    """From the centre of the city [m]; NaN when unknown."""
    kind: str = ""
    """What kind of thing observed it, as in the table ``things``; empty when unknown."""
    lag: Lag | None = None
    """Where it ends well before the run, or begins after it; None else, and where nobody asked."""

    @property
    def of_model(self) -> bool:
        """Whether it is of a weather model, an analysis or a forecast, and nothing was measured."""
        return self.kind == GRID_POINT

    def during(self, start_s: float, end_s: float) -> Record:
        """Return the observations that overlap [start_s, end_s)."""
        keep = (self.start_s < end_s) & (self.end_s > start_s)
        keep |= (self.start_s == self.end_s) & (self.start_s >= start_s) & (self.start_s < end_s)
        return self.only(keep)

    def good(self) -> Record:
        """Return the observations that nobody doubts."""
        return self if self.doubted is None else self.only(~self.doubted)

    def only(self, keep: NDArray[np.bool_]) -> Record:
        """Return some of the observations.

        Parameters
        ----------
        keep
            Shape (n,): which.
        """
        return replace(
            self,
            start_s=self.start_s[keep],
            end_s=self.end_s[keep],
            result=self.result[keep],
            doubted=None if self.doubted is None else self.doubted[keep],
        )

    def in_months(self, months: Collection[int], zone: ZoneInfo) -> Record:
        """Return the observations of some months of the year.

        Parameters
        ----------
        months
            1 to 12; none = all.
        zone
            In which months begin.
        """
        if not months:
            return self
        began = [datetime.fromtimestamp(float(start), tz=zone).month for start in self.start_s]
        return self.only(np.isin(np.array(began, dtype=np.int64), list(months)))

    @property
    def where(self) -> Text:
        """Which sensor or place of a weather model it is, how far from the city and how high, as far as that is known."""
        name = self.station or self.thing
        ja, en = f"観測所「{name}」", f"station {name}"
        if self.of_model:
            ja, en = f"気象モデルの格子点「{name}」", f"grid point {name} of a weather model"
        if math.isfinite(self.distance_m):
            ja += f"、都市の中心から {self.distance_m / 1000:.1f} km"
            en += f", {self.distance_m / 1000:.1f} km from the centre of the city"
        if math.isfinite(self.sensor_height_m):
            ja += f"、地上 {self.sensor_height_m:g} m"
            en += f", {self.sensor_height_m:g} m above the ground"
        return text(ja, en)


def covered_s(start_s: FloatArray, end_s: FloatArray, low_s: float, high_s: float) -> float:
    """Return how much of [low_s, high_s) some intervals cover together [s].

    Parameters
    ----------
    start_s, end_s
        Shape (n,): ends of the intervals, in any order; they may overlap [s].
    low_s, high_s
        The time that matters [s].
    """
    order = np.argsort(start_s, kind="stable")
    start = np.clip(start_s[order], low_s, high_s)
    end = np.clip(end_s[order], low_s, high_s)
    reached = np.maximum.accumulate(np.concatenate([[low_s], end]))[:-1]
    return float(np.maximum(end - np.maximum(start, reached), 0.0).sum())
