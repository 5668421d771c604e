"""What a flood run keeps while it goes on: maxima, gauges, fields of depth and speed."""

from __future__ import annotations

from bisect import bisect_right

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError
from citytwin.kernels.depth_rows import StoredWater
from citytwin.kernels.face_discharge import Row
from citytwin.kernels.flood_ledger import VolumeLedger
from citytwin.kernels.flood_maxima import Debris, FloodMaxima
from citytwin.kernels.flood_options import Recording
from citytwin.kernels.flood_result import GaugeSeries, Inundation
from citytwin.kernels.flood_scheme import FloodScheme
from citytwin.kernels.flood_setup import Cells, written_zeros
from citytwin.kernels.flood_spells import (
    Spells,
    no_spells,
    spell_length_s,
    track_last,
    track_spells,
)
from citytwin.kernels.named_arrays import below, part, put_back
from citytwin.kernels.row_bands import RowBands
from citytwin.model.checkpoints import NamedArrays

_MAXIMA = ("depth_m", "speed_m_s", "depth_speed_m2_s", "hazard_rating", "first_time_s")


class FloodRecorder:
    """Keeps maxima, gauges, and fields of depth and speed.

    Parameters
    ----------
    recording
        What is kept.
    cells
        Masks of shape (ny, nx).
    duration_s
        Length of the run [s], > 0.

    Attributes
    ----------
    stops
        Times at which a step must end [s], ascending; the last is the end of the run.
    maxima
        Running maxima, arrays of shape (ny, nx) and (k, ny, nx).
    stops_passed
        Number of output times that have passed, the start among them.
    """

    def __init__(self, recording: Recording, cells: Cells, duration_s: float) -> None:
        shape = cells.is_open.shape
        for name, times in (
            ("gauge_times_s", recording.gauge_times_s),
            ("depth_times_s", recording.depth_times_s),
        ):
            if times and times[-1] > duration_s:
                raise ConfigError(
                    f"{name} goes to {times[-1]} s, the run to {duration_s} s",
                    hint="lengthen the run or drop the late times",
                )
        for row, col in recording.gauge_cells:
            if not (0 <= row < shape[0] and 0 <= col < shape[1]):
                raise ConfigError(
                    f"gauge ({row}, {col}) is outside the grid of {shape[0]} x {shape[1]}",
                    hint="give (row, column) inside the grid",
                )
        self._recording = recording
        self._is_open = cells.is_open
        self.stops = sorted({*recording.gauge_times_s, *recording.depth_times_s, duration_s} - {0})
        gauges = np.asarray(recording.gauge_cells, dtype=np.int64).reshape(-1, 2)
        self._rows, self._cols = gauges[:, 0], gauges[:, 1]
        thresholds = (recording.arrival_depth_m, *recording.depth_thresholds_m)
        debris = Debris(
            np.float32(recording.debris_depth_m),
            np.float32(recording.debris_shallow),
            np.float32(recording.debris_deep),
        )
        self.maxima = _nothing_yet(shape, np.asarray(thresholds, dtype=np.float32), debris)
        self._spells = no_spells(shape)
        self._last_s = np.full((len(recording.depth_thresholds_m), *shape), np.nan, np.float32)
        self._duration_s = duration_s
        self.stops_passed = 0
        self._gauge_times_s = frozenset(recording.gauge_times_s)
        self._gauge_depth: list[NDArray[np.float32]] = []
        self._depth_series: list[NDArray[np.float32]] = []
        self._speed_series: list[NDArray[np.float32]] = []

    def at_step(self, state: StoredWater, time_s: float, bands: RowBands) -> None:
        """Count how long the water has been deep, and keep when it was so last.

        Parameters
        ----------
        state
            Water on the ground, arrays of shape (ny, nx) and (ny,).
        time_s
            Time now [s].
        bands
            Bands of rows that threads work on.
        """
        threshold = np.float32(self._recording.lasting_depth_m)
        time, deeps = np.float32(time_s), self._recording.depth_thresholds_m

        def look(band: int) -> None:
            rows = slice(*bands.rows[band])
            depth, deepest = state.depth_m[rows], state.row_depth_m[rows]
            since, ended, lasting = self._spells
            spells = Spells(since[rows], ended[rows], lasting[rows])
            track_spells(spells, depth, deepest, threshold, time)
            for last, deep in zip(self._last_s, deeps, strict=True):
                track_last(last[rows], depth, deepest, np.float32(deep), time)

        bands.run(look)

    def at_stop(self, scheme: FloodScheme, time_s: float) -> None:
        """Keep what is due at an output time.

        Parameters
        ----------
        scheme
            Water on the ground, arrays of shape (ny, nx); the maxima have been brought up to now.
        time_s
            Time now [s].
        """
        state = scheme.shown
        self.stops_passed += 1
        if time_s in self._gauge_times_s:
            depth = state.depth_m[self._rows, self._cols]
            is_open = self._is_open[self._rows, self._cols]
            self._gauge_depth.append(np.where(is_open, depth, np.float32(np.nan)))
        if time_s in self._recording.depth_times_s:
            self._depth_series.append(np.where(self._is_open, state.depth_m, np.float32(np.nan)))
            now = _nothing_yet(state.depth_m.shape, np.empty(0, np.float32), self.maxima.debris)
            scheme.track(now, time_s)  # the largest speed of one moment is the speed
            self._speed_series.append(np.where(self._is_open, now.speed_m_s, np.float32(np.nan)))

    def running(self) -> NamedArrays:
        """Return what every look changes: all that was kept so far but the series.

        Returns
        -------
        mapping
            Arrays of shape (ny, nx), (n, ny, nx) and (ny,), which go on changing.
        """
        return {
            **below("maxima", {name: getattr(self.maxima, name) for name in _MAXIMA}),
            **below("spells", self._spells._asdict()),
            "last_s": self._last_s,
        }

    def go_back(self, running: NamedArrays, stops: int) -> None:
        """Forget what was kept since.

        Parameters
        ----------
        running
            Copies of what `running` returned then.
        stops
            Number of output times that had passed then.
        """
        maxima, spells = part("maxima", running), part("spells", running)
        for name in _MAXIMA:
            put_back(getattr(self.maxima, name), maxima, name)
        for name, array in self._spells._asdict().items():
            put_back(array, spells, name)
        put_back(self._last_s, running, "last_s")
        self.stops_passed = stops
        last_s = [0.0, *self.stops][stops - 1] if stops else -1.0
        wanted = self._recording
        del self._gauge_depth[bisect_right(wanted.gauge_times_s, last_s) :]
        fields = bisect_right(wanted.depth_times_s, last_s)
        del self._depth_series[fields:], self._speed_series[fields:]

    def state(self) -> NamedArrays:
        """Return all that was kept so far.

        Returns
        -------
        mapping
            Arrays of shape (ny, nx), (n, ny, nx), (ny,) and (n, m), which go on changing.
        """
        looks, gauges = len(self._gauge_depth), self._rows.size
        depths = np.asarray(self._gauge_depth, dtype=np.float32).reshape(looks, gauges)
        return {
            **self.running(),
            "stops": np.array([self.stops_passed], dtype=np.int64),
            "gauge_depth": depths,
            "depth_series": self._stacked(self._depth_series),
            "speed_series": self._stacked(self._speed_series),
        }

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state.

        Parameters
        ----------
        state
            What `state` returned.
        """
        stops = np.empty(1, dtype=np.int64)
        put_back(stops, state, "stops")
        self._gauge_depth = list(state["gauge_depth"])
        self._depth_series = list(state["depth_series"])
        self._speed_series = list(state["speed_series"])
        self.go_back(state, int(stops[0]))

    def result(
        self, state: StoredWater, ledger: VolumeLedger, steps: int, dt_min_s: float
    ) -> Inundation:
        """Assemble the result; cells that cannot hold water become NaN.

        Parameters
        ----------
        state
            Water on the ground at the end, arrays of shape (ny, nx).
        ledger
            Account of all water.
        steps
            Number of time steps.
        dt_min_s
            Shortest time step [s].

        Returns
        -------
        Inundation
            Arrays of shape (ny, nx) and (n, ny, nx).
        """
        closed = ~self._is_open
        lasting = spell_length_s(self._spells, self._duration_s)
        largest = self.maxima
        fields = (
            largest.depth_m,
            largest.speed_m_s,
            largest.depth_speed_m2_s,
            largest.hazard_rating,
            lasting,
        )
        for field in fields:
            field[closed] = np.nan
        return Inundation(
            *fields,
            arrival_s=self.maxima.first_time_s[0],
            first_time_s=self.maxima.first_time_s[1:],
            last_time_s=self._last_s,
            final_depth_m=np.where(self._is_open, state.depth_m, np.float32(np.nan)),
            gauges=self.gauges(),
            depth_series_m=self._stacked(self._depth_series),
            speed_series_m_s=self._stacked(self._speed_series),
            ledger=ledger,
            steps=steps,
            dt_min_s=dt_min_s,
        )

    def gauges(self) -> GaugeSeries:
        """Return what was kept at the gauges so far.

        Returns
        -------
        GaugeSeries
            At the first n of the times, shape (n, m).
        """
        n = len(self._gauge_depth)
        return GaugeSeries(
            self._rows,
            self._cols,
            np.asarray(self._recording.gauge_times_s[:n], dtype=np.float64),
            np.asarray(self._gauge_depth, dtype=np.float32).reshape(n, self._rows.size),
        )

    def _stacked(self, fields: list[NDArray[np.float32]]) -> NDArray[np.float32]:
        stacked = np.asarray(fields, dtype=np.float32)
        return stacked.reshape(len(fields), *self._is_open.shape)


def _nothing_yet(shape: tuple[int, ...], threshold_m: Row, debris: Debris) -> FloodMaxima:
    return FloodMaxima(
        depth_m=written_zeros(*shape),
        speed_m_s=written_zeros(*shape),
        depth_speed_m2_s=written_zeros(*shape),
        hazard_rating=written_zeros(*shape),
        first_time_s=np.full((threshold_m.size, *shape), np.nan, dtype=np.float32),
        threshold_m=threshold_m,
        debris=debris,
    )
