"""Floods a grid in tiles: which steps they take, from what they tell, and the account of all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial, reduce
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.flood_culverts import CulvertFlow, Culverts
from citytwin.kernels.flood_exchange import FloodExchange
from citytwin.kernels.flood_forcing import Forcing
from citytwin.kernels.flood_ledger import BookedDepths, VolumeLedger
from citytwin.kernels.flood_levee import Levee
from citytwin.kernels.flood_part import Cells, whole
from citytwin.kernels.flood_run import require_credible
from citytwin.kernels.flood_sources import FloodSources
from citytwin.kernels.flood_stage import StageCells
from citytwin.kernels.flood_tile import TiledFlood, TileLook
from citytwin.kernels.named_arrays import below, part
from citytwin.kernels.rained_area import RainedArea
from citytwin.kernels.step_limit import longest_step_s
from citytwin.kernels.time_steps import StepRule, TimeStep
from citytwin.kernels.water_storage import LevelBeds
from citytwin.model.checkpoints import NamedArrays


class Crew(Protocol):
    """All tiles of a flood, wherever they are; results are in the order of the tiles."""

    def watched_places(self) -> Sequence[NDArray[np.int64]]:
        """Return which of the watched cells lie in each tile."""

    def look(self) -> Sequence[TileLook]:
        """Return what the tiles tell now."""

    def swap(self) -> None:
        """Let every tile take over what it must know of the others."""

    def advance(
        self,
        steps: Sequence[TimeStep],
        before: int,
        lost_outside: Sequence[int],
        through_culverts: NDArray[np.float32],
    ) -> Sequence[TileLook]:
        """Let all tiles take some steps.

        Parameters
        ----------
        steps, before, lost_outside, through_culverts
            As for `FloodTile.advance`.
        """

    def settle(self, accepted: int) -> None:
        """Let all tiles keep only the first of the steps that were taken last.

        Parameters
        ----------
        accepted
            How many.
        """

    def booked(self) -> Sequence[BookedDepths]:
        """Return the account of each tile."""


class _Looked(NamedTuple):
    """What the whole grid tells at one moment."""

    deepest_m: float
    wave_m_s: float
    watched_m: NDArray[np.float32]
    lost_outside: tuple[int, ...]


class Conductor:
    """Leads the tiles of a flood.

    Parameters
    ----------
    flood
        What all tiles know.
    bed_m
        Ground level of the watched cells, shape (m,), float32 [m].
    crew
        The tiles.
    """

    def __init__(self, flood: TiledFlood, bed_m: NDArray[np.float32], crew: Crew) -> None:
        self.flood, self._crew = flood, crew
        options, area_m2 = flood.options, flood.cell_m**2
        self.rule = StepRule(options.dt_max_s, options.steps_kept)
        self._sources = FloodSources(
            flood.forcing, area_m2, flood.largest_weight, whole(flood.shape)
        )
        row = whole((1, max(1, len(bed_m))))
        forcing = _in_one_row(flood.forcing, flood.watched, flood.shape[1])
        storage = LevelBeds(bed_m[None])
        self._exchange = FloodExchange(forcing, storage, area_m2, len(bed_m), row)
        # A pond outside a levee falls with what it loses into any tile; a culvert has two ends.
        ponds = any(np.isfinite(levee.storage_m2) for levee in flood.forcing.levees)
        culverts = forcing.culverts
        self._culverts = None if culverts is None else CulvertFlow(culverts, storage, area_m2)
        self._at_once = 1 if ponds or culverts is not None else options.steps_kept
        self._places = crew.watched_places()
        self._now = self._together(crew.look())[0]

    def _together(self, looks: Sequence[TileLook]) -> list[_Looked]:
        """What the grid tells at each moment, from what its tiles told."""
        moments = []
        for k in range(len(looks[0].deepest_m)):
            watched = np.zeros(len(self.flood.watched[0]), dtype=np.float32)
            for place, look in zip(self._places, looks, strict=True):
                watched[place] = look.watched_m[k]
            lost = zip(*(look.lost_outside[k] for look in looks), strict=True)
            deepest = max(float(look.deepest_m[k]) for look in looks)
            # A NaN must not hide behind a number.
            deepest = deepest if all(look.deepest_m[k] >= 0 for look in looks) else np.nan
            wave = max(float(look.wave_m_s[k]) for look in looks)
            moments.append(_Looked(deepest, wave, watched, tuple(sum(own) for own in lost)))
        return moments

    def _longest_s(self, now: _Looked, time_s: float, dt_s: float) -> float:
        """Longest stable step, as `FloodRun.longest_step_s` finds it for the whole grid."""
        require_credible(now.deepest_m, time_s)
        gain = 0.0
        if dt_s > 0:
            self._exchange.hear_of_all(now.lost_outside)
            gain = self._sources.largest_gain_m(time_s, dt_s)
            gain += self._exchange.largest_gain_m(now.watched_m[None], time_s, dt_s)
            if self._culverts is not None:
                gain += self._culverts.largest_gain_m(now.watched_m[None], dt_s)
        flood = self.flood
        return longest_step_s(flood.options, flood.cell_m, now.deepest_m, now.wave_m_s, gain)

    def advance(self, stop_s: float) -> None:
        """Take the steps that need no further exchange.

        Parameters
        ----------
        stop_s
            Output time at which a step must end [s], later than now.

        Notes
        -----
        The tiles take as many steps as were chosen, and tell of each. If the length had to change
        on the way, as the whole grid shows only then, they go back to the step before that.
        """
        rule, now = self.rule, self._now
        number = min(rule.choose(stop_s, partial(self._longest_s, now, rule.time_s)), self._at_once)
        ahead = StepRule(self.flood.options.dt_max_s, self.flood.options.steps_kept)
        ahead.restore(rule.state())
        steps = [ahead.take(stop_s) for _ in range(number)]
        moves = np.empty(0, dtype=np.float32)
        if self._culverts is not None:
            moves = self._culverts.pass_on(now.watched_m[None], steps[0].dt_s)
        self._crew.swap()
        moments = self._together(self._crew.advance(steps, rule.steps, now.lost_outside, moves))
        rule.take(stop_s)
        accepted = 1
        while accepted < number and rule.is_kept(
            partial(self._longest_s, moments[accepted - 1], rule.time_s)
        ):
            rule.take(stop_s)
            accepted += 1
        if accepted < number:
            self._crew.settle(accepted)
        self._now = moments[accepted - 1]

    def ledger(self, rained: RainedArea) -> VolumeLedger:
        """Return the account of the whole grid.

        Parameters
        ----------
        rained
            Open and roof cells of the grid.

        Returns
        -------
        VolumeLedger
            Volumes [m3].
        """
        forcing, area_m2 = self.flood.forcing, self.flood.cell_m**2
        duration_s = self.flood.duration_s
        booked = reduce(BookedDepths.plus, self._crew.booked())
        return booked.ledger(
            area_m2,
            rain_m3=rained.rain_m3(forcing.rain, duration_s, area_m2),
            inflow_m3=sum(inflow.volume_until_m3(duration_s) for inflow in forcing.inflows),
            culverts_m3=0.0 if self._culverts is None else self._culverts.passed_m3,
        )

    def state(self) -> NamedArrays:
        """Return what the next steps depend on beside the tiles.

        Returns
        -------
        mapping
            Arrays of shape (n,).
        """
        culverts = {} if self._culverts is None else self._culverts.state()
        return {**self.rule.state(), **below("culverts", culverts)}

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state; the tiles must have gone back to theirs.

        Parameters
        ----------
        state
            What `state` returned.
        """
        self.rule.restore(state)
        if self._culverts is not None:
            self._culverts.restore(part("culverts", state))
        self._now = self._together(self._crew.look())[0]


def _in_one_row(forcing: Forcing, watched: Cells, columns: int) -> Forcing:
    """Levees, given levels and culverts on a grid of one row that holds the watched cells alone."""

    def place(rows: NDArray[np.int64], cols: NDArray[np.int64]) -> Cells:
        at = _places(watched, columns, (rows, cols))
        return np.zeros(at.shape, dtype=np.int64), at

    culverts = forcing.culverts
    return Forcing(
        levees=tuple(_moved(one, *place(one.rows, one.cols)) for one in forcing.levees),
        stages=tuple(_moved(one, *place(one.rows, one.cols)) for one in forcing.stages),
        culverts=None
        if culverts is None
        else _moved(culverts, *place(culverts.rows, culverts.cols)),
    )


def _places(watched: Cells, columns: int, cells: Cells) -> NDArray[np.int64]:
    """Places of some cells among the watched ones."""
    flat = watched[0] * columns + watched[1]
    wanted = np.asarray(cells[0]) * columns + np.asarray(cells[1])
    return np.searchsorted(flat, wanted).astype(np.int64)


_Given = TypeVar("_Given", Levee, StageCells, Culverts)


def _moved(given: _Given, rows: NDArray[np.int64], cols: NDArray[np.int64]) -> _Given:
    return replace(given, rows=rows, cols=cols)
