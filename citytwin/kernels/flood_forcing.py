"""What drives a flood: rain, inflows, drains and the water that stands at the start."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError

_MM_PER_H = 1.0 / 3.6e6


def _empty() -> NDArray[np.float64]:
    return np.empty(0, dtype=np.float64)


@dataclass(frozen=True, eq=False)
class RainSeries:
    """Rain, uniform in space and constant within each interval; zero between intervals.

    Parameters
    ----------
    start_s, end_s
        Begin and end of the intervals, shape (n,) [s], ascending, not overlapping.
    mm_per_h
        Intensity in each interval, shape (n,) [mm/h], >= 0.
    """

    start_s: NDArray[np.float64] = field(default_factory=_empty)
    end_s: NDArray[np.float64] = field(default_factory=_empty)
    mm_per_h: NDArray[np.float64] = field(default_factory=_empty)

    def __post_init__(self) -> None:
        shapes = {np.shape(self.start_s), np.shape(self.end_s), np.shape(self.mm_per_h)}
        if len(shapes) != 1 or len(next(iter(shapes))) != 1:
            raise ConfigError(
                f"rain: start_s, end_s and mm_per_h have the shapes {sorted(shapes)}",
                hint="give three lists of one length",
            )
        if not (np.isfinite(self.mm_per_h).all() and np.greater_equal(self.mm_per_h, 0).all()):
            raise ConfigError(
                f"rain: an intensity is negative or not a number: {self.mm_per_h}",
                hint="use mm/h >= 0",
            )
        bounds = np.column_stack([self.start_s, self.end_s]).ravel()
        late = np.flatnonzero(~(np.diff(bounds) >= 0) | ~np.isfinite(bounds[1:]))
        if late.size or np.less_equal(self.end_s, self.start_s).any():
            at = int(late[0] // 2) if late.size else 0
            raise ConfigError(
                f"rain: intervals are not ascending near interval {at}",
                hint="sort them, remove overlaps, and let each end after its start",
            )

    def depth_until_m(self, time_s: float) -> float:
        """Depth of rain that has fallen since the start of the run.

        Parameters
        ----------
        time_s
            Time since the start of the run [s].

        Returns
        -------
        float
            Depth [m].
        """
        if not self.start_s.size:
            return 0.0
        start = np.maximum(self.start_s, 0.0)
        wet = np.clip(time_s - start, 0.0, np.maximum(self.end_s - start, 0.0))
        return float(np.dot(wet, self.mm_per_h)) * _MM_PER_H


@dataclass(frozen=True, eq=False)
class Inflow:
    """Water that enters at a point or along a line, shared equally among its cells.

    Parameters
    ----------
    rows, cols
        The cells, shape (m,), int.
    time_s
        Times of the hydrograph, shape (n,) [s], strictly ascending, n >= 2.
    discharge_m3_s
        Discharge of all cells together, shape (n,) [m3/s], >= 0; linear between the times and
        zero before the first and after the last.
    """

    rows: NDArray[np.int64]
    cols: NDArray[np.int64]
    time_s: NDArray[np.float64]
    discharge_m3_s: NDArray[np.float64]

    def __post_init__(self) -> None:
        if np.ndim(self.rows) != 1 or np.shape(self.rows) != np.shape(self.cols):
            raise ConfigError(
                f"inflow: rows have the shape {np.shape(self.rows)}, cols {np.shape(self.cols)}",
                hint="give one row and one column per cell",
            )
        if not np.size(self.rows):
            raise ConfigError("inflow: no cells", hint="name at least one cell")
        time, flow = np.asarray(self.time_s), np.asarray(self.discharge_m3_s)
        if time.ndim != 1 or time.shape != flow.shape or time.size < 2:
            raise ConfigError(
                f"inflow: {time.shape} times and {flow.shape} discharges",
                hint="give two lists of one length, at least two entries",
            )
        if not (np.isfinite(time).all() and (np.diff(time) > 0).all()):
            raise ConfigError("inflow: times are not ascending", hint="sort them, drop doubles")
        if not (np.isfinite(flow).all() and (flow >= 0).all()):
            raise ConfigError(
                f"inflow: a discharge is negative or not a number: {flow.min()} m3/s",
                hint="use m3/s >= 0",
            )

    def volume_until_m3(self, time_s: float) -> float:
        """Volume that has entered since the start of the run.

        Parameters
        ----------
        time_s
            Time since the start of the run [s].

        Returns
        -------
        float
            Volume [m3]; exact integral of the hydrograph.
        """
        return self._integral(time_s) - self._integral(0.0)

    def _integral(self, time_s: float) -> float:
        """Integral of the hydrograph from its first time."""
        time, flow = self.time_s, self.discharge_m3_s
        until = min(max(time_s, float(time[0])), float(time[-1]))
        last = int(np.searchsorted(time, until, side="right")) - 1
        whole = 0.5 * np.dot(np.diff(time[: last + 1]), flow[:last] + flow[1 : last + 1])
        here = float(np.interp(until, time, flow))
        return float(whole + 0.5 * (until - time[last]) * (flow[last] + here))


@dataclass(frozen=True, eq=False)
class Forcing:
    """All that brings or takes water.

    Parameters
    ----------
    rain
        Rain on every cell inside the domain; that on buildings drains to the nearest street.
    inflows
        Points or lines where water enters.
    drainage_mm_per_h
        Rate at which sewers or the ground take water where there is some [mm/h], >= 0.
    initial_depth_m
        Depth at the start, shape (ny, nx), float32 [m], >= 0, or None for dry ground; ignored on
        buildings and outside the domain.
    """

    rain: RainSeries = field(default_factory=RainSeries)
    inflows: tuple[Inflow, ...] = ()
    drainage_mm_per_h: float = 0.0
    initial_depth_m: NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.drainage_mm_per_h) and self.drainage_mm_per_h >= 0):
            raise ConfigError(
                f"drainage_mm_per_h is {self.drainage_mm_per_h}", hint="use a rate >= 0 mm/h"
            )

    @property
    def drainage_m_s(self) -> float:
        """Rate of the drains [m/s]."""
        return self.drainage_mm_per_h * _MM_PER_H
