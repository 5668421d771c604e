"""The full shallow-water equations as a scheme of the time loop."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.depth_rows import StoredWater, pour
from citytwin.kernels.exact_sums import total_units
from citytwin.kernels.face_discharge import GRAVITY_M_S2, Row
from citytwin.kernels.flood_forcing import Inflow
from citytwin.kernels.flood_maxima import FloodMaxima, track_cell_maxima
from citytwin.kernels.flood_options import SolverOptions
from citytwin.kernels.flood_part import FloodPart, as_cells
from citytwin.kernels.flood_setup import written_zeros
from citytwin.kernels.flood_stage import StageCells
from citytwin.kernels.full_balance import note_largest
from citytwin.kernels.full_edges import AS_IT_COMES
from citytwin.kernels.full_state import EdgeFlow, FullNumbers, FullState, full_work
from citytwin.kernels.full_step import advance_full
from citytwin.kernels.inertial_state import Ground
from citytwin.kernels.named_arrays import below, part, put_back
from citytwin.kernels.row_bands import RowBands
from citytwin.kernels.step_limit import longest_step_s
from citytwin.kernels.window import Window, along_edges
from citytwin.model.checkpoints import NamedArrays


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
    """

    def __init__(
        self,
        ground: Ground,
        depth_m: NDArray[np.float32],
        cell_m: float,
        options: SolverOptions,
    ) -> None:
        ny, nx = depth_m.shape
        self.water, self._other = _at_rest(depth_m), _at_rest(written_zeros(ny, nx))
        sides = (ground.north, ground.south, ground.west, ground.east)
        self._entries = tuple(np.flatnonzero(side == AS_IT_COMES) for side in sides)
        self._ground, self._cell_m, self._options = ground, cell_m, options
        self._work = full_work(ny, nx)
        self.bands = RowBands((ny, nx), 1)
        self._edge_flow = EdgeFlow(*(np.zeros(n) for n in (nx, nx, ny, ny)))
        self._dt_per_cell = 0.0

    def longest_step_s(self, gain_m: float) -> float:
        """Longest stable step; see `FloodScheme`."""
        deepest = float(self.water.row_depth_m.max())
        return longest_step_s(self._options, self._cell_m, deepest, self.wave_m_s, gain_m)

    @property
    def shown(self) -> StoredWater:
        """The water is recorded as it is; see `FloodScheme`."""
        return self.water

    def water_with(self, row_depth_m: Row) -> StoredWater:
        """The water now with other largest depths of the rows; see `FloodScheme`."""
        return self.water._replace(row_depth_m=row_depth_m)

    @property
    def wave_m_s(self) -> float:
        """Speed of the fastest wave after the last step; see `FloodScheme`."""
        return float(self.water.row_wave_m_s.max())

    def wave_within(self, window: Window) -> float:
        """Speed of the fastest wave in some cells; see `FloodScheme`."""
        rows, cols = slice(window.row0, window.row1), slice(window.col0, window.col1)
        water = self.water
        fastest = np.maximum(abs(water.x_speed[rows, cols]), abs(water.y_speed[rows, cols]))
        waves = fastest + np.sqrt(np.float32(GRAVITY_M_S2) * water.depth_m[rows, cols])
        return float(waves.max())

    def advance(self, dt_s: float, rain_m: np.float32, loss_m: np.float32) -> int:
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
        _forget_dry_rows(self.water, self._other)
        states = (self.water, self._other)
        drained = advance_full(
            states, self._ground, self._work, self._edge_flow, numbers, second_order
        )
        if not second_order:
            self.water, self._other = self._other, self.water
        elif not rain_m > 0:
            _note_dry_rows(self.water, self._other)
        # The factor of the kernel, rounded as there, so that the account has no bias.
        self._dt_per_cell = float(numbers.dt_per_cell)
        self._put_back(numbers.dt_per_cell)
        return drained

    def outflow(self) -> tuple[int, int, int, int]:
        """Depths that left during the last step; see `FloodScheme`."""
        at = along_edges(self._ground.booked, self.water.depth_m.shape)
        north, south, west, east = (
            abs(total_units(side[place] * self._dt_per_cell))
            for side, place in zip(self._edge_flow, at, strict=True)
        )
        return north, south, west, east

    def state(self) -> NamedArrays:
        """All that the next steps depend on; see `FloodScheme`."""
        return {**below("water", self.water._asdict()), **below("other", self._other._asdict())}

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state; see `FloodScheme`."""
        for name, water in (("water", self.water), ("other", self._other)):
            kept = part(name, state)
            for key, array in water._asdict().items():
                put_back(array, kept, key)

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
            rows = ([0], [ny - 1], places.tolist(), places.tolist())[k] if places.size else []
            for j in rows:
                note_largest(self.water, j, self._work.scratch[0, :nx])

    def track(self, maxima: FloodMaxima, time_s: float) -> None:
        """Bring the running maxima up to now; see `FloodScheme`."""
        dry, scratch = np.float32(self._options.dry_depth_m), self._work.scratch
        track_cell_maxima(maxima, self.water, scratch, dry, np.float32(time_s))


def open_entries(
    ground: Ground,
    entries: Sequence[StageCells | Inflow],
    part: FloodPart,
    shape: tuple[int, int],
) -> Ground:
    """Return the ground with edges that let water pass where it enters.

    Parameters
    ----------
    ground
        Of the part, arrays of shape (ny, nx), (nx,) and (ny,).
    entries
        Where water enters: cells whose level is given, inflows. Those at an edge of the grid meet
        no wall there: the water passes with the velocity that it has in the cell, in or out.
    part
        Which cells of the grid are computed.
    shape
        Rows and columns of the grid.

    Returns
    -------
    Ground
        The same ground with edges of its own.
    """
    sides = [side.copy() for side in (ground.north, ground.south, ground.west, ground.east)]
    for entry in entries:
        rows, cols = as_cells(entry.rows, entry.cols)
        at_edge = (rows == 0, rows == shape[0] - 1, cols == 0, cols == shape[1] - 1)
        for k, is_there in enumerate(at_edge):
            placed = part.placed((rows[is_there], cols[is_there]))
            near = np.concatenate(placed)
            local = part.local((rows[is_there], cols[is_there]), near)
            sides[k][local[1 if k < 2 else 0]] = AS_IT_COMES
    return ground._replace(north=sides[0], south=sides[1], west=sides[2], east=sides[3])


def _forget_dry_rows(water: FullState, other: FullState) -> None:
    """Clear rows of the array that is written next which dry rows would leave as they are.

    A level that is given may have dried a row at once, which then no step writes.
    """
    stale = np.flatnonzero((water.row_depth_m <= 0) & (other.row_depth_m > 0))
    for array in other if stale.size else ():
        array[stale] = 0.0


def _note_dry_rows(water: FullState, middle: FullState) -> None:
    """Note the rows that the second stage has passed over since the first one found them dry."""
    wet = np.pad(~(middle.row_depth_m <= 0), 1)
    passed = ~(wet[:-2] | wet[1:-1] | wet[2:])
    water.row_depth_m[passed] = 0.0
    water.row_wave_m_s[passed] = 0.0


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
