"""Records for simulations: the thing that covers most, then the nearest; wind of one thing."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from citytwin.engine.records import RecordError, record_of, wind_records
from citytwin.errors import CityTwinError
from citytwin.model import properties as p
from citytwin.model.tables import OBSERVATIONS, THINGS
from citytwin.store.tables import conform

CRS = "EPSG:6677"


def things(*rows):
    """Things as (urn, x, y, height, synthetic)."""
    frame = gpd.GeoDataFrame(
        {
            "thing": [row[0] for row in rows],
            "name": [None] * len(rows),
            "kind": ["weather_station"] * len(rows),
            "source": ["wx"] * len(rows),
            "synthetic": [row[4] for row in rows],
            "height_above_ground_m": [row[3] for row in rows],
        },
        geometry=gpd.points_from_xy([row[1] for row in rows], [row[2] for row in rows]),
        crs=CRS,
    )
    return conform(THINGS, frame, CRS)


def observations(*rows):
    """Observations as (urn, start [s], end [s], result, flag), of wind speed or as named sixth."""
    frame = pd.DataFrame(
        {
            "source": ["wx"] * len(rows),
            "thing": [row[0] for row in rows],
            "property": [(*row, p.WIND_SPEED)[5].name for row in rows],
            "unit": [(*row, p.WIND_SPEED)[5].unit for row in rows],
            "phenomenon_start": pd.to_datetime([row[1] for row in rows], unit="s", utc=True),
            "phenomenon_end": pd.to_datetime([row[2] for row in rows], unit="s", utc=True),
            "result": [row[3] for row in rows],
            "flag": [row[4] for row in rows],
            "tests": 0,
            "synthetic": [False] * len(rows),
            "raw_ref": [""] * len(rows),
        }
    )
    return conform(OBSERVATIONS, frame, CRS)


NEAR = (-100.0, 50.0)
A = ("urn:a", -100.0, 80.0, 10.0, False)
B = ("urn:b", -130.0, 50.0, None, True)
FAR = ("urn:0", 9000.0, 0.0, 5.0, False)


def test_good_and_doubted_rows_in_order_of_time():
    """Bad and missing rows stay out, suspect ones are marked; times become unix seconds."""
    table = observations(
        ("urn:a", 1200, 1800, 3.0, 1),
        ("urn:a", 0, 600, 1.5, 1),
        ("urn:a", 600, 1200, 500.0, 4),
        ("urn:a", 1800, 2400, 2.0, 3),
        ("urn:a", 2400, 3000, None, 9),
        ("urn:0", 0, 600, 9.0, 1),
    )
    record = record_of(p.WIND_SPEED, table, things(FAR, A), NEAR)
    assert record.start_s.tolist() == [0.0, 1200.0, 1800.0]
    assert record.end_s.tolist() == [600.0, 1800.0, 2400.0]
    assert record.result.tolist() == [1.5, 3.0, 2.0]
    assert record.doubted is not None
    assert record.doubted.tolist() == [False, False, True]
    assert record.good().result.tolist() == [1.5, 3.0]
    assert record.result.dtype == record.start_s.dtype == np.float64
    assert (record.source, record.thing, record.sensor_height_m) == ("wx", "urn:a", 10.0)
    assert record.synthetic is False
    assert record.distance_m == pytest.approx(30.0)
    assert record.where.en == (
        "station urn:a, 0.0 km from the centre of the city, 10 m above the ground"
    )


def hours(urn, first, last, observed=p.RAINFALL_RATE, flag=1):
    """An observation for each hour from one up to another."""
    return [(urn, 3600 * h, 3600 * (h + 1), 1.0, flag, observed) for h in range(first, last)]


def test_the_station_that_covers_the_run_beats_a_nearer_one():
    """The near station has 8 of 10 hours, but one of the four that matter; the far one all four."""
    table = observations(*hours("urn:a", 0, 5), *hours("urn:a", 7, 10), *hours("urn:0", 4, 8))
    given = (p.RAINFALL_RATE, table, things(FAR, A), NEAR)
    assert record_of(*given).thing == "urn:a"
    assert record_of(*given, (4 * 3600.0, 8 * 3600.0)).thing == "urn:0"
    assert record_of(*given, (50 * 3600.0, 51 * 3600.0)).thing == "urn:a", "none: the nearest"


def test_doubted_observations_cover_nothing():
    """A near station whose producer doubts it does not drive while a good one is there."""
    table = observations(
        *hours("urn:a", 0, 1), *hours("urn:a", 1, 10, flag=3), *hours("urn:0", 0, 9)
    )
    assert record_of(p.RAINFALL_RATE, table, things(FAR, A), NEAR).thing == "urn:0"


def test_one_lost_hour_in_a_hundred_does_not_send_the_choice_away():
    """Coverages of 99 and 100 % count as equal: the nearer station stays."""
    table = observations(*hours("urn:a", 1, 100), *hours("urn:0", 0, 100))
    assert record_of(p.RAINFALL_RATE, table, things(FAR, A), NEAR).thing == "urn:a"


def instants(urn, observed, *values, flag=1):
    """An observation at each ten minutes; None leaves one out."""
    return [
        (urn, 600 * k, 600 * k, value, flag, observed)
        for k, value in enumerate(values)
        if value is not None
    ]


def test_speed_and_direction_come_from_one_thing():
    """The nearest vane has no anemometer, the nearest anemometer no vane: the far mast has both."""
    c = ("urn:c", -100.0, 60.0, 3.0, False)
    table = observations(
        *instants("urn:a", p.WIND_SPEED, 2.0, 3.0),
        *instants("urn:c", p.WIND_DIRECTION, 10.0, 20.0),
        *instants("urn:0", p.WIND_SPEED, 4.0, 5.0),
        *instants("urn:0", p.WIND_DIRECTION, 180.0, 190.0),
    )
    speed, direction = wind_records(table, things(FAR, A, c), NEAR)
    assert (speed.thing, direction.thing) == ("urn:0", "urn:0")
    assert speed.result.tolist() == [4.0, 5.0]
    assert direction.result.tolist() == [180.0, 190.0]
    both = table[table["thing"] != "urn:0"]
    speed, direction = wind_records(both, things(FAR, A, c), NEAR)
    assert (speed.thing, direction.thing) == ("urn:a", "urn:c")


def test_a_broken_vane_counts_as_a_gap_and_a_calm_does_not():
    """The near mast knows 4 of 4 times, of which two are calm; with a broken vane it knows one."""
    far = [
        *instants("urn:0", p.WIND_SPEED, 4.0, 4.0, 4.0),
        *instants("urn:0", p.WIND_DIRECTION, 90.0, 90.0, 90.0),
    ]
    vane = instants("urn:a", p.WIND_DIRECTION, 10.0, None, None, 20.0)
    calm = observations(*far, *vane, *instants("urn:a", p.WIND_SPEED, 3.0, 0.1, 0.4, 3.0))
    assert wind_records(calm, things(FAR, A), NEAR)[0].thing == "urn:a"
    broken = observations(*far, *vane[:1], *instants("urn:a", p.WIND_SPEED, 3.0, 3.0, 3.0, 3.0))
    assert wind_records(broken, things(FAR, A), NEAR)[0].thing == "urn:0"


def test_equally_near_things_are_told_apart_by_urn():
    """Both lie 30 m away: urn:a comes first in either order."""
    table = observations(("urn:a", 0, 0, 1.0, 1), ("urn:b", 0, 0, 2.0, 1))
    for order in ((A, B), (B, A)):
        assert record_of(p.WIND_SPEED, table, things(*order), NEAR).thing == "urn:a"


def test_a_nearer_thing_without_good_rows_is_passed_over():
    """A broken sensor next door does not silence the next one; the synthetic mark goes along."""
    table = observations(("urn:a", 0, 0, 1.0, 4), ("urn:b", 0, 0, 2.0, 1))
    record = record_of(p.WIND_SPEED, table, things(A, B), NEAR)
    assert record.thing == "urn:b"
    assert record.synthetic is True
    assert np.isnan(record.sensor_height_m)


@pytest.mark.parametrize(
    ("rows", "observed", "message"),
    [
        ([("urn:a", 0, 0, 1.0, 1)], p.RAINFALL_RATE, r"rainfall_rate \[mm/h\]: no source reports"),
        (
            [("urn:a", 0, 0, 1.0, 4)],
            p.WIND_SPEED,
            r"none of its 1 observations is flagged good \(urn:a\)",
        ),
        ([("urn:z", 0, 0, 1.0, 1)], p.WIND_SPEED, r"belong to things without a position \(urn:z\)"),
    ],
)
def test_nothing_good_is_an_error_that_says_why(rows, observed, message):
    """The three reasons read differently."""
    with pytest.raises(RecordError, match=message) as caught:
        record_of(observed, observations(*rows), things(A), NEAR)
    assert isinstance(caught.value, CityTwinError)
