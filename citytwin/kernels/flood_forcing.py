"""What drives a flood: rain, inflows, drains and the water that stands at the start."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError
from citytwin.kernels.flood_culverts import Culverts
from citytwin.kernels.flood_levee import Levee
from citytwin.kernels.flood_sewers import Sewers
from citytwin.kernels.flood_stage import StageCells
from citytwin.kernels.rain_field import RainField
from citytwin.kernels.soils import GroundSinks

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
    _knot_s: list[float] = field(init=False, repr=False)
    _depth_m: list[float] = field(init=False, repr=False)

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
        fallen = (np.subtract(self.end_s, self.start_s) * self.mm_per_h * _MM_PER_H).tolist()
        gains = [gain for depth in fallen for gain in (0.0, depth)]
        # A frozen dataclass can set what it derives only in this way.
        object.__setattr__(self, "_knot_s", bounds.tolist())
        object.__setattr__(self, "_depth_m", list(accumulate(gains)))

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
        if not self._depth_m:
            return 0.0
        return self._at(time_s) - self._at(0.0)

    def _at(self, time_s: float) -> float:
        """Depth since the first interval began: the knots, joined by straight lines."""
        k = bisect_right(self._knot_s, time_s) - 1
        if k < 0:
            return 0.0
        if k == len(self._knot_s) - 1:
            return self._depth_m[-1]
        gained, width = (
            self._depth_m[k + 1] - self._depth_m[k],
            self._knot_s[k + 1] - self._knot_s[k],
        )
        return self._depth_m[k] + gained * ((time_s - self._knot_s[k]) / width)


def wettest_start_s(rain: RainSeries, duration_s: float) -> float:
    """Return when the time of a given length begins in which most rain falls.

    Parameters
    ----------
    rain
        At least one interval.
    duration_s
        Length of that time [s], > 0.

    Returns
    -------
    float
        The latest of the wettest begins, so that the water has time to run, on the clock of `rain`
        [s]; the begin of the rain where that is shorter than the time.

    Notes
    -----
    The sum changes linearly while no end of the time passes an end of an interval, so the most lies
    at one of these.
    """
    first, last = float(rain.start_s[0]), float(rain.end_s[-1]) - duration_s
    bounds = np.concatenate([rain.start_s, rain.end_s - duration_s])
    begins = np.unique(np.clip(bounds, first, max(first, last)))
    fallen = [rain.depth_until_m(t + duration_s) - rain.depth_until_m(t) for t in begins]
    # Sums that differ by rounding only are equal.
    return float(begins[np.flatnonzero(np.array(fallen) >= max(fallen) * (1 - 1e-9))[-1]])


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
    _knot_s: list[float] = field(init=False, repr=False)
    _knot_m3_s: list[float] = field(init=False, repr=False)
    _volume_m3: list[float] = field(init=False, repr=False)

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
        gains = 0.5 * np.diff(time) * (flow[1:] + flow[:-1])
        # A frozen dataclass can set what it derives only in this way.
        object.__setattr__(self, "_knot_s", time.astype(np.float64).tolist())
        object.__setattr__(self, "_knot_m3_s", flow.astype(np.float64).tolist())
        object.__setattr__(self, "_volume_m3", [0.0, *accumulate(gains.tolist())])

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
        return self._at(time_s) - self._at(0.0)

    def _at(self, time_s: float) -> float:
        """Integral of the hydrograph from its first time."""
        k = min(bisect_right(self._knot_s, time_s), len(self._knot_s) - 1) - 1
        if k < 0:
            return 0.0
        span = min(time_s, self._knot_s[-1]) - self._knot_s[k]
        first, last = self._knot_m3_s[k], self._knot_m3_s[k + 1]
        slope = (last - first) / (self._knot_s[k + 1] - self._knot_s[k])
        return self._volume_m3[k] + span * (first + 0.5 * slope * span)


@dataclass(frozen=True, eq=False)
class Forcing:
    """All that brings or takes water.

    Parameters
    ----------
    rain
        Rain on every cell inside the domain, the same everywhere or on a lattice of its own; that on
        buildings drains to the nearest street.
    inflows
        Points or lines where water enters.
    drainage_mm_per_h
        Rate at which sewers or the ground take water where there is some [mm/h], >= 0.
    initial_depth_m
        Depth at the start, shape (ny, nx), float32 [m], >= 0, or None for dry ground; ignored on
        buildings and outside the domain.
    levees
        Levees that water may breach or overtop.
    stages
        Cells whose water level is given.
    sinks
        Ground that takes water and drains that differ from place to place, or None.
    culverts
        Culverts between cells, or None.
    sewers
        Sewers below the ground, or None.
    """

    rain: RainSeries | RainField = field(default_factory=RainSeries)
    inflows: tuple[Inflow, ...] = ()
    drainage_mm_per_h: float = 0.0
    initial_depth_m: NDArray[np.float32] | None = None
    levees: tuple[Levee, ...] = ()
    stages: tuple[StageCells, ...] = ()
    sinks: GroundSinks | None = None
    culverts: Culverts | None = None
    sewers: Sewers | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.drainage_mm_per_h) and self.drainage_mm_per_h >= 0):
            raise ConfigError(
                f"drainage_mm_per_h is {self.drainage_mm_per_h}", hint="use a rate >= 0 mm/h"
            )

    @property
    def drainage_m_s(self) -> float:
        """Rate of the drains [m/s]."""
        return self.drainage_mm_per_h * _MM_PER_H
