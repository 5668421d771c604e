"""Tables of sensors: columns, units, times, missing values, places; and what is refused."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from citytwin.errors import SourceError
from citytwin.formats.sensor_table.format import FORMAT, decode_sensor_table
from citytwin.formats.sensor_table.mapping import SensorTableParams
from citytwin.model.steps import Dataset
from citytwin.model.tables import OBSERVATIONS, THINGS, Flag
from citytwin.store.tables import conform

# 2026-07-24T00:00:00Z, 09:00 in Tokyo
TIME_S = 1_784_851_200
RAIN = {"column": "rain", "property": "rainfall_rate", "unit": "mm", "interval_min": 10}
TEMP = {"column": "temp", "property": "air_temperature", "unit": "°C"}
GAUGE = {"thing": "G1", "longitude_deg": 139.7, "latitude_deg": 35.6, "name": "Shibuya"}
HEAD = "time,id,rain,temp\n"


def decode(text, file="f.csv", **mapping):
    """Decode a table by a mapping that differs from the usual one in some points."""
    given = {
        "time": {"columns": ["time"], "zone": "Asia/Tokyo"},
        "thing": "id",
        "positions": [GAUGE],
        "values": [RAIN, TEMP],
        **mapping,
    }
    raw = text if isinstance(text, bytes) else text.encode()
    return decode_sensor_table(raw, file, SensorTableParams.model_validate(given), "")


def of(batch):
    """(property, seconds from midnight UTC, to, value)."""
    return [
        (r.observed.name, r.start_s - TIME_S, r.end_s - TIME_S, r.value and pytest.approx(r.value))
        for r in batch.readings
    ]


BOTH = [("rainfall_rate", -600, 0, 3.0), ("air_temperature", 0, 0, 25.5)]


def test_a_table_with_units_zone_and_interval():
    """0.5 mm in the ten minutes up to 09:00 in Tokyo are 3 mm/h."""
    batch = decode(HEAD + "2026-07-24 09:00,G1,0.5,25.5\n")
    assert of(batch) == BOTH
    assert batch.places[0].name == "Shibuya"


@pytest.mark.parametrize(
    ("said", "pattern"),
    [
        ("2026/07/24 09:00", "%Y/%m/%d %H:%M"),
        ("202607240900", "%Y%m%d%H%M"),
        ("24.7.26 9:00:00", "%d.%m.%y %H:%M:%S"),
        ("24 Jul 2026 00:00 +0000", "%d %b %Y %H:%M %z"),
        ("1784851200", "unix"),
        ("1784851200000", "unix_ms"),
        ("2026-07-24T00:00:00Z", "iso8601"),
    ],
)
def test_patterns_of_times(said, pattern):
    """All the same moment."""
    time = {"columns": ["time"], "zone": "Asia/Tokyo", "pattern": pattern}
    assert of(decode(HEAD + f"{said},G1,0.5,25.5\n", time=time)) == BOTH


@pytest.mark.parametrize(
    ("said", "pattern", "hours"),
    [
        ("2026/07/23 24:00", "%Y/%m/%d %H:%M", -9),
        ("2026/07/24 00:00", "%Y/%m/%d %H:%M", -9),
        ("202607232400", "%Y%m%d%H%M", -9),
        ("202607240000", "%Y%m%d%H%M", -9),
        ("20260723240000", "%Y%m%d%H%M%S", -9),
    ],
)
def test_midnight_may_end_a_day(said, pattern, hours):
    """24:00 of the 23rd is 00:00 of the 24th, nine hours before 09:00."""
    time = {"columns": ["time"], "zone": "Asia/Tokyo", "pattern": pattern}
    batch = decode(HEAD + f"{said},G1,,1\n", time=time)
    assert [r.end_s - TIME_S for r in batch.readings] == [hours * 3600] * 2


def test_date_and_clock_in_two_columns_at_the_beginning():
    """And the interval runs forward."""
    time = {
        "columns": ["day", "clock"],
        "pattern": "%Y/%m/%d %H:%M",
        "zone": "Asia/Tokyo",
        "stands_for": "start",
    }
    batch = decode("day,clock,id,rain\n2026/07/24,09:00,G1,0.5\n", time=time, values=[RAIN])
    assert of(batch) == [("rainfall_rate", 0, 600, 3.0)]


def test_japanese_columns_in_code_page_932_with_lines_before():
    """As spreadsheets of cities are."""
    text = "観測データ\r\n\r\n時刻,局,雨量\r\n2026/07/24 09:00,G1,0.5\r\n"
    batch = decode(
        text.encode("cp932"),
        encoding="cp932",
        skip_lines=2,
        thing="局",
        time={"columns": ["時刻"], "pattern": "%Y/%m/%d %H:%M", "zone": "Asia/Tokyo"},
        values=[{**RAIN, "column": "雨量"}],
    )
    assert of(batch) == BOTH[:1]
    with pytest.raises(SourceError, match="not utf-8 at byte 0"):
        decode(text.encode("cp932"))


def test_decimal_commas_and_no_line_of_names():
    """A German export."""
    text = "24.07.2026 09:00;G1;0,5;25,5\n"
    time = {"columns": ["time"], "pattern": "%d.%m.%Y %H:%M", "zone": "Asia/Tokyo"}
    columns = ["time", "id", "rain", "temp"]
    assert of(decode(text, delimiter=";", decimal=",", columns=columns, time=time)) == BOTH


@pytest.mark.parametrize("cell", ["", " ", "-999", "-999.0", "欠測", "-9.99e2"])
def test_what_stands_for_no_value(cell):
    """Codes by text or by number; an empty cell always."""
    values = [{**TEMP, "missing": ["-999", "欠測"]}]
    batch = decode(HEAD + f"2026-07-24 09:00,G1,0,{cell}\n", values=values)
    assert [(r.value, r.flag) for r in batch.readings] == [(None, Flag.MISSING)]


def test_a_table_with_one_row_per_value():
    """Rows of other properties belong to nobody."""
    values = [
        {**TEMP, "column": "value", "only_where": {"what": "T"}},
        {**RAIN, "column": "value", "only_where": {"what": "R"}},
    ]
    text = "time,id,what,value\n" + "".join(
        f"2026-07-24 09:00,G1,{what},{value}\n"
        for what, value in (("R", 0.5), ("T", 25.5), ("X", 7))
    )
    assert of(decode(text, values=values)) == BOTH


def test_the_judgement_of_the_producer():
    """Good, missing whatever the cell says, and all else doubted."""
    quality = {"column": "q", "good": ["0"], "missing": ["9"]}
    rows = "".join(f"2026-07-24 09:0{q},G1,1,2,{q}\n" for q in (0, 1, 9))
    batch = decode("time,id,rain,temp,q\n" + rows, quality=quality, values=[TEMP])
    assert [r.flag for r in batch.readings] == [None, Flag.SUSPECT, Flag.MISSING]


def test_json_by_paths():
    """Numbers and texts, nested records, an array inside."""
    document = {
        "data": {
            "items": [
                {"time": "2026-07-24T09:00", "id": "G1", "v": {"rain": 0.5}, "temp": "25.5"},
                {"time": "2026-07-24T09:00", "id": "G1", "v": {}, "temp": None},
            ]
        }
    }
    values = [{**RAIN, "column": "v.rain"}, TEMP]
    batch = decode(json.dumps(document), "f.json", records="data.items", values=values)
    assert of(batch) == [*BOTH, ("rainfall_rate", -600, 0, None), ("air_temperature", 0, 0, None)]


def test_json_lines_lose_a_broken_line_alone():
    """The number of the line is told."""
    good = {"time": 1_784_851_200, "id": "G1", "rain": 0.5, "temp": 25.5}
    lines = [json.dumps(good), '{"time": 1', json.dumps({**good, "temp": True}), ""]
    time = {"columns": ["time"], "pattern": "unix"}
    batch = decode("\n".join(lines), "f.ndjson", time=time)
    assert of(batch) == BOTH
    assert [reject.record.split(",")[0] for reject in batch.rejects] == ["line 2", "line 3"]


def test_positions_in_the_table():
    """Columns of degrees."""
    text = "time,id,temp,x,y\n2026-07-24 09:00,A,1,139.7,35.6\n2026-07-24 09:00,B,1,0,0\n"
    batch = decode(text, longitude="x", latitude="y", positions=[], values=[TEMP])
    assert [(p.thing, p.longitude_deg) for p in batch.places] == [("A", 139.7)]
    assert "is no position" in batch.rejects[0].message


def test_a_file_of_one_sensor_needs_no_column_of_it():
    """The only position is its place."""
    batch = decode("time,temp\n2026-07-24 09:00,25.5\n", thing=None, values=[TEMP])
    assert [r.thing for r in batch.readings] == ["G1"]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("2026-07-24 09:00,G1,NaN,1", "rain: 'NaN' is no number"),
        ("2026-07-24 09:00,G1,inf,1", "is no number"),
        ("2026-07-24 09:00,G1,1e999,1", "is no number"),
        ("2026-07-24 09:00,G1,1_0,1", "is no number"),
        ("2026-07-24 09:00,G1,٣,1", "is no number"),
        ("2026-07-24 09:00,G1,1e308,1", "is no number"),
        ("2026-07-24,G1,1,1", "no ISO 8601 time, got '2026-07-24'"),
        (",G1,1,1", "no ISO 8601 time"),
        ("2026-07-24 09:00,,1,1", "is no identifier of a sensor"),
        ("2026-07-24 09:00,\x07,1,1", "is no identifier of a sensor"),
        ("2026-07-24 09:00,G2,1,1", "no position of 'G2' is known"),
        ("2026-07-24 09:00,G1,1", "3 cells for 4 columns"),
    ],
)
def test_bad_rows_are_set_aside(row, words):
    """With their line and the value met."""
    batch = decode(HEAD + row + "\n2026-07-24 09:00,G1,0.5,25.5\n")
    assert of(batch)[-2:] == BOTH
    assert [reject.record for reject in batch.rejects] == ["line 2"]
    assert words in batch.rejects[0].message


def test_times_without_any_zone_and_at_the_change_of_clocks():
    """Neither is guessed."""
    time = {"columns": ["time"]}
    batch = decode(HEAD + "2026-07-24 09:00,G1,0.5,25.5\n", time=time)
    assert "unknown zone" in batch.rejects[0].message
    time = {"columns": ["time"], "pattern": "%Y-%m-%d %H:%M", "zone": "Europe/Berlin"}
    batch = decode(HEAD + "2026-10-25 02:30,G1,0.5,25.5\n", time=time)
    assert "put forward or back" in batch.rejects[0].message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "columns id, rain, temp, time are missing"),
        ("time,id,rain\n", "columns temp are missing among 'time', 'id', 'rain'"),
        ("time,id,rain,temp,temp\n", "column 'temp' is there twice"),
        (HEAD + '"2026', "no CSV"),
        (HEAD + "x" * 200_000, "no CSV"),
    ],
)
def test_other_tables_are_refused(text, words):
    """The whole file, with what is missing."""
    with pytest.raises(SourceError, match=words):
        decode(text)


@pytest.mark.parametrize(
    "mapping",
    [
        {"values": []},
        {"values": [{**TEMP, "property": "temperature"}]},
        {"values": [{**TEMP, "unit": "mm"}]},
        {"positions": []},
        {"thing": None, "positions": [GAUGE, GAUGE]},
        {"longitude": "x"},
        {"time": {"columns": ["time"], "zone": "Asia/Tokio"}},
        {"time": {"columns": ["time"], "pattern": "%H:%M"}},
        {"encoding": "klingon"},
    ],
)
def test_mappings_that_cannot_be_used(mapping):
    """They fail before any file is read."""
    with pytest.raises(ValidationError):
        decode(HEAD, **mapping)


@given(st.text(max_size=80))
def test_no_row_does_harm(text):
    """Readings, rejects, or the error."""
    try:
        batch = decode(HEAD + "2026-07-24 09:00,G1,0.5,25.5\n" + text)
    except (SourceError, UnicodeEncodeError):
        return
    for reject in batch.rejects:
        reject.model_dump_json().encode()


def test_a_source(tmp_path):
    """The zone of the configuration counts where the mapping gives none."""
    (tmp_path / "a.csv").write_text(HEAD + "2026-07-24 09:00,G1,0.5,25.5\n")
    params = SensorTableParams.model_validate(
        {
            "time": {"columns": ["time"]}, "thing": "id", "values": [RAIN, TEMP],
            "positions": [GAUGE],
        }
    )  # fmt: skip
    dataset = Dataset("s", tmp_path, (tmp_path / "a.csv",), "EPSG:6677", "Asia/Tokyo")
    decoded = FORMAT.read(dataset, params)
    assert len(conform(THINGS, decoded.tables[THINGS], "EPSG:6677")) == 1
    frame = conform(OBSERVATIONS, decoded.tables[OBSERVATIONS], "EPSG:6677")
    assert set(frame["phenomenon_end"].astype(str)) == {"2026-07-24 00:00:00+00:00"}
