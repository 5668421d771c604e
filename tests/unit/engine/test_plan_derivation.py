"""The plan follows from what is wanted and what is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from citytwin.config import load
from citytwin.engine.bind import Bound, BoundCity, bind
from citytwin.engine.city_store import CityStore
from citytwin.engine.joining import observed_properties
from citytwin.engine.left_out import LeftOut
from citytwin.engine.plan import Plan, plan, resource_name
from citytwin.engine.reading import Reading
from citytwin.engine.results import DecodedSource
from citytwin.errors import ConfigError
from citytwin.model import fields as f
from citytwin.model import properties as p
from citytwin.model import tables as t
from citytwin.model.layer import RasterView
from citytwin.model.steps import Gridder, GridTask, LayerRecipe, NoParams, Outcome
from citytwin.model.text import text
from citytwin.testing.small_town import small_town
from citytwin.testing.town_tables import town_tables

HEAD = """
city: {id: town, title: {ja: 町, en: Town}}
crs: EPSG:6677
vertical_datum: {ja: T.P., en: T.P.}
time_zone: Asia/Tokyo
data_date: 2026-03-31
out: out
grid: {cell_m: 2.0}
sources:
"""
PATHS = {
    "citygml": "a_bldg_1.gml",
    "citygml_relief": "a_dem_1.gml",
    "citygml_roads": "a_tran_1.gml",
    "geotiff_terrain": "dem.tif",
    "amedas": "feeds",
}


def city(tmp_path: Path, *formats: str, more: str = "") -> BoundCity:
    """A city with a source in each of these formats, none of which exists."""
    sources = [
        f"  - {{name: {use}, use: {use}, path: {PATHS[use]}, classification: public, title: A, "
        "licence: CC0}\n"
        for use in formats
    ]
    file = tmp_path / "city.yaml"
    file.write_text(HEAD + "".join(sources) + more, encoding="utf-8")
    return bind(load(file))


def keys(made: Plan) -> list[str]:
    """Jobs in order."""
    return [job.key for job in made.jobs]


def needs(made: Plan, key: str) -> set[str]:
    """Inputs of a job."""
    return {resource_name(r) for job in made.jobs if job.key == key for r in job.needs}


def layers(made: Plan) -> set[str]:
    """Layers that will be made."""
    return {recipe.id for recipe in made.layers}


STORM = "{rain: [{start_minutes: 0, end_minutes: 30, mm_per_h: 60}]}"
SIMULATIONS = (
    f"simulations: [{{use: flood, params: {STORM}}}, "
    "{use: sunlight, params: {date: 2026-12-22}}]\n"
)


def test_buildings_alone_make_ground_surface_and_their_map(tmp_path: Path) -> None:
    """No simulation runs that nobody asked for, and nothing that only a simulation needs."""
    made = plan(city(tmp_path, "citygml"))
    assert keys(made).index("grid:terrain") < keys(made).index("grid:surface")
    assert not any(key.startswith("simulate:") for key in keys(made))
    assert "grid:roughness" not in keys(made)
    assert needs(made, "grid:terrain") == {"buildings"}
    assert {"terrain", "surface_height", "buildings"} <= layers(made)
    lacking = LeftOut("sunlit_hours", "nothing here makes sunlit_hours", has_maker=False)
    assert lacking in made.left_out


def test_optional_inputs_are_used_where_the_city_has_them(tmp_path: Path) -> None:
    """The same steps with more sources need more."""
    poor = plan(city(tmp_path, "citygml", more=SIMULATIONS))
    assert needs(poor, "simulate:flood") == {"terrain", "building_mask", "manning", "ground_cover"}
    assert needs(poor, "grid:roughness") == {"terrain"}
    rich = plan(
        city(tmp_path, "citygml", "citygml_relief", "citygml_roads", "amedas", more=SIMULATIONS)
    )
    flood = needs(rich, "simulate:flood")
    assert flood == {"terrain", "building_mask", "manning", "ground_cover", "rainfall_rate"}
    assert needs(rich, "grid:roughness") == {"terrain", "roads"}
    assert needs(rich, "grid:terrain") == {"relief", "buildings"}
    assert {"flood_depth_max", "sunlit_hours"} <= needs(rich, "assess:building_exposure")
    assert "roads" in layers(rich)


def test_every_job_comes_after_those_it_needs(tmp_path: Path) -> None:
    """Whatever the order in which steps are found; optional inputs count as well."""
    bound = city(tmp_path, "citygml", "citygml_relief", "citygml_roads", "amedas", more=SIMULATIONS)
    expected = set(keys(plan(bound)))
    for seed in range(6):
        order = np.random.default_rng(seed).permutation(len(bound.steps))
        made = plan(_with_steps(bound, *(bound.steps[i] for i in order)))
        assert set(keys(made)) == expected
        produced = {r for job in made.jobs for r in job.provides}
        ready: set[Any] = set()
        for job in made.jobs:
            assert ready.issuperset(r for r in job.needs if r in produced), job.key
            ready.update(job.provides)


def test_only_what_the_layers_wanted_need_is_run(tmp_path: Path) -> None:
    """One layer named, one job."""
    made = plan(
        city(tmp_path, "citygml", "citygml_relief", more="layers: [terrain]\n" + SIMULATIONS)
    )
    assert keys(made) == ["grid:terrain"]
    assert layers(made) == {"terrain"}
    assert made.left_out == ()


def test_a_layer_named_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    """With the step that would make it and what that lacks."""
    named = "layers: [terrain, flood_depth_max, roads]\n"
    with pytest.raises(ConfigError) as caught:
        plan(city(tmp_path, "citygml_relief", more=named))
    assert "flood_depth_max: nothing here makes flood_depth_max" in str(caught.value)
    assert "roads: road_exposure lacks roads" in str(caught.value)


def test_a_simulation_asked_for_that_lacks_its_input_is_told(tmp_path: Path) -> None:
    """Terrain alone has no surface with buildings to shade; without rain there is no flood."""
    with pytest.raises(ConfigError, match="cannot run: sunlight lacks surface_height"):
        plan(city(tmp_path, "citygml_relief", more=SIMULATIONS))
    with pytest.raises(ConfigError, match="cannot run: flood lacks rainfall_rate"):
        plan(city(tmp_path, "citygml", more="simulations: [{use: flood}]\n"))


def test_a_simulation_whose_source_was_lost_is_left_out(tmp_path: Path) -> None:
    """What else can be made is made, and the plan says what is not."""
    bound = city(tmp_path, "citygml", "citygml_relief", more=SIMULATIONS)
    made = plan(bound, ["citygml"])
    assert "simulate:flood" in keys(made)
    assert made.not_run == ("sunlight lacks surface_height",)


def test_a_city_of_which_nothing_can_be_made_is_refused(tmp_path: Path) -> None:
    """A weather feed is no city; nor is one whose only source was lost."""
    with pytest.raises(ConfigError, match="no layer can be made"):
        plan(city(tmp_path, "amedas", more="layers: []\n"))
    with pytest.raises(ConfigError, match="no layer can be made"):
        plan(city(tmp_path, "citygml"), lost_sources=["citygml"])


def test_what_a_lost_source_would_have_given_is_done_without(tmp_path: Path) -> None:
    """Without the relief the ground comes from buildings; without buildings there is no surface."""
    bound = city(tmp_path, "citygml", "citygml_relief")
    assert needs(plan(bound, ["citygml_relief"]), "grid:terrain") == {"buildings"}
    made = plan(bound, ["citygml"])
    assert set(keys(made)) == {"grid:terrain", "assess:model_defects"}
    assert [source.config.name for source in made.sources] == ["citygml_relief"]


def test_a_property_that_no_feed_reports_is_not_needed(tmp_path: Path) -> None:
    """A feed of rain alone leaves out what needs the wind, and runs everything else."""
    bound = city(tmp_path, "citygml", "amedas", more=SIMULATIONS)
    assert "grid:frontal_area" in keys(plan(bound))
    made = plan(bound, observed=[p.RAINFALL_RATE])
    assert "grid:frontal_area" not in keys(made)
    why = "frontal_area lacks wind_speed, wind_from_direction"
    assert LeftOut("frontal_area_index", why) in made.left_out
    assert "rainfall_rate" in needs(made, "simulate:flood")
    assert "rainfall_rate" not in needs(plan(bound, observed=[]), "simulate:flood")


def test_only_good_observations_count_as_observed(tmp_path: Path) -> None:
    """What is doubtful or missing cannot drive anything."""
    grid = small_town(20, 24).grid
    frame = town_tables(grid)[t.OBSERVATIONS]
    frame.loc[frame["property"] == p.WIND_SPEED.name, "flag"] = int(t.Flag.SUSPECT)
    store = CityStore(tmp_path, grid.crs, "Asia/Tokyo", 64)
    store.write_table("feed", t.OBSERVATIONS, frame)
    rows = {"feed": {t.OBSERVATIONS.name: len(frame)}, "model": {t.BUILDINGS.name: 3}, "dry": {}}
    reading = Reading(
        {
            name: DecodedSource(rows=said, digests={}, rejects=(), notes=(), files={})
            for name, said in rows.items()
        }
    )
    config = city(tmp_path, "citygml").loaded.config
    assert set(observed_properties(config, reading, store)) == set(p.ALL) - {p.WIND_SPEED}
    named = config.model_copy(update={"records": {p.RAINFALL_RATE.name: "lost"}})
    found = set(observed_properties(named, reading, store))
    assert found == set(p.ALL) - {p.WIND_SPEED, p.RAINFALL_RATE}


def test_steps_that_need_each_other_are_an_error(tmp_path: Path) -> None:
    """By name, rather than a search without end."""
    first = _gridder("first", (t.BUILDINGS,), (f.SUNLIT_HOURS,), (f.WIND_SPEED_RATIO,))
    second = _gridder("second", (t.BUILDINGS,), (f.WIND_SPEED_RATIO,), (f.SUNLIT_HOURS,))
    bound = city(tmp_path, "citygml")
    with pytest.raises(ConfigError, match="first needs second needs first"):
        plan(_with_steps(bound, Bound(first, NoParams()), Bound(second, NoParams())))


def test_a_new_step_joins_the_plan_by_its_declaration(tmp_path: Path) -> None:
    """Nobody lists it anywhere."""
    shelter = _gridder("shelter", (f.SURFACE_HEIGHT,), (f.WIND_SPEED_RATIO,), ())
    bound = city(tmp_path, "citygml")
    made = plan(_with_steps(bound, Bound(shelter, NoParams()), *bound.steps))
    assert keys(made).index("grid:shelter") > keys(made).index("grid:surface")
    shown = [r for r in made.layers if isinstance(r, LayerRecipe) and _shows(r, f.WIND_SPEED_RATIO)]
    assert len(shown) == 1


def _shows(recipe: LayerRecipe, field: f.Field) -> bool:
    return isinstance(recipe.view, RasterView) and recipe.view.field == field


def _with_steps(bound: BoundCity, *steps: Bound) -> BoundCity:
    return BoundCity(bound.loaded, bound.sources, steps, bound.layers, bound.layers_named)


def _gridder(name: str, inputs: Any, outputs: Any, optional: Any) -> Gridder[NoParams]:
    def run(task: GridTask, params: NoParams) -> Outcome:
        raise AssertionError("planning must not run a step")

    return Gridder(
        name=name,
        title=text("試験", "Trial"),
        inputs=inputs,
        outputs=outputs,
        optional=optional,
        params=NoParams,
        margin_m=lambda _params, _cell_m: 0.0,
        run=run,
    )


def test_only_what_was_read_is_there(tmp_path: Path) -> None:
    """A format that can give ground and surface gave the ground: nothing is compared with it."""
    bound = city(tmp_path, "citygml", "geotiff_terrain")
    assert "grid:reference_surface" in keys(plan(bound))
    given = {"citygml": ["buildings", "surfaces"], "geotiff_terrain": ["terrain_raster"]}
    made = plan(bound, given=given)
    assert needs(made, "grid:terrain") == {"terrain_raster", "buildings"}
    assert not {"grid:reference_surface", "assess:surface_accuracy"} & set(keys(made))
    assert "surface_accuracy" in [one.layer for one in made.left_out]


def test_a_map_of_traffic_wants_traffic(tmp_path: Path) -> None:
    """Weather stations fill the tables of observations, too; an empty map would say 'no traffic'."""
    made = plan(city(tmp_path, "citygml", "amedas"), observed=(p.RAINFALL_RATE,))
    assert "assess:traffic" not in keys(made)
    (lacking,) = [one for one in made.left_out if one.layer == "traffic"]
    assert "no source observes traffic_flow or " in lacking.why
    made = plan(city(tmp_path, "citygml", "amedas"), observed=(p.RAINFALL_RATE, p.TRAFFIC_FLOW))
    assert "assess:traffic" in keys(made)


def test_what_the_parameters_ignore_is_no_input(tmp_path: Path) -> None:
    """Winds given by hand do not descend from the record of the feed; nor is clouds' from sunshine."""
    hand = "simulations:\n  - {use: wind, params: {winds: [{from_deg: 90}]}}\n"
    record = "simulations:\n  - {use: wind}\n"
    seen = (p.WIND_SPEED, p.WIND_DIRECTION, p.SUNSHINE_DURATION)
    for more, expected in ((hand, False), (record, True)):
        made = plan(city(tmp_path, "citygml", "citygml_relief", "amedas", more=more), observed=seen)
        assert ("wind_speed" in needs(made, "simulate:wind")) is expected
    sky = "simulations:\n  - {use: irradiation_probable, params: {first_day: 2026-06-01, observed: sunshine}}\n"
    made = plan(
        city(tmp_path, "citygml", "citygml_relief", "amedas", more=sky),
        observed=(p.GLOBAL_RADIATION, *seen),
    )
    wanted = {name for name in needs(made, "simulate:irradiation_probable") if "_" in name}
    assert "duration_of_sunshine" in wanted
    assert "surface_downwelling_shortwave_flux_in_air" not in wanted
