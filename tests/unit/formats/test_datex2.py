"""DATEX II: sites, lanes and classes, missing speeds, situations and their places."""

from __future__ import annotations

import pytest
import shapely
from datex2_documents import meaning, measured, site, situation, table, value, version_2, version_3

from citytwin.errors import SourceError
from citytwin.formats.datex2.format import FORMAT, decode_datex2
from citytwin.formats.datex2.measured import Datex2Params
from citytwin.formats.datex2.sites import sites_in
from citytwin.formats.feed_xml import parse_xml
from citytwin.formats.given_places import GivenPlace
from citytwin.formats.observations import zone_named
from citytwin.model.steps import Dataset
from citytwin.model.tables import ALERTS, OBSERVATIONS, THINGS, Flag
from citytwin.store.tables import conform

# 2026-08-19T08:32:00Z
TIME_S = 1_787_128_320
LORRIES = "<lengthCharacteristic><vehicleLength>5.6</vehicleLength></lengthCharacteristic>"


def decode(raw, sites=b"", params=None, zone=None):
    """Decode with the sites of a table."""
    known = sites_in(parse_xml(sites, "sites.xml"))[0] if sites else {}
    return decode_datex2(raw, "f.xml", known, params or Datex2Params(), zone)


def publication(*sites):
    """Measured data of version 2."""
    return version_2("".join(sites), "MeasuredDataPublication")


def of(batch):
    """(thing, property) -> (seconds from 08:32, to, value, flag)."""
    return {
        (r.thing, r.observed.name): (r.start_s - TIME_S, r.end_s - TIME_S, r.value, r.flag)
        for r in batch.readings
    }


def test_flow_and_speed_of_a_site_that_the_table_places():
    """The period of 60 s ends at the time given; the offset of the time counts."""
    sites = table(site("A", 52.0052, 4.6834, meaning(1) + meaning(2)))
    batch = decode(
        publication(measured("A", value(1, "TrafficFlow", 780), value(2, "TrafficSpeed", 87.5))),
        sites,
    )
    assert of(batch) == {
        ("A", "traffic_flow"): (-60, 0, 780.0, None),
        ("A", "vehicle_speed"): (-60, 0, 87.5, None),
    }
    assert (batch.places[0].longitude_deg, batch.places[0].latitude_deg) == (4.6834, 52.0052)
    assert batch.places[0].name == "N207 km 18.8"


def test_the_time_may_be_the_beginning():
    """The standard leaves it open, so the configuration says it."""
    sites = table(site("A", 52.0, 4.7, meaning(1)))
    raw = publication(measured("A", value(1, "TrafficFlow", 780)))
    found = of(decode(raw, sites, Datex2Params(time_is="start")))
    assert found == {("A", "traffic_flow"): (0, 60, 780.0, None)}


def test_minus_one_and_data_errors_are_missing_and_zero_is_not():
    """A speed of -1 means no vehicle; a zero beside dataError is no count."""
    sites = table(site("A", 52.0, 4.7, meaning(1) + meaning(2)), site("B", 52.0, 4.8, meaning(1)))
    broken = "<dataError>true</dataError>"
    batch = decode(
        publication(
            measured("A", value(1, "TrafficFlow", 0, broken), value(2, "TrafficSpeed", "-1.0")),
            measured("B", value(1, "TrafficFlow", 0)),
        ),
        sites,
    )
    found = of(batch)
    assert found["A", "traffic_flow"][2:] == (None, Flag.MISSING)
    assert found["A", "vehicle_speed"][2:] == (None, Flag.MISSING)
    assert found["B", "traffic_flow"][2:] == (0.0, None)


def test_classes_of_vehicles_do_not_count_twice_and_lanes_are_apart():
    """Of index 1 (lorries) and 2 (any) of a lane only the latter counts."""
    sites = table(
        site(
            "A", 52.0, 4.7, meaning(1, "lane1", LORRIES) + meaning(2, "lane1") + meaning(3, "lane2")
        )
    )
    values = [value(index, "TrafficFlow", 100 * index) for index in (1, 2, 3)]
    batch = decode(publication(measured("A", *values)), sites)
    assert {key[0]: found[2] for key, found in of(batch).items()} == {
        "A:lane1": 200.0,
        "A:lane2": 300.0,
    }
    assert "1 values of single classes" in batch.notes[0].en


def test_version_3_writes_the_same_otherwise():
    """PhysicalQuantity and timeValue, in several namespaces, sites in the same message."""
    raw = version_3(
        '<roa:measurementSite id="A"><roa:measurementSiteLocation xsi:type="loc:PointLocation">'
        "<loc:pointByCoordinates><loc:pointCoordinates><loc:latitude>52.1</loc:latitude>"
        "<loc:longitude>4.2</loc:longitude></loc:pointCoordinates></loc:pointByCoordinates>"
        "</roa:measurementSiteLocation></roa:measurementSite>"
        '<roa:siteMeasurements><roa:measurementSiteReference id="A"/>'
        '<roa:physicalQuantity index="1"><roa:physicalQuantity xsi:type="roa:SinglePhysicalQuantity">'
        '<roa:basicData xsi:type="roa:TrafficFlow"><roa:vehicleFlow><com:vehicleFlowRate>240'
        "</com:vehicleFlowRate></roa:vehicleFlow></roa:basicData></roa:physicalQuantity>"
        "</roa:physicalQuantity><roa:measurementTimeDefault><roa:timeValue>2026-08-19T08:32:00Z"
        "</roa:timeValue></roa:measurementTimeDefault></roa:siteMeasurements>",
        "roa:MeasuredDataPublication",
    )
    assert of(decode(raw)) == {("A", "traffic_flow"): (0, 0, 240.0, None)}


def test_an_envelope_of_soap_around_it():
    """As France delivers them: the document inside is read, and nothing of the envelope."""
    inner = publication(measured("A", value(1, "TrafficFlow", 240)))
    space = b'xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"'
    head, body = inner.split(b"?>", 1)
    raw = (
        head + b"?><soap:Envelope " + space + b"><soap:Header/><soap:Body>" + body
        + b"</soap:Body></soap:Envelope>"
    )  # fmt: skip
    sites = table(site("A", 52.0, 4.7, meaning(1)))
    assert of(decode(raw, sites)) == of(decode(inner, sites)) != {}


def test_sections_of_roads_are_no_detectors():
    """Itineraries carry coordinates as well, but are no points."""
    section = site("S", 52.0, 4.7).replace('"Point"', '"ItineraryByIndexedLocations"')
    raw = publication(measured("S", value(1, "TrafficFlow", 1)))
    batch = decode(raw, table(section))
    assert batch.readings == ()
    assert "no position of site S is known" in batch.rejects[0].message


@pytest.mark.parametrize(
    ("time", "words"),
    [
        ("2026-08-19T10:32:00", "local time of an unknown zone"),
        ("2026-08-19", "no ISO 8601 time"),
        ("2026-02-30T10:32:00Z", "no ISO 8601 time"),
        ("0001-01-01T00:00:00Z", "no time between 1900 and 2200"),
        ("2026-08-19T24:30:00Z", "only 24:00 itself ends it"),
    ],
)
def test_a_time_that_says_not_when(time, words):
    """The site is set aside with the reason."""
    sites = table(site("A", 52.0, 4.7, meaning(1)))
    batch = decode(publication(measured("A", value(1, "TrafficFlow", 1), time=time)), sites)
    assert batch.readings == ()
    assert words in batch.rejects[0].message


def test_a_time_without_zone_takes_that_of_the_configuration():
    """10:32 in Amsterdam in summer is 08:32 UTC."""
    sites = table(site("A", 52.0, 4.7))
    raw = publication(measured("A", value(1, "TrafficFlow", 1), time="2026-08-19T10:32:00"))
    found = of(decode(raw, sites, zone=zone_named("Europe/Amsterdam")))
    assert found["A", "traffic_flow"][:2] == (0, 0)


@pytest.mark.parametrize("number", ["NaN", "inf", "1e999", "many", "", "1_000"])
def test_a_value_that_is_no_number(number):
    """The value is set aside, the others of the site stay."""
    sites = table(site("A", 52.0, 4.7, meaning(1) + meaning(2)))
    values = value(1, "TrafficFlow", number), value(2, "TrafficSpeed", 50)
    batch = decode(publication(measured("A", *values)), sites)
    assert list(of(batch)) == [("A", "vehicle_speed")]
    assert "expected a number" in batch.rejects[0].message


@pytest.mark.parametrize(("latitude", "longitude"), [(91, 4), (0, 0), ("x", 4), (52, "NaN")])
def test_a_site_that_lies_nowhere(latitude, longitude):
    """It is set aside; measurements of it have no place."""
    batch = decode(table(site("A", latitude, longitude)))
    assert [reject.code for reject in batch.rejects] == ["site"]


def test_a_situation_is_an_alert():
    """Status, severity, validity, a line of latitude and longitude, and what the kind says."""
    line = (
        '<sit:locationReference xsi:type="loc:LinearLocation"><loc:gmlLineString srsName="WGS 84">'
        "<loc:posList>52.69 6.20 52.68 6.21</loc:posList></loc:gmlLineString>"
        "</sit:locationReference>"
    )
    limit = "<sit:temporarySpeedLimit>70.0</sit:temporarySpeedLimit>"
    alert = decode(situation(location=line, more=limit)).alerts[0]
    assert (alert.event, alert.status, alert.severity) == ("SpeedManagement", "Actual", "Severe")
    assert alert.attributes == {"temporarySpeedLimit": "70.0", "version": "2"}
    assert alert.shape == shapely.LineString([(6.20, 52.69), (6.21, 52.68)])
    assert (alert.start_s, alert.end_s) == (1_783_074_345, 1_796_122_800)


def test_exercises_are_no_alerts_for_the_public():
    """An unknown status is none either."""
    assert decode(situation(status="technicalExercise")).alerts[0].status == "Exercise"
    assert decode(situation(status="whatever")).alerts[0].status == "Test"


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("<loc:posList>52.69 6.20 52.68</loc:posList>", "pairs of latitude and longitude"),
        ("<loc:posList>52.69 NaN 52.68 6</loc:posList>", "pairs of latitude and longitude"),
        ("<loc:posList>5000 6 52 6</loc:posList>", "is no position"),
        ('<loc:posList srsName="EPSG:28992">1 2 3 4</loc:posList>', "positions in 'EPSG:28992'"),
        ("<loc:x><loc:latitude>1</loc:latitude></loc:x>", "'longitude' is missing"),
    ],
)
def test_a_situation_at_no_place(location, words):
    """The record is set aside with the reason."""
    raw = situation(location=f"<sit:locationReference>{location}</sit:locationReference>")
    batch = decode(raw)
    assert batch.alerts == ()
    assert words in batch.rejects[0].message


def test_a_situation_that_ends_before_it_begins():
    """It is set aside."""
    batch = decode(situation(end="2026-01-01T00:00:00Z"))
    assert "ends before it begins" in batch.rejects[0].message


def test_other_documents_are_refused():
    """Other XML, and DATEX II with nothing the twin reads."""
    with pytest.raises(SourceError, match="no DATEX II: its root is html"):
        decode(b"<html><body/></html>")
    with pytest.raises(SourceError, match="no publication that the twin reads"):
        decode(version_2("<a/>", "VmsPublication"))
    with pytest.raises(SourceError, match="document type"):
        decode(b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>')


def test_a_source_of_table_and_measurements(tmp_path):
    """The table counts for the files beside it; positions of the configuration count as well."""
    (tmp_path / "sites.xml").write_bytes(table(site("A", 35.6, 139.7, meaning(1))))
    raw = publication(
        measured("A", value(1, "TrafficFlow", 60)), measured("B", value(1, "TrafficSpeed", 40))
    )
    (tmp_path / "values.xml").write_bytes(raw)
    params = Datex2Params(
        positions=(GivenPlace(thing="B", longitude_deg=139.8, latitude_deg=35.7),)
    )
    files = tuple(sorted(tmp_path.glob("*.xml")))
    decoded = FORMAT.read(Dataset("s", tmp_path, files, "EPSG:6677", "Asia/Tokyo"), params)
    for schema, rows in ((THINGS, 2), (OBSERVATIONS, 2), (ALERTS, 0)):
        assert len(conform(schema, decoded.tables[schema], "EPSG:6677")) == rows
    assert decoded.rejects == ()
