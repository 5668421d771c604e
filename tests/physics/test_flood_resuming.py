"""A flood that stops anywhere and goes on gives every bit of one that never stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citytwin.kernels.inundation import Inundation, Scheme, SolverOptions
from citytwin.model.checkpoints import NamedArrays, Watch
from tests.physics.flood_everything import differing, everything, options_of

OPTIONS = {
    "inertial": SolverOptions(steps_kept=7, maxima_every_steps=3),
    "inertial, every step": SolverOptions(),
    "full, order 1": SolverOptions(scheme=Scheme.FULL, order=1, steps_kept=5),
    "full, order 2": SolverOptions(scheme=Scheme.FULL, order=2, maxima_every_steps=4),
}


class StopError(Exception):
    """The run was stopped here."""


@dataclass
class StopsAfter:
    """Keeps a copy of the state after some steps and stops the run."""

    steps: int
    kept: NamedArrays | None = None
    seen: int = field(default=0)

    def latest(self) -> NamedArrays | None:
        """Return what the run before has kept."""
        return self.kept

    def offer(self, state: Callable[[], NamedArrays]) -> None:
        """Stop when it is time."""
        self.seen += 1
        if self.seen == self.steps:
            self.kept = {name: array.copy() for name, array in state().items()}
            raise StopError


@cache
def undisturbed(name: str) -> Inundation:
    """The flood in one go."""
    return everything().run(options_of(OPTIONS[name]))


@pytest.mark.parametrize("name", OPTIONS)
def test_everything_happens(name: str) -> None:
    """No column of the account is zero, and it closes."""
    ledger = undisturbed(name).ledger
    kinds = vars(ledger.exchanged)
    assert all(volume > 0 for volume in kinds.values()), kinds
    assert min(ledger.rain_m3, ledger.inflow_m3, ledger.drained_m3, ledger.initial_m3) > 0
    assert ledger.outflow.south_m3 > 0
    assert ledger.relative_error < 1e-7


@pytest.mark.parametrize("name", OPTIONS)
@settings(max_examples=4, deadline=None)
@given(shares=st.lists(st.floats(0.001, 1.0), min_size=1, max_size=3))
def test_stopping_anywhere_changes_no_bit(name: str, shares: list[float]) -> None:
    """Stopped after any steps, several times, each time begun anew from the arrays alone."""
    whole, options, city = undisturbed(name), options_of(OPTIONS[name]), everything()
    keeper = StopsAfter(0)
    for share in shares:
        keeper = StopsAfter(max(1, int(share * whole.steps / len(shares))), keeper.kept)
        with pytest.raises(StopError):
            city.run(options, watch=Watch(checkpoints=keeper))
    resumed = city.run(options, watch=Watch(checkpoints=StopsAfter(-1, keeper.kept)))
    assert differing(resumed, whole) == []


def test_a_run_without_gauges_or_frames_goes_on() -> None:
    """Empty series are states as well."""
    city, options = everything(), SolverOptions()
    keeper = StopsAfter(4)
    with pytest.raises(StopError):
        city.run(options, 8.0, Watch(checkpoints=keeper))
    resumed = city.run(options, 8.0, Watch(checkpoints=StopsAfter(-1, keeper.kept)))
    assert differing(resumed, city.run(options, 8.0)) == []


def test_a_state_of_another_grid_is_refused() -> None:
    """Its arrays do not fit."""
    keeper = StopsAfter(3)
    options = options_of(SolverOptions())
    with pytest.raises(StopError):
        everything().run(options, watch=Watch(checkpoints=keeper))
    other = everything(shape=(26, 38))
    with pytest.raises(ValueError, match=r"scheme|depth_m"):
        other.run(options, watch=Watch(checkpoints=StopsAfter(-1, keeper.kept)))


def test_kept_steps_stay_stable() -> None:
    """A step that is kept is never longer than the limit of the scheme, nor are many more taken.

    The largest depth of the same flood with a step chosen every time differs by millimetres.
    """
    every, kept = undisturbed("inertial, every step"), undisturbed("inertial")
    assert kept.steps < 1.2 * every.steps
    difference = np.nanmax(np.abs(kept.final_depth_m - every.final_depth_m))
    assert difference < 0.02
