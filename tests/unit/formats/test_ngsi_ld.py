"""NGSI-LD: its many forms, units, times and places."""

from __future__ import annotations

import json
import re

import pytest

from citytwin.errors import SourceError
from citytwin.formats.ngsi_ld import FORMAT, NgsiLdParams, decode_ngsi_ld
from citytwin.model.steps import Dataset
from citytwin.model.tables import OBSERVATIONS, THINGS
from citytwin.store.tables import conform

# 2026-11-30T07:00:00Z
TIME_S = 1_796_022_000
POINT = {"type": "Point", "coordinates": [139.75, 35.69]}


def weather(**attributes):
    """A normalized weather observation."""
    return {
        "id": "urn:ngsi-ld:WeatherObserved:Kudan",
        "type": "WeatherObserved",
        "location": {"type": "GeoProperty", "value": POINT},
        "dateObserved": {
            "type": "Property",
            "value": {"@type": "DateTime", "@value": "2026-11-30T07:00:00.00Z"},
        },
        **attributes,
    }


def decode(document, **params):
    """Decode a document."""
    raw = json.dumps(document).encode()
    return decode_ngsi_ld(raw, "f.json", NgsiLdParams.model_validate(params))


def of(batch):
    """(thing, property) -> (seconds from 07:00, to, value)."""
    return {
        (r.thing.rpartition(":")[2], r.observed.name): (
            r.start_s - TIME_S, r.end_s - TIME_S, r.value and pytest.approx(r.value),
        )
        for r in batch.readings
    }  # fmt: skip


FORMS = {
    "normalized": {"type": "Property", "value": 3.3},
    "concise": {"value": 3.3},
    "simplified": 3.3,
    "version 2": {"type": "Number", "value": 3.3},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_says_the_same(form):
    """3.3 degrees at 07:00."""
    batch = decode(weather(temperature=FORMS[form]))
    assert of(batch) == {("Kudan", "air_temperature"): (0, 0, 3.3)}
    assert (batch.places[0].longitude_deg, batch.places[0].kind) == (139.75, "weather_station")


def test_simplified_entities_have_bare_places_and_times():
    """keyValues: no type anywhere inside."""
    plain = weather(temperature=3, location=POINT, dateObserved="2026-11-30T07:00:00Z")
    assert of(decode(plain)) == {("Kudan", "air_temperature"): (0, 0, 3.0)}


def test_the_data_model_gives_the_unit_unless_a_code_does():
    """Humidity is a share, KMH are km/h (36 km/h are 10 m/s), FAH are degrees Fahrenheit."""
    batch = decode(
        weather(
            relativeHumidity={"type": "Property", "value": 0.55},
            windSpeed={"type": "Property", "value": 36, "unitCode": "KMH"},
            temperature={"type": "Property", "value": 212, "unitCode": "FAH"},
            atmosphericPressure={"type": "Property", "value": 93890, "unitCode": "PAL"},
        )
    )
    assert {key[1]: found[2] for key, found in of(batch).items()} == {
        "relative_humidity": 55.0,
        "wind_speed": 10.0,
        "air_temperature": 100.0,
        "surface_air_pressure": 938.9,
    }


@pytest.mark.parametrize("code", [{"value": "CEL"}, 17, "furlong", "MTR", [], True])
def test_a_unit_that_is_none_sets_the_value_aside(code):
    """Some brokers write an object; a length is no temperature."""
    batch = decode(weather(temperature={"type": "Property", "value": 3, "unitCode": code}))
    assert (len(batch.readings), len(batch.rejects)) == (0, 1)


def test_directions_may_be_counted_from_minus_180():
    """As the data model has it: -90 is west."""
    assert of(decode(weather(windDirection=-90)))["Kudan", "wind_from_direction"][2] == 270.0


def test_rain_needs_its_interval():
    """0.5 mm say nothing without a time; in 10 minutes they are 3 mm/h."""
    bare = decode(weather(precipitation=0.5))
    assert "needs the interval that it covers" in bare.rejects[0].message
    batch = decode(weather(precipitation=0.5), interval_min=10)
    assert of(batch) == {("Kudan", "rainfall_rate"): (-600, 0, 3.0)}


def test_counts_of_an_interval_are_flows():
    """197 vehicles in five minutes are 2,364 per hour, at the middle of the line."""
    line = {"type": "LineString", "coordinates": [[139.0, 35.0], [139.2, 35.0]]}
    entity = weather(
        id="urn:ngsi-ld:TrafficFlowObserved:R1",
        type="TrafficFlowObserved",
        location={"type": "GeoProperty", "value": line},
        dateObservedFrom="2026-11-30T07:00:00Z",
        dateObservedTo={"type": "Property", "value": "2026-11-30T07:05:00Z"},
        dateObserved="2026-11-30T07:00:00/2026-11-30T07:05:00",
        intensity=197,
        averageVehicleSpeed={"type": "Property", "value": 52.6},
        occupancy=0.76,
        laneDirection="forward",
    )
    batch = decode([entity])
    assert of(batch) == {
        ("R1", "traffic_flow"): (0, 300, 2364.0),
        ("R1", "vehicle_speed"): (0, 300, 52.6),
        ("R1", "traffic_occupancy"): (0, 300, 76.0),
    }
    assert batch.places[0].longitude_deg == pytest.approx(139.1)


def test_the_temporal_forms():
    """Instances with observedAt, and pairs of value and time."""
    instances = [
        {"type": "Property", "value": 3, "observedAt": "2026-11-30T07:00:00Z"},
        {"type": "Property", "value": 4, "observedAt": "2026-11-30T07:10:00Z"},
    ]
    pairs = {
        "type": "Property",
        "values": [[9, "2026-11-30T07:20:00Z"], [8, "2026-11-30T07:30:00Z"]],
    }
    batch = decode(weather(temperature=instances, windSpeed=pairs))
    assert [(r.start_s - TIME_S, r.value) for r in batch.readings] == [
        (0, 3.0), (600, 4.0), (1200, 9.0), (1800, 8.0),
    ]  # fmt: skip


def test_several_sensors_of_one_attribute_are_apart():
    """Else the second would count as a correction of the first."""
    both = [{"value": 3}, {"value": 5, "datasetId": "urn:roof"}]
    assert {r.thing for r in decode(weather(temperature=both)).readings} == {
        "urn:ngsi-ld:WeatherObserved:Kudan",
        "urn:ngsi-ld:WeatherObserved:Kudan:urn:roof",
    }


def test_a_time_inside_the_id_is_no_part_of_the_thing():
    """Producers make an entity of each observation."""
    entity = weather(temperature=1)
    entity["id"] = "urn:ngsi-ld:WeatherObserved:Spain-Valladolid-2016-11-30T07:00:00.00Z"
    assert decode(entity).places[0].thing == "urn:ngsi-ld:WeatherObserved:Spain-Valladolid"


def test_expanded_names_and_notifications():
    """Names may be addresses; a notification holds its entities in `data`."""
    entity = weather(**{"https://smartdatamodels.org/dataModel.Weather/temperature": {"value": 7}})
    entity["type"] = ["https://smartdatamodels.org/dataModel.Weather/WeatherObserved"]
    message = {"id": "n", "type": "Notification", "data": [entity]}
    assert of(decode(message))["Kudan", "air_temperature"][2] == 7.0


def test_other_attributes_by_configuration():
    """A water level in centimetres of a device."""
    given = {"entity_type": "Device", "attribute": "level", "property": "wind_speed", "unit": "kn"}
    entity = weather(type="Device", level=10)
    batch = decode(entity, attributes=[given])
    assert of(batch)["Kudan", "wind_speed"][2] == 10 * 1852 / 3600
    with pytest.raises(ValueError, match="no property 'wind_sped'"):
        decode(entity, attributes=[{**given, "property": "wind_sped"}])
    with pytest.raises(ValueError, match="measures length, not speed"):
        decode(entity, attributes=[{**given, "unit": "m"}])


def test_forecasts_are_no_observations():
    """They are passed over, and said."""
    batch = decode([weather(type="WeatherForecast", temperature=3), weather(temperature=3)])
    assert len(batch.readings) == 1
    assert "1 forecasts among them" in batch.notes[0].en


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"dateObserved": "2026-11-30T07:00:00"}, "local time of an unknown zone"),
        ({"dateObserved": 7}, "expected a plain text"),
        ({"dateObserved": None}, "expected a plain text"),
        ({"temperature": "3.3"}, "expected a number"),
        ({"temperature": {"type": "Property"}}, "'value' is missing"),
        ({"temperature": {"values": [[1]]}}, r"expected \[value, time\]"),
        ({"location": {"type": "Point", "coordinates": [139, 99]}}, "longitude and latitude"),
        ({"location": {"type": "Point", "coordinates": []}}, "longitude and latitude"),
        ({"location": {"type": "Polygon", "coordinates": [[[0, 1]] * 3]}}, "expected 4 to"),
        ({"location": {"type": "Cube", "coordinates": []}}, "expected Point"),
        ({"location": "35.7, 139.7"}, "expected an object"),
        ({"id": ""}, ""),
    ],
)
def test_faults_are_set_aside_with_their_place(changes, words):
    """The entity or its value, and the reason."""
    batch = decode([weather(**{"temperature": 3, **changes})])
    assert len(batch.readings) + len(batch.rejects) == 1
    if batch.rejects:
        assert re.search(words, batch.rejects[0].message)


def test_the_zone_of_a_feed_that_writes_local_times():
    """16:00 in Tokyo is 07:00 UTC, where the configuration says so."""
    entity = weather(temperature=3, dateObserved="2026-11-30T16:00:00")
    batch = decode(entity, time_zone="Asia/Tokyo")
    assert of(batch) == {("Kudan", "air_temperature"): (0, 0, 3.0)}


def test_an_entity_without_location():
    """It needs a position of the configuration."""
    entity = weather(temperature=3)
    del entity["location"]
    assert "has no location" in decode(entity).rejects[0].message
    place = {"thing": entity["id"], "longitude_deg": 139.7, "latitude_deg": 35.7}
    assert decode(entity, positions=[place]).places[0].longitude_deg == 139.7


@pytest.mark.parametrize("raw", [b"7", b"{}", b'{"id": 1}', b'{"type": "x"}', b'"x"'])
def test_what_is_no_entity_is_refused(raw):
    """The whole file."""
    with pytest.raises(SourceError):
        decode_ngsi_ld(raw, "f.json", NgsiLdParams())


def test_a_source(tmp_path):
    """Tables fit their schemas."""
    (tmp_path / "a.jsonld").write_text(json.dumps(weather(temperature=3, windSpeed=2)))
    files = (tmp_path / "a.jsonld",)
    decoded = FORMAT.read(Dataset("s", tmp_path, files, "EPSG:6677", "Asia/Tokyo"), NgsiLdParams())
    assert len(conform(THINGS, decoded.tables[THINGS], "EPSG:6677")) == 1
    assert len(conform(OBSERVATIONS, decoded.tables[OBSERVATIONS], "EPSG:6677")) == 2
