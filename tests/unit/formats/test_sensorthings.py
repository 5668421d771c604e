"""SensorThings: nesting, pages, data arrays, intervals, units, qualities."""

from __future__ import annotations

import json

import pytest

from citytwin.errors import SourceError
from citytwin.formats.sensorthings import FORMAT, SensorThingsParams, decode_sensorthings
from citytwin.model.steps import Dataset
from citytwin.model.tables import OBSERVATIONS, THINGS, Flag
from citytwin.store.tables import conform

# 2026-03-03T00:00:00Z
TIME_S = 1_772_496_000
LOCATION = {"name": "roof", "location": {"type": "Point", "coordinates": [139.7, 35.6]}}


def stream(*observations, name="air_temperature", symbol="°C", number=11, **more):
    """A datastream with observations."""
    return {
        "@iot.id": number,
        "name": f"stream of {name}",
        "unitOfMeasurement": {"name": "unit", "symbol": symbol, "definition": "http://unit"},
        "ObservedProperty": {"name": name, "definition": "http://property"},
        "Observations": list(observations),
        **more,
    }


def observation(result=3, time="2026-03-03T00:00:00Z", **more):
    """One observation."""
    return {"phenomenonTime": time, "result": result, **more}


def thing(*streams, number=1):
    """A thing at its location."""
    return {
        "@iot.id": number,
        "name": "station",
        "Locations": [LOCATION],
        "Datastreams": list(streams),
    }


def decode(document, **params):
    """Decode a document."""
    raw = json.dumps(document).encode()
    return decode_sensorthings(raw, "f.json", SensorThingsParams.model_validate(params))


def of(batch):
    """Thing, seconds from midnight, to, value."""
    return [(r.thing, r.start_s - TIME_S, r.end_s - TIME_S, r.value) for r in batch.readings]


def test_a_thing_with_everything_inside():
    """One value, one place."""
    batch = decode(thing(stream(observation())))
    assert of(batch) == [("1", 0, 0, 3.0)]
    assert batch.readings[0].observed.name == "air_temperature"
    assert (batch.places[0].name, batch.places[0].longitude_deg) == ("station", 139.7)


def test_pages_of_things_say_when_they_go_on_elsewhere():
    """Links are told, never followed."""
    page = {"value": [thing(stream(observation()))], "@iot.nextLink": "http://elsewhere"}
    batch = decode(page)
    assert len(batch.readings) == 1
    assert (batch.notes[0].severity, "further pages" in batch.notes[0].en) == ("loss", True)
    inner = stream(observation(), **{"Observations@iot.nextLink": "http://elsewhere"})
    assert [note.severity for note in decode(thing(inner)).notes] == ["loss"]


def test_observations_with_their_datastream_expanded():
    """From the other end, and as a data array."""
    owner = {k: v for k, v in stream().items() if k != "Observations"}
    owner["Thing"] = {"@iot.id": "a b", "name": "x", "Locations": [LOCATION]}
    assert of(decode([{**observation(), "Datastream": owner}])) == [("a b", 0, 0, 3.0)]
    rows = {
        "Datastream": owner,
        "components": ["phenomenonTime", "result"],
        "dataArray": [["2026-03-03T00:00:00Z", 4], ["2026-03-03T00:10:00Z", None]],
    }
    assert of(decode({"value": [rows]})) == [("a b", 0, 0, 4.0), ("a b", 600, 600, None)]


def test_intervals_and_depths_of_rain():
    """2 mm in 20 minutes are 6 mm/h; an instant needs an interval from the configuration."""
    span = "2026-03-03T00:00:00Z/2026-03-03T00:20:00Z"
    rain = {"name": "rainfall_rate", "symbol": "mm"}
    assert of(decode(thing(stream(observation(2, span), **rain)))) == [("1", 0, 1200, 6.0)]
    bare = decode(thing(stream(observation(2), **rain)))
    assert "needs the interval" in bare.rejects[0].message
    assert of(decode(thing(stream(observation(2), **rain)), interval_min=30)) == [
        ("1", -1800, 0, 4.0)
    ]


def test_units_by_symbol_then_name_then_ucum_definition():
    """`C` is no unit of temperature in UCUM, so it needs help."""
    for unit in (
        {"symbol": "C", "name": "Centigrade", "definition": ""},
        {"symbol": "C", "name": "x", "definition": "ucum:Cel"},
    ):
        batch = decode(thing(stream(observation(), unitOfMeasurement=unit)))
        assert of(batch) == [("1", 0, 0, 3.0)]
    unknown = decode(thing(stream(observation(), symbol="C")))
    assert "unit 'C' is not known" in unknown.rejects[0].message


def test_other_names_by_configuration():
    """The unit given counts before the one written."""
    given = {"name": "Temp", "property": "air_temperature", "unit": "[degF]"}
    named = stream(observation(212), name="Temp", symbol="C")
    assert of(decode(thing(named), datastreams=[given])) == [("1", 0, 0, pytest.approx(100.0))]
    assert "not used" in decode(thing(named)).notes[0].en


def test_the_definition_may_be_a_standard_name():
    """Of the CF vocabulary."""
    observed = {"name": "Wind", "definition": "http://vocab.nerc.ac.uk/standard_name/wind_speed/"}
    batch = decode(thing(stream(observation(), ObservedProperty=observed, symbol="km/h")))
    assert of(batch) == [("1", 0, 0, pytest.approx(3 / 3.6))]


def test_two_sensors_of_one_property_need_to_be_told_apart():
    """Else one would count as a correction of the other."""
    both = thing(stream(observation(1)), stream(observation(2), number=12))
    batch = decode(both)
    assert of(batch) == [("1", 0, 0, 1.0)]
    assert "observes air_temperature twice, as 11 and 12" in batch.rejects[0].message
    assert of(decode(both, apart=True)) == [("1:11", 0, 0, 1.0), ("1:12", 0, 0, 2.0)]


def test_quality_other_than_good_is_doubted():
    """The standard leaves the form open."""
    seen = [observation(resultQuality=q) for q in ("good", None, "bad", {"code": 1})]
    flags = [r.flag for r in decode(thing(stream(*seen))).readings]
    assert flags == [None, None, Flag.SUSPECT, Flag.SUSPECT]


@pytest.mark.parametrize(
    ("document", "words"),
    [
        (thing(stream(observation("3"))), "expected a number"),
        (thing(stream(observation(time="2026-03-03T00:00:00"))), "unknown zone"),
        (
            thing(stream(observation(time="2026-03-03T01:00Z/2026-03-03T00:00Z"))),
            "before it begins",
        ),
        (thing(stream({"result": 3})), "'phenomenonTime' is missing"),
        (thing(stream(observation(), unitOfMeasurement={})), "no unit is written"),
        (thing(stream(observation(), unitOfMeasurement=None)), "expected an object"),
        ({**thing(stream(observation())), "Locations": []}, "has no location"),
        ({**thing(stream(observation())), "Locations": [{"location": {}}]}, "'type' is missing"),
        ({"Datastream": stream(), **observation()}, "neither its Thing nor an observedArea"),
        (observation(), "names no Datastream"),
    ],
)
def test_faults_are_set_aside_with_their_place(document, words):
    """Nothing else of the document is lost."""
    batch = decode([document, thing(stream(observation()), number=2)])
    assert of(batch) == [("2", 0, 0, 3.0)]
    assert words in batch.rejects[0].message


@pytest.mark.parametrize("raw", [b"[]", b'{"value": []}', b"null", b"7"])
def test_what_holds_nothing_is_refused(raw):
    """The whole file."""
    with pytest.raises(SourceError):
        decode_sensorthings(raw, "f.json", SensorThingsParams())


def test_a_source(tmp_path):
    """Tables fit their schemas."""
    (tmp_path / "a.json").write_text(json.dumps(thing(stream(observation()))))
    files = (tmp_path / "a.json",)
    dataset = Dataset("s", tmp_path, files, "EPSG:6677", "Asia/Tokyo")
    decoded = FORMAT.read(dataset, SensorThingsParams())
    assert len(conform(THINGS, decoded.tables[THINGS], "EPSG:6677")) == 1
    assert len(conform(OBSERVATIONS, decoded.tables[OBSERVATIONS], "EPSG:6677")) == 1
