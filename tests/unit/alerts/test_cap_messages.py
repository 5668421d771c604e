"""CAP 1.2, read back by a parser that knows nothing of ours."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from citytwin.alerts.cap import cap
from citytwin.alerts.lifecycle import AlertState, Message, evaluate
from citytwin.alerts.sender import Sender, Status
from citytwin.alerts.windows import Reading
from tests.unit.alerts.sample_rules import minutes, rain_rule, setting

CAP = {"c": "urn:oasis:names:tc:emergency:cap:1.2"}


def storm() -> list[Message]:
    """Alert, update to level 4, cancellation."""
    state, found = AlertState(), []
    for minute, value in enumerate((22.0, 31.5, 2.0)):
        state, message = evaluate(rain_rule(), state, Reading(value), minutes(minute))
        assert message is not None
        found.append(message)
    return found


def texts(content: bytes, path: str) -> list[str]:
    """Texts of all elements at a path."""
    return [element.text or "" for element in ET.fromstring(content).findall(path, CAP)]


def test_an_alert() -> None:
    """Who, when with the offset of Japan, what in both languages, where with latitude first."""
    content = cap(storm()[0], setting())
    assert texts(content, "c:identifier") == ["mizuho.heavy_rain-20260630T030000Z-1"]
    assert texts(content, "c:incidents") == ["mizuho.heavy_rain-20260630T030000Z"]
    assert texts(content, "c:sender") == ["twin@city.example"]
    assert texts(content, "c:sent") == ["2026-06-30T12:00:00+09:00"]
    assert texts(content, "c:status") == ["Actual"]
    assert texts(content, "c:msgType") == ["Alert"]
    assert texts(content, "c:references") == []
    assert texts(content, "c:info/c:language") == ["ja-JP", "en-US"]
    assert texts(content, "c:info/c:event") == ["激しい雨", "Heavy rain"]
    assert texts(content, "c:info/c:severity") == ["Severe"] * 2
    assert texts(content, "c:info/c:urgency") == ["Expected"] * 2
    assert texts(content, "c:info/c:expires") == ["2026-06-30T13:00:00+09:00"] * 2
    assert texts(content, "c:info/c:instruction")[1] == "Keep away from rivers & drains"
    polygon = texts(content, "c:info/c:area/c:polygon")[0].split()
    assert polygon[0] == polygon[-1] == "35.000000,139.000000"
    assert len(polygon) == 5
    pairs = dict(
        zip(
            texts(content, "c:info/c:parameter/c:valueName"),
            texts(content, "c:info/c:parameter/c:value"),
            strict=True,
        )
    )
    assert pairs["JP_warning_level_equivalent"] == "3"
    assert pairs["observed_value"] == "22 mm/h"


def test_an_update_and_a_cancellation_name_what_they_replace() -> None:
    """Sender, identifier and time of each earlier message, parted by spaces."""
    alert, update, over = (cap(message, setting()) for message in storm())
    first = "twin@city.example,mizuho.heavy_rain-20260630T030000Z-1,2026-06-30T12:00:00+09:00"
    second = "twin@city.example,mizuho.heavy_rain-20260630T030000Z-2,2026-06-30T12:01:00+09:00"
    assert texts(update, "c:references") == [first]
    assert texts(update, "c:info/c:urgency") == ["Immediate"] * 2
    assert texts(over, "c:references") == [f"{first} {second}"]
    assert texts(over, "c:msgType") == ["Cancel"]
    assert texts(over, "c:info/c:responseType") == ["AllClear"] * 2
    assert alert != update


def test_what_rests_on_generated_data_is_an_exercise() -> None:
    """Whatever the configuration says; and every headline says so."""
    content = cap(storm()[0], setting(synthetic=True))
    assert texts(content, "c:status") == ["Exercise"]
    assert all("EXERCISE" in said or "訓練" in said for said in texts(content, "c:info/c:headline"))
    assert "合成データ" in texts(content, "c:info/c:description")[0]
    assert texts(cap(storm()[0], setting(status=Status.TEST)), "c:status") == ["Test"]


def test_utc_is_written_as_cap_wants_it() -> None:
    """Minus zero; a Z is forbidden."""
    there = setting().model_copy(update={"time_zone": "UTC"})
    assert texts(cap(storm()[0], there), "c:sent") == ["2026-06-30T03:00:00-00:00"]


@pytest.mark.parametrize("name", ["twin city", "a,b", "a<b", "a&b", ""])
def test_senders_that_cap_forbids(name: str) -> None:
    """Spaces, commas and marks of XML."""
    with pytest.raises(ValueError, match="sender"):
        Sender.model_validate({"id": name, "name": {"ja": "a", "en": "a"}})
