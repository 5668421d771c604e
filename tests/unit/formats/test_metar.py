"""METAR: groups, months, several reports in one text, and what is no observation."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from citytwin.errors import SourceError
from citytwin.formats.metar import FORMAT, MetarParams, decode_metar
from citytwin.model.steps import Dataset
from citytwin.model.tables import OBSERVATIONS
from citytwin.store.tables import conform

PLACES = [
    {"thing": code, "longitude_deg": 139.8, "latitude_deg": 35.5} for code in ("RJTT", "KJFK")
]
# 2026-11-17T05:30:00Z
TIME_S = 1_794_893_400


def decode(text, fetched_s=TIME_S + 600, file="f.txt", **params):
    """Decode a text fetched ten minutes after its report."""
    given = MetarParams.model_validate({"positions": PLACES, **params})
    raw = text if isinstance(text, bytes) else text.encode()
    return decode_metar(raw, file, given, fetched_s)


def values(text):
    """Property -> value."""
    return {
        r.observed.name: r.value and pytest.approx(r.value, rel=1e-9) for r in decode(text).readings
    }


def test_a_report_of_the_world():
    """Knots, metres, degrees below zero, hectopascals; what comes behind TEMPO is a forecast."""
    found = values("METAR RJTT 170530Z 02008G20KT 350V050 0400 R34L/P2000 -SN M01/M05 Q1012 "
                   "TEMPO 33050KT 9999 20/10 Q0950=")  # fmt: skip
    assert found == {
        "wind_speed": 8 * 1852 / 3600,
        "wind_from_direction": 20.0,
        "wind_speed_of_gust": 20 * 1852 / 3600,
        "visibility_in_air": 400.0,
        "air_temperature": -1.0,
        "dew_point_temperature": -5.0,
        "altimeter_setting": 1012.0,
    }


def test_a_report_of_america():
    """Miles, inches of mercury, tenths of a degree, sea level, rain of the hour."""
    found = values("KJFK 170530Z 36007KT 1 1/2SM OVC008 11/07 A2979 RMK AO2 SLP986 P0009 T01110072")
    assert found == {
        "wind_speed": 7 * 1852 / 3600,
        "wind_from_direction": 360.0,
        "visibility_in_air": 1.5 * 1609.344,
        "altimeter_setting": 29.79 * 0.0254 * 1333.22,
        "air_pressure_at_mean_sea_level": 998.6,
        "air_temperature": 11.1,
        "dew_point_temperature": 7.2,
        # 0.09 in since the full hour, half an hour ago.
        "rainfall_rate": 0.09 * 25.4 * 2,
    }


@pytest.mark.parametrize(
    ("groups", "expected"),
    [
        ("00000KT", {"wind_speed": 0.0, "wind_from_direction": None}),
        ("VRB02KT", {"wind_speed": 2 * 1852 / 3600, "wind_from_direction": None}),
        ("18010MPS", {"wind_speed": 10.0, "wind_from_direction": 180.0}),
        ("18036KMH", {"wind_speed": 10.0, "wind_from_direction": 180.0}),
        ("/////KT", {}),
        ("CAVOK", {"visibility_in_air": 10_000.0}),
        ("9999", {"visibility_in_air": 10_000.0}),
        ("M1/4SM", {"visibility_in_air": 0.25 * 1609.344}),
        ("P6SM", {"visibility_in_air": 6 * 1609.344}),
        ("1/0SM", {"visibility_in_air": 0.0}),
        ("10/", {"air_temperature": 10.0}),
        ("M00/M01", {"air_temperature": 0.0, "dew_point_temperature": -1.0}),
        ("//////", {}),
        ("NIL", {}),
    ],
)
def test_single_groups(groups, expected):
    """Calm and variable wind come from nowhere; slashes say nothing."""
    assert values(f"RJTT 170530Z {groups}") == {
        name: value and pytest.approx(value) for name, value in expected.items()
    }


def test_several_reports_run_on_in_one_text():
    """A remark of the second is none of the first."""
    text = "KJFK 170530Z 36007KT 11/07 RMK AO2\nKJFK 170451Z 35007KT 12/07 RMK T01170072"
    batch = decode(text)
    temperatures = [r for r in batch.readings if r.observed.name == "air_temperature"]
    assert [(r.end_s - TIME_S, r.value) for r in temperatures] == [(0, 11.0), (-39 * 60, 11.7)]


def test_the_month_is_that_before_the_report_was_known():
    """A report of the 31st that is fetched on the 1st is of the month before."""
    # 2026-12-01T00:10Z
    batch = decode("RJTT 302350Z 02008KT", fetched_s=1_796_083_800)
    assert batch.readings[0].end_s == 1_796_083_800 - 20 * 60
    batch = decode("RJTT 312350Z 02008KT", fetched_s=1_796_083_800)
    assert batch.rejects[0].message.startswith("no day and hour in the weeks before")


def test_what_tells_the_month():
    """A line of the date, fields of JSON, the configuration; else the report is set aside."""
    report = "RJTT 170530Z 02008KT"
    dated = f"2026/11/17 05:30\n{report}\n"
    assert decode(dated, fetched_s=None).readings[0].end_s == TIME_S
    entry = {"rawOb": report, "reportTime": "2026-11-17T05:30:00Z", "lat": 35.6, "lon": 139.7}
    batch = decode(json.dumps([entry]), fetched_s=None, positions=[])
    assert (batch.readings[0].end_s, batch.places[0].latitude_deg) == (TIME_S, 35.6)
    created = {"created": "2026-11-17", "data": {"raw": report}}
    assert decode(json.dumps(created), fetched_s=None).readings[0].end_s == TIME_S
    assert decode(report, fetched_s=None, month="2026-11").readings[0].end_s == TIME_S
    bare = decode(report, fetched_s=None)
    assert "nothing tells its month and year" in bare.rejects[0].message


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("TAF KJFK 170530Z 1706/1812 27007KT", "a forecast (TAF)"),
        ("XXXX 170530Z 27007KT", "no position is known"),
        ("RJTT 320530Z 27007KT", "no day and hour in the weeks before"),
        ("RJTT 172561Z 27007KT", "no day and hour in the weeks before"),
        ("RJTT 170530Z " + "A " * 2000, "no report of an aerodrome"),
    ],
)
def test_reports_that_are_set_aside(text, words):
    """With the reason."""
    batch = decode(text)
    assert batch.readings == ()
    assert words in batch.rejects[0].message


@pytest.mark.parametrize("raw", [b"", b"hello", b"\xff\xfe", b"[]", b"{}", b'{"raw": 7}'])
def test_what_holds_no_report_is_refused(raw):
    """The whole file."""
    with pytest.raises(SourceError):
        decode(raw)


GROUPS = st.lists(
    st.sampled_from(
        ["RJTT", "170530Z", "02008KT", "VRB99G99MPS", "1/2SM", "1", "RMK", "T19999999", "SLP999",
         "P9999", "Q9999", "A0000", "M99/M99", "////", "=", "1706/1812", "9999", "\n"]
    ),
    max_size=15,
)  # fmt: skip


@given(GROUPS, st.integers(-(10**12), 10**12))
def test_no_order_of_groups_does_harm(groups, fetched_s):
    """Readings, rejects, or the error; any clock of who fetched it."""
    try:
        decode(" ".join(groups), fetched_s)
    except SourceError:
        return


def test_a_source(tmp_path):
    """Tables fit their schemas."""
    (tmp_path / "a.txt").write_text("2026/11/17 05:30\nRJTT 170530Z 02008KT 11/07 Q1012\n")
    dataset = Dataset("s", tmp_path, (tmp_path / "a.txt",), "EPSG:6677", "Asia/Tokyo")
    decoded = FORMAT.read(dataset, MetarParams.model_validate({"positions": PLACES}))
    assert len(conform(OBSERVATIONS, decoded.tables[OBSERVATIONS], "EPSG:6677")) == 5
