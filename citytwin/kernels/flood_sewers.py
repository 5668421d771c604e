"""Sewers of a flood: water goes down manholes, rises from them again, and leaves at outfalls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError, StepError
from citytwin.kernels.depth_rows import StoredWater
from citytwin.kernels.exact_sums import as_array, from_array, metres, units
from citytwin.kernels.flood_culverts import change_cells
from citytwin.kernels.flood_ledger import SewerVolumes
from citytwin.kernels.flood_part import Cells
from citytwin.kernels.named_arrays import put_back
from citytwin.kernels.sewer_inlet import Inlets, inlet_discharge_m3_s
from citytwin.kernels.time_steps import TimeStep
from citytwin.kernels.water_storage import WaterStorage
from citytwin.model.checkpoints import NamedArrays

_KEEPS = 0.99999
# Of what would make level the water in a manhole and above it.
_AT_ONCE = 0.5
# Times are sums of steps; so little less than a step of the sewers is one [s].
_ROUNDING_S = 1e-6


class SewerNetwork(Protocol):
    """A model of the flow in sewers, at rest at the begin; the same calls give the same bits."""

    @property
    def step_s(self) -> float:
        """Its time step [s], > 0."""

    def heads_m(self) -> NDArray[np.float64]:
        """Return how high the water stands in each manhole.

        Returns
        -------
        numpy.ndarray
            Level, shape (n,), float64 [m].
        """

    def advance(
        self, inflow_m3_s: NDArray[np.float64], stage_m: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Make a step.

        Parameters
        ----------
        inflow_m3_s
            Discharge into each manhole, negative out of it, shape (n,) [m3/s].
        stage_m
            Water level at each outfall that ends on the ground, shape (k,) [m].

        Returns
        -------
        numpy.ndarray
            Volume that came out of these outfalls, negative where it went in, shape (k,) [m3].
        """


@dataclass(frozen=True, eq=False)
class Sewers:
    """A network of sewers under a grid.

    Parameters
    ----------
    rows, cols
        Cells of the manholes, shape (n,), int.
    crest_m
        Level above which water passes them, not below the ground, shape (n,) [m].
    outfall_rows, outfall_cols
        Cells of the outfalls that end on the ground, shape (k,), int.
    network
        The flow in the sewers, for this run alone.
    manhole_m2
        Plan area of the shaft of a manhole [m2], > 0.
    inlets
        How manholes let water pass.
    """

    rows: NDArray[np.int64]
    cols: NDArray[np.int64]
    crest_m: NDArray[np.float64]
    outfall_rows: NDArray[np.int64]
    outfall_cols: NDArray[np.int64]
    network: SewerNetwork
    manhole_m2: float
    inlets: Inlets = field(default_factory=Inlets)

    def __post_init__(self) -> None:
        shapes = {np.shape(a) for a in (self.rows, self.cols, self.crest_m)}
        outfalls = {np.shape(a) for a in (self.outfall_rows, self.outfall_cols)}
        if len(shapes) != 1 or len(outfalls) != 1:
            raise ConfigError(
                f"sewers: arrays of the shapes {sorted(shapes | outfalls)}",
                hint="give a row, a column and a crest per manhole, a row and a column per outfall",
            )

    @property
    def cells(self) -> Cells:
        """Cells of the manholes, then of the outfalls, shape (n + k,) each."""
        rows = np.concatenate([self.rows, self.outfall_rows]).astype(np.int64)
        return rows, np.concatenate([self.cols, self.outfall_cols]).astype(np.int64)


class SewerExchange:
    """What passes between the ground and the sewers, and what has passed.

    Parameters
    ----------
    sewers
        With the cells of the grid that is computed.
    storage
        Of these cells.
    area_m2
        Area of a cell [m2], > 0.

    Notes
    -----
    After each step of the flood the sewers make as many of their own steps as fit into the time since
    their last one, each with the discharge that levels and heads give at its begin (Chen et al. 2007, see
    `inlet_discharge_m3_s`); a flood in shorter
    steps than theirs waits. No more goes down than the cell holds, and either way no more in a step than
    half of what would make level the shaft and the water above it: the formula is steeper there than
    explicit steps can follow. The depth that is moved, in single precision, times the area is the volume
    that the sewers get. What comes out of an outfall is poured at the exchange after.
    """

    def __init__(self, sewers: Sewers, storage: WaterStorage, area_m2: float) -> None:
        self._sewers, self._storage, self._area_m2 = sewers, storage, area_m2
        self._cells = sewers.cells
        self._manholes, n = len(sewers.rows), len(self._cells[0])
        _, place = np.unique(np.column_stack(self._cells), axis=0, return_inverse=True)
        self._place = place.reshape(-1)
        self._time_s = 0.0
        self._heads_m = sewers.network.heads_m()
        self._due_m = np.zeros(n - self._manholes)  # out of outfalls
        self._units = [0, 0]  # into sewers, out of them [2^-46 m]
        # What the network was told in each step: from it the network comes to this state again.
        self._told: list[NDArray[np.float32]] = []

    def _levels(self, depth_m: NDArray[np.float32]) -> NDArray[np.float64]:
        beds, _share = self._storage.beds(depth_m, self._cells)
        return beds + depth_m[self._cells]

    def _fitting(self, until_s: float) -> int:
        step_s = self._sewers.network.step_s
        return int((until_s - self._time_s + _ROUNDING_S) / step_s)

    def largest_gain_m(self, depth_m: NDArray[np.float32], until_s: float) -> float:
        """Largest depth that a cell gains until a time, if its level stays.

        Parameters
        ----------
        depth_m
            Water depth, shape (ny, nx), float32 [m].
        until_s
            End of the step [s].

        Returns
        -------
        float
            Depth [m], >= 0.
        """
        steps = self._fitting(until_s)
        if steps < 1:
            return 0.0
        gain = np.zeros(len(self._place))
        np.add.at(gain, self._place, -self._moves(depth_m).astype(np.float64))
        return steps * float(gain.max(initial=0.0))

    def _moves(self, depth_m: NDArray[np.float32]) -> NDArray[np.float32]:
        """Depths that go down manholes and outfalls in a step of the sewers, negative up, shape (n + k,)."""
        sewers, n = self._sewers, self._manholes
        seconds, moves = sewers.network.step_s, np.zeros(len(self._cells[0]), np.float32)
        level = self._levels(depth_m)[:n]
        flow = inlet_discharge_m3_s(level, self._heads_m, sewers.crest_m, sewers.inlets)
        apart = np.abs(self._heads_m - np.maximum(level, np.where(flow < 0, sewers.crest_m, level)))
        most = np.minimum(np.abs(flow) * seconds, _AT_ONCE * sewers.manhole_m2 * apart)
        moves[:n] = np.copysign(most / self._area_m2, flow)
        moves[n:] = -self._due_m
        # Of those in one cell the first ones take first.
        left: dict[tuple[int, int], float] = {}
        for k in np.flatnonzero(moves > 0).tolist():
            cell = int(self._cells[0][k]), int(self._cells[1][k])
            held = left.get(cell, _KEEPS * float(depth_m[cell]))
            moves[k] = min(float(moves[k]), held)
            left[cell] = held - float(moves[k])
        return moves

    def exchange(self, water: StoredWater, step: TimeStep) -> None:
        """Let water pass after a step of the flood.

        Parameters
        ----------
        water
            Water on the ground, arrays of shape (ny, nx) and (ny,), changed in place.
        step
            The step.
        """
        for _ in range(self._fitting(step.until_s)):
            self._pass(water)

    def _pass(self, water: StoredWater) -> None:
        """Let water pass in a step of the sewers."""
        moves, n = self._moves(water.depth_m), self._manholes
        change_cells(water.depth_m, water.residual_m, water.row_depth_m, self._cells, -moves)
        for moved in moves[moves != 0].tolist():
            self._units[0 if moved > 0 else 1] += units(abs(moved))
        self._due_m += moves[n:]
        stage = self._levels(water.depth_m)[n:]
        # Who owes water gets none: such an outfall ends above the ground.
        depth = np.where(self._due_m < 0, 0.0, water.depth_m[self._cells][n:])
        told = np.concatenate([moves[:n], np.where(depth > 0, stage, -np.inf)]).astype(np.float32)
        self._tell(told)

    def _tell(self, told: NDArray[np.float32]) -> None:
        """Let the network make a step."""
        network, n = self._sewers.network, self._manholes
        self._told.append(told)
        inflow = told[:n].astype(np.float64) * (self._area_m2 / network.step_s)
        self._due_m += network.advance(inflow, told[n:].astype(np.float64)) / self._area_m2
        self._heads_m = network.heads_m()
        self._time_s = len(self._told) * network.step_s

    def volumes(self) -> SewerVolumes:
        """Return what has passed.

        Returns
        -------
        SewerVolumes
            Volumes [m3].
        """
        into, out = (metres(one) * self._area_m2 for one in self._units)
        return SewerVolumes(into, out, float(self._due_m.sum()) * self._area_m2)

    def state(self) -> NamedArrays:
        """Return all that the rest depends on.

        Returns
        -------
        mapping
            What the network was told in its m steps, shape (m, n + k), and arrays of shape (n,), (k,).
        """
        width = len(self._cells[0])
        return {
            "told": np.array(self._told, dtype=np.float32).reshape(-1, width),
            "heads_m": self._heads_m,
            "due_m": self._due_m,
            "units": as_array(self._units),
        }

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state: the network, which must be at its begin, is told all again.

        Parameters
        ----------
        state
            What `state` returned.

        Raises
        ------
        StepError
            If the network comes to another state than it had.
        """
        for told in np.asarray(state["told"], dtype=np.float32):
            self._tell(told.copy())
        if self._heads_m.tobytes() != np.asarray(state["heads_m"]).tobytes():
            raise StepError(
                "the sewers do not come to the state again that was kept",
                step="flood",
                hint="another version of SWMM? remove the checkpoint and begin anew",
            )
        put_back(self._due_m, state, "due_m")
        counted = as_array(self._units)
        put_back(counted, state, "units")
        self._units = from_array(counted)
