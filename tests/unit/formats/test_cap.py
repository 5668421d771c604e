"""CAP: both versions, code lists, polygons and circles, languages, messages without information."""

from __future__ import annotations

import pytest
import shapely
from cap_messages import alert, info

from citytwin.errors import SourceError
from citytwin.formats.cap import FORMAT, decode_cap
from citytwin.model.steps import Dataset, NoParams
from citytwin.model.tables import ALERTS
from citytwin.store.tables import conform

SQUARE = "35.0,139.0 35.0,139.1 35.1,139.1 35.1,139.0 35.0,139.0"


def decode(*infos, **changes):
    """Decode a message."""
    return decode_cap(alert(*infos, **changes), "f.cap")


@pytest.mark.parametrize("version", ["1.1", "1.2"])
def test_a_message_with_a_polygon(version):
    """Latitude comes first; times in UTC."""
    batch = decode(info(f"<polygon>{SQUARE}</polygon>"), version=version)
    (found,) = batch.alerts
    assert (found.event, found.severity, found.urgency) == ("Flood", "Severe", "Immediate")
    # 2026-06-30T23:00Z, 2026-07-01T00:00Z and 03:00Z
    assert (found.sent_s, found.start_s, found.end_s) == (1782860400, 1782864000, 1782874800)
    assert found.shape.equals(shapely.box(139.0, 35.0, 139.1, 35.1))
    assert (found.area, found.part) == ("River", "A1")


def test_a_circle_and_a_point():
    """10 km about a point; a radius of none is the point."""
    (found,) = decode(info("<circle>35.0,139.0 10</circle>")).alerts
    west, south, east, north = found.shape.bounds
    # A degree of latitude at 35 N is 110.94 km, of longitude 91.29 km (WGS 84).
    assert north - south == pytest.approx(20 / 110.94, rel=2e-3)
    assert east - west == pytest.approx(20 / 91.29, rel=2e-3)
    (found,) = decode(info("<circle>38.82,-122.812 0.0</circle>")).alerts
    assert found.shape == shapely.Point(-122.812, 38.82)


@pytest.mark.parametrize(
    "area",
    [
        "<polygon>35,139 35,139.1 35.1,139.1 35.1,139</polygon>",
        "<polygon>35,139 35,139.1 35,139</polygon>",
        "<polygon>35,139 35,139 35,139 35,139</polygon>",
        "<polygon>35 139 35 140 36 140 35 139</polygon>",
        "<polygon>95,139 35,140 36,140 95,139</polygon>",
        "<polygon>NaN,139 35,140 36,140 NaN,139</polygon>",
        "<circle>35,139 -1</circle>",
        "<circle>35,139 1e9</circle>",
        "<circle>35,139</circle>",
        "<circle>35,180 50</circle>",
        "<circle>89.9,10 500</circle>",
    ],
)
def test_an_area_that_is_none_does_not_lose_the_alert(area):
    """It is told; the alert stays without it."""
    batch = decode(info(area))
    assert [found.shape for found in batch.alerts] == [None]
    assert [reject.code for reject in batch.rejects] == ["area"]


def test_a_polygon_that_crosses_itself_keeps_its_area():
    """Two triangles."""
    (found,) = decode(info("<polygon>35,139 36,140 35,140 36,139 35,139</polygon>")).alerts
    assert found.shape.area == pytest.approx(0.5)


def test_languages_are_alerts_of_one_message():
    """Each has its own texts and number."""
    batch = decode(info(), info(language="ja", event="洪水", headline="川が  あふれます"))
    assert [found.part for found in batch.alerts] == ["A1:1", "A1:2"]
    assert [found.language for found in batch.alerts] == ["en-US", "ja"]
    assert batch.alerts[1].headline == "川が あふれます"


def test_codes_and_parameters_are_kept():
    """As pairs."""
    pair = "<{0}><valueName>UGC</valueName><value>MTZ014</value></{0}>"
    block = info(pair.format("geocode")).replace("<area>", pair.format("parameter") + "<area>")
    (found,) = decode(block).alerts
    assert (found.geocodes, found.attributes) == (("UGC=MTZ014",), {"UGC": "MTZ014"})


def test_a_message_without_information():
    """A cancellation needs none."""
    (found,) = decode(msgType="Cancel", references="a@b,A0,2026-07-01T07:00:00+09:00").alerts
    assert (found.message_type, found.event, found.severity) == ("Cancel", "unspecified", "Unknown")
    assert found.references.startswith("a@b,A0")


def test_a_certainty_of_version_1_0():
    """Very likely counts as likely."""
    assert decode(info(certainty="Very Likely")).alerts[0].certainty == "Likely"


@pytest.mark.parametrize(
    ("changes", "block", "words"),
    [
        ({"status": "real"}, {}, "none of Actual"),
        ({"msgType": "alert"}, {}, "none of Alert"),
        ({"sent": "2026-07-01T08:00:00"}, {}, "unknown zone"),
        ({"sent": None}, {}, "'sent' is missing"),
        ({"identifier": ""}, {}, "identifier is empty"),
        ({"identifier": None}, {}, "'identifier' is missing"),
        ({}, {"severity": "bad"}, "none of Extreme"),
        ({}, {"urgency": None}, "'urgency' is missing"),
        ({}, {"expires": "tomorrow"}, "no ISO 8601 time"),
        ({}, {"expires": "2026-07-01T08:30:00+09:00"}, "expires before it begins"),
        ({}, {"headline": "x" * 30_000}, "text of 30000 characters"),
    ],
)
def test_messages_that_break_the_standard(changes, block, words):
    """They are set aside with the element and the value."""
    batch = decode(info(**block), **changes)
    assert batch.alerts == ()
    assert words in batch.rejects[0].message


def test_alerts_inside_an_envelope():
    """Such as EDXL."""
    raw = alert(info(), wrap="<envelope xmlns='urn:x'>{}</envelope>")
    assert len(decode_cap(raw, "f.xml").alerts) == 1


def test_a_signature_is_said_not_to_be_verified():
    """Nobody shall take it for proof."""
    batch = decode(info(), more='<Signature xmlns="http://www.w3.org/2000/09/xmldsig#"/>')
    assert "not verified" in batch.notes[0].en


@pytest.mark.parametrize("raw", [b"<alert/>", b"<feed/>", alert(version="1.0")])
def test_other_documents_are_refused(raw):
    """CAP 1.0 as well."""
    with pytest.raises(SourceError, match="no alert of CAP"):
        decode_cap(raw, "f.cap")


def test_a_source(tmp_path):
    """The table fits its schema, in the CRS of the city."""
    (tmp_path / "a.cap").write_bytes(alert(info(f"<polygon>{SQUARE}</polygon>")))
    files = (tmp_path / "a.cap",)
    dataset = Dataset("s", tmp_path, files, "EPSG:6677", "Asia/Tokyo", synthetic=True)
    decoded = FORMAT.read(dataset, NoParams())
    frame = conform(ALERTS, decoded.tables[ALERTS], "EPSG:6677")
    assert frame["alert"].tolist() == ["urn:citytwin:s:A1"]
    assert frame["synthetic"].tolist() == [True]
    # 0.1 degrees squared at 35 N
    assert frame.geometry.area.iloc[0] == pytest.approx(11_094 * 9_125, rel=2e-3)
    assert [note.severity for note in decoded.notes] == ["synthetic"]
