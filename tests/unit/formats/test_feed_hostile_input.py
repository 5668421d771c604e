"""Whatever bytes a feed sends, only errors of citytwin come out, and tables stay storable."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from google.transit import gtfs_realtime_pb2 as pb
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from citytwin.errors import CityTwinError
from citytwin.formats.amedas import decode_map
from citytwin.formats.amedas_stations import decode_table
from citytwin.formats.gtfs_rt import GtfsRtParams, decode_gtfs_rt
from citytwin.formats.gtfs_stops import Stop, stops_of
from citytwin.formats.metar import MetarParams, decode_metar
from citytwin.formats.ngsi_ld import NgsiLdParams, decode_ngsi_ld
from citytwin.formats.observation_tables import assemble
from citytwin.formats.openmeteo import decode_open_meteo
from citytwin.formats.road_counts import decode_road_counts
from citytwin.formats.sensor_table.format import decode_sensor_table
from citytwin.formats.sensor_table.mapping import SensorTableParams
from citytwin.formats.sensorthings import SensorThingsParams, decode_sensorthings
from citytwin.model.steps import Dataset
from citytwin.model.tables import OBSERVATIONS, THINGS
from citytwin.store.tables import conform

MAP_NAME = "map_20250628180000.json"
TABLE = {"44132": {"lat": [35, 41.5], "lon": [139, 45.0], "kjName": "東京", "enName": "Tokyo"}}
MAP = {"44132": {"temp": [20.5, 0], "wind": [3, 0], "windDirection": [7, 0], "sun1h": [1, 0]}}
OPEN_METEO = {
    "latitude": 35.7,
    "longitude": 139.7,
    "utc_offset_seconds": 32400,
    "hourly_units": {"time": "iso8601", "precipitation": "mm", "wind_speed_10m": "km/h"},
    "hourly": {
        "time": ["2026-07-01T00:00", "2026-07-01T01:00"],
        "precipitation": [1.0, None],
        "wind_speed_10m": [5, 6],
    },
}
ROADS = {
    "type": "FeatureCollection",
    "numberMatched": 1,
    "features": [
        {
            "id": "t_travospublic_measure_5m.1",
            "geometry": {"type": "MultiPoint", "coordinates": [[139.7, 35.6]]},
            "properties": {
                "常時観測点コード": 1,
                "観測年月日": 20250210,
                "時間帯": 900,
                "上り・小型交通量": 1,
                "下り・小型交通量": 2,
            },
        }
    ],
}
NGSI_LD = [
    {
        "id": "urn:ngsi-ld:WeatherObserved:A",
        "type": "WeatherObserved",
        "location": {
            "type": "GeoProperty",
            "value": {"type": "Point", "coordinates": [139.7, 35.6]},
        },
        "dateObserved": {"type": "Property", "value": {"@value": "2026-11-30T07:00:00Z"}},
        "temperature": {"type": "Property", "value": 3, "unitCode": "CEL"},
        "windSpeed": {"values": [[9, "2026-11-30T07:20:00Z"]]},
        "windDirection": [{"value": 3, "observedAt": "2026-11-30T07:00:00Z", "datasetId": "x"}],
    }
]
SENSOR_THINGS = {
    "value": [
        {
            "@iot.id": 1,
            "name": "station",
            "Locations": [{"location": {"type": "Point", "coordinates": [139.7, 35.6]}}],
            "Datastreams": [
                {
                    "@iot.id": 2,
                    "name": "s",
                    "unitOfMeasurement": {"name": "x", "symbol": "mm", "definition": "y"},
                    "ObservedProperty": {"name": "rainfall_rate", "definition": "z"},
                    "Observations": [
                        {
                            "phenomenonTime": "2026-03-03T00:00:00Z/2026-03-03T00:20:00Z",
                            "result": 2,
                            "resultQuality": "good",
                        }
                    ],
                }
            ],
        }
    ]
}
STOPS_TXT = b"stop_id,stop_name,stop_lat,stop_lon\nA,Alpha,35.6,139.7\n"
STATIONS = decode_table(json.dumps(TABLE).encode(), "amedastable.json")
METAR = [{"rawOb": "RJTT 170530Z 02008KT 11/07 Q1012", "reportTime": "2026-11-17T05:30:00Z",
          "lat": 35.6, "lon": 139.7}]  # fmt: skip
TABLE_ROWS = {"data": [{"time": "2026-07-24T09:00", "id": "G1", "v": {"rain": 0.5}, "q": "0"}]}
MAPPING = SensorTableParams.model_validate(
    {
        "time": {"columns": ["time"], "zone": "Asia/Tokyo"},
        "thing": "id",
        "records": "data",
        "positions": [{"thing": "G1", "longitude_deg": 139.7, "latitude_deg": 35.6}],
        "quality": {"column": "q", "good": ["0"]},
        "values": [
            {"column": "v.rain", "property": "rainfall_rate", "unit": "mm", "interval_min": 10}
        ],
    }
)
DECODERS = {
    "openmeteo": (OPEN_METEO, lambda raw: decode_open_meteo(raw, "f", "Asia/Tokyo")),
    "amedas": (MAP, lambda raw: decode_map(raw, MAP_NAME, STATIONS)),
    "road_counts": (ROADS, lambda raw: decode_road_counts(raw, "f")),
    "metar": (METAR, lambda raw: decode_metar(raw, "f", MetarParams())),
    "sensor_table": (TABLE_ROWS, lambda raw: decode_sensor_table(raw, "f.json", MAPPING, "")),
    "ngsi_ld": (NGSI_LD, lambda raw: decode_ngsi_ld(raw, "f", NgsiLdParams(interval_min=10))),
    "sensorthings": (
        SENSOR_THINGS,
        lambda raw: decode_sensorthings(raw, "f", SensorThingsParams()),
    ),
}
CHECKED = settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**22), 10**22)
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(["0", "1", "iso8601", "mm", "2026-07-01T00:00", "\ud800", "a\x00b", 1e308]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["time", "a", "lat"]), inner, max_size=3)
    ),
    max_leaves=6,
)


def paths(value, path=()):
    """All places inside a document."""
    yield path
    if isinstance(value, dict):
        for key, child in value.items():
            yield from paths(child, (*path, key))
    elif isinstance(value, list):
        for row, child in enumerate(value):
            yield from paths(child, (*path, row))


def replaced(value, path, new):
    """The document with another value at one place."""
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = replaced(value[path[0]], path[1:], new)
    return copy


def must_hold(decode, raw):
    """Either an error of citytwin, or tables that can be checked and written."""
    try:
        batch = decode(raw)
        source = Dataset("s", Path(), (), "EPSG:6677", "Asia/Tokyo")
        decoded = assemble(source, [batch], source_crs="EPSG:4326")
    except CityTwinError as error:
        str(error).encode()
        return
    assert not np.isinf(decoded.tables[OBSERVATIONS]["result"]).any()
    for table in (THINGS, OBSERVATIONS):
        frame = conform(table, decoded.tables[table], "EPSG:6677")
        plain = frame.drop(columns="geometry", errors="ignore")
        assert pa.Table.from_pandas(plain, preserve_index=False).num_rows == len(frame)
    for reject in decoded.rejects:
        reject.model_dump_json().encode()


@pytest.mark.parametrize("name", DECODERS)
@CHECKED
@given(data=st.data())
def test_a_document_with_one_odd_value(name, data):
    """Any value at any place of a good document."""
    document, decode = DECODERS[name]
    path = data.draw(st.sampled_from(sorted(paths(document), key=str)))
    odd = replaced(document, path, data.draw(json_values))
    must_hold(decode, json.dumps(odd).encode())


@pytest.mark.parametrize("name", DECODERS)
@CHECKED
@given(data=st.data())
def test_a_document_cut_or_overwritten(name, data):
    """A good document with a stretch of its bytes replaced by others."""
    document, decode = DECODERS[name]
    raw = json.dumps(document, ensure_ascii=False).encode()
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, len(raw)))
    must_hold(decode, raw[:start] + data.draw(st.binary(max_size=8)) + raw[end:])


@CHECKED
@given(data=st.data())
def test_a_station_table_with_one_odd_value(data):
    """The station table of AMeDAS is as hostile as a map."""
    path = data.draw(st.sampled_from(sorted(paths(TABLE), key=str)))
    raw = json.dumps(replaced(TABLE, path, data.draw(json_values))).encode()
    try:
        stations = decode_table(raw, "amedastable.json")
    except CityTwinError:
        return
    must_hold(lambda maps: decode_map(maps, MAP_NAME, stations), json.dumps(MAP).encode())


def feed_bytes():
    """A good message with a vehicle and a delay."""
    feed = pb.FeedMessage()
    feed.header.gtfs_realtime_version = "2.0"
    feed.header.timestamp = 1_708_035_269
    entity = feed.entity.add()
    entity.id = "v1"
    entity.vehicle.vehicle.id = "bus"
    entity.vehicle.position.latitude = 35.6
    entity.vehicle.position.longitude = 139.7
    entity.vehicle.position.speed = 3.0
    trip = feed.entity.add()
    trip.id = "t1"
    trip.trip_update.trip.trip_id = "trip"
    update = trip.trip_update.stop_time_update.add()
    update.stop_id = "A"
    update.arrival.delay = 60
    return feed.SerializeToString()


@CHECKED
@given(data=st.data())
def test_a_feed_message_cut_or_overwritten(data):
    """Protobuf with a stretch of its bytes replaced by others."""
    raw = feed_bytes()
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 6)))
    odd = raw[:start] + data.draw(st.binary(max_size=6)) + raw[end:]
    stops = {"A": Stop("Alpha", 139.7, 35.6)}
    must_hold(lambda r: decode_gtfs_rt(r, "f.pb", stops, GtfsRtParams(departures=True)), odd)


def zipped(raw):
    """The stops inside an archive."""
    import zipfile

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("stops.txt", raw)
    return buffer.getvalue()


@pytest.mark.parametrize("raw", [STOPS_TXT, zipped(STOPS_TXT)], ids=["text", "zip"])
@CHECKED
@given(data=st.data())
def test_stops_cut_or_overwritten(raw, data):
    """Text and archives with a stretch of their bytes replaced by others."""
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 4)))
    try:
        stops, rejects = stops_of(raw[:start] + data.draw(st.binary(max_size=4)) + raw[end:], "s")
    except CityTwinError:
        return
    assert all(abs(stop.latitude_deg) <= 90.0 for stop in stops.values())
    for reject in rejects:
        reject.model_dump_json().encode()
