"""Speeds on roads: the nearest segment, harmonic means, travel times over sections."""

from __future__ import annotations

from datetime import UTC, datetime

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from citytwin.assessments.road_speeds import ASSESSMENT, RoadSpeedParams
from citytwin.layers.road_speeds import CLASS, with_classes
from citytwin.model import properties as p
from citytwin.model.grid import GridSpec
from citytwin.model.steps import Assessed, CityState
from citytwin.model.tables import OBSERVATIONS, ROAD_SPEEDS, ROADS, THINGS, Flag
from citytwin.store.tables import conform
from tests.unit.assessments.observed_tables import CRS, Observed, observations, things

GRID = GridSpec(CRS, 0.0, 60.0, 2.5, 24, 160)
TUBE = "urn:citytwin:f:tube"
ROWS = {
    "avenue": (shapely.box(0, 0, 100, 10), 0),
    "street": (shapely.box(100, 0, 200, 8), 0),
    "below": (shapely.box(300, 0, 400, 10), 0),
    "bridge": (shapely.box(340, -50, 350, 50), 1),
}


def assessed(
    rows: list[Observed],
    places: dict[str, tuple[float, float]],
    *,
    kind: str = "traffic_detector",
    **params: object,
) -> Assessed:
    """The result for observations (thing, property, end [s], result, flag) of things at places."""
    roads = gpd.GeoDataFrame(
        {
            "road_id": list(ROWS),
            "name": None,
            "function": "市道",
            "width_m": 8.0,
            "level": [level for _, level in ROWS.values()],
            "source": "r",
        },
        geometry=[shape for shape, _ in ROWS.values()],
        crs=CRS,
    )
    tables = {
        OBSERVATIONS: observations(rows, 60),
        THINGS: things(places, [None] * len(places), kind),
        ROADS: conform(ROADS, roads, CRS),
    }
    return ASSESSMENT.run(CityState(GRID, {}, tables), RoadSpeedParams.model_validate(params))


def speeds(found: Assessed) -> dict[str, float]:
    """Speed by road, as it is delivered."""
    frame = conform(ROAD_SPEEDS, found.frame, CRS)
    return dict(zip(frame["road_id"], frame["speed_km_h"], strict=True))


def test_the_travel_time_of_a_road_is_the_mean_of_those_measured_on_it() -> None:
    """60 km/h takes 1 min/km and 20 km/h 3: the mean of 2 is 30 km/h. Bad values count nowhere."""
    found = assessed(
        [
            ("a", p.VEHICLE_SPEED, 600, 50.0, 1),
            ("a", p.VEHICLE_SPEED, 660, 70.0, 1),
            ("b", p.VEHICLE_SPEED, 600, 20.0, 1),
            ("c", p.VEHICLE_SPEED, 600, 99.0, 4),
            ("b", p.TRAFFIC_FLOW, 900, 600.0, 1),
        ],
        {"a": (10.0, 5.0), "b": (90.0, 15.0), "c": (150.0, 4.0)},
    )
    frame = found.frame.set_index("road_id")
    assert frame.loc["avenue", "speed_km_h"] == pytest.approx(30.0)
    assert frame.loc["avenue", ["sensors", "silent_sensors"]].tolist() == [2, 0]
    assert pd.isna(frame.loc["street", "speed_km_h"])
    assert frame.loc["street", ["sensors", "silent_sensors"]].tolist() == [0, 1]
    assert found.valid_time == datetime.fromtimestamp(660, UTC)
    assert found.used == {OBSERVATIONS: {"roads"}, THINGS: {"roads"}}


def test_a_detector_is_on_the_nearest_road_that_is_near_enough() -> None:
    """Not on one of two that lie above each other, nor on one too far away."""
    rows = [(name, p.VEHICLE_SPEED, 600, 40.0, 1) for name in ("near", "far", "crossing", "deck")]
    places = {
        "near": (100.5, -4.0),
        "far": (50.0, 30.0),
        "crossing": (345.0, 5.0),
        "deck": (345.0, 30.0),
    }
    found = assessed(rows, places)
    assert speeds(found) == {"street": 40.0, "bridge": 40.0}
    facts = {fact.name: fact.value for fact in found.facts}
    assert facts == {"roads_with_speed": 2.0, "sensors_on_no_road": 2.0}
    assert speeds(assessed(rows, places, match_m=25.0))["avenue"] == 40.0


def test_of_a_vehicle_the_last_speed_counts_and_none_where_it_stands() -> None:
    """Its earlier ones were measured elsewhere; it may stand at a stop."""
    rows = [("bus", p.VEHICLE_SPEED, 600, 10.0, 1), ("bus", p.VEHICLE_SPEED, 660, 36.0, 1)]
    place = {"bus": (50.0, 5.0)}
    assert speeds(assessed(rows, place, kind="vehicle")) == {"avenue": 36.0}
    standing = assessed([*rows, ("bus", p.VEHICLE_SPEED, 720, 0.0, 1)], place, kind="vehicle")
    assert standing.frame["speed_km_h"].isna().all()
    assert standing.frame["silent_sensors"].tolist() == [1]


def test_travel_times_are_speeds_of_the_sections_that_are_named() -> None:
    """500 m in 60 s are 30 km/h on both roads; with a detector of 60 km/h the avenue has 40."""
    section = {"thing": TUBE, "length_m": 500.0, "roads": ["avenue", "street", "renamed"]}
    rows = [
        (TUBE, p.TRAVEL_TIME, 600, 60.0, 1),
        ("d", p.VEHICLE_SPEED, 600, 60.0, 1),
        ("unknown", p.TRAVEL_TIME, 600, 60.0, 1),
    ]
    places = {TUBE: (500.0, 0.0), "d": (50.0, 5.0), "unknown": (50.0, 5.0)}
    found = assessed(rows, places, sections=[section])
    assert speeds(found) == {"avenue": pytest.approx(40.0), "street": pytest.approx(30.0)}
    assert [note.severity for note in found.notes] == ["loss"]
    assert "renamed" in found.notes[0].en


def test_without_a_measurement_there_is_no_road() -> None:
    """Neither a time, nor a source."""
    found = assessed([], {})
    assert len(found.frame) == 0
    assert found.valid_time is None
    assert found.used == {}


def test_an_estimate_is_no_measurement() -> None:
    """It fills only roads on which nothing was measured, in a column of its own, and is told of."""
    rows = [
        ("a", p.VEHICLE_SPEED, 600, 50.0, 1),
        ("b", p.VEHICLE_SPEED, 600, 20.0, Flag.ESTIMATED),
        ("c", p.VEHICLE_SPEED, 600, 60.0, Flag.ESTIMATED),
        ("d", p.VEHICLE_SPEED, 600, 20.0, Flag.ESTIMATED),
    ]
    places = {"a": (10.0, 5.0), "b": (90.0, 5.0), "c": (150.0, 4.0), "d": (160.0, 4.0)}
    found = assessed(rows, places)
    frame = found.frame.set_index("road_id")
    assert frame.loc["avenue", "speed_km_h"] == 50.0
    assert pd.isna(frame.loc["avenue", "usual_km_h"])
    assert pd.isna(frame.loc["street", "speed_km_h"])
    assert frame.loc["street", "usual_km_h"] == pytest.approx(30.0)
    assert frame.loc["street", ["sensors", "silent_sensors"]].tolist() == [0, 2]
    assert pd.isna(frame.loc["street", "latest"])
    assert [note.severity for note in found.notes] == ["fallback"]
    assert found.valid_time == datetime.fromtimestamp(600, UTC)
    classes = with_classes(conform(ROAD_SPEEDS, found.frame, CRS)).set_index("road_id")[CLASS]
    assert (classes["avenue"], classes["street"]) == (2, 5)
