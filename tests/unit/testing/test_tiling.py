"""The contract suite itself: a reach declared too short, or a phase of the tile, is found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from citytwin.errors import StepError
from citytwin.model import fields as f
from citytwin.model.reach import Cell, Domain, Halo, Reach
from citytwin.model.steps import Block, NoParams, Outcome, Simulation
from citytwin.model.text import text
from citytwin.testing.small_town import SmallTown, small_town
from citytwin.testing.tiling import simulate_in_tiles

GIVEN = (f.SURFACE_HEIGHT,)


@pytest.fixture(scope="module")
def town() -> SmallTown:
    """A town of a few houses."""
    return small_town(53, 71)


def seen_from_the_west(block: Block, params: NoParams) -> Outcome:
    """The surface 8 cells to the west, as 0 to 24 h after a fashion."""
    del params
    surface = np.nan_to_num(block[f.SURFACE_HEIGHT])
    moved = np.pad(surface, ((0, 0), (8, 0)))[:, :-8]
    return Outcome({f.SUNLIT_HOURS: (moved / 4).astype(np.float32)})


def stripes_of_the_tile(block: Block, params: NoParams) -> Outcome:
    """Every third row of the array, wherever the array begins."""
    del params
    rows = np.arange(block[f.SURFACE_HEIGHT].shape[0]) % 3 == 0
    stripes = np.broadcast_to(rows[:, None], block[f.SURFACE_HEIGHT].shape)
    return Outcome({f.SUNLIT_HOURS: stripes.astype(np.float32)})


def stripes_of_the_city(block: Block, params: NoParams) -> Outcome:
    """Every third row of the city's grid."""
    del params
    rows = (block.row0 + np.arange(block[f.SURFACE_HEIGHT].shape[0])) % 3 == 0
    stripes = np.broadcast_to(rows[:, None], block[f.SURFACE_HEIGHT].shape)
    return Outcome({f.SUNLIT_HOURS: stripes.astype(np.float32)})


def simulation(run: Any, reach: Reach) -> Simulation[NoParams]:
    """A simulation that is not registered."""
    return Simulation(
        name="trial",
        title=text("試験", "Trial"),
        inputs=GIVEN,
        outputs=(f.SUNLIT_HOURS,),
        params=NoParams,
        reach=reach,
        run=run,
    )


def differing(step: Simulation[NoParams], town: SmallTown) -> float:
    """Share of cells that differ between tiles of 20 cells and the whole."""
    whole = simulate_in_tiles(step, NoParams(), town, 1000, GIVEN)[f.SUNLIT_HOURS]
    tiled = simulate_in_tiles(step, NoParams(), town, 20, GIVEN)[f.SUNLIT_HOURS]
    return float((whole != tiled).mean())


def test_a_sufficient_reach_leaves_no_trace(town: SmallTown) -> None:
    """8 cells of 1.5 m are 12 m; and a whole city is one tile."""
    assert differing(simulation(seen_from_the_west, Halo(lambda _p, _r, _c: 12.0)), town) == 0
    assert differing(simulation(seen_from_the_west, Domain()), town) == 0


def test_a_reach_declared_too_short_is_found(town: SmallTown) -> None:
    """One cell too few shows."""
    assert differing(simulation(seen_from_the_west, Halo(lambda _p, _r, _c: 10.5)), town) > 0
    assert differing(simulation(seen_from_the_west, Cell()), town) > 0.05


def test_a_phase_of_the_tile_is_found(town: SmallTown) -> None:
    """Rows counted from the tile show; rows counted from the city do not."""
    assert differing(simulation(stripes_of_the_tile, Cell()), town) > 0.3
    assert differing(simulation(stripes_of_the_city, Cell()), town) == 0


def test_the_reach_may_follow_the_extremes_of_the_inputs(town: SmallTown) -> None:
    """They are those of the whole town, not of the tile."""
    seen = []

    def metres(params: NoParams, ranges: Any, cell_m: float) -> float:
        seen.append((ranges[f.SURFACE_HEIGHT].low, ranges[f.SURFACE_HEIGHT].high, cell_m))
        return 12.0

    simulate_in_tiles(simulation(seen_from_the_west, Halo(metres)), NoParams(), town, 20, GIVEN)
    surface = town.fields[f.SURFACE_HEIGHT]
    assert set(seen) == {(float(np.nanmin(surface)), float(np.nanmax(surface)), 1.5)}


def test_results_outside_the_declaration_are_refused(town: SmallTown) -> None:
    """A value out of range, another field, another type: each is named."""
    step = simulation(seen_from_the_west, Cell())
    cases = [
        (lambda b, _: Outcome({f.SUNLIT_HOURS: np.full(b.window.shape, 25.0, np.float32)}), "25 h"),
        (lambda b, _: Outcome({f.SUNLIT_HOURS: np.zeros(b.window.shape)}), "float64"),
        (lambda b, _: Outcome({f.SUNLIT_HOURS: np.zeros((3, 2), np.float32)}), r"\(3, 2\)"),
        (lambda b, _: Outcome({f.TERRAIN: b[f.SURFACE_HEIGHT]}), "terrain"),
        (lambda b, _: Outcome({}), r"made \[\]"),
    ]
    for run, said in cases:
        faulty = replace(step, run=run, reach=Domain())
        with pytest.raises((StepError, ValueError), match=said):
            simulate_in_tiles(faulty, NoParams(), town, 1000, GIVEN)


def test_inputs_cannot_be_written_to(town: SmallTown) -> None:
    """The engine protects them."""

    def careless(block: Block, params: NoParams) -> Outcome:
        block[f.SURFACE_HEIGHT][0, 0] = 0.0
        return Outcome({})

    with pytest.raises(ValueError, match="read-only"):
        simulate_in_tiles(simulation(careless, Cell()), NoParams(), town, 20, GIVEN)
