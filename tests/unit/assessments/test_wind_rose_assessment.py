"""The wind rose on the map: what petals stand for, where they point, what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from pydantic import ValidationError

from citytwin.assessments.wind_rose import ASSESSMENT, WindRoseParams
from citytwin.model.grid import GridSpec
from citytwin.model.properties import WIND_DIRECTION, WIND_SPEED
from citytwin.model.record import Record
from citytwin.model.steps import CityState
from citytwin.model.wind_notes import CALM

GRID = GridSpec("EPSG:32654", 400_000.0, 3_900_000.0, 10.0, 40, 60)
"""40 x 60 cells of 10 m: the rose has an eighth of 400 m, 50 m."""
HOUR_S, JULY_S = 3600.0, 1_782_831_600.0  # 2026-07-01T00:00+09:00


def record(observed, values):
    """Hourly values from the first of July on."""
    start = JULY_S + HOUR_S * np.arange(len(values))
    return Record(observed, start, start + HOUR_S, np.array(values, float), "feed", "urn:mast",
                  sensor_height_m=10.0)  # fmt: skip


def winds():
    """Ten hours: two calm, five from the east (three of 1, two of 5 m/s), three from the north at 12."""
    speed = [0.2, 0.0, 1.0, 1.0, 1.0, 5.0, 5.0, 12.0, 12.0, 12.0]
    from_deg = [math.nan, 10.0, 90.0, 91.0, 89.0, 90.0, 100.0, 359.0, 0.0, 4.0]
    return record(WIND_SPEED, speed), record(WIND_DIRECTION, from_deg)


def rose(records, **params):
    """What the assessment makes of two records."""
    observed = {one.observed: one for one in records}
    city = CityState(GRID, {}, {}, "Asia/Tokyo", records=observed)
    return ASSESSMENT.run(city, WindRoseParams(**params))


def test_petals_have_the_length_and_the_direction_of_the_counts():
    """Counted by hand: 30 % east below 2 m/s, 20 % more to 6 m/s, 30 % north above 10 m/s."""
    assessed = rose(winds())
    made = assessed.frame
    petals = made[made["kind"] == "petal"].set_index("part_id")
    assert petals["frequency_percent"].to_dict() == pytest.approx(
        {"0:10": 30.0, "90:0.5": 30.0, "90:4": 20.0}
    )
    circles = made[made["kind"] == "circle"]
    assert list(circles["frequency_percent"]) == [20.0, 40.0, 60.0]
    middle = shapely.Point(GRID.x_min + 62.5, GRID.y_max - 400.0 + 62.5)
    assert circles.centroid.distance(middle).max() < 1e-6
    # 60 % are 50 m, so the petal of the east ends at 50 % = 41.7 m, that of the north at 25 m.
    ends = petals.geometry.apply(lambda part: shapely.hausdorff_distance(middle, part))
    assert ends.to_dict() == pytest.approx({"0:10": 25.0, "90:0.5": 25.0, "90:4": 41.67}, abs=0.1)
    # The zone's north is the middle meridian, 1.1 degrees of longitude east of here: true north
    # lies to the right of grid north by 1.1 sin(35.2 deg).
    east, north = petals.loc["90:4"].geometry.centroid, petals.loc["0:10"].geometry.centroid
    turned = math.degrees(math.atan2(north.x - middle.x, north.y - middle.y))
    assert turned == pytest.approx(1.1 * math.sin(math.radians(35.24)), abs=0.02)
    assert east.x - middle.x > 30.0 > 2.0 > abs(east.y - middle.y)
    assert "20, 40, 60 % of all times; calms (20 %)" in assessed.notes[0].en
    assert {fact.name: fact.value for fact in assessed.facts} == {"calms": 20.0, "wind_times": 10.0}


def test_months_begin_in_local_time_and_no_wind_is_no_rose():
    """The hours are the first of July in Tokyo, the last of June in London; without wind it says so."""
    assert len(rose(winds(), months=(7,)).frame)
    for nothing in (
        rose(winds(), months=(6,)),
        rose([one.only(one.start_s < 0) for one in winds()]),
    ):
        assert nothing.frame.empty
        assert nothing.notes[0] == CALM


def test_odd_months_are_refused():
    """A month that is none, and one named twice."""
    for months in ((13,), (6, 6)):
        with pytest.raises(ValidationError, match="from 1 to 12, each once"):
            WindRoseParams(months=months)
