"""Levees, levels and initial water given as places of a city."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from citytwin.errors import StepError
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.model.site import Site
from citytwin.model.steps import Block, Outcome
from citytwin.simulations.flood.boundaries import InitialWater, LeveeParams, LevelParams
from citytwin.simulations.flood.levees import levee_of
from citytwin.simulations.flood.params import FloodParams
from citytwin.simulations.flood.places import Ground, initial_depth, level_cells
from citytwin.simulations.flood.step import SIMULATION

# 20 x 30 cells of 5 m; its south-west corner is (1000, 2000).
GRID = GridSpec("EPSG:6677", 1000.0, 2100.0, 5.0, 20, 30)
SITE = Site(139.3, 35.1, 0.0, "Asia/Tokyo")


def levee_terrain() -> np.ndarray:
    """A levee from west to east with its crest at 6 m in row 10; land at 1 m in the north."""
    rows = np.arange(20.0)
    profile = np.clip(6.0 - 1.5 * np.abs(rows - 10), 1.0, 6.0)
    profile[rows > 13] = 0.0
    return np.repeat(profile[:, None], 30, axis=1).astype(np.float32)


def ground(**changed: np.ndarray) -> Ground:
    """All open."""
    terrain = levee_terrain()
    return Ground(GRID, terrain, changed.get("is_open", np.ones(GRID.shape, dtype=np.bool_)))


def levee_params(**more: Any) -> LeveeParams:
    """The levee of that terrain, from west to east, water at 5 m."""
    given = {
        "line": [(1000.0, 2047.5), (1150.0, 2047.5)],
        "land": "left",
        "stage": [{"minutes": 0, "level_m": 5.0}],
        **more,
    }
    return LeveeParams.model_validate(given)


def test_segments_reach_the_toe_on_the_land_side() -> None:
    """30 segments of 5 m; the toe lies 4 rows north of the crest, at 1 m."""
    levee = levee_of(ground(), levee_params())
    np.testing.assert_array_equal(levee.cols, np.arange(30))
    np.testing.assert_array_equal(levee.rows, 6)
    np.testing.assert_allclose(levee.to_m - levee.from_m, 5.0)
    np.testing.assert_allclose(levee.crest_m, 6.0)


def test_the_other_side_and_the_other_direction() -> None:
    """Turned around, the land is on the right; the river side has the other toe."""
    line = [(1150.0, 2047.5), (1000.0, 2047.5)]
    levee = levee_of(ground(), levee_params(line=line, land="right"))
    np.testing.assert_array_equal(levee.rows, 6)
    np.testing.assert_array_equal(levee.cols, np.arange(30)[::-1])
    south = levee_of(ground(), levee_params(land="right"))
    np.testing.assert_array_equal(south.rows, 14)


def test_water_falls_along_the_line_and_crests_are_interpolated() -> None:
    """1 per mille over 150 m; crest from 6 m to 5.4 m."""
    levee = levee_of(ground(), levee_params(water_slope=0.001, crest_m=[6.0, 5.4]))
    assert levee.above_m[0] == pytest.approx(-0.0025)
    assert levee.above_m[-1] == pytest.approx(-0.1475)
    assert levee.crest_m[0] == pytest.approx(6.0 - 0.6 * 2.5 / 150)


def test_parts_outside_the_area_or_before_a_building_are_left_out() -> None:
    """A line that begins 50 m west of the grid, and a building over the land at one place."""
    is_open = np.ones(GRID.shape, dtype=np.bool_)
    is_open[:10, 4] = False
    levee = levee_of(
        ground(is_open=is_open), levee_params(line=[(950.0, 2047.5), (1150.0, 2047.5)])
    )
    assert sorted(set(range(30)) - set(levee.cols.tolist())) == [4]
    assert levee.from_m.min() == pytest.approx(50.0)


def breach(**more: Any) -> dict[str, Any]:
    """A breach of 20 m in the middle of the levee."""
    return {"x": 1075.0, "y": 2050.0, "width_m": 20.0, "start_minutes": 5.0, **more}


def test_a_breach_starts_when_the_water_reaches_its_level() -> None:
    """4.5 m at the first place is reached after 30 min; at the breach, 0.075 m lower, 90 s later."""
    rising = [{"minutes": 0, "level_m": 3.0}, {"minutes": 60, "level_m": 6.0}]
    opened = breach(start_minutes=None, start_level_m=4.5)
    levee = levee_of(ground(), levee_params(stage=rising, breaches=[opened]))
    assert levee.breaches[0].start_s == pytest.approx(1800.0)
    falling = levee_params(stage=rising, breaches=[opened], water_slope=0.001)
    # Nearest segment: its middle is 72.5 or 77.5 m along the line.
    assert levee_of(ground(), falling).breaches[0].start_s == pytest.approx(1890.0, abs=4.0)


def test_the_floor_of_a_breach_is_the_ground_behind_it() -> None:
    """1 m, or what is given."""
    assert levee_of(ground(), levee_params(breaches=[breach()])).breaches[0].sill_m == 1.0
    given = levee_params(breaches=[breach(sill_m=2.5)])
    assert levee_of(ground(), given).breaches[0].sill_m == 2.5


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (levee_params(line=[(0.0, 0.0), (10.0, 0.0)]), "no open cell left"),
        (levee_params(breaches=[breach(y=2095.0)]), "48 m from its levee"),
        (levee_params(breaches=[breach(start_minutes=None, start_level_m=5.1)]), "never reaches"),
        (levee_params(stage=[{"minutes": 0, "level_m": 500.0}]), "499 m above the ground"),
    ],
)
def test_levees_that_cannot_be_are_refused(given: LeveeParams, said: str) -> None:
    """Naming what was met."""
    with pytest.raises(StepError, match=said):
        levee_of(ground(), given)


@pytest.mark.parametrize(
    "wrong",
    [
        {"line": [(0.0, 0.0)]},
        {"line": [(0.0, 0.0), (0.0, 0.0)]},
        {"crest_m": [1.0, 2.0, 3.0]},
        {"stage": []},
        {"stage": [{"minutes": 5, "level_m": 1}, {"minutes": 5, "level_m": 2}]},
        {"breaches": [breach(start_level_m=3.0)]},
        {"breaches": [breach(start_minutes=None)]},
        {"breaches": [breach(width_m=0)]},
        {"land": "north"},
    ],
)
def test_parameters_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    """Before the run."""
    with pytest.raises(ValidationError):
        levee_params(**wrong)


def test_initial_water_fills_what_lies_below_its_level() -> None:
    """0.5 m over the land at 1 m, within the outline only; the higher of two levels counts."""
    west = InitialWater(
        level_m=1.5, outline=((1000, 2060), (1050, 2060), (1050, 2100), (1000, 2100))
    )
    low = west.model_copy(update={"level_m": 1.2})
    depth = initial_depth(ground(), (west, low))
    assert depth is not None
    np.testing.assert_allclose(depth[:7, :10], 0.5)
    assert depth[:, 10:].max() == 0
    assert depth[7:].max() == 0


def test_the_level_at_an_edge_is_held_in_its_open_cells() -> None:
    """A building at the edge takes no part."""
    is_open = np.ones(GRID.shape, dtype=np.bool_)
    is_open[-1, 3] = False
    given = LevelParams.model_validate({"edge": "south", "stage": [{"minutes": 0, "level_m": 1}]})
    cells = level_cells(ground(is_open=is_open), given)
    assert set(cells.rows.tolist()) == {19}
    assert sorted(set(range(30)) - set(cells.cols.tolist())) == [3]


@pytest.mark.parametrize(
    ("edge", "row", "col"),
    [("north", 0, 5), ("south", 19, 5), ("west", 5, 0), ("east", 5, 29)],
)
def test_the_cells_of_each_edge(edge: str, row: int, col: int) -> None:
    """A whole side and nothing else."""
    given = LevelParams.model_validate({"edge": edge, "stage": [{"minutes": 0, "level_m": 1}]})
    cells = level_cells(ground(), given)
    chosen = set(zip(cells.rows.tolist(), cells.cols.tolist(), strict=True))
    assert (row, col) in chosen
    assert len(chosen) == (30 if edge in {"north", "south"} else 20)


def run(**params: Any) -> Outcome:
    """An hour on that terrain without buildings."""
    arrays = {f.TERRAIN: levee_terrain()}
    given = FloodParams.model_validate({"duration_h": 1, "edges": "closed", **params})
    return SIMULATION.run(Block(arrays, {}, GRID, GRID.whole, SITE), given)


def test_a_breach_floods_the_land_and_is_booked_and_told() -> None:
    """Weir formula for the first free minutes; the account names the breach; the river is dry."""
    outcome = run(levees=[levee_params(breaches=[breach()]).model_dump()])
    facts = {fact.name: fact.value for fact in outcome.facts}
    land = outcome.fields[f.FLOOD_LEVEL_MAX][:6]
    assert land.min() == pytest.approx(5.0, abs=0.15)
    assert facts["breach_volume"] > 0.9 * 4.0 * 7 * 30 * 25
    assert facts["volume_error"] < 1e-7
    assert outcome.fields[f.FLOOD_ARRIVAL][6, 15] == pytest.approx(5.0, abs=0.1)
    said = " ".join(note.en for note in outcome.notes)
    assert "breach at 5 min, 20 m wide within 60 min, floor at 1.00 m" in said


def test_a_tide_at_an_edge_without_rain() -> None:
    """No feed is needed; the south rises to 2 m and does not pass the levee."""
    tide = {
        "edge": "south",
        "stage": [{"minutes": 0, "level_m": 0.5}, {"minutes": 40, "level_m": 2.0}],
    }
    outcome = run(levels=[tide])
    level = outcome.fields[f.FLOOD_LEVEL_MAX]
    assert np.nanmax(level[15:]) == pytest.approx(2.0, abs=0.05)
    assert np.isnan(level[:8]).all()
    facts = {fact.name: fact.value for fact in outcome.facts}
    assert facts["level_in_volume"] > 0
    assert facts["volume_error"] < 1e-7
