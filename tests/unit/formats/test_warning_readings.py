"""Official warnings as readings: levels, drills apart, one thing over all messages about it."""

from __future__ import annotations

import pytest
from cap_messages import alert, info
from jma_reports import item, kind, report

from citytwin.formats import cap, jma_warnings
from citytwin.model.steps import NoParams

AREA = "<polygon>35.0,139.0 35.0,139.2 35.2,139.2 35.0,139.0</polygon>"
FETCHED_S = 1_782_864_000


def decoded(raw):
    """Of CAP, as a feed gets it."""
    return cap.FORMAT.decode(raw, "topic", FETCHED_S, NoParams())


def levels(batch):
    """Values by thing."""
    return {reading.thing: reading.value for reading in batch.readings}


@pytest.mark.parametrize(
    ("severity", "level"),
    [("Extreme", 5), ("Severe", 3), ("Moderate", 2), ("Minor", 1), ("Unknown", 1)],
)
def test_severity_says_the_level_where_nothing_else_does(severity, level):
    """By the words that the Japanese levels have in CAP."""
    batch = decoded(alert(info(AREA, severity=severity)))
    assert levels(batch) == {"River:Flood": level}
    (place,) = batch.places
    # Inside the triangle (139, 35), (139.2, 35), (139.2, 35.2).
    assert 139.0 < place.longitude_deg < 139.2
    assert 0.0 < place.latitude_deg - 35.0 < place.longitude_deg - 139.0


def test_a_cancellation_is_of_the_same_thing():
    """Identifiers change, area and event stay."""
    raised = decoded(alert(info(AREA)))
    lifted = decoded(alert(info(AREA), identifier="A2", msgType="Cancel"))
    assert levels(raised).keys() == levels(lifted).keys()
    assert list(levels(lifted).values()) == [0.0]


def test_two_languages_are_one_warning():
    """The highest level of them counts."""
    both = decoded(alert(info(AREA, severity="Minor"), info(AREA, language="ja")))
    assert levels(both) == {"River:Flood": 3.0}


def test_a_drill_is_another_thing():
    """Nobody who watches the real one sees it."""
    drill = decoded(alert(info(AREA), status="Exercise"))
    assert list(levels(drill)) == ["Exercise:River:Flood"]


def test_an_acknowledgement_changes_nothing():
    """It is about a message, not about the weather."""
    assert decoded(alert(info(AREA), msgType="Ack")).readings == ()


def test_levels_of_the_agency():
    """The level in the name of a warning; a later report of another level is of the same thing."""
    params = jma_warnings.JmaWarningParams()
    first = jma_warnings.FORMAT.decode(report(item(kind("レベル３大雨警報"))), "t", 0, params)
    later = jma_warnings.FORMAT.decode(
        report(item(kind("大雨注意報", "10", "解除"))), "t", 0, params
    )
    assert levels(first) == {"1310100:大雨": 3.0}
    assert levels(later) == {"1310100:大雨": 0.0}
