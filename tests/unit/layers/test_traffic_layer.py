"""Traffic: one point per sensor, stop or vehicle, classed by delay or else by speed."""

from __future__ import annotations

import pandas as pd

from citytwin.layers.traffic import STATE, one_row_per_place
from tests.unit.store.little_city import VALID
from tests.unit.store.little_tables import traffic


def test_one_row_per_place() -> None:
    """Flow, speed and delay of a thing stand in one row, in columns with their units."""
    rows = one_row_per_place(traffic()).set_index("thing")
    assert sorted(rows.index) == ["urn:broken", "urn:bus", "urn:counter", "urn:d1"]
    assert rows.loc["urn:d1", "traffic_flow_per_h"] == 420.0
    assert rows.loc["urn:d1", "vehicle_speed_km_h"] == 14.0
    assert rows.loc["urn:bus", "arrival_delay_s"] == 330.0
    assert rows.loc["urn:d1", "observations"] == 24
    assert rows.loc["urn:d1", "latest"] == pd.Timestamp(VALID)
    assert pd.isna(rows.loc["urn:broken", "latest"])
    assert rows.crs.to_epsg() == 6677


def test_states() -> None:
    """14 km/h is slow; a late bus that stands is late, not jammed; a counter only counts."""
    rows = one_row_per_place(traffic()).set_index("thing")[STATE]
    assert rows["urn:d1"] == 1
    assert rows["urn:bus"] == 2
    assert rows["urn:counter"] == 3
    assert pd.isna(rows["urn:broken"])


def test_limits() -> None:
    """10 km/h is slow, 20 km/h flows; 60 s is a little late, 300 s very late; early is on time."""
    given = traffic().iloc[[1] * 3 + [2] * 4].copy()
    given["thing"] = [f"urn:{i}" for i in range(7)]
    given["value"] = [9.9, 10.0, 20.0, -30.0, 59.0, 60.0, 300.0]
    states = one_row_per_place(given).set_index("thing")[STATE]
    assert [states[f"urn:{i}"] for i in range(7)] == [2, 1, 0, 0, 0, 1, 2]


def test_no_traffic() -> None:
    """Without rows there is an empty table with all columns."""
    rows = one_row_per_place(traffic().iloc[:0])
    assert len(rows) == 0
    assert STATE in rows.columns
