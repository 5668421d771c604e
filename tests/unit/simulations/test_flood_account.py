"""What the map says of a flood, and which gaps between buildings count as built."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.errors import StepError
from citytwin.kernels.flood_options import EdgeKind
from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.model.site import Site
from citytwin.model.steps import Block
from citytwin.simulations.flood.params import FloodParams
from citytwin.simulations.flood.step import SIMULATION

GRID = GridSpec("EPSG:6677", -44000.0, -94000.0, 2.0, 9, 12)
SITE = Site(139.3, 35.1, 0.0, "Asia/Tokyo")


def flood_of(mask: np.ndarray, **params: object):
    """Ten minutes of 60 mm/h on flat closed ground with some buildings."""
    arrays = {f.TERRAIN: np.zeros(GRID.shape, dtype=np.float32), f.BUILDING_MASK: mask}
    given = {
        "duration_h": 1 / 6,
        "edges": "closed",
        "rain": [{"start_minutes": 0, "end_minutes": 10, "mm_per_h": 60}],
        **params,
    }
    return SIMULATION.run(Block(arrays, {}, GRID, GRID.whole, SITE), FloodParams(**given))


def ring() -> np.ndarray:
    """A building of 5 x 5 cells around a light well of one cell (4 m2)."""
    mask = np.zeros(GRID.shape, dtype=np.uint8)
    mask[2:7, 3:8] = 1
    mask[4, 5] = 0
    return mask


def test_a_light_well_is_built_and_its_rain_goes_to_the_street() -> None:
    """All rain stands on the street: 10 mm times all cells over the 83 street cells."""
    depth = flood_of(ring()).fields[f.FLOOD_DEPTH_MAX]
    assert not depth[4, 5] > 0
    street = np.ones(GRID.shape, dtype=np.bool_)
    street[2:7, 3:8] = False
    assert depth[street].mean() == pytest.approx(0.010 * 108 / 83, rel=0.02)


def test_a_courtyard_keeps_its_rain() -> None:
    """The same gap as a courtyard collects the roofs nearest to it, above its own 10 mm."""
    depth = flood_of(ring(), least_courtyard_m2=0).fields[f.FLOOD_DEPTH_MAX]
    assert depth[4, 5] > 0.05


def test_a_film_of_rain_has_no_speed() -> None:
    """Nowhere do 5 cm stand, so nothing flows on the map."""
    speed = flood_of(ring()).fields[f.FLOOD_SPEED_MAX]
    assert np.nanmax(speed) == 0.0


def test_inflows_are_named_with_their_times() -> None:
    """Local clock where the run has a begin, minutes where it has none; zero discharge too."""
    points = [
        {"minutes": 0, "m3_s": 0}, {"minutes": 2, "m3_s": 0}, {"minutes": 4, "m3_s": 1.5},
        {"minutes": 8, "m3_s": 0},
    ]  # fmt: skip
    breach = {
        "x": -43999.0, "y": -94001.0, "name": {"ja": "決壊", "en": "breach"}, "hydrograph": points,
    }  # fmt: skip
    dry = {**breach, "name": "spring", "hydrograph": points[:2]}
    timed = flood_of(ring(), inflows=[breach, dry], start="2026-06-30T10:00:00Z")
    assert timed.notes[0].en.endswith(
        "; breach (prescribed, up to 1.5 m³/s, 19:02 to 19:08); spring (no discharge)"
    )
    assert "決壊（与えられた流量、最大 1.5 m³/s、19:02～19:08）" in timed.notes[0].ja
    untimed = flood_of(ring(), inflows=[breach])
    assert "2 min to 8 min" in untimed.notes[0].en


def test_level_hazard_and_duration_of_a_filling_basin() -> None:
    """Rain of 120 mm/h on a flat closed basin: 0.6 m after 5 h, known by hand."""
    given = {
        "duration_h": 5,
        "rain": [{"start_minutes": 0, "end_minutes": 300, "mm_per_h": 120}],
        "lasting_depth_m": 0.3,
    }
    arrays = {f.TERRAIN: np.full(GRID.shape, 2.0, dtype=np.float32)}
    params = FloodParams(**given, edges="closed")
    fields = SIMULATION.run(Block(arrays, {}, GRID, GRID.whole, SITE), params).fields
    np.testing.assert_allclose(fields[f.FLOOD_LEVEL_MAX], 2.6, atol=1e-5)
    # Depth 0.6 m at rest: 0.6 x 0.5 + 1 for debris; more than 0.5 m of still water is H3.
    np.testing.assert_allclose(fields[f.FLOOD_HAZARD_RATING], 1.3, atol=1e-4)
    assert (fields[f.FLOOD_HAZARD_CLASS] == 3).all()
    # 0.3 m is reached after 2.5 h.
    np.testing.assert_allclose(fields[f.FLOOD_DURATION], 2.5, atol=0.01)
    np.testing.assert_allclose(fields[f.FLOOD_DEPTH_SPEED_MAX], 0.0, atol=1e-6)


def test_a_film_of_rain_has_neither_level_nor_hazard() -> None:
    """Ten millimetres are no flood."""
    fields = flood_of(np.zeros(GRID.shape, dtype=np.uint8)).fields
    assert np.isnan(fields[f.FLOOD_LEVEL_MAX]).all()
    assert (fields[f.FLOOD_HAZARD_CLASS] == 0).all()
    assert (fields[f.FLOOD_HAZARD_RATING] == 0).all()


def test_a_design_storm_floods_and_names_its_source() -> None:
    """49.09 mm on flat closed ground, no feed needed; what was not checked is told."""
    storm = {"rule": "jp_noboribetsu", "return_period_years": 7, "duration_minutes": 60}
    outcome = flood_of(
        np.zeros(GRID.shape, dtype=np.uint8), rain=[], design_storm=storm, duration_h=1.1
    )
    depth = outcome.fields[f.FLOOD_DEPTH_MAX]
    np.testing.assert_allclose(depth, 0.0490909, atol=1e-5)
    said = " ".join(note.en for note in outcome.notes)
    assert "once in 7 years" in said
    assert "sewerage plan" in said
    assert not SIMULATION.required(FloodParams(design_storm=storm))[1:]
    second_hand = {**storm, "rule": "jp_yokohama", "return_period_years": 5}
    told = flood_of(np.zeros(GRID.shape, dtype=np.uint8), rain=[], design_storm=second_hand).notes
    assert any(note.severity == "fallback" and "not read" in note.en for note in told)


def test_until_when_cars_cannot_pass() -> None:
    """Rain of 72 mm/h for an hour against drains of 36 mm/h, which go on; 0.02 m stops cars."""
    rain = [{"start_minutes": 0, "end_minutes": 60, "mm_per_h": 72}]
    given = {"duration_h": 3, "edges": "closed", "rain": rain, "drainage_mm_per_h": 36}
    arrays = {f.TERRAIN: np.zeros(GRID.shape, dtype=np.float32)}

    def until(depth_m: float) -> np.ndarray:
        params = FloodParams(**given, impassable_depth_m=depth_m)
        block = Block(arrays, {}, GRID, GRID.whole, SITE)
        return SIMULATION.run(block, params).fields[f.FLOOD_IMPASSABLE_UNTIL]

    # 36 mm after an hour, then 36 mm/h go: 20 mm stand until 60 + 16 / 0.6 min.
    np.testing.assert_allclose(until(0.02), 60 + 16 / 0.6, atol=0.2)
    assert np.isnan(until(0.04)).all()
    given["duration_h"] = 1.2
    assert (until(0.02) == f.STILL_MIN).all()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "without advection"),
        ({"scheme": "full"}, "full shallow-water equations (finite volumes of second order)"),
        ({"scheme": "full", "order": 1}, "finite volumes of first order"),
    ],
)
def test_the_map_says_which_equations_were_solved(given: dict[str, object], said: str) -> None:
    """Either way all rain is accounted for."""
    made = flood_of(ring(), **given)
    assert said in made.notes[-1].en
    errors = [fact.value for fact in made.facts if fact.name == "volume_error"]
    assert errors[0] < 1e-7


def test_a_step_too_long_for_the_equations_is_refused() -> None:
    """The limit depends on the scheme; the message says which and how much."""
    with pytest.raises(ValueError, match=r"with scheme full use at most 0\.45"):
        FloodParams(scheme="full", courant=0.6)
    assert FloodParams(scheme="inertial", courant=0.6).courant == 0.6


def test_the_scale_of_the_event_is_named() -> None:
    """By the names of Japanese hazard maps."""
    outcome = flood_of(np.zeros(GRID.shape, dtype=np.uint8), scale="L2")
    assert outcome.notes[0].en.startswith("Largest assumed scale (L2): Rain of 10 mm")
    assert outcome.notes[0].ja.startswith("想定最大規模（L2）：雨 10 mm")


def test_ground_that_is_not_known_is_told() -> None:
    """How much of it: no water gets there, and the rain on it is no part of the account."""
    ground = np.zeros(GRID.shape, dtype=np.float32)
    ground[2, 3:6] = np.nan
    given = FloodParams(
        duration_h=0.05,
        edges="closed",
        rain=[{"start_minutes": 0, "end_minutes": 3, "mm_per_h": 60}],
    )
    made = SIMULATION.run(Block({f.TERRAIN: ground}, {}, GRID, GRID.whole, SITE), given)
    told = [note.en for note in made.notes if note.severity == "loss"]
    assert len(told) == 1
    assert told[0].startswith("The ground is not known in 3 cells (2.78 %)")
    facts = {fact.name: fact.value for fact in made.facts}
    assert facts["rain_volume"] == pytest.approx(105 * 4 * 0.003)


@pytest.mark.parametrize("side", ["north", "south", "west", "east"])
def test_each_side_has_its_own_edge(side: str) -> None:
    """Water on level ground leaves over the one side that is open: least is left there."""
    ground = np.zeros(GRID.shape, dtype=np.float32)
    pond = GRID.bounds
    corners = [(pond.x_min, pond.y_min), (pond.x_max, pond.y_min), (pond.x_max, pond.y_max), (pond.x_min, pond.y_max)]  # fmt: skip
    given = FloodParams.model_validate(
        {
            "duration_h": 0.01,
            "edges": dict.fromkeys(("north", "south", "west", "east"), "closed")
            | {side: "critical"},
            "initial_water": [{"level_m": 1.0, "outline": corners}],
            "gauge_seconds": 36,
            "gauges": [
                {"name": name, "x": x, "y": y}
                for name, x, y in (
                    ("north", (pond.x_min + pond.x_max) / 2, pond.y_max - 0.1),
                    ("south", (pond.x_min + pond.x_max) / 2, pond.y_min + 0.1),
                    ("west", pond.x_min + 0.1, (pond.y_min + pond.y_max) / 2),
                    ("east", pond.x_max - 0.1, (pond.y_min + pond.y_max) / 2),
                )
            ],
        }
    )
    made = SIMULATION.run(Block({f.TERRAIN: ground}, {}, GRID, GRID.whole, SITE), given)
    facts = {fact.name: fact.value for fact in made.facts}
    assert facts["outflow_volume"] > 0
    assert made.gauges is not None
    last = made.gauges.depth_m[-1]
    assert ("north", "south", "west", "east")[int(np.argmin(last))] == side


def test_one_kind_stands_for_all_edges() -> None:
    """As a word of a configuration, and as a kind in Python."""
    given = FloodParams.model_validate({"edges": "closed"})
    assert given.edges.kinds == (EdgeKind.CLOSED,) * 4
    assert FloodParams.model_validate({"edges": EdgeKind.CLOSED}) == given


def test_an_edge_that_is_none_is_refused_once() -> None:
    """The message names all kinds, and that each side may have its own."""
    with pytest.raises(
        ValueError, match=r"closed, normal_depth, critical, or one of them for each"
    ):
        FloodParams.model_validate({"edges": "shut"})


def test_a_run_without_water_says_so() -> None:
    """An inflow that comes after the end floods nobody, and so does a tide below the ground."""
    late = {"x": -43990.0, "y": -94010.0, "hydrograph": [
        {"minutes": 60, "m3_s": 1}, {"minutes": 90, "m3_s": 1}]}  # fmt: skip
    dry = np.zeros(GRID.shape, dtype=np.uint8)
    made = flood_of(dry, rain=[], inflows=[late])
    assert any("No water came in the time of the run" in note.en for note in made.notes)
    low = {"edge": "west", "stage": [{"minutes": 0, "level_m": -3}]}
    made = flood_of(dry, rain=[], levels=[low])
    assert any("No water came in the time of the run" in note.en for note in made.notes)
    assert not any("No water came" in note.en for note in flood_of(dry).notes)


def test_a_discharge_in_another_unit_is_refused() -> None:
    """Litres for cubic metres: it could pass at an absurd depth only; over more cells it may."""
    place = {"x": -43990.0, "y": -94010.0, "radius_m": 1.0}
    flow = [{"minutes": 0, "m3_s": 0}, {"minutes": 5, "m3_s": 8000}]
    dry = np.zeros(GRID.shape, dtype=np.uint8)
    # One cell of 2 m: q = 8000 / 8 = 1000 m2/s, critical depth (q^2 / g)^(1/3) = 46.7 m.
    with pytest.raises(StepError, match=r"8000 m3/s over the 8 m around its cells .* 47 m deep"):
        flood_of(dry, inflows=[place | {"hydrograph": flow}])
    flow[1]["m3_s"] = 8
    assert flood_of(dry, inflows=[place | {"hydrograph": flow}]).facts


def test_zones_of_drains_that_all_lie_elsewhere_are_refused() -> None:
    """Degrees for metres, say: nothing would be drained, in silence. Beside one in the area they may."""
    dry = np.zeros(GRID.shape, dtype=np.uint8)
    away = {"outline": [[139.0, 35.0], [139.1, 35.0], [139.1, 35.1]], "mm_per_h": 20}
    with pytest.raises(StepError, match=r"no drainage zone lies in .* from \(139\.0, 35\.0\) on"):
        flood_of(dry, drainage_zones=[away])
    here = [[-44010.0, -94030.0], [-43990.0, -94030.0], [-43990.0, -93990.0], [-44010.0, -93990.0]]
    made = flood_of(dry, drainage_zones=[away, {"outline": here, "mm_per_h": 20}])
    assert {fact.name: fact.value for fact in made.facts}["drained_volume"] > 0


def test_what_is_no_number_is_refused() -> None:
    """Neither NaN nor infinity is a place, a time or a level."""
    for place in ([float("nan"), 0.0], [float("inf"), 0.0]):
        with pytest.raises(ValueError, match="finite number"):
            FloodParams(initial_water=[{"level_m": 1, "outline": [place, [1, 0], [1, 1]]}])


def test_the_sides_through_which_water_leaves_are_named() -> None:
    """All of them in a word; a side whose level is given, or that is closed, is none of them."""
    level = {"edge": "north", "stage": [{"minutes": 0, "level_m": 0.5}]}
    for more, said in (
        ({"edges": "normal_depth"}, "Water leaves the area down the slope of the ground; where"),
        (
            {"edges": {"west": "closed"}, "levels": [level]},
            "of the ground in the south, east; where",
        ),
        ({"edges": "closed"}, None),
    ):
        notes = [note.en for note in flood_of(ring(), **more).notes]
        told = [note for note in notes if note.startswith("Water leaves")]
        assert len(told) == (said is not None)
        assert said is None or said in told[0]


def test_water_that_stands_still_is_no_flood() -> None:
    """A depth below which nothing moves, above that from which there is a flood, is refused."""
    with pytest.raises(ValueError, match=r"dry_depth_m is 0\.1: .* arrival_depth_m 0\.05"):
        FloodParams(dry_depth_m=0.1)
