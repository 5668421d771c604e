"""The local inertial equations as a scheme of the time loop."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.depth_rows import StoredWater
from citytwin.kernels.exact_sums import total_units
from citytwin.kernels.face_discharge import Row
from citytwin.kernels.flood_maxima import MAXIMA_WORK_ROWS, FloodMaxima, track_maxima
from citytwin.kernels.flood_options import SolverOptions
from citytwin.kernels.flood_setup import written_zeros
from citytwin.kernels.inertial_state import FlowState, Ground
from citytwin.kernels.named_arrays import put_back
from citytwin.kernels.row_bands import RowBands, worthwhile
from citytwin.kernels.shallow_water import STEP_WORK_ROWS, advance_band, close_seams, open_seams
from citytwin.kernels.step_limit import longest_step_s
from citytwin.kernels.step_numbers import step_numbers
from citytwin.kernels.window import Window, along_edges
from citytwin.model.checkpoints import NamedArrays


class InertialScheme:
    """Depth in cells and discharge through faces, after de Almeida et al. (2012).

    Parameters
    ----------
    ground
        What does not change, arrays of shape (ny, nx), (nx,) and (ny,).
    depth_m
        Depth of water at rest, shape (ny, nx), float32 [m]; changed in place.
    cell_m
        Cell size [m], > 0.
    options
        Numbers of the scheme.
    """

    def __init__(
        self,
        ground: Ground,
        depth_m: NDArray[np.float32],
        cell_m: float,
        options: SolverOptions,
    ) -> None:
        ny, nx = depth_m.shape
        self.water = FlowState(
            depth_m=depth_m,
            residual_m=written_zeros(ny, nx),
            row_depth_m=depth_m.max(axis=1),
            x_discharge=written_zeros(ny, nx + 1),
            y_discharge=written_zeros(ny + 1, nx),
        )
        self._ground, self._cell_m, self._options = ground, cell_m, options
        self._dt_per_cell = 0.0
        self.bands = RowBands((ny, nx), worthwhile(options.threads, (ny, nx)))
        rows = max(STEP_WORK_ROWS, MAXIMA_WORK_ROWS)
        # Of each band alone, some cache lines apart.
        work = (len(self.bands.rows), rows, max(ny, nx) + 64)
        self._work = np.zeros(work, dtype=np.float32)

    def longest_step_s(self, gain_m: float) -> float:
        """Longest stable step; see `FloodScheme`."""
        deepest = float(self.water.row_depth_m.max())
        return longest_step_s(self._options, self._cell_m, deepest, 0.0, gain_m)

    @property
    def shown(self) -> StoredWater:
        """The water is recorded as it is; see `FloodScheme`."""
        return self.water

    def water_with(self, row_depth_m: Row) -> StoredWater:
        """The water now with other largest depths of the rows; see `FloodScheme`."""
        return self.water._replace(row_depth_m=row_depth_m)

    @property
    def wave_m_s(self) -> float:
        """No wave is faster than that of the deepest water; see `FloodScheme`."""
        return 0.0

    def wave_within(self, _window: Window) -> float:
        """No wave is faster than that of the deepest water; see `FloodScheme`."""
        return 0.0

    def advance(self, dt_s: float, rain_m: np.float32, loss_m: np.float32) -> int:
        """Take a time step; see `FloodScheme`."""
        numbers = step_numbers(self._options, self._cell_m, dt_s, rain_m, loss_m)
        water, ground, work, seams = self.water, self._ground, self._work, self.bands.seams
        several = len(self.bands.rows) > 1
        if several:
            open_seams(water, ground, seams, numbers)
        drained: int = sum(
            self.bands.run(
                lambda band: advance_band(water, ground, work[band], numbers, seams, band)
            )
        )
        if several:
            drained += close_seams(water, ground, work[0], seams, numbers)
        # The factor of the kernel, rounded as there, so that the account has no bias.
        self._dt_per_cell = float(numbers.dt_per_cell)
        return drained

    def outflow(self) -> tuple[int, int, int, int]:
        """Depths that left during the last step; see `FloodScheme`."""
        x, y = self.water.x_discharge, self.water.y_discharge
        at = along_edges(self._ground.booked, self.water.depth_m.shape)
        north, south, west, east = (
            abs(total_units(side.astype(np.float64) * self._dt_per_cell))
            for side in (y[0, at[0]], y[-1, at[1]], x[at[2], 0], x[at[3], -1])
        )
        return north, south, west, east

    def state(self) -> NamedArrays:
        """All that the next steps depend on; see `FloodScheme`."""
        return self.water._asdict()

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state; see `FloodScheme`."""
        for name, array in self.water._asdict().items():
            put_back(array, state, name)

    def track(self, maxima: FloodMaxima, time_s: float) -> None:
        """Bring the running maxima up to now; see `FloodScheme`."""
        numbers = step_numbers(self._options, self._cell_m, 1.0)
        now, rows = np.float32(time_s), self.bands.rows
        water, ground, work = self.water, self._ground, self._work
        self.bands.run(
            lambda band: track_maxima(maxima, water, ground, work[band], numbers, now, *rows[band])
        )
