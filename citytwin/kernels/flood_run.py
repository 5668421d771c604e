"""A run over a grid, or over a part of one: what a step does, what is booked, what is kept."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import StepError
from citytwin.kernels.depth_rows import StoredWater
from citytwin.kernels.exact_sums import as_array, from_array, total_units
from citytwin.kernels.flood_culverts import CulvertEnds, CulvertFlow
from citytwin.kernels.flood_exchange import FloodExchange
from citytwin.kernels.flood_ledger import BookedDepths
from citytwin.kernels.flood_options import EdgeKind, SolverOptions
from citytwin.kernels.flood_part import FloodPart
from citytwin.kernels.flood_recorder import FloodRecorder
from citytwin.kernels.flood_scheme import FloodScheme
from citytwin.kernels.flood_sewers import SewerExchange
from citytwin.kernels.flood_sources import FloodSources
from citytwin.kernels.named_arrays import below, part, put_back
from citytwin.kernels.time_steps import TimeStep
from citytwin.model.checkpoints import NamedArrays

# Deeper water than this is a mistake in the inputs; the time step would shrink without end.
_DEEPEST_M = 1e5


class FloodParts(NamedTuple):
    """What a run is made of.

    Parameters
    ----------
    scheme
        Water and the equations that move it.
    sources, exchange
        What brings and takes water.
    recorder
        What is kept of the run.
    culverts
        Ends of culverts in the part that is computed, or None.
    culvert_flow
        What passes them, where the part is the whole grid; else who leads the parts knows it.
    sewers
        What passes between the ground and sewers, where the part is the whole grid, or None.
    """

    scheme: FloodScheme
    sources: FloodSources
    exchange: FloodExchange
    recorder: FloodRecorder
    culverts: CulvertEnds | None = None
    culvert_flow: CulvertFlow | None = None
    sewers: SewerExchange | None = None


class FloodRun:
    """Water with all that brings, takes and records it.

    Parameters
    ----------
    parts
        What the run is made of.
    options
        Numbers of the scheme.
    place
        Which cells of the grid are computed.
    """

    def __init__(self, parts: FloodParts, options: SolverOptions, place: FloodPart) -> None:
        self.scheme, self.sources, self.exchange, self.recorder = parts[:4]
        self._culverts, self.culvert_flow = parts.culverts, parts.culvert_flow
        self.sewers = parts.sewers
        self._every_steps = options.maxima_every_steps
        self._is_closed = all(kind is EdgeKind.CLOSED for kind in options.edges.kinds)
        self._booked = place.booked
        self._initial = self._on_ground()
        # Taken by the drains, and left over north, south, west and east [2^-46 m].
        self._gone = [0, 0, 0, 0, 0]

    def _on_ground(self) -> int:
        window = self._booked
        rows, cols = slice(window.row0, window.row1), slice(window.col0, window.col1)
        return total_units(self.scheme.water.depth_m[rows, cols])

    def longest_step_s(self, time_s: float, dt_s: float) -> float:
        """Longest stable step, counting the water that enters during a step.

        Parameters
        ----------
        time_s
            Begin of the step [s].
        dt_s
            How long water enters [s]; 0 for not counting it.

        Returns
        -------
        float
            Time step [s]; infinite where nothing limits it.

        Raises
        ------
        StepError
            Where the depths are beyond all measure.
        """
        deepest = float(self.scheme.water.row_depth_m.max())
        require_credible(deepest, time_s)
        gain = 0.0
        if dt_s > 0:
            gain = self.sources.largest_gain_m(time_s, dt_s)
            gain += self.exchange.largest_gain_m(self.scheme.water.depth_m, time_s, dt_s)
            if self.culvert_flow is not None:
                gain += self.culvert_flow.largest_gain_m(self.scheme.water.depth_m, dt_s)
            if self.sewers is not None:
                gain += self.sewers.largest_gain_m(self.scheme.water.depth_m, time_s + dt_s)
        return self.scheme.longest_step_s(gain)

    def step(self, step: TimeStep) -> None:
        """Take a step where all cells are booked.

        Parameters
        ----------
        step
            The step.
        """
        if self.culvert_flow is not None:
            self.carry(self.culvert_flow.pass_on(self.scheme.water.depth_m, step.dt_s))
        self.move(step)
        water = self.scheme.water  # another array than before, where the scheme swaps two
        self.take_and_bring(water, water, step)
        if self.sewers is not None:
            self.sewers.exchange(water, step)

    def carry(self, moves: NDArray[np.float32]) -> None:
        """Let water pass culverts, before it moves over the ground.

        Parameters
        ----------
        moves
            What passes each culvert of the grid, shape (n,), float32 [m], see `CulvertFlow`.
        """
        if self._culverts is not None:
            self._culverts.apply(self.scheme.water, moves)

    def move(self, step: TimeStep, *, is_still: bool = False) -> None:
        """Let the water move, rain fall and uniform drains take their part.

        Parameters
        ----------
        step
            The step.
        is_still
            Whether there is neither water nor discharge, so that without rain nothing happens.
        """
        rain_m = self.sources.rain_m(step.time_s, step.until_s)
        if is_still and not rain_m > 0:
            return
        loss_m = np.float32(self.sources.forcing.drainage_m_s * step.dt_s)
        drained = self.scheme.advance(step.dt_s, rain_m, loss_m)
        left = (0, 0, 0, 0) if self._is_closed else self.scheme.outflow()
        gone = (int(drained), *left)
        self._gone = [old + new for old, new in zip(self._gone, gone, strict=True)]

    def take_and_bring(self, booked: StoredWater, beside: StoredWater, step: TimeStep) -> None:
        """Let inflows, levees, given levels and the ground bring and take their water.

        Parameters
        ----------
        booked, beside
            Water on the ground, arrays of shape (ny, nx), changed in place: the same arrays but
            for the largest depths of the rows, which are raised in the first by the cells that
            are booked here and in the second by those that others book.
        step
            The step.
        """
        self.sources.pour(booked, beside, step.time_s, step.until_s)
        self.exchange.apply(booked, beside, step)

    def track(self, time_s: float) -> None:
        """Bring the running maxima up to now.

        Parameters
        ----------
        time_s
            Time now [s].
        """
        self.scheme.track(self.recorder.maxima, time_s)
        self.recorder.at_step(self.scheme.shown, time_s, self.scheme.bands)

    def record(self, step: TimeStep, steps: int) -> None:
        """Keep what is due after a step.

        Parameters
        ----------
        step
            The step that was taken.
        steps
            Number of steps so far.
        """
        if step.is_stop or steps % self._every_steps == 0:
            self.track(step.until_s)
        if step.is_stop:
            self.recorder.at_stop(self.scheme, step.until_s)

    def booked(self) -> BookedDepths:
        """Return what the account says now.

        Returns
        -------
        BookedDepths
            Sums over the booked cells.
        """
        return BookedDepths(self.exchange.booked(), self._initial, self._on_ground(), *self._gone)

    def flow_state(self) -> NamedArrays:
        """Return all that the rest of the run depends on but what was recorded.

        Returns
        -------
        mapping
            Arrays of any shape, which go on changing.
        """
        flow, sewers = self.culvert_flow, self.sewers
        return {
            **below("scheme", self.scheme.state()),
            **below("sources", self.sources.state()),
            **below("exchange", self.exchange.state()),
            "account": as_array([self._initial, *self._gone]),
            **({} if flow is None else below("culverts", flow.state())),
            **({} if sewers is None else below("sewers", sewers.state())),
        }

    def restore_flow(self, state: NamedArrays) -> None:
        """Go on from a state; what was recorded stays.

        Parameters
        ----------
        state
            What `flow_state` returned.
        """
        self.scheme.restore(part("scheme", state))
        self.sources.restore(part("sources", state))
        self.exchange.restore(part("exchange", state))
        account = as_array([self._initial, *self._gone])
        put_back(account, state, "account")
        self._initial, *self._gone = from_array(account)
        if self.culvert_flow is not None:
            self.culvert_flow.restore(part("culverts", state))
        if self.sewers is not None:
            self.sewers.restore(part("sewers", state))

    def state(self) -> NamedArrays:
        """Return all that the rest of the run depends on.

        Returns
        -------
        mapping
            Arrays of any shape, which go on changing.
        """
        return {**self.flow_state(), **below("recorder", self.recorder.state())}

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state.

        Parameters
        ----------
        state
            What `state` returned.
        """
        self.restore_flow(state)
        self.recorder.restore(part("recorder", state))


def require_credible(deepest_m: float, time_s: float) -> None:
    """Refuse depths beyond all measure.

    Parameters
    ----------
    deepest_m
        Largest depth [m].
    time_s
        Time now [s].

    Raises
    ------
    StepError
        Where it is no number, or too large a one.
    """
    if not deepest_m < _DEEPEST_M:
        raise StepError(
            f"a depth is {deepest_m} m after {time_s:.3f} s",
            step="flood",
            hint="look for extreme terrain, roughness or inflow values",
        )
