"""Suns of a rule's day: true solar and civil time, lowest sun, hours that add up."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from citytwin.kernels.solar import sun_position
from citytwin.model.site import Site
from citytwin.model.sun_rule import SunRule
from citytwin.rules.counted_suns import begin_of, suns_of_day
from citytwin.rules.named import SUN_RULES

TOKYO = Site(139.7, 35.7, -0.05, "Asia/Tokyo")
BEIJING = Site(116.4, 39.9, 0.3, "Asia/Shanghai")


def test_true_solar_time_is_symmetric_about_noon() -> None:
    """Eight intervals from 8 to 16: azimuths mirror at the south, altitudes follow the formula."""
    counted = SUN_RULES.named("gb_50180_great_cold").sun
    suns = suns_of_day(counted, "01-20", 2026, 60.0, BEIJING)
    assert suns.weight.tolist() == [1.0] * 8
    azimuth = np.degrees(suns.azimuth_rad) + BEIJING.convergence_deg
    np.testing.assert_allclose(azimuth + azimuth[::-1], 360.0, atol=0.1)
    hour_angle = np.radians(15.0 * (np.arange(8) - 3.5))
    # declination of 20 January 2026 at noon, from the almanac: -20.1 degrees
    _, altitude = sun_position(math.radians(39.9), math.radians(-20.1), hour_angle)
    np.testing.assert_allclose(np.degrees(suns.altitude_rad), np.degrees(altitude), atol=0.2)


def test_a_fixed_declination_needs_no_year() -> None:
    """Twelve suns of the Japanese rule, exact by the spherical triangle."""
    counted = SUN_RULES.named("jp_shade").sun
    suns = suns_of_day(counted, "12-22", 2026, 40.0, TOKYO)
    hour_angle = np.radians(15.0 * ((np.arange(12) + 0.5) * 8.0 / 12.0 - 4.0))
    declination = math.radians(-(23 + 26 / 60 + 27 / 3600))
    azimuth, altitude = sun_position(math.radians(35.7), declination, hour_angle)
    np.testing.assert_allclose(suns.altitude_rad, altitude)
    np.testing.assert_allclose(suns.azimuth_rad, azimuth + math.radians(0.05))
    assert suns.weight.sum() == pytest.approx(8.0)


def test_civil_time_counts_the_sun_above_the_lowest_altitude() -> None:
    """On 21 March the sun is above 10 degrees for 2 acos(sin 10 / cos 35.7) / 15 hours, almost."""
    suns = suns_of_day(SUN_RULES.named("en_17037").sun, "03-21", 2026, 1.0, TOKYO)
    half_day = math.acos(math.sin(math.radians(10.0)) / math.cos(math.radians(35.7)))
    assert suns.weight.sum() == pytest.approx(2.0 * math.degrees(half_day) / 15.0, abs=0.1)
    assert np.degrees(suns.altitude_rad).min() >= 10.0


def test_the_day_begins_at_local_midnight() -> None:
    """20 January in Japan begins at 15:00 UTC of the 19th."""
    assert begin_of("01-20", 2026, "Asia/Tokyo").isoformat() == "2026-01-19T15:00:00+00:00"


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("en_17037", {"sun": {"days": ["02-29"], "time_basis": "civil"}}, "out of range"),
        ("en_17037", {"casters": "own"}, "need casters: all"),
        ("jp_shade", {"casters": "all"}, "need casters: own"),
        ("bre_209", {"receiver": {"kind": "plane", "above": "mean_ground"}}, "above: ground"),
        ("jp_shade", {"receiver": {"kind": "plane", "above": "ground"}}, "above: mean_ground"),
    ],
)
def test_what_no_assessment_would_follow_is_refused(
    name: str, change: dict[str, Any], said: str
) -> None:
    """A day that not every year has, and shadows or planes of another kind of rule."""
    with pytest.raises(ValidationError, match=said):
        SunRule.model_validate(SUN_RULES.named(name).model_dump() | change)


@pytest.mark.parametrize("name", SUN_RULES.names())
def test_every_rule_says_where_it_comes_from(name: str) -> None:
    """Source, and what was not checked; the file has the name of its rule."""
    rule = SUN_RULES.named(name)
    assert rule.name == name
    assert len(rule.source) > 10
    assert rule.unverified
    assert all(part.ja.strip() and part.en.strip() for part in rule.unverified)
