"""Rain and inflows as depths per time step."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from citytwin.kernels.depth_rows import StoredWater, pour
from citytwin.kernels.flood_forcing import Forcing
from citytwin.kernels.flood_part import Cells, FloodPart, as_cells
from citytwin.kernels.named_arrays import put_back
from citytwin.kernels.rain_field import RainField
from citytwin.model.checkpoints import NamedArrays


class PlacedRain(Protocol):
    """Rain that differs from place to place, laid out over cells."""

    def fall(self, time_s: float, until_s: float) -> np.float32:
        """Let the rain of a step fall.

        Parameters
        ----------
        time_s, until_s
            Begin and end of the step [s].

        Returns
        -------
        numpy.float32
            Depth of the rain of which the ground now knows the shares [m]: 1, or 0 without rain.
        """

    def state(self) -> NamedArrays:
        """Return what waits for the next step.

        Returns
        -------
        mapping
            Arrays of shape (n,).
        """

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state.

        Parameters
        ----------
        state
            What `state` returned.
        """


class FloodSources:
    """Rain and inflows as depths per step; what rounding drops is carried to the next step.

    Parameters
    ----------
    forcing
        Rain and inflows of the run, with the cells of the whole grid.
    area_m2
        Area of a cell [m2], > 0.
    largest_weight
        Largest share of rain that any cell of the grid receives [-], >= 0.
    part
        Which cells of the grid are computed.
    gridded
        Rain that differs from place to place, laid out over the part; None where there is none, or
        where it is only asked for bounds.
    """

    def __init__(
        self,
        forcing: Forcing,
        area_m2: float,
        largest_weight: float,
        part: FloodPart,
        gridded: PlacedRain | None = None,
    ) -> None:
        self.forcing, self._gridded = forcing, gridded
        self._largest_weight = largest_weight
        self._cell_area_m2 = [area_m2 * len(inflow.rows) for inflow in forcing.inflows]
        self._booked: list[Cells] = []
        self._beside: list[Cells] = []
        for inflow in forcing.inflows:
            cells = as_cells(inflow.rows, inflow.cols)
            placed = part.placed(cells)
            self._booked.append(part.local(cells, placed.booked))
            self._beside.append(part.local(cells, placed.beside))
        self._carry_m = np.zeros(1 + len(forcing.inflows))

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
        fallen = rain.depth_until_m(until) - rain.depth_until_m(time_s)
        gain = float(np.max(fallen)) * self._largest_weight
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
            Depth of rain that each cell gets by its share [m]; with gridded rain, whose depths are
            these shares, 1 where any falls.
        """
        if self._gridded is not None:
            return self._gridded.fall(time_s, until_s)
        rain = self.forcing.rain
        if isinstance(rain, RainField) or not rain.start_s.size:
            return np.float32(0.0)
        return self._due(0, rain.depth_until_m(until_s) - rain.depth_until_m(time_s))

    def pour(self, booked: StoredWater, beside: StoredWater, time_s: float, until_s: float) -> None:
        """Add the inflow of a step to its cells.

        Parameters
        ----------
        booked, beside
            Water on the ground, arrays of shape (ny, nx), changed in place: the same arrays but
            for the largest depths of the rows, which are raised in the first by the cells that
            the part books and in the second by those that others book.
        time_s, until_s
            Begin and end of the step [s].
        """
        for k, inflow in enumerate(self.forcing.inflows):
            volume = inflow.volume_until_m3(until_s) - inflow.volume_until_m3(time_s)
            now = self._due(k + 1, volume / self._cell_area_m2[k])
            if now > 0:
                pour(booked, *self._booked[k], now)
                if self._beside[k][0].size:
                    pour(beside, *self._beside[k], now)

    def _due(self, place: int, depth_m: float) -> np.float32:
        """Depth that can be added now; the rest waits for the next step."""
        due = depth_m + float(self._carry_m[place])
        now = np.float32(max(due, 0.0))
        self._carry_m[place] = due - float(now)
        return now

    def state(self) -> NamedArrays:
        """Return what waits for the next step.

        Returns
        -------
        mapping
            Depths, shape (n,), float64 [m].
        """
        gridded = {} if self._gridded is None else self._gridded.state()
        return {"carry_m": self._carry_m, **gridded}

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state.

        Parameters
        ----------
        state
            What `state` returned.
        """
        put_back(self._carry_m, state, "carry_m")
        if self._gridded is not None:
            self._gridded.restore(state)
