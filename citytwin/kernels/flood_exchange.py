"""Water that enters and leaves between the steps of the solver, as levels and the ground decide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError, GridMismatchError
from citytwin.kernels.depth_rows import StoredWater
from citytwin.kernels.flood_forcing import Forcing
from citytwin.kernels.flood_ledger import Exchanged
from citytwin.kernels.flood_levee import Levee, LeveeNow, levee_at
from citytwin.kernels.flood_stage import hold_level
from citytwin.kernels.infiltration import soak
from citytwin.kernels.levee_crossing import LeveeFlow, cross_levee, largest_rise

# The ground and zones of drains are looked at every so often: they take millimetres in minutes.
_SOAK_EVERY_S = 2.0


class _LeveeAccount:
    """A levee with what has crossed it so far."""

    def __init__(self, levee: Levee, columns: int) -> None:
        self.levee = levee
        flat = np.asarray(levee.rows) * columns + np.asarray(levee.cols)
        self.segments_per_cell = int(np.unique(flat, return_counts=True)[1].max())
        self.sums = LeveeFlow(0.0, 0.0, 0.0)

    def at(self, time_s: float, area_m2: float) -> LeveeNow:
        """The levee at a time."""
        into, over, back = self.sums
        return levee_at(self.levee, time_s, (into + over - back) * area_m2)


class FloodExchange:
    """Levees, given water levels, ground and zones of drains of a run.

    Parameters
    ----------
    forcing
        Forcing of the run.
    bed_m
        Ground level, shape (ny, nx), float32 [m]; closed cells lie above all water.
    area_m2
        Area of a cell [m2], > 0.
    """

    def __init__(self, forcing: Forcing, bed_m: NDArray[np.float32], area_m2: float) -> None:
        self._bed_m, self._area_m2 = bed_m, area_m2
        self._levees = [_LeveeAccount(levee, bed_m.shape[1]) for levee in forcing.levees]
        self._stages = [(given.stage, _cells(given.rows, given.cols)) for given in forcing.stages]
        self._level_in_m = self._level_out_m = 0.0
        self._sinks = forcing.sinks
        self._memory = np.zeros(bed_m.shape if forcing.sinks is not None else (0, 0))
        self._soaked_s = self._soaked_m = self._drained_m = 0.0

    def largest_gain_m(self, water: StoredWater, time_s: float, dt_s: float) -> float:
        """Bound of the depth that any one cell gains within a step.

        Parameters
        ----------
        water
            Water on the ground, arrays of shape (ny, nx).
        time_s
            Begin of the step [s].
        dt_s
            Length of the step [s].

        Returns
        -------
        float
            Depth [m].
        """
        gain = 0.0
        for account in self._levees:
            now = account.at(time_s + dt_s, self._area_m2)
            rise = largest_rise(
                water.depth_m, self._bed_m, now, dt_s / self._area_m2, account.segments_per_cell
            )
            gain = max(gain, rise)
        for stage, (rows, cols) in self._stages:
            wanted = stage.level_at(time_s + dt_s) - self._bed_m[rows, cols]
            gain = max(gain, float((wanted - water.depth_m[rows, cols]).max()))
        return gain

    def apply(self, water: StoredWater, time_s: float, until_s: float, *, is_stop: bool) -> None:
        """Exchange the water of a step.

        Parameters
        ----------
        water
            Water on the ground, arrays of shape (ny, nx), changed in place.
        time_s, until_s
            Begin and end of the step [s].
        is_stop
            Whether the state is looked at after the step, so that nothing may be put off.
        """
        arrays = (water.depth_m, water.residual_m, water.row_depth_m, self._bed_m)
        for account in self._levees:
            now = account.at(until_s, self._area_m2)
            flow = cross_levee(*arrays, now, (until_s - time_s) / self._area_m2)
            account.sums = LeveeFlow(
                *(old + new for old, new in zip(account.sums, flow, strict=True))
            )
        for stage, cells in self._stages:
            added, taken = hold_level(*arrays, cells, stage.level_at(until_s))
            self._level_in_m += added
            self._level_out_m += taken
        if self._sinks is not None and (is_stop or until_s - self._soaked_s >= _SOAK_EVERY_S):
            soaked, drained = soak(
                *arrays[:3],
                self._sinks.soil,
                self._sinks.table,
                self._memory,
                self._sinks.drain_m_s,
                until_s - self._soaked_s,
            )
            self._soaked_s = until_s
            self._soaked_m += soaked
            self._drained_m += drained

    def volumes(self) -> Exchanged:
        """Volumes so far [m3]."""
        area = self._area_m2
        return Exchanged(
            breached_m3=sum(account.sums.breached_m for account in self._levees) * area,
            overtopped_m3=sum(account.sums.overtopped_m for account in self._levees) * area,
            returned_m3=sum(account.sums.returned_m for account in self._levees) * area,
            level_in_m3=self._level_in_m * area,
            level_out_m3=self._level_out_m * area,
            infiltrated_m3=self._soaked_m * area,
            drained_m3=self._drained_m * area,
        )


def _cells(rows: NDArray[np.int64], cols: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    return np.asarray(rows, dtype=np.int64), np.asarray(cols, dtype=np.int64)


def check_exchange(forcing: Forcing, is_open: NDArray[np.bool_]) -> None:
    """Refuse levees and given levels at cells outside the grid or that cannot take water, and sinks
    of another grid.

    Parameters
    ----------
    forcing
        Forcing of the run.
    is_open
        Cells that can hold water, shape (ny, nx), bool.
    """
    if forcing.sinks is not None and forcing.sinks.soil.shape != is_open.shape:
        raise GridMismatchError(
            "soil", expected=str(is_open.shape), got=str(forcing.sinks.soil.shape)
        )
    for number, levee in enumerate(forcing.levees):
        _check_cells(f"levee {number}", _cells(levee.rows, levee.cols), is_open)
    for number, given in enumerate(forcing.stages):
        _check_cells(f"given level {number}", _cells(given.rows, given.cols), is_open)


def _check_cells(
    name: str, cells: tuple[NDArray[np.int64], ...], is_open: NDArray[np.bool_]
) -> None:
    (rows, cols), (ny, nx) = cells, is_open.shape
    if not rows.size or rows.shape != cols.shape:
        raise ConfigError(f"{name}: no cells", hint="name at least one cell")
    inside = (rows >= 0) & (rows < ny) & (cols >= 0) & (cols < nx)
    if not inside.all():
        k = int(np.flatnonzero(~inside)[0])
        raise ConfigError(
            f"{name}: cell ({rows[k]}, {cols[k]}) is outside the grid of {ny} x {nx}",
            hint="give rows and columns inside the grid",
        )
    if not is_open[rows, cols].all():
        k = int(np.flatnonzero(~is_open[rows, cols])[0])
        raise ConfigError(
            f"{name}: cell ({rows[k]}, {cols[k]}) is a building or outside the domain",
            hint="choose open cells",
        )
