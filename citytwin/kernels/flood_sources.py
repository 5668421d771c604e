"""Rain and inflows as depths per time step."""

from __future__ import annotations

import numpy as np

from citytwin.kernels.depth_rows import StoredWater, pour
from citytwin.kernels.flood_forcing import Forcing


class FloodSources:
    """Rain and inflows as depths per step; what rounding drops is carried to the next step.

    Parameters
    ----------
    forcing
        Rain and inflows of the run.
    area_m2
        Area of a cell [m2], > 0.
    largest_weight
        Largest share of rain that any cell receives [-], >= 0.
    """

    def __init__(self, forcing: Forcing, area_m2: float, largest_weight: float) -> None:
        self.forcing = forcing
        self._largest_weight = largest_weight
        self._cell_area_m2 = [area_m2 * len(inflow.rows) for inflow in forcing.inflows]
        self._cells = [
            (np.asarray(inflow.rows, dtype=np.int64), np.asarray(inflow.cols, dtype=np.int64))
            for inflow in forcing.inflows
        ]
        self._rain_carry_m = 0.0
        self._inflow_carry_m = [0.0] * len(forcing.inflows)

    def largest_gain_m(self, time_s: float, dt_s: float) -> float:
        """Bound of the depth that any one cell gains from outside within a step.

        Parameters
        ----------
        time_s
            Begin of the step [s].
        dt_s
            Length of the step [s].

        Returns
        -------
        float
            Depth [m].
        """
        until = time_s + dt_s
        rain = self.forcing.rain
        gain = (rain.depth_until_m(until) - rain.depth_until_m(time_s)) * self._largest_weight
        for inflow, area in zip(self.forcing.inflows, self._cell_area_m2, strict=True):
            gain += (inflow.volume_until_m3(until) - inflow.volume_until_m3(time_s)) / area
        return gain

    def rain_m(self, time_s: float, until_s: float) -> np.float32:
        """Rain of a step.

        Parameters
        ----------
        time_s, until_s
            Begin and end of the step [s].

        Returns
        -------
        numpy.float32
            Depth of rain [m].
        """
        rain = self.forcing.rain
        if not rain.start_s.size:
            return np.float32(0.0)
        due = rain.depth_until_m(until_s) - rain.depth_until_m(time_s) + self._rain_carry_m
        now = np.float32(max(due, 0.0))
        self._rain_carry_m = due - float(now)
        return now

    def pour(self, state: StoredWater, time_s: float, until_s: float) -> None:
        """Add the inflow of a step to its cells.

        Parameters
        ----------
        state
            Water on the ground, arrays of shape (ny, nx), changed in place.
        time_s, until_s
            Begin and end of the step [s].
        """
        for k, (inflow, cells) in enumerate(zip(self.forcing.inflows, self._cells, strict=True)):
            volume = inflow.volume_until_m3(until_s) - inflow.volume_until_m3(time_s)
            due = volume / self._cell_area_m2[k] + self._inflow_carry_m[k]
            now = np.float32(max(due, 0.0))
            self._inflow_carry_m[k] = due - float(now)
            if now > 0:
                pour(state, *cells, now)
