"""Records for simulations: nearest thing, good rows only, in order of time."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from citytwin.engine.records import RecordError, record_of
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
    """Observations as (urn, start [s], end [s], result, flag)."""
    frame = pd.DataFrame(
        {
            "source": ["wx"] * len(rows),
            "thing": [row[0] for row in rows],
            "property": [p.WIND_SPEED.name] * len(rows),
            "unit": ["m/s"] * len(rows),
            "phenomenon_start": pd.to_datetime([row[1] for row in rows], unit="s", utc=True),
            "phenomenon_end": pd.to_datetime([row[2] for row in rows], unit="s", utc=True),
            "result": [row[3] for row in rows],
            "flag": [row[4] for row in rows],
            "synthetic": [False] * len(rows),
            "raw_ref": [""] * len(rows),
        }
    )
    return conform(OBSERVATIONS, frame, CRS)


NEAR = (-100.0, 50.0)
A = ("urn:a", -100.0, 80.0, 10.0, False)
B = ("urn:b", -130.0, 50.0, None, True)
FAR = ("urn:0", 9000.0, 0.0, 5.0, False)


def test_good_rows_of_the_nearest_thing_in_order_of_time():
    """Bad, suspect and missing rows stay out; times become unix seconds."""
    table = observations(
        ("urn:a", 1200, 1800, 3.0, 1),
        ("urn:a", 0, 600, 1.5, 1),
        ("urn:a", 600, 1200, 500.0, 4),
        ("urn:a", 1800, 2400, 2.0, 3),
        ("urn:a", 2400, 3000, None, 9),
        ("urn:0", 0, 600, 9.0, 1),
    )
    record = record_of(p.WIND_SPEED, table, things(FAR, A), NEAR)
    assert record.start_s.tolist() == [0.0, 1200.0]
    assert record.end_s.tolist() == [600.0, 1800.0]
    assert record.result.tolist() == [1.5, 3.0]
    assert record.result.dtype == record.start_s.dtype == np.float64
    assert (record.source, record.thing, record.sensor_height_m) == ("wx", "urn:a", 10.0)
    assert record.synthetic is False


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
        ([("urn:a", 0, 0, 1.0, 4)], p.WIND_SPEED, "none of its 1 observations is flagged good"),
        ([("urn:z", 0, 0, 1.0, 1)], p.WIND_SPEED, "belong to things without a position"),
    ],
)
def test_nothing_good_is_an_error_that_says_why(rows, observed, message):
    """The three reasons read differently."""
    with pytest.raises(RecordError, match=message) as caught:
        record_of(observed, observations(*rows), things(A), NEAR)
    assert isinstance(caught.value, CityTwinError)
