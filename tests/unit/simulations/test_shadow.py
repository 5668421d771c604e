"""Shadows of a moment and through a day: direction, length, night, local clock."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from pydantic import ValidationError

from citytwin.model import fields as f
from citytwin.model.grid import GridSpec
from citytwin.model.instants import Instant
from citytwin.model.site import Site
from citytwin.model.steps import Block, Outcome
from citytwin.simulations.shadow import SIMULATION, ShadowParams

TOKYO = Site(139.69, 35.69, 0.0, "Asia/Tokyo")


def cast(site: Site = TOKYO, **params: Any) -> Outcome:
    """Shadow of a mast of 20 m, 1 m thick, in the middle of open ground."""
    grid = GridSpec("EPSG:6677", 0.0, 161.0, 1.0, 161, 161)
    surface = np.zeros(grid.shape, dtype=np.float32)
    surface[80, 80] = 20.0
    surface[3, 3] = np.nan
    block = Block({f.SURFACE_HEIGHT: surface}, {}, grid, grid.whole, site)
    return SIMULATION.run(block, ShadowParams.model_validate(params))


def instants(params: ShadowParams, site: Site = TOKYO) -> tuple[Instant, ...]:
    """Moments that are shown."""
    return SIMULATION.instants(params, site)


def clocks(site: Site = TOKYO, **params: Any) -> list[str]:
    """Their clock times at the city."""
    shown = instants(ShadowParams.model_validate(params), site)
    zone = ZoneInfo(site.time_zone)
    return [one.time.astimezone(zone).strftime("%H:%M") for one in shown]


@pytest.mark.parametrize("method", ["fast", "exact"])
def test_noon_in_winter(method: str) -> None:
    """At true noon of the solstice the sun stands 30.9 degrees high: 20 / tan = 33.4 m north.

    True noon in Tokyo is 11:39 by the clock: 18.8 min early by longitude, 1.9 min by the
    equation of time.
    """
    made = cast(moment="2026-12-22T11:39:20+09:00", method=method)
    (mask,) = made.fields[f.SHADOW]
    rows, cols = np.nonzero(mask == 1)
    assert rows.min() == pytest.approx(80 - 33, abs=1)
    assert rows.max() == 79
    assert set(cols) <= {79, 80, 81}
    assert mask[3, 3] == 255
    assert mask[80, 80] == 0
    assert made.valid_time == datetime(2026, 12, 22, 2, 39, 20, tzinfo=UTC)


def test_the_afternoon_shadow_points_east() -> None:
    """In the afternoon the sun stands in the west of south."""
    (mask,) = cast(moment="2026-12-22T14:00:00+09:00").fields[f.SHADOW]
    rows, cols = np.nonzero(mask == 1)
    assert (cols >= 80).all()
    assert (rows <= 80).all()
    assert cols.max() > 100


@pytest.mark.parametrize("clock", ["00:00", "04:30", "06:55", "18:00"])
def test_night_is_an_answer(clock: str) -> None:
    """Before sunrise, after sunset and under 3 degrees all is in shadow, and the map says so."""
    made = cast(moment=f"2026-12-22T{clock}:00+09:00")
    (mask,) = made.fields[f.SHADOW]
    assert (mask == 1).sum() == 161**2 - 1
    assert mask[3, 3] == 255
    assert "counts as night" in made.notes[0].en
    (instant,) = instants(ShadowParams.model_validate({"moment": f"2026-12-22T{clock}:00+09:00"}))
    assert "counts as night" in instant.said.en


def test_a_time_without_an_offset_is_refused() -> None:
    """Nobody guesses the zone of a naive time."""
    with pytest.raises(ValidationError, match="timezone"):
        ShadowParams.model_validate({"moment": "2026-12-22T09:00:00"})


def test_a_day_is_its_moments_one_by_one() -> None:
    """Every mask of a day is that of its moment alone, and they come in the order of the clock."""
    day = cast(date="2026-12-22", step_minutes=120).fields[f.SHADOW]
    shown = clocks(date="2026-12-22", step_minutes=120)
    assert shown == ["08:00", "10:00", "12:00", "14:00", "16:00"]
    for mask, clock in zip(day, shown, strict=True):
        (alone,) = cast(moment=f"2026-12-22T{clock}:00+09:00").fields[f.SHADOW]
        assert np.array_equal(mask, alone)


def test_the_day_ends_where_the_almanac_says() -> None:
    """Tokyo, 22 December 2026: sunrise 6:47, sunset 16:32 (National Astronomical Observatory).

    The sun needs some 20 minutes to climb 3 degrees at that season, so 7:30 and 16:00 are the
    first and last half hours that count, 7:00 and 16:30 do not.
    """
    shown = clocks(date="2026-12-22")
    assert (shown[0], shown[-1], len(shown)) == ("07:30", "16:00", 18)


def test_hours_asked_for_are_shown_at_night_too() -> None:
    """From 5 to 8 o'clock: two hours of night, then the day."""
    hours = {"date": "2026-12-22", "step_minutes": 60, "first": "05:00", "last": "08:00"}
    assert clocks(**hours) == ["05:00", "06:00", "07:00", "08:00"]
    shaded = (cast(**hours).fields[f.SHADOW] == 1).mean(axis=(1, 2))
    assert (shaded[:3] > 0.999).all()
    assert shaded[3] < 0.1


def test_where_the_sun_does_not_rise() -> None:
    """Midwinter in Tromso is one dark noon."""
    tromso = Site(18.95, 69.65, 0.0, "Europe/Oslo")
    assert clocks(tromso, date="2026-12-22") == ["12:00"]
    made = cast(tromso, date="2026-12-22")
    assert (made.fields[f.SHADOW] != 0).all()
    assert "counts as night" in made.notes[0].en


def test_a_day_of_23_hours() -> None:
    """Berlin puts its clocks from 2:00 to 3:00 on 29 March 2026: that hour has no moments."""
    berlin = Site(13.4, 52.5, 0.0, "Europe/Berlin")
    night = {"date": "2026-03-29", "step_minutes": 30, "first": "00:00", "last": "04:00"}
    assert clocks(berlin, **night) == [
        "00:00", "00:30", "01:00", "01:30", "03:00", "03:30", "04:00"
    ]  # fmt: skip


def test_the_sun_is_named_at_each_moment() -> None:
    """At true noon of the solstice the sun stands 90 - 35.69 - 23.44 = 30.9 degrees in the south."""
    (noon,) = instants(ShadowParams.model_validate({"moment": "2026-12-22T11:39:20+09:00"}))
    assert noon.iso == "2026-12-22T02:39:20Z"
    assert noon.said is not None
    found = re.search(r"Sun 30\.9° high, azimuth ([0-9.]+)°", noon.said.en)
    assert found is not None
    assert float(found[1]) == pytest.approx(180.0, abs=0.2)
    assert "30.9°" in noon.said.ja


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({}, "moment"),
        ({"date": "2026-12-22", "moment": "2026-12-22T09:00:00+09:00"}, "not both"),
        ({"date": "2026-12-22", "first": "08:00"}, "go together"),
        ({"moment": "2026-12-22T09:00:00+09:00", "first": "08:00", "last": "09:00"}, "together"),
        ({"date": "2026-12-22", "first": "08:10", "last": "08:20"}, "no step of 30 min"),
        ({"date": "2026-12-22", "first": "10:00", "last": "08:00"}, "no step"),
        ({"date": "2026-12-22", "step_minutes": 1}, "greater than or equal to 5"),
    ],
)
def test_mistakes_are_named(wrong: dict[str, Any], said: str) -> None:
    """A day or a moment, hours in pairs, and at least one step between them."""
    with pytest.raises(ValidationError, match=said):
        ShadowParams.model_validate(wrong)
