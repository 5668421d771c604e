"""What the time loop of a flood asks of the scheme that solves it."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from citytwin.kernels.depth_rows import StoredWater
from citytwin.kernels.flood_ledger import EdgeVolumes
from citytwin.kernels.flood_maxima import FloodMaxima


class FloodScheme(Protocol):
    """The state of a flood and the equations that move it."""

    @property
    def water(self) -> StoredWater:
        """Depth of the water now; inflows are added to it between the steps."""

    def longest_step_s(self, gain_m: float) -> float:
        """Longest stable step.

        Parameters
        ----------
        gain_m
            Depth that a cell may gain from outside during the step [m], >= 0.

        Returns
        -------
        float
            Time step [s]; infinite where nothing limits it.
        """

    def advance(self, dt_s: float, rain_m: np.float32, loss_m: np.float32) -> float:
        """Take a time step.

        Parameters
        ----------
        dt_s
            Time step [s], > 0, at most slightly above `longest_step_s`.
        rain_m
            Rain of the step [m], >= 0.
        loss_m
            Depth that the drains can take [m], >= 0.

        Returns
        -------
        float
            Sum over the cells of the depth that the drains took [m].
        """

    def outflow(self) -> EdgeVolumes:
        """Return the volume that left over each side during the last step [m3]."""

    def track(self, maxima: FloodMaxima, time_s: float) -> None:
        """Bring the running maxima up to now.

        Parameters
        ----------
        maxima
            Arrays of shape (ny, nx) and (k, ny, nx), changed in place.
        time_s
            Time now [s].
        """
