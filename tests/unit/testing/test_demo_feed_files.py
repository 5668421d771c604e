"""Feeds of the demo city, read without the code that wrote them."""

import itertools
import json
import struct
from datetime import UTC, datetime

import pytest
from pyproj import Transformer
from shapely.geometry import Point, Polygon
from shapely.ops import unary_union

from citytwin.testing.place import Degrees, to_plane
from citytwin.testing.streets import street_plan
from citytwin.testing.traffic_feeds import write_traffic, write_vehicle_positions
from citytwin.testing.weather_feeds import write_amedas, write_openmeteo, write_openmeteo_year

TO_PLANE = Transformer.from_crs(6668, 6677, always_xy=True)


@pytest.fixture(scope="module")
def streets():
    """All streets as one shape in EPSG:6677."""
    rings = [[to_plane(p) for p in s.ring] for s in street_plan().streets]
    return unary_union([Polygon(ring).buffer(0.01) for ring in rings])


def fields(data):
    """Decode one protobuf message: (number, value) pairs; nested messages stay bytes."""
    found, at = [], 0

    def varint(at):
        value = shift = 0
        while True:
            byte = data[at]
            value |= (byte & 127) << shift
            at, shift = at + 1, shift + 7
            if byte < 128:
                return value, at

    while at < len(data):
        key, at = varint(at)
        number, wire = key >> 3, key & 7
        if wire == 0:
            value, at = varint(at)
        elif wire == 2:
            size, at = varint(at)
            value, at = data[at : at + size], at + size
        elif wire == 5:
            value, at = struct.unpack_from("<f", data, at)[0], at + 4
        else:
            raise AssertionError(f"wire type {wire}")
        found.append((number, value))
    return found


def test_openmeteo_has_thirty_local_days_that_end_with_a_storm(tmp_path):
    """720 hours of June 2026 in local time, units named, the worst hour on the last day."""
    answer = json.loads(write_openmeteo(tmp_path / "o.json").read_text(encoding="utf-8"))
    hourly = answer["hourly"]
    assert "SYNTHETIC" in answer["note"]
    assert answer["utc_offset_seconds"] == 32400
    assert set(answer["hourly_units"]) == set(hourly)
    assert answer["hourly_units"]["wind_speed_10m"] == "km/h"
    assert {len(values) for values in hourly.values()} == {720}
    assert hourly["time"][0] == "2026-06-01T00:00"
    assert hourly["time"][-1] == "2026-06-30T23:00"
    worst = max(range(720), key=hourly["precipitation"].__getitem__)
    assert hourly["time"][worst] == "2026-06-30T20:00"
    assert 60.0 <= hourly["precipitation"][worst] <= 80.0
    assert 20.0 < max(hourly["wind_speed_10m"]) < 60.0
    assert all(0 <= d < 360 for d in hourly["wind_direction_10m"])
    assert all(0 <= c <= 100 for c in hourly["cloud_cover"])


def test_radiation_is_zero_at_night_and_below_the_solar_constant(tmp_path):
    """The sun shines by day only: between 21 and 4 o'clock there is nothing."""
    hourly = json.loads(write_openmeteo(tmp_path / "o.json").read_text())["hourly"]
    for time, watts in zip(hourly["time"], hourly["shortwave_radiation"], strict=True):
        assert 0.0 <= watts < 1100.0
        if int(time[11:13]) in {21, 22, 23, 0, 1, 2, 3, 4}:
            assert watts == 0.0
    assert max(hourly["shortwave_radiation"]) > 800.0


def test_amedas_maps_cover_three_hours_in_ten_minute_steps(tmp_path):
    """File names are Japan time, one map per ten minutes from 18:00 to 21:00."""
    _, maps = write_amedas(tmp_path)
    times = [datetime.strptime(p.name, "map_%Y%m%d%H%M%S.json") for p in maps]  # noqa: DTZ007
    steps = {(b - a).total_seconds() for a, b in itertools.pairwise(times)}
    assert times[0] == datetime(2026, 6, 30, 18, 0)  # noqa: DTZ001
    assert times[-1] == datetime(2026, 6, 30, 21, 0)  # noqa: DTZ001
    assert steps == {600.0}


def test_amedas_sums_agree_and_missing_values_bear_a_flag(tmp_path):
    """An hour's rain is the sum of its six readings; a null never has flag 0."""
    table, maps = write_amedas(tmp_path)
    stations = json.loads(table.read_text(encoding="utf-8"))
    series = [json.loads(p.read_text(encoding="utf-8")) for p in maps]
    flags = set()
    for station in stations:
        for k in range(6, len(series)):
            last = [series[j][station]["precipitation10m"] for j in range(k - 5, k + 1)]
            if all(flag == 0 for _, flag in last):
                hour = series[k][station]["precipitation1h"][0]
                assert sum(value for value, _ in last) == pytest.approx(hour)
        for reading in series:
            for value, flag in reading[station].values():
                flags.add(flag)
                assert flag != 0 or value is not None
    assert {0, 5, 6, None} <= flags
    peak = max(reading["99101"]["precipitation1h"][0] for reading in series)
    assert 60.0 <= peak <= 80.0


def test_amedas_table_gives_degrees_and_minutes_near_the_city(tmp_path):
    """Stations are [degree, minute] pairs, named as synthetic."""
    stations = json.loads(write_amedas(tmp_path)[0].read_text(encoding="utf-8"))
    assert len(stations) == 3
    for station in stations.values():
        lat, lon = (d + m / 60 for d, m in (station["lat"], station["lon"]))
        assert 35.1 < lat < 35.2
        assert 139.3 < lon < 139.5
        assert "架空" in station["kjName"]
        assert "synthetic" in station["enName"]


def test_a_year_of_radiation_is_dark_by_night_and_brightest_in_summer(tmp_path):
    """8760 hours from local midnight on; no light at midnight, most between May and August."""
    answer = json.loads(write_openmeteo_year(tmp_path / "y.json").read_text(encoding="utf-8"))
    times, light = answer["hourly"]["time"], answer["hourly"]["shortwave_radiation"]
    assert answer["hourly_units"]["time"] == "unixtime"
    assert times[0] == datetime(2024, 12, 31, 15, tzinfo=UTC).timestamp()
    assert [b - a for a, b in itertools.pairwise(times)] == [3600] * 8759
    assert all(value == 0.0 for value in light[::24])
    assert 120 <= max(range(8760), key=light.__getitem__) // 24 <= 240
    assert 1200.0 < sum(light) / 1000 < 1700.0


def test_openmeteo_and_amedas_tell_the_same_storm(tmp_path):
    """The city station's hour before 20:00 and the forecast's differ by gauge steps only."""
    _, maps = write_amedas(tmp_path)
    gauge = json.loads(maps[12].read_text())["99101"]["precipitation1h"][0]
    hourly = json.loads(write_openmeteo(tmp_path / "o.json").read_text())["hourly"]
    model = hourly["precipitation"][hourly["time"].index("2026-06-30T20:00")]
    assert gauge == pytest.approx(model, abs=1.5)


def test_traffic_counts_lie_on_streets_and_faults_are_flagged(tmp_path, streets):
    """13 intervals at 10 points; a null count has its fault flag, others have none."""
    path = write_traffic(tmp_path / "t.geojson", street_plan(), Degrees())
    collection = json.loads(path.read_text(encoding="utf-8"))
    assert "SYNTHETIC" in collection["note"]
    features = collection["features"]
    assert len(features) == 130
    assert len({f["id"] for f in features}) == 130
    faults = 0
    for feature in features:
        properties = feature["properties"]
        ((lon, lat),) = feature["geometry"]["coordinates"]
        assert streets.contains(Point(TO_PLANE.transform(lon, lat)))
        assert properties["観測年月日"] == 20260630
        for direction in ("上り", "下り"):
            broken = properties[f"{direction}・欠測"] == "1"
            causes = [properties[f"{direction}・{c}"] for c in ("停電", "ループ異常", "超音波異常")]
            assert ("1" in causes) == broken
            assert (properties[f"{direction}・小型交通量"] is None) == broken
            faults += broken
    assert faults == 6


def test_vehicle_positions_decode_by_hand(tmp_path, streets):
    """A hand-written decoder finds eight synthetic buses on the streets, heading along."""
    path = write_vehicle_positions(tmp_path / "v.pb", street_plan(), Degrees())
    message = fields(path.read_bytes())
    header = dict(fields(dict(message)[1]))
    assert header[1] == b"2.0"
    assert header[3] == int(datetime.fromisoformat("2026-06-30T18:30:00+09:00").timestamp())
    entities = [dict(fields(value)) for number, value in message if number == 2]
    assert len(entities) == 8
    stopped = 0
    for entity in entities:
        assert entity[1].startswith(b"SYNTHETIC")
        vehicle = dict(fields(entity[4]))
        position = dict(fields(vehicle[2]))
        lat, lon, bearing, speed = position[1], position[2], position[3], position[5]
        # Positions are float32: a metre or so.
        assert streets.buffer(1.5).contains(Point(TO_PLANE.transform(lon, lat)))
        assert 0.0 <= bearing < 360.0
        assert 0.0 <= speed < 14.0
        stopped += speed == 0.0
        assert header[3] - 60 <= vehicle[5] <= header[3]
    assert stopped == 1
