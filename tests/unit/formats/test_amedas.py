"""AMeDAS maps: flags, times, directions, stations."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from pydantic import ValidationError

from citytwin.errors import SourceError
from citytwin.formats.amedas import (
    FORMAT,
    AmedasParams,
    decode_map,
    time_of_map,
)
from citytwin.formats.amedas_stations import StationPosition, decode_table, station_at
from citytwin.model.steps import Dataset
from citytwin.model.tables import OBSERVATIONS, THINGS, Flag

MAP = "map_20250628180000.json"
# 18:00 in Japan is 09:00 UTC.
TIME_S = 1_751_101_200
TABLE = {
    "44132": {
        "type": "A",
        "lat": [35, 41.5],
        "lon": [139, 45.0],
        "alt": 25,
        "kjName": "東京",
        "enName": "Tokyo",
    },
    "44173": {"lat": [34, 15.0], "lon": [139, 30.0], "kjName": "島"},
}
STATION = station_at(
    StationPosition(
        code="44132",
        name="東京",
        longitude_deg=139.75,
        latitude_deg=35.69,
        anemometer_height_m=35.3,
    )
)


def decode(values, code="44132", **more):
    """Decode a map of one station."""
    raw = json.dumps({code: values, **more}, ensure_ascii=False).encode()
    return decode_map(raw, MAP, {"44132": STATION})


def the(batch):
    """Readings as property -> (start, end relative to the map [min], value, flag)."""
    return {
        r.observed.name: (
            (r.start_s - TIME_S) // 60,
            (r.end_s - TIME_S) // 60,
            r.value,
            r.flag,
        )
        for r in batch.readings
    }


def test_values_intervals_and_units():
    """Rain of ten minutes is six times as much per hour; wind is the mean of ten minutes."""
    batch = decode(
        {
            "temp": [29.1, 0],
            "humidity": [56, 0],
            "precipitation10m": [2.5, 0],
            "precipitation1h": [7.0, 0],
            "wind": [3.8, 0],
            "windDirection": [7, 0],
            "sun10m": [10, 0],
            "sun1h": [0.6, 0],
            "snow1h": [0, None],
        }
    )
    assert the(batch) == {
        "air_temperature": (0, 0, 29.1, None),
        "relative_humidity": (0, 0, 56.0, None),
        "rainfall_rate": (-10, 0, 15.0, None),
        "wind_speed": (-10, 0, 3.8, None),
        "wind_from_direction": (-10, 0, 157.5, None),
        "duration_of_sunshine": (-10, 0, 10.0, None),
    }
    assert batch.places[0].height_m == 35.3


def test_hourly_elements_stand_in_only_where_there_is_no_finer_one():
    """Intervals of one property never overlap within a map."""
    batch = decode({"precipitation1h": [7.5, 0], "sun1h": [0.5, 0]})
    assert the(batch) == {
        "rainfall_rate": (-60, 0, 7.5, None),
        "duration_of_sunshine": (-60, 0, 30.0, None),
    }


@pytest.mark.parametrize(
    ("pair", "value", "flag"),
    [
        ([0, 6], None, Flag.MISSING),
        ([None, 5], None, Flag.MISSING),
        ([12.5, 5], None, Flag.MISSING),
        ([None, 0], None, None),
        ([12.5, 1], 12.5, Flag.SUSPECT),
        ([12.5, 4], 12.5, Flag.SUSPECT),
        ([12.5, None], 12.5, Flag.NOT_EVALUATED),
    ],
)
def test_only_flag_zero_is_good(pair, value, flag):
    """[0, 6] is not zero, and a doubted value is kept but not good."""
    assert the(decode({"temp": pair}))["air_temperature"] == (0, 0, value, flag)


@pytest.mark.parametrize(("code", "degrees"), [(1, 22.5), (4, 90.0), (12, 270.0), (16, 0.0)])
def test_sixteen_directions_clockwise_from_north_north_east(code, degrees):
    """4 is east, 12 west, 16 north."""
    assert the(decode({"windDirection": [code, 0]}))["wind_from_direction"][2] == degrees


def test_calm_has_no_direction():
    """0 is no direction; the speed stays."""
    got = the(decode({"wind": [0.1, 0], "windDirection": [0, 0]}))
    assert got["wind_from_direction"][2] is None
    assert got["wind_speed"][2] == 0.1


@pytest.mark.parametrize(
    ("values", "record", "message"),
    [
        ({"windDirection": [17, 0]}, "44132.windDirection[0]", "expected a direction of 0 to 16"),
        ({"windDirection": [2.5, 0]}, "44132.windDirection[0]", "expected a direction"),
        ({"temp": ["20", 0]}, "44132.temp[0]", "expected a number, got '20'"),
        ({"temp": [20]}, "44132.temp", "expected [value, flag], got 1 parts"),
        ({"temp": [20, -1]}, "44132.temp[1]", "no quality flag, got -1"),
        ({"temp": 20}, "44132.temp", "expected an array, got 20"),
        ([], "44132", "expected an object"),
    ],
)
def test_a_bad_value_is_set_aside_with_its_place(values, record, message):
    """Other values of the map stay."""
    batch = decode(values)
    assert [(r.source, r.record) for r in batch.rejects] == [(MAP, record)]
    assert message in batch.rejects[0].message
    assert batch.readings == ()


@pytest.mark.parametrize("name", ["20250628180000.json", "a/b/map_20250628180000.json"])
def test_the_time_stands_in_the_name_in_japan_time(name):
    """JMA's own name and the usual prefix are both read."""
    assert time_of_map(name) == TIME_S


@pytest.mark.parametrize("name", ["map.json", "map_20251328180000.json", "map_00000628180000.json"])
def test_a_name_without_a_time_is_refused(name):
    """Without its name a map says not when it was taken."""
    with pytest.raises(SourceError, match="holds no time"):
        time_of_map(name)


def test_the_station_table_gives_degrees_and_minutes():
    """41.5 minutes are 41.5 / 60 degrees; names come in three scripts."""
    stations = decode_table(json.dumps(TABLE).encode(), "amedastable.json")
    assert stations["44132"].place.latitude_deg == pytest.approx(35.0 + 41.5 / 60.0)
    assert stations["44132"].place.longitude_deg == 139.75
    assert stations["44132"].place.name == "東京"
    assert stations["44132"].place.height_m is None


@pytest.mark.parametrize("lat", [[35], [35, 60.0], [91, 0.0], ["35", 0], 35.5])
def test_a_position_that_is_none_is_refused(lat):
    """The message names the station."""
    table = {"44132": {"lat": lat, "lon": [139, 0]}}
    with pytest.raises(SourceError, match=r"44132\.lat"):
        decode_table(json.dumps(table).encode(), "amedastable.json")


@pytest.mark.parametrize(
    ("table", "more"),
    [
        ({"enName": "Tokyo (synthetic)"}, {}),
        ({}, {"note": "SYNTHETIC weather"}),
        ({}, {"SYNTHETIC-1": {}}),
    ],
)
def test_marks_of_synthetic_data_are_found(table, more):
    """In a station's English name, in a note, or in a code."""
    rows = {"44132": {**TABLE["44132"], **table}}
    stations = decode_table(json.dumps(rows).encode(), "amedastable.json")
    raw = json.dumps({"44132": {"temp": [1, 0]}, **more}).encode()
    assert decode_map(raw, MAP, stations).synthetic
    plain = json.dumps({"44132": {"temp": [1, 0]}}).encode()
    assert decode_map(plain, MAP, stations).synthetic == bool(table)


def source(folder, *names):
    """A source with these files of a folder."""
    return Dataset("jma", folder, tuple(folder / n for n in names), "EPSG:6677", "Asia/Tokyo")


@pytest.fixture
def folder(tmp_path):
    """Two maps, ten minutes apart, and a station table."""
    for minute, temp in ((0, 20.0), (10, 21.0)):
        content = {"44132": {"temp": [temp, 0]}, "44173": {"temp": [25, 0]}, "99999": {}}
        (tmp_path / f"map_2025062818{minute:02d}00.json").write_text(json.dumps(content))
    (tmp_path / "amedastable.json").write_text(json.dumps(TABLE))
    return tmp_path


MAPS = ("map_20250628180000.json", "map_20250628181000.json")


def test_all_stations_with_a_position_are_read(folder):
    """Station 99999 is in no table, so it is left out; no height of mast is known."""
    decoded = FORMAT.read(source(folder, "amedastable.json", *MAPS), AmedasParams())
    assert decoded.tables[THINGS]["thing"].tolist() == [
        "urn:citytwin:jma:44132",
        "urn:citytwin:jma:44173",
    ]
    assert len(decoded.tables[OBSERVATIONS]) == 4
    assert "unknown at 2 stations" in decoded.notes[0].en


def test_chosen_stations_and_given_positions(folder):
    """A given position beats the table and carries the height of the anemometer."""
    given = {
        "code": "44132",
        "name": "Tokyo",
        "longitude_deg": 139.8,
        "latitude_deg": 35.6,
        "anemometer_height_m": 35.3,
    }
    params = AmedasParams(stations=("44132",), positions=(given,))
    decoded = FORMAT.read(source(folder, "amedastable.json", *MAPS), params)
    things = decoded.tables[THINGS]
    assert things["height_above_ground_m"].tolist() == [35.3]
    assert things["name"].tolist() == ["Tokyo"]
    assert decoded.tables[OBSERVATIONS]["result"].tolist() == [20.0, 21.0]
    assert decoded.notes == ()


def test_stations_without_position_or_map_are_named(folder):
    """No position of a wanted station is an error, no data of it a reject."""
    with pytest.raises(SourceError, match=r"no position of stations 99999 is known .*positions"):
        FORMAT.read(source(folder, "amedastable.json", *MAPS), AmedasParams(stations=("99999",)))
    with pytest.raises(SourceError, match="no position of any station is known"):
        FORMAT.read(source(folder, *MAPS), AmedasParams())
    with pytest.raises(SourceError, match="holds no map"):
        FORMAT.read(source(folder, "amedastable.json"), AmedasParams())
    given = {"code": "11111", "name": "N", "longitude_deg": 140.0, "latitude_deg": 36.0}
    params = AmedasParams(stations=("44132", "11111"), positions=(given,))
    decoded = FORMAT.read(source(folder, "amedastable.json", *MAPS), params)
    assert [(r.record, r.code) for r in decoded.rejects] == [("11111", "absent")]


def rain_of(folder, **maps):
    """Rain of station 44132 in maps by time of day: (start, end after 18:00 [min], mm/h)."""
    for time, values in maps.items():
        (folder / f"map_20250628{time[1:]}00.json").write_text(json.dumps({"44132": values}))
    names = [f"map_20250628{time[1:]}00.json" for time in maps]
    decoded = FORMAT.read(source(folder, "amedastable.json", *names), AmedasParams())
    frame = decoded.tables[OBSERVATIONS]
    frame = frame[frame["property"] == "rainfall_rate"]
    minutes = [
        ((frame[name] - pd.Timestamp(TIME_S, unit="s", tz="UTC")).dt.total_seconds() // 60)
        for name in ("phenomenon_start", "phenomenon_end")
    ]
    return list(zip(*minutes, frame["result"], strict=True))


def test_hours_come_from_maps_at_full_hours_only(folder):
    """Sums of the past hour in maps every ten minutes overlap; those at full hours do not."""
    maps = {
        f"_{time}": {"precipitation1h": [mm, 0]}
        for time, mm in (("1800", 1.0), ("1810", 2.0), ("1850", 6.0), ("1900", 7.0))
    }
    assert rain_of(folder, **maps) == [(-60, 0, 1.0), (0, 60, 7.0)]


def test_a_station_with_ten_minutes_in_any_map_gives_no_hours(folder):
    """One map without the finer element must not put an hour over its neighbours."""
    assert rain_of(
        folder,
        _1850={"precipitation10m": [1.0, 0], "precipitation1h": [6.0, 0]},
        _1900={"precipitation1h": [7.0, 0]},
        _1910={"precipitation10m": [2.0, 0]},
    ) == [(40, 50, 6.0), (60, 70, 12.0)]


def test_parameters_are_checked():
    """A latitude of 95 degrees or a typo fails when the configuration is read."""
    with pytest.raises(ValidationError):
        StationPosition(code="1", name="x", longitude_deg=0, latitude_deg=95)
    with pytest.raises(ValidationError):
        AmedasParams(station=("44132",))
