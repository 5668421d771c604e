"""Rain on a lattice in whole floods: the bits of uniform rain, of any tiling, of a run that stopped."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from citytwin.kernels.inundation import (
    Forcing,
    Inundation,
    Lattice,
    RainField,
    Scheme,
    SolverOptions,
    simulate_inundation,
)
from citytwin.model.checkpoints import NamedArrays, Watch
from tests.physics.flood_everything import SHAPE, Everything, differing, everything, options_of
from tests.physics.tile_crew import flood_in_tiles, windows

OPTIONS = {
    "inertial": SolverOptions(steps_kept=3, maxima_every_steps=3),
    "full, order 2": SolverOptions(scheme=Scheme.FULL, order=2, steps_kept=2),
}
LATTICE = Lattice(-3.3, -2.1, 11.7)


def under(lattice: Lattice, rates: np.ndarray) -> Everything:
    """The city in which everything happens, under rain on a lattice."""
    city = everything()
    begin, end = np.array([0.0, 50.0]), np.array([20.0, 80.0])
    rain = RainField(begin, end, rates.astype(np.float32), lattice)
    return replace(city, forcing=replace(city.forcing, rain=rain))


def storm() -> Everything:
    """Cells of the lattice without rain and with a cloudburst side by side."""
    rates = np.random.default_rng(3).uniform(0.0, 300.0, (2, 3, 4))
    rates[0, 1, 1:3] = rates[1, 0] = 0.0
    return under(LATTICE, rates)


@cache
def in_one_array(name: str) -> Inundation:
    """The flood as a whole."""
    return storm().run(options_of(OPTIONS[name]))


@pytest.mark.parametrize("name", OPTIONS)
def test_uniform_rain_on_a_lattice_has_the_bits_of_a_series(name: str) -> None:
    """Depths, maxima, account and number of steps."""
    rates = np.array([90.0, 250.0])[:, None, None].repeat(3, axis=1).repeat(4, axis=2)
    options = options_of(OPTIONS[name])
    assert differing(under(LATTICE, rates).run(options), everything().run(options)) == []


@pytest.mark.parametrize(
    ("name", "cuts"),
    [
        ("inertial", ([13], [20])),
        ("inertial", ([1, 25], [])),
        ("inertial", ([], [9, 18, 27])),
        ("full, order 2", ([9], [20])),
    ],
)
def test_any_tiling_gives_the_same_bits(name: str, cuts: tuple[list[int], list[int]]) -> None:
    """Cuts through roofs and cells of the lattice."""
    made = flood_in_tiles(storm(), options_of(OPTIONS[name]), windows(SHAPE, *cuts))
    assert differing(made, in_one_array(name)) == []


def test_a_run_that_was_stopped_gives_the_same_bits() -> None:
    """Within the second burst, from its last state."""

    class Kept:
        def __init__(self) -> None:
            self.state: NamedArrays | None = None

        def latest(self) -> NamedArrays | None:
            return self.state

        def offer(self, state) -> None:
            self.state = {name: np.array(array) for name, array in state().items()}

    class StoppedError(Exception):
        pass

    kept, options = Kept(), options_of(OPTIONS["inertial"])

    def stop(done: float, _whole: float, _counted: str = "time") -> None:
        if done > 60.0:
            raise StoppedError

    with pytest.raises(StoppedError):
        storm().run(options, watch=Watch(stop, kept))
    assert differing(storm().run(options, watch=Watch(None, kept)), in_one_array("inertial")) == []


def test_the_account_is_exact() -> None:
    """All that fell over streets and roofs is stored: on flat closed ground nothing leaves."""
    rates = np.random.default_rng(1).uniform(0.0, 200.0, (6, 4, 5)).astype(np.float32)
    time = 60.0 * np.arange(7.0)
    rain = RainField(time[:-1], time[1:], rates, Lattice(-1.25, -3.5, 8.75))
    blocked = np.zeros((30, 38), dtype=bool)
    blocked[8:20, 5:11] = blocked[25, 20:30] = True
    made = simulate_inundation(
        np.zeros((30, 38), np.float32),
        blocked,
        np.full((30, 38), 0.03, np.float32),
        2.0,
        400.0,
        Forcing(rain),
        SolverOptions(),
    )
    # By hand: the mean rate under each cell, from the overlaps of squares, times 60 s.
    low = -1.25 + 8.75 * np.arange(4)[:, None]
    rows = np.clip(np.minimum(low + 8.75, np.arange(30) + 1) - np.maximum(low, np.arange(30)), 0, 1)
    low = -3.5 + 8.75 * np.arange(5)[:, None]
    cols = np.clip(np.minimum(low + 8.75, np.arange(38) + 1) - np.maximum(low, np.arange(38)), 0, 1)
    fallen_m3 = (rows.T @ rates.astype(np.float64).sum(axis=0) @ cols).sum() * 60 / 3.6e6 * 4.0
    assert made.ledger.rain_m3 == pytest.approx(fallen_m3, rel=1e-13)
    assert made.ledger.relative_error < 1e-7
    assert made.ledger.stored_m3 == pytest.approx(fallen_m3, rel=1e-7)
