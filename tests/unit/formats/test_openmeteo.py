"""Open-Meteo: times, intervals, units and heights of an hourly block."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest

from citytwin.errors import SourceError
from citytwin.formats.openmeteo import FORMAT, decode_open_meteo
from citytwin.model import properties as p
from citytwin.model.steps import Dataset
from citytwin.model.tables import OBSERVATIONS, THINGS

# 2026-07-01 00:00 in Tokyo is 2026-06-30 15:00 UTC.
MIDNIGHT_S = 1_782_831_600
FEED = {
    "latitude": 35.7,
    "longitude": 139.6875,
    "utc_offset_seconds": 32400,
    "timezone": "Asia/Tokyo",
    "hourly_units": {
        "time": "iso8601",
        "temperature_2m": "°F",
        "precipitation": "mm",
        "windspeed_10m": "km/h",
        "wind_speed_180m": "kn",
        "wind_direction_10m": "°",
        "shortwave_radiation": "W/m²",
        "sunshine_duration": "s",
        "soil_temperature_6cm": "°C",
    },
    "hourly": {
        "time": ["2026-07-01T00:00", "2026-07-01T01:00"],
        "temperature_2m": [77.0, None],
        "precipitation": [2.5, 0.0],
        "windspeed_10m": [36.0, 18.0],
        "wind_speed_180m": [10.0, 20.0],
        "wind_direction_10m": [270, 90],
        "shortwave_radiation": [0.0, 5.0],
        "sunshine_duration": [1800.0, 0.0],
        "soil_temperature_6cm": [20.0, 20.0],
    },
}


def encode(feed):
    """Bytes as the service sends them."""
    return json.dumps(feed, ensure_ascii=False).encode()


def changed(**changes):
    """The feed with some members of `hourly`, or of the top level, replaced."""
    feed = copy.deepcopy(FEED)
    for key, value in changes.items():
        target = feed["hourly"] if key in feed["hourly"] else feed
        target[key] = value
    return feed


def of(batch, observed):
    """Start, end (relative to midnight, in hours) and value of the readings of a property."""
    return [
        ((r.start_s - MIDNIGHT_S) / 3600, (r.end_s - MIDNIGHT_S) / 3600, r.value, r.thing[-6:])
        for r in batch.readings
        if r.observed is observed
    ]


def test_sums_and_means_cover_the_hour_before_and_wind_is_an_instant():
    """Intervals end at the time stamp; units become those of the twin."""
    batch = decode_open_meteo(encode(FEED), "f.json")
    rain = of(batch, p.RAINFALL_RATE)
    assert [row[:3] for row in rain] == [(-1.0, 0.0, 2.5), (0.0, 1.0, 0.0)]
    assert [row[:3] for row in of(batch, p.GLOBAL_RADIATION)][1] == (0.0, 1.0, 5.0)
    assert next(row[:3] for row in of(batch, p.SUNSHINE_DURATION)) == (-1.0, 0.0, 30.0)
    wind = of(batch, p.WIND_SPEED)
    assert wind[0] == (0.0, 0.0, pytest.approx(10.0), ":0010m")
    assert wind[2] == (0.0, 0.0, pytest.approx(18520 / 3600), ":0180m")
    temperature = of(batch, p.AIR_TEMPERATURE)
    assert temperature[0] == (0.0, 0.0, pytest.approx(25.0), ":0002m")
    assert temperature[1][2] is None


def test_heights_of_sensors_come_from_the_names_of_variables():
    """One place per height, all at the same position."""
    places = decode_open_meteo(encode(FEED), "f.json").places
    assert {place.height_m for place in places} == {None, 2.0, 10.0, 180.0}
    assert {(place.longitude_deg, place.latitude_deg) for place in places} == {(139.6875, 35.7)}
    assert {place.kind for place in places} == {"grid_point"}


def test_variables_that_the_twin_does_not_keep_are_named():
    """Nothing disappears without a word."""
    notes = decode_open_meteo(encode(FEED), "f.json").notes
    assert any("soil_temperature_6cm" in note.en for note in notes)


@pytest.mark.parametrize(
    ("time", "units", "offset"),
    [
        (["2026-07-01T00:00+09:00", "2026-06-30T16:00Z"], "iso8601", 0),
        ([MIDNIGHT_S, MIDNIGHT_S + 3600], "unixtime", 32400),
        (["2026-06-30T15:00", "2026-06-30T16:00"], "iso8601", 0),
    ],
)
def test_other_forms_of_time_mean_the_same(time, units, offset):
    """Explicit offsets and unix times are taken as they are, local ones by the offset."""
    feed = changed(time=time, utc_offset_seconds=offset)
    feed["hourly_units"]["time"] = units
    batch = decode_open_meteo(encode(feed), "f.json")
    assert [row[:2] for row in of(batch, p.WIND_DIRECTION)] == [(0.0, 0.0), (1.0, 1.0)]


def test_without_an_offset_the_zone_of_the_city_counts_and_none_is_refused():
    """A local time needs a zone from the file or from the configuration."""
    feed = changed()
    del feed["utc_offset_seconds"]
    batch = decode_open_meteo(encode(feed), "f.json", "Asia/Tokyo")
    assert of(batch, p.WIND_DIRECTION)[0][0] == 0.0
    with pytest.raises(SourceError, match=r"hourly\.time\[0\]: local time of an unknown zone"):
        decode_open_meteo(encode(feed), "f.json")


def test_the_hour_at_which_clocks_go_back_is_refused_without_an_offset():
    """02:00 on 25 October 2026 happens twice in Berlin."""
    feed = changed(time=["2026-10-25T02:00", "2026-10-25T03:00"])
    del feed["utc_offset_seconds"]
    with pytest.raises(SourceError, match="clock is put forward or back"):
        decode_open_meteo(encode(feed), "f.json", "Europe/Berlin")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"time": []}, "'hourly.time' is empty"),
        ({"time": ["2026-07-01T00:00", "2026-07-01T03:00"]}, "comes 10800 s after"),
        ({"time": ["2026-07-01T00:00", "2026-07-01T00:00"]}, "comes 0 s after"),
        ({"time": ["yesterday", "2026-07-01T00:00"]}, "no ISO 8601 time, got 'yesterday'"),
        ({"time": ["0001-01-01T00:00", "0001-01-01T01:00"]}, "no time between 1900 and 2200"),
        ({"latitude": 95.0}, "139.6875, 95.0 is no position"),
        ({"latitude": "35"}, "latitude: expected a number, got '35'"),
        ({"utc_offset_seconds": 10**9}, "utc_offset_seconds: no offset from UTC"),
        ({"hourly": {"time": ["2026-07-01T00:00"]}}, "no usable hourly variable"),
        ({"hourly_units": {}}, "hourly_units: 'time' is missing"),
    ],
)
def test_a_block_that_cannot_be_placed_in_time_or_space_is_refused(changes, message):
    """The whole file is refused, with the place and the value met."""
    with pytest.raises(SourceError) as caught:
        decode_open_meteo(encode(changed(**changes)), "f.json")
    assert message in str(caught.value)


def test_missing_units_are_refused():
    """Values without unit are never guessed."""
    feed = changed()
    del feed["hourly_units"]
    with pytest.raises(SourceError, match="'hourly_units' is missing"):
        decode_open_meteo(encode(feed), "f.json")


def test_one_bad_variable_or_value_is_set_aside():
    """An unknown unit loses its variable, a text among numbers loses its hour."""
    feed = changed(windspeed_10m=[36.0, "calm"], precipitation=[1.0])
    feed["hourly_units"]["temperature_2m"] = "°Ra"
    batch = decode_open_meteo(encode(feed), "f.json")
    assert [(r.record, r.code) for r in batch.rejects] == [
        ("hourly_units.temperature_2m", "variable"),
        ("hourly.precipitation", "variable"),
        ("hourly.windspeed_10m[1]", "value"),
    ]
    assert "'°Ra' is not known" in batch.rejects[0].message
    assert "1 values for 2 times" in batch.rejects[1].message
    assert len(of(batch, p.WIND_SPEED)) == 3
    assert of(batch, p.AIR_TEMPERATURE) == []


def test_several_locations_in_one_file():
    """The service answers with an array when asked for more than one point."""
    second = changed(latitude=35.8)
    batch = decode_open_meteo(encode([FEED, second]), "f.json")
    assert len(batch.places) == 8
    assert len(batch.readings) == 2 * 14


def test_reading_a_source_makes_flagged_rows(tmp_path):
    """From file to tables: nulls are missing, the mark of synthetic data is found."""
    path = tmp_path / "weather.json"
    path.write_bytes(encode({"note": "Synthetic weather", **FEED}))
    source = Dataset("wx", tmp_path, (path,), "EPSG:6677", "Asia/Tokyo")
    decoded = FORMAT.read(source, FORMAT.params())
    frame = decoded.tables[OBSERVATIONS]
    assert len(frame) == 14
    assert frame["synthetic"].all()
    assert frame[frame["property"] == "air_temperature"]["flag"].tolist() == [1, 9]
    assert len(decoded.tables[THINGS]) == 4
    assert [n.severity for n in decoded.notes] == ["info", "info", "synthetic"]


def test_no_file_leaves_the_format():
    """The declaration names what it makes."""
    assert FORMAT.name == "openmeteo"
    assert FORMAT.produces == (THINGS, OBSERVATIONS)
    assert Path("weather.json").match(FORMAT.patterns[0])
