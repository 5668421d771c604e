"""Traffic: means of the good observations per thing and property."""

from __future__ import annotations

from datetime import UTC, datetime

import geopandas as gpd
import pandas as pd
import pytest

from citytwin.assessments.traffic import ASSESSMENT
from citytwin.model import properties as p
from citytwin.model.grid import GridSpec
from citytwin.model.steps import CityState, NoParams
from citytwin.model.tables import OBSERVATIONS, THINGS, TRAFFIC
from citytwin.store.tables import conform
from tests.unit.assessments.observed_tables import CRS, observations, things

GRID = GridSpec(CRS, -100.0, 60.0, 2.5, 4, 7)


def city(rows, names):
    """A city with observations (thing, property, end [s], result, flag) and things."""
    places = {name: (-50.0 + k, 10.0) for k, name in enumerate(names)}
    tables = {
        OBSERVATIONS: observations(rows, 300),
        THINGS: things(places, list(names.values()), "traffic_detector"),
    }
    return CityState(GRID, {}, tables)


ROWS = [
    ("b", p.TRAFFIC_FLOW, 900, 120.0, 1),
    ("b", p.TRAFFIC_FLOW, 600, 60.0, 1),
    ("b", p.TRAFFIC_FLOW, 1200, 99999.0, 4),
    ("b", p.VEHICLE_SPEED, 600, 40.0, 1),
    ("a", p.TRAFFIC_FLOW, 900, None, 9),
    ("a", p.AIR_TEMPERATURE, 900, 21.0, 1),
    ("lost", p.TRAFFIC_FLOW, 900, 5.0, 1),
]


def test_means_counts_and_latest_times_of_good_observations():
    """60 and 120 per hour make 90; the bad value counts nowhere, not even for the time."""
    assessed = ASSESSMENT.run(city(ROWS, {"a": "A", "b": "B"}), NoParams())
    frame = conform(TRAFFIC, assessed.frame, CRS)
    assert frame[["thing", "property"]].to_numpy().tolist() == [
        ["a", "traffic_flow"],
        ["b", "traffic_flow"],
        ["b", "vehicle_speed"],
    ]
    assert frame["value"].isna().tolist() == [True, False, False]
    assert frame["value"][1:].tolist() == [90.0, 40.0]
    assert frame["observations"].tolist() == [0, 2, 1]
    assert frame["latest"][1] == pd.Timestamp(900, unit="s", tz="UTC")
    assert pd.isna(frame["latest"][0])
    assert frame["unit"].tolist() == ["/h", "/h", "km/h"]
    assert (frame.geometry[1].x, frame.geometry[1].y) == (-49.0, 10.0)
    assert {f.name: f.value for f in assessed.facts} == {
        "traffic_points": 2.0,
        "traffic_series_without_value": 1.0,
    }


def test_intervals_count_by_their_length():
    """An hour at 60 /h and five minutes at 190 /h: (60 x 12 + 190) / 13 = 70; instants alike."""
    rows = [
        ("a", p.TRAFFIC_FLOW, 3600, 60.0, 1),
        ("a", p.TRAFFIC_FLOW, 3900, 190.0, 1),
        ("b", p.VEHICLE_SPEED, 600, 30.0, 1),
        ("b", p.VEHICLE_SPEED, 700, 40.0, 1),
    ]
    given = city(rows, {"a": "A", "b": "B"})
    table = given.table(OBSERVATIONS)
    table.loc[0, "phenomenon_start"] = pd.Timestamp(0, unit="s", tz="UTC")
    table.loc[2:, "phenomenon_start"] = table.loc[2:, "phenomenon_end"]
    frame = ASSESSMENT.run(given, NoParams()).frame
    assert frame["value"].tolist() == pytest.approx([70.0, 35.0])
    assert frame["observations"].tolist() == [2, 2]


def test_it_names_the_sources_of_the_rows_it_used():
    """A weather station in the same tables is none of them."""
    given = city(ROWS, {"a": "A", "b": "B"})
    weather = given.table(OBSERVATIONS)["property"] == p.AIR_TEMPERATURE.name
    given.table(OBSERVATIONS).loc[weather, "source"] = "weather"
    extra = given.table(THINGS).iloc[:1].assign(thing="w", source="weather")
    things = gpd.GeoDataFrame(pd.concat([given.table(THINGS), extra], ignore_index=True), crs=CRS)
    both = CityState(GRID, {}, {OBSERVATIONS: given.table(OBSERVATIONS), THINGS: things})
    used = ASSESSMENT.run(both, NoParams()).used
    assert used == {OBSERVATIONS: {"roads"}, THINGS: {"roads"}}


def test_weather_is_no_traffic():
    """Only flow, speed and delay appear; with none of them the table is empty."""
    rows = [("a", p.AIR_TEMPERATURE, 900, 21.0, 1)]
    assessed = ASSESSMENT.run(city(rows, {"a": None}), NoParams())
    assert len(conform(TRAFFIC, assessed.frame, CRS)) == 0


@pytest.mark.parametrize("reverse", [False, True])
def test_the_order_of_rows_changes_nothing(reverse):
    """Same bits for any order of the observations."""
    rows = ROWS[::-1] if reverse else ROWS
    frame = ASSESSMENT.run(city(rows, {"a": "A", "b": "B"}), NoParams()).frame
    assert frame["value"].iloc[1] == 90.0
    assert frame["thing"].tolist() == ["a", "b", "b"]


def test_the_time_of_the_table_is_that_of_the_latest_good_observation() -> None:
    """Not the day of the city model, nor a time stamp of a broken detector."""
    names = {"a": "A", "b": "B"}
    made = ASSESSMENT.run(city(ROWS, names), NoParams())
    assert made.valid_time == datetime(1970, 1, 1, 0, 15, tzinfo=UTC)
    broken = [("b", p.TRAFFIC_FLOW, 1200, 99999.0, 4)]
    assert ASSESSMENT.run(city(broken, names), NoParams()).valid_time is None
