"""Water that enters and leaves between the steps of the solver, as levels and the ground decide."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError, GridMismatchError
from citytwin.kernels.depth_rows import StoredWater, WaterArrays
from citytwin.kernels.exact_sums import as_array, from_array, joined, metres
from citytwin.kernels.flood_forcing import Forcing
from citytwin.kernels.flood_ledger import ExchangedDepths
from citytwin.kernels.flood_levee import Levee, LeveeNow, levee_at
from citytwin.kernels.flood_part import Cells, FloodPart, as_cells
from citytwin.kernels.flood_stage import StageCells, hold_depths
from citytwin.kernels.levee_crossing import cross_levee, largest_rise
from citytwin.kernels.named_arrays import put_back
from citytwin.kernels.time_steps import TimeStep
from citytwin.kernels.water_storage import WaterStorage
from citytwin.model.checkpoints import NamedArrays

# The ground and zones of drains are looked at every so often: they take millimetres in minutes.
_SOAK_EVERY_S = 2.0


class GroundTaking(Protocol):
    """Ground and zones of drains below the water."""

    memory: NDArray[np.float64]
    """What the ground remembers, see `soil_capacity`, shape of the ground [s or m]."""

    def take(self, water: WaterArrays, dt_s: float) -> tuple[int, int]:
        """Let ground and drains take water where there is some.

        Parameters
        ----------
        water
            On the ground, changed in place.
        dt_s
            Time [s], >= 0.

        Returns
        -------
        tuple of int
            Sums of the depths that ground and drains took, of the cells that are booked [2^-46 m].
        """


class _LeveeAccount:
    """A levee with what has crossed it so far."""

    def __init__(self, levee: Levee, columns: int, part: FloodPart) -> None:
        self.levee = levee
        cells = as_cells(levee.rows, levee.cols)
        flat = cells[0] * columns + cells[1]
        self.segments_per_cell = int(np.unique(flat, return_counts=True)[1].max())
        self._booked, self._beside = (
            _segments(levee, chosen, part.local(cells, chosen)) for chosen in part.placed(cells)
        )
        # Depths that came through breaches, over the crest, and went back [2^-46 m].
        self.units = [0, 0, 0]
        self.units_elsewhere = 0

    @property
    def lost_units(self) -> int:
        """Depths that have left the water outside so far into the cells that are booked here."""
        into, over, back = self.units
        return into + over - back

    def outside_lost_m3(self, area_m2: float) -> float:
        """Volume that has left the water outside so far."""
        return metres(self.lost_units + self.units_elsewhere) * area_m2

    def at(self, time_s: float, area_m2: float) -> LeveeNow:
        """The whole levee at a time."""
        return levee_at(self.levee, time_s, self.outside_lost_m3(area_m2))

    def cross(
        self,
        booked: WaterArrays,
        beside: WaterArrays,
        storage: WaterStorage,
        step: TimeStep,
        area_m2: float,
    ) -> None:
        """Let the water of a step cross."""
        dt_per_area = (step.until_s - step.time_s) / area_m2
        lost_m3 = self.outside_lost_m3(area_m2)
        if self._booked is not None:
            now = levee_at(self._booked, step.until_s, lost_m3)
            beds = storage.beds(booked[0], (now.rows, now.cols))
            flow = cross_levee(*booked, beds, now, dt_per_area)
            self.units = [old + int(new) for old, new in zip(self.units, flow, strict=True)]
        if self._beside is not None:
            now = levee_at(self._beside, step.until_s, lost_m3)
            beds = storage.beds(beside[0], (now.rows, now.cols))
            cross_levee(*beside, beds, now, dt_per_area)


def _segments(levee: Levee, chosen: NDArray[np.int64], cells: Cells) -> Levee | None:
    """Some segments of a levee, with their cells in a part of the grid."""
    if not chosen.size:
        return None
    return replace(
        levee,
        rows=cells[0],
        cols=cells[1],
        from_m=np.asarray(levee.from_m)[chosen],
        to_m=np.asarray(levee.to_m)[chosen],
        crest_m=np.asarray(levee.crest_m)[chosen],
        above_m=np.asarray(levee.above_m)[chosen],
    )


class _StageAccount:
    """Cells of a given level with what they have brought and taken."""

    def __init__(self, given: StageCells, part: FloodPart) -> None:
        self.given, cells = given, as_cells(given.rows, given.cols)
        self.cells = cells
        self._booked, self._beside = (part.local(cells, chosen) for chosen in part.placed(cells))
        self.units = [0, 0]  # [2^-46 m]

    def hold(
        self, booked: WaterArrays, beside: WaterArrays, storage: WaterStorage, time_s: float
    ) -> None:
        """Bring the cells to the level of a time."""
        level_m = self.given.stage.level_at(time_s)
        wanted = storage.held(level_m, self._booked)
        added, added_rest, taken, taken_rest = hold_depths(*booked, self._booked, wanted)
        self.units[0] += joined(added, added_rest)
        self.units[1] += joined(taken, taken_rest)
        if self._beside[0].size:
            hold_depths(*beside, self._beside, storage.held(level_m, self._beside))


class FloodExchange:
    """Levees, given water levels, ground and zones of drains of a run.

    Parameters
    ----------
    forcing
        Forcing of the run, with the cells of the whole grid but the sinks of the part.
    storage
        Of the cells of the part.
    area_m2
        Area of a cell [m2], > 0.
    columns
        Columns of the whole grid.
    part
        Which cells of the grid are computed.
    ground
        Ground and drains below the part, where they take water.

    Attributes
    ----------
    memory
        What the ground remembers, float64; shape (0, 0) without `ground`.
    """

    def __init__(
        self,
        forcing: Forcing,
        storage: WaterStorage,
        area_m2: float,
        columns: int,
        part: FloodPart,
        ground: GroundTaking | None = None,
    ) -> None:
        self._storage, self._area_m2 = storage, area_m2
        self._levees = [_LeveeAccount(levee, columns, part) for levee in forcing.levees]
        self._stages = [_StageAccount(given, part) for given in forcing.stages]
        self._accounts: list[_LeveeAccount | _StageAccount] = [*self._levees, *self._stages]
        self._ground = ground
        self.memory = np.zeros((0, 0)) if ground is None else ground.memory
        self._soaked_s = 0.0
        self._units = [0, 0]  # that the ground and the drains took [2^-46 m]

    def largest_gain_m(self, depth_m: NDArray[np.float32], time_s: float, dt_s: float) -> float:
        """Bound of the depth that any one cell gains within a step; for the whole grid only.

        Parameters
        ----------
        depth_m
            Water depth, shape (ny, nx), float32 [m].
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
        for levee in self._levees:
            now = levee.at(time_s + dt_s, self._area_m2)
            per_area = dt_s / self._area_m2
            beds, _share = self._storage.beds(depth_m, (now.rows, now.cols))
            rise = largest_rise(depth_m, beds, now, per_area, levee.segments_per_cell)
            gain = max(gain, rise)
        for stage in self._stages:
            beds, _share = self._storage.beds(depth_m, stage.cells)
            wanted = stage.given.stage.level_at(time_s + dt_s) - beds
            gain = max(gain, float((wanted - depth_m[stage.cells]).max()))
        return gain

    def apply(self, booked: StoredWater, beside: StoredWater, step: TimeStep) -> None:
        """Exchange the water of a step.

        Parameters
        ----------
        booked, beside
            Water on the ground, arrays of shape (ny, nx), changed in place: the same arrays but
            for the largest depths of the rows, which are raised in the first by the cells that
            the part books and in the second by those that others book.
        step
            The step; where it ends at an output time nothing is put off.
        """
        arrays = (booked.depth_m, booked.residual_m, booked.row_depth_m)
        others = (beside.depth_m, beside.residual_m, beside.row_depth_m)
        for levee in self._levees:
            levee.cross(arrays, others, self._storage, step, self._area_m2)
        for stage in self._stages:
            stage.hold(arrays, others, self._storage, step.until_s)
        if self._ground is None:
            return
        np.maximum(beside.row_depth_m, booked.row_depth_m, out=beside.row_depth_m)
        since_s = step.until_s - self._soaked_s
        if step.is_stop or since_s >= _SOAK_EVERY_S:
            soaked = self._ground.take(others, since_s)
            self._soaked_s = step.until_s
            self._units = [old + new for old, new in zip(self._units, soaked, strict=True)]

    def lost_outside(self) -> list[int]:
        """Return what has left the water outside each levee.

        Returns
        -------
        list of int
            Depths of the cells that the part books [2^-46 m].
        """
        return [levee.lost_units for levee in self._levees]

    def hear_of_all(self, lost_outside: Sequence[int]) -> None:
        """Take note of what has left the water outside each levee into the whole grid.

        Parameters
        ----------
        lost_outside
            Depths, those of this part among them [2^-46 m].
        """
        for levee, lost in zip(self._levees, lost_outside, strict=True):
            levee.units_elsewhere = lost - levee.lost_units

    def booked(self) -> ExchangedDepths:
        """Sums of depths so far.

        Returns
        -------
        ExchangedDepths
            Of the cells that the part books.
        """
        crossed = [sum(levee.units[kind] for levee in self._levees) for kind in range(3)]
        held = [sum(stage.units[kind] for stage in self._stages) for kind in range(2)]
        return ExchangedDepths(*crossed, *held, *self._units)

    def state(self) -> NamedArrays:
        """Return all that the next steps and the account depend on.

        Returns
        -------
        mapping
            Arrays of shape (ny, nx) and (n, 2).
        """
        units = list(self._units)
        for account in self._accounts:
            units += account.units
        return {
            "memory": self.memory,
            "soaked_s": np.array([self._soaked_s]),
            "units": as_array(units),
        }

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state.

        Parameters
        ----------
        state
            What `state` returned.
        """
        put_back(self.memory, state, "memory")
        soaked_s, now = np.empty(1), self.state()["units"]
        put_back(soaked_s, state, "soaked_s")
        put_back(now, state, "units")
        self._soaked_s = float(soaked_s[0])
        units = iter(from_array(now))
        self._units = [next(units), next(units)]
        for account in self._accounts:
            account.units = [next(units) for _ in account.units]


def check_exchange(forcing: Forcing, is_open: NDArray[np.bool_]) -> None:
    """Refuse levees, given levels, culverts and sewers at cells outside the grid or that cannot take
    water, and sinks of another grid.

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
        _check_cells(f"levee {number}", as_cells(levee.rows, levee.cols), is_open)
    for number, given in enumerate(forcing.stages):
        _check_cells(f"given level {number}", as_cells(given.rows, given.cols), is_open)
    if forcing.culverts is not None:
        _check_cells("culverts", as_cells(*forcing.culverts.cells), is_open)
    if forcing.sewers is not None:
        _check_cells("sewers", as_cells(*forcing.sewers.cells), is_open)


def _check_cells(name: str, cells: Cells, is_open: NDArray[np.bool_]) -> None:
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
