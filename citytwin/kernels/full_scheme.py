"""The full shallow-water equations as a scheme of the time loop."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.depth_rows import pour
from citytwin.kernels.face_discharge import GRAVITY_M_S2
from citytwin.kernels.flood_forcing import Inflow
from citytwin.kernels.flood_ledger import EdgeVolumes
from citytwin.kernels.flood_maxima import FloodMaxima, track_cell_maxima
from citytwin.kernels.flood_options import SolverOptions
from citytwin.kernels.flood_setup import written_zeros
from citytwin.kernels.flood_stage import StageCells
from citytwin.kernels.full_edges import AS_IT_COMES
from citytwin.kernels.full_state import EdgeFlow, FullNumbers, FullState, full_work
from citytwin.kernels.full_step import advance_full
from citytwin.kernels.shallow_water import Ground


class FullScheme:
    """Depth and velocity in cells, by Godunov's method.

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
    entries
        Where water enters: cells whose level is given, inflows. Those at an edge of the grid meet
        no wall there: the water passes with the velocity that it has in the cell, in or out.
    """

    def __init__(
        self,
        ground: Ground,
        depth_m: NDArray[np.float32],
        cell_m: float,
        options: SolverOptions,
        entries: Sequence[StageCells | Inflow] = (),
    ) -> None:
        ny, nx = depth_m.shape
        self.water, self._other = _at_rest(depth_m), _at_rest(written_zeros(ny, nx))
        self._entries = _edge_entries(ground, entries)
        ground = _without_walls(ground, self._entries)
        self._ground, self._cell_m, self._options = ground, cell_m, options
        self._reach_m = options.courant_number * cell_m
        self._work = full_work(ny, nx)
        self._edge_flow = EdgeFlow(*(np.zeros(n) for n in (nx, nx, ny, ny)))
        self._volume_scale = 0.0

    def longest_step_s(self, gain_m: float) -> float:
        """Longest stable step; see `FloodScheme`."""
        # What is poured in between the steps is not yet in the waves of the rows.
        deepest = float(self.water.row_depth_m.max())
        wave = max(float(self.water.row_wave_m_s.max()), math.sqrt(GRAVITY_M_S2 * deepest))
        wave += math.sqrt(GRAVITY_M_S2 * gain_m)
        return self._reach_m / wave if wave > 0 else math.inf

    def advance(self, dt_s: float, rain_m: np.float32, loss_m: np.float32) -> float:
        """Take a time step; see `FloodScheme`."""
        numbers = FullNumbers(
            gravity_dt=np.float32(GRAVITY_M_S2 * dt_s),
            gravity_dt_per_cell=np.float32(GRAVITY_M_S2 * dt_s / self._cell_m),
            dt_per_cell=np.float32(dt_s / self._cell_m),
            dry_depth_m=np.float32(self._options.dry_depth_m),
            rain_m=rain_m,
            loss_m=loss_m,
        )
        second_order = self._options.order == 2
        states = (self.water, self._other)
        drained = advance_full(
            states, self._ground, self._work, self._edge_flow, numbers, second_order
        )
        if not second_order:
            self.water, self._other = self._other, self.water
        # The factor of the kernel, rounded as there, so that the account has no bias.
        self._volume_scale = float(numbers.dt_per_cell) * self._cell_m**2
        self._put_back(numbers.dt_per_cell)
        return drained

    def outflow(self) -> EdgeVolumes:
        """Volume that left during the last step; see `FloodScheme`."""
        flow = self._edge_flow
        sums = (float(side.sum()) for side in (flow.north, flow.south, flow.west, flow.east))
        return EdgeVolumes(*(abs(total) * self._volume_scale for total in sums))

    def _put_back(self, dt_per_cell: np.float32) -> None:
        """Undo what the flow through edges where water enters did to the depths there.

        Only its momentum counts: the volume is set or added after the step, and booked there.
        """
        ny, nx = self.water.depth_m.shape
        sides = zip(self._entries, self._edge_flow, (-1, 1, -1, 1), strict=True)
        for k, (places, flow, outwards) in enumerate(sides):
            for i in places:
                cell = ((0, i), (ny - 1, i), (i, 0), (i, nx - 1))[k]
                gain = np.float32(outwards * flow[i] * dt_per_cell)
                pour(self.water, *(np.array([at]) for at in cell), gain)
                flow[i] = 0.0

    def track(self, maxima: FloodMaxima, time_s: float) -> None:
        """Bring the running maxima up to now; see `FloodScheme`."""
        dry, scratch = np.float32(self._options.dry_depth_m), self._work.scratch
        track_cell_maxima(maxima, self.water, scratch, dry, np.float32(time_s))


def _edge_entries(
    ground: Ground, entries: Sequence[StageCells | Inflow]
) -> tuple[NDArray[np.intp], ...]:
    """Places along north, south, west and east where water enters."""
    enters = np.zeros(ground.bed_m.shape, dtype=np.bool_)
    for entry in entries:
        enters[entry.rows, entry.cols] = True
    sides = (enters[0], enters[-1], enters[:, 0], enters[:, -1])
    return tuple(np.flatnonzero(side) for side in sides)


def _without_walls(ground: Ground, entries: tuple[NDArray[np.intp], ...]) -> Ground:
    """The ground with edges that let water pass where it enters."""
    sides = [side.copy() for side in (ground.north, ground.south, ground.west, ground.east)]
    for side, places in zip(sides, entries, strict=True):
        side[places] = AS_IT_COMES
    return ground._replace(north=sides[0], south=sides[1], west=sides[2], east=sides[3])


def _at_rest(depth_m: NDArray[np.float32]) -> FullState:
    """Water without motion."""
    ny, nx = depth_m.shape
    return FullState(
        depth_m=depth_m,
        residual_m=written_zeros(ny, nx),
        row_depth_m=depth_m.max(axis=1),
        x_speed=written_zeros(ny, nx),
        y_speed=written_zeros(ny, nx),
        row_wave_m_s=np.sqrt(np.float32(GRAVITY_M_S2) * depth_m.max(axis=1)),
    )
