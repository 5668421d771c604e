"""Alerts as published, against the schema of OASIS; and how real alerts fare with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from lxml import etree

from citytwin.alerts.areas import polygons_of
from citytwin.alerts.cap import cap
from citytwin.model.grid import GridSpec
from tests.unit.alerts.sample_rules import rain_rule, setting
from tests.unit.alerts.test_cap_messages import storm


@pytest.fixture
def schema(samples: Path) -> etree.XMLSchema:
    """The schema of CAP 1.2."""
    return etree.XMLSchema(etree.parse(samples / "schemas" / "cap" / "cap12.xsd"))


@pytest.mark.parametrize("time_zone", ["Asia/Tokyo", "UTC", "America/St_Johns"])
def test_every_kind_of_message_is_valid(schema: etree.XMLSchema, time_zone: str) -> None:
    """Alert, update and cancellation, with a polygon from a grid, in zones of all kinds."""
    mask = np.zeros((40, 60), bool)
    mask[5:20, 10:50] = mask[30:35, 3:9] = True
    area = polygons_of(mask, GridSpec("EPSG:6677", -44500.0, -93700.0, 10.0, 40, 60))
    assert len(area) == 2
    there = setting().model_copy(update={"time_zone": time_zone, "area": area})
    for message in storm():
        document = etree.fromstring(cap(message, there))
        schema.assertValid(document)


def test_bare_settings_are_valid(schema: etree.XMLSchema) -> None:
    """Without contact, instruction and area; without a value."""
    from dataclasses import replace

    bare = setting()
    sender = bare.sender.model_copy(update={"contact": ""})
    bare = bare.model_copy(update={"sender": sender, "area": ()})
    rule = rain_rule(instruction={"ja": "", "en": ""})
    message = replace(storm()[0], rule=rule, value=None)
    schema.assertValid(etree.fromstring(cap(message, bare)))


def test_the_schema_tells_good_from_bad(schema: etree.XMLSchema, samples: Path) -> None:
    """A real alert passes, and ours no more once its time ends in Z."""
    real = etree.parse(samples / "feeds" / "cap" / "thunderstorm.cap")
    assert schema.validate(real)
    broken = cap(storm()[0], setting()).replace(b"12:00:00+09:00</sent>", b"03:00:00Z</sent>")
    assert not schema.validate(etree.fromstring(broken))
