"""All layer recipes: complete in both languages, without gaps in colour, true to the tables."""

from __future__ import annotations

import re

import numpy as np
import pytest

from citytwin.model.fields import FLOOD_DEPTH_MAX
from citytwin.model.layer import BUILDING, RasterView, Style, ValueRange, VectorView
from citytwin.model.steps import LayerRecipe
from citytwin.store.paint import NO_DATA_RGB, check_style, item_numbers
from tests.unit.store.little_city import field_array, recipe, recipes
from tests.unit.store.little_tables import TABLES

ALL = recipes()
JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def style_of(one: LayerRecipe) -> Style:
    """Return the style of a recipe for the made-up data."""
    if isinstance(one.view, RasterView):
        values = field_array(one.view.field)
        return one.style(ValueRange(float(np.nanmin(values)), float(np.nanmax(values))))
    return one.style(ValueRange(0.0, 100.0))


def test_the_layers_of_the_twin() -> None:
    """The layers exist, each at a place of its own in the order of the map."""
    assert [one.id for one in ALL] == [
        "terrain",
        "terrain_source",
        "building_coverage",
        "surface_height",
        "lod_used",
        "water",
        "vegetation",
        "shadow",
        "sunlit_hours",
        "sky_view_factor",
        "irradiation_global",
        "irradiation_probable_global",
        "irradiance_now",
        "shade_rule",
        "shade_outline",
        "shade_equal",
        "shade_distance",
        "open_space_sun",
        "frontal_area_index",
        "plan_area_index",
        "building_height_mean",
        "building_height_deviation",
        "building_height_max",
        "displacement_height",
        "roughness_length",
        "roughness_doubt",
        "openness",
        "wind_shelter_angle",
        "corridor_excess",
        "wind_speed_now",
        "wind_speed_mean",
        "wind_speed_mean_by_season",
        "wind_speed_ratio_by_direction",
        "wind_speed_ratio_of_flow",
        "wind_speed_ratio_of_flow_5m",
        "wind_speed_ratio_of_flow_10m",
        "wind_gust_ratio_of_flow",
        "wind_streamlines",
        "wind_rose",
        "wind_speed_ratio",
        "wind_comfort_nen_8100",
        "wind_comfort_nen_8100_by_season",
        "wind_comfort_lawson_lddc",
        "wind_comfort_lawson_lddc_by_season",
        "wind_comfort_city_of_london",
        "wind_comfort_city_of_london_by_season",
        "wind_comfort_murakami",
        "wind_comfort_murakami_by_season",
        "wind_comfort_wind_engineering_institute",
        "wind_comfort_wind_engineering_institute_by_season",
        "wind_class_probability",
        "wind_class_probability_by_season",
        "wind_danger_nen_8100",
        "wind_danger_nen_8100_by_season",
        "wind_danger_lawson_lddc",
        "wind_danger_lawson_lddc_by_season",
        "wind_danger_city_of_london",
        "wind_danger_city_of_london_by_season",
        "flood_depth",
        "flood_speed",
        "flood_depth_max",
        "flood_speed_max",
        "flood_arrival",
        "flood_depth_speed_max",
        "flood_hazard_class",
        "flood_hazard_rating",
        "flood_duration",
        "flood_level_max",
        "statutory_depth",
        "statutory_agreement",
        "statutory_difference",
        "buildings",
        "surface_accuracy",
        "model_defects",
        "roads",
        "building_exposure",
        "facades",
        "roof_solar",
        "window_sun",
        "shade_worst",
        "transit_lines",
        "road_speeds",
        "traffic",
    ]
    assert len({one.order for one in ALL}) == len(ALL)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_words_in_both_languages(one: LayerRecipe) -> None:
    """Titles, summaries and classes speak Japanese and English; summaries are sentences."""
    style = style_of(one)
    for said in (one.title, one.summary, style.title):
        assert JAPANESE.search(said.ja)
        assert not JAPANESE.search(said.en)
    assert one.summary.ja.count("。") >= 2
    assert one.summary.en.count(". ") >= 1
    for item in style.items:
        assert item.label.ja
        assert not JAPANESE.search(item.label.en)


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_colours_cover_every_value_once(one: LayerRecipe) -> None:
    """Items follow each other without gap; colours differ, and none is the grey of no data."""
    style = style_of(one)
    check_style(style, one.id)
    colours = [item.rgb for item in style.items]
    assert len(set(colours)) == len(colours)
    assert NO_DATA_RGB not in colours
    assert style.items[-1].max is None
    if isinstance(one.view, RasterView):
        values = field_array(one.view.field)
        numbers = item_numbers(style, values, one.view.field.precision)
        assert np.array_equal(numbers < 0, np.isnan(values))
        assert style.unit == one.view.field.unit


@pytest.mark.parametrize("one", ALL, ids=lambda one: one.id)
def test_attributes_are_columns(one: LayerRecipe) -> None:
    """Everything a click shows is a column of the rows delivered, and coded values are worded."""
    if not isinstance(one.view, VectorView):
        assert one.view.field.name == one.id
        return
    names = [column.name for column in one.view.columns]
    shown = [attribute.column for attribute in one.view.attributes]
    assert set(shown) <= set(names)
    assert len(set(shown)) == len(shown)
    assert {one.view.id_column, one.view.style_column} <= set(names)
    assert one.view.style_column in shown
    for attribute in one.view.attributes:
        assert JAPANESE.search(attribute.label.ja)
        assert not JAPANESE.search(attribute.label.en)
    if one.view.derived is None:
        rows = TABLES[one.view.table.name]()
    else:
        rows = one.view.derived.make(TABLES[one.view.table.name]())
        assert set(rows.columns) == set(names)
    for attribute in one.view.attributes:
        if attribute.values:
            codes = {str(code) for code in rows[attribute.column].dropna()}
            assert codes <= {code for code, _ in attribute.values}


def test_flood_depths_have_the_official_colours() -> None:
    """The ranks of the Japanese hazard map guidance, less than 5 cm not drawn, outlines drawn."""
    one = recipe("flood_depth_max")
    items = one.style(ValueRange(0, 30)).items
    assert [(i.min, i.max, i.rgb) for i in items[1:]] == [
        (0.05, 0.5, (247, 245, 169)),
        (0.5, 3, (255, 216, 192)),
        (3, 5, (255, 183, 183)),
        (5, 10, (255, 145, 145)),
        (10, 20, (242, 133, 201)),
        (20, None, (220, 122, 220)),
    ]
    assert items[0].transparent
    assert items[0].max == 0.05
    assert one.view == RasterView(
        FLOOD_DEPTH_MAX, coarsening="max", class_outlines=True, blank=BUILDING
    )


def test_low_ground_is_told_apart_where_a_hill_stands_beside_it() -> None:
    """Three quarters of a city within 5 m, a hill of 41 m: the flat part must not be one colour."""
    values = ValueRange(-0.2, 41.0, (2.7, 3.6, 4.4, 4.7, 5.0, 6.1, 9.0, 16.0))
    items = recipe("terrain").style(values).items
    edges = [item.max for item in items[:-1]]
    assert len([edge for edge in edges if edge is not None and edge < 6]) >= 4
    assert edges == sorted(edges, key=float)
    assert all(blue < max(red, green) for red, green, blue in (item.rgb for item in items))


def test_level_ground_gets_no_classes_of_noise() -> None:
    """Where the ninths lie closer than a decimetre, even steps over the range are taken."""
    values = ValueRange(2.0, 2.9, (2.41, 2.42, 2.43, 2.44, 2.45, 2.46, 2.47, 2.48))
    edges = [item.max for item in recipe("terrain").style(values).items[:-1]]
    assert edges == [2.1, 2.2, 2.3, 2.4, 2.5, 2.6, 2.7, 2.8]


def test_sun_and_wind_have_the_agreed_classes() -> None:
    """Sunlight: nine classes of an hour, dark to light. Wind: 0 to 1, where the proxy ends."""
    sun = style_of(recipe("sunlit_hours")).items
    assert [item.min for item in sun] == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    brightness = [sum(item.rgb) for item in sun]
    assert brightness == sorted(brightness)
    wind = style_of(recipe("wind_speed_ratio")).items
    assert wind[0].min == 0
    assert wind[-1].min == 0.9
    assert sum(item.min >= 0.3 for item in wind) == 8, "fine where streets lie"
    brightness = [sum(item.rgb) for item in wind]
    assert brightness == sorted(brightness, reverse=True)


def test_earliest_arrival_survives_zooming_out() -> None:
    """Hazards coarsen to what is worst: most water, fastest water, earliest water.

    A difference of two maps is no hazard: its mean neither hides nor invents one.
    """
    rules = {
        one.id: one.view.coarsening
        for one in ALL
        if isinstance(one.view, RasterView) and one.group == "flood"
    }
    assert rules.pop("flood_arrival") == "min"
    assert rules.pop("statutory_difference") == "average"
    assert set(rules.values()) == {"max"}


def test_measured_things_carry_no_disclaimer_of_simulations() -> None:
    """The disclaimer belongs on results of models, not on surveyed things."""
    assert {one.id for one in ALL if not one.simulation} == {
        "terrain",
        "terrain_source",
        "building_coverage",
        "surface_height",
        "lod_used",
        "water",
        "vegetation",
        "buildings",
        "surface_accuracy",
        "model_defects",
        "transit_lines",
        "road_speeds",
        "traffic",
        "shade_distance",
        "statutory_depth",
        "wind_rose",
    }
