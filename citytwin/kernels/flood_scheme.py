"""What the time loop of a flood asks of the scheme that solves it."""

from __future__ import annotations

from typing import Protocol

import numpy as np

from citytwin.kernels.depth_rows import StoredWater
from citytwin.kernels.face_discharge import Row
from citytwin.kernels.flood_maxima import FloodMaxima
from citytwin.kernels.row_bands import RowBands
from citytwin.kernels.window import Window
from citytwin.model.checkpoints import NamedArrays


class FloodScheme(Protocol):
    """The state of a flood and the equations that move it."""

    @property
    def water(self) -> StoredWater:
        """Depth of the water now; inflows are added to it between the steps."""

    @property
    def shown(self) -> StoredWater:
        """The water as it is recorded: `water`, or that of coarse cells on the fine ground in them,
        which `track` brings up to now.
        """

    @property
    def bands(self) -> RowBands:
        """Bands of rows of `shown` that threads work on."""

    def water_with(self, row_depth_m: Row) -> StoredWater:
        """Return the water now with other largest depths of the rows.

        Parameters
        ----------
        row_depth_m
            Raised by what is added to the water, shape (ny,), float32 [m].

        Returns
        -------
        StoredWater
            The same arrays but for this one.
        """

    @property
    def wave_m_s(self) -> float:
        """Speed of the fastest wave after the last step [m/s]; 0 where the scheme needs none."""

    def wave_within(self, window: Window) -> float:
        """Speed of the fastest wave in some cells.

        Parameters
        ----------
        window
            The cells.

        Returns
        -------
        float
            Speed [m/s]; 0 where the scheme needs none.
        """

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

    def advance(self, dt_s: float, rain_m: np.float32, loss_m: np.float32) -> int:
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
        int
            Sum over the booked cells of the depth that the drains took [units of 2^-46 m, see
            `exact_sums`].
        """

    def outflow(self) -> tuple[int, int, int, int]:
        """Return the depths that left over north, south, west and east during the last step.

        Returns
        -------
        tuple of int
            Sums over the booked cells [units of 2^-46 m, see `exact_sums`].
        """

    def track(self, maxima: FloodMaxima, time_s: float) -> None:
        """Bring the running maxima up to now.

        Parameters
        ----------
        maxima
            Arrays of shape (ny, nx) and (k, ny, nx), changed in place.
        time_s
            Time now [s].
        """

    def state(self) -> NamedArrays:
        """Return all that the next steps depend on.

        Returns
        -------
        mapping
            Arrays of shape (ny, nx), (ny, nx + 1), (ny + 1, nx) and (ny,), which go on changing.
        """

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state.

        Parameters
        ----------
        state
            What `state` returned.
        """
