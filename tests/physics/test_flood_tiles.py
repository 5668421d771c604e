"""A flood in tiles gives every bit of the flood in one array, however the grid is cut."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from citytwin.kernels.inundation import Inundation, Scheme, SolverOptions
from tests.physics.flood_everything import SHAPE, differing, everything, options_of
from tests.physics.tile_crew import flood_in_tiles, windows

OPTIONS = {
    "inertial": SolverOptions(steps_kept=3, maxima_every_steps=3),
    "inertial, every step": SolverOptions(),
    "inertial, roofs in sewers": SolverOptions(roofs_run_off=False),
    "full, order 1": SolverOptions(scheme=Scheme.FULL, order=1, steps_kept=4),
    "full, order 2": SolverOptions(scheme=Scheme.FULL, order=2, steps_kept=2),
}
CUTS = st.lists(st.integers(1, 36), max_size=3)


@cache
def in_one_array(name: str, pond: bool) -> Inundation:
    """The flood as a whole."""
    return everything(pond=pond).run(options_of(OPTIONS[name]))


@pytest.mark.parametrize("name", OPTIONS)
@settings(max_examples=3, deadline=None)
@given(rows=CUTS, cols=CUTS, pond=st.booleans())
def test_any_tiling_gives_the_same_bits(
    name: str, rows: list[int], cols: list[int], pond: bool
) -> None:
    """Rows, columns and tiles of a single cell among them."""
    city, options = everything(pond=pond), options_of(OPTIONS[name])
    cores = windows(SHAPE, [row for row in rows if row < SHAPE[0]], cols)
    made = flood_in_tiles(city, options, cores)
    assert differing(made, in_one_array(name, pond)) == []
