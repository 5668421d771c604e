"""The rain of a nowcast, by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from citytwin.formats.observations import Batch, Reading
from citytwin.live.rain_outlook import outlook
from citytwin.live.recent import Recent
from citytwin.live_config import NowcastConfig
from citytwin.model.properties import RAINFALL_RATE

NOW = datetime(2026, 6, 30, 3, 0, tzinfo=UTC)


def config(**changes: object) -> NowcastConfig:
    """30 minutes back, 60 ahead."""
    content = {"when": {"property": "rainfall_rate"}, "at_least": 10} | changes
    return NowcastConfig.model_validate(content)


def recent(*values: tuple[str, float, float]) -> Recent:
    """Gauges with rates at minutes before now."""
    found = Recent(timedelta(hours=2))
    readings = []
    for gauge, before_min, rate in values:
        at = int((NOW - timedelta(minutes=before_min)).timestamp())
        readings.append(Reading(gauge, RAINFALL_RATE, at, at, rate))
    found.add("s", Batch("f", "ab" * 32, (), tuple(readings)), ())
    return found


def test_means_of_gauges_by_ten_minutes_and_the_last_goes_on() -> None:
    """Two gauges: 25, 15 and 5 mm/h before 5, 15 and 25 minutes; then 25 for an hour."""
    found = outlook(
        config(),
        recent(
            ("a", 5, 20), ("b", 5, 30), ("a", 15, 10), ("b", 15, 20), ("a", 25, 4), ("a", 21, 6)
        ),
        NOW,
    )
    assert found is not None
    assert found.start == NOW - timedelta(minutes=30)
    assert found.duration_h == pytest.approx(1.5)
    assert [(r.start_minutes, r.end_minutes, r.mm_per_h) for r in found.rain] == [
        (0, 10, 5.0),
        (10, 20, 15.0),
        (20, 30, 25.0),
        (30, 90, 25.0),
    ]
    assert (found.gauges, found.missing, found.lasting_mm_h) == (2, 0, 25.0)
    assert found.references == ("ab" * 32,)


def test_intervals_without_a_gauge_are_told() -> None:
    """The last rate stands in for them."""
    found = outlook(config(), recent(("a", 14, 12.0)), NOW)
    assert found is not None
    assert [r.mm_per_h for r in found.rain] == [12.0] * 4
    assert found.missing == 2


def test_dry_intervals_are_left_out() -> None:
    """A rate of nothing is no rain."""
    found = outlook(config(), recent(("a", 25, 0.0), ("a", 15, 6.0), ("a", 5, 0.0)), NOW)
    assert found is not None
    assert [(r.start_minutes, r.mm_per_h) for r in found.rain] == [(10, 6.0)]


def test_without_observations_there_is_no_outlook() -> None:
    """Nor with those from before, from later, or of other gauges."""
    assert outlook(config(), recent(), NOW) is None
    assert outlook(config(), recent(("a", 31, 9.0), ("a", -5, 9.0)), NOW) is None
    other = config(when={"property": "rainfall_rate", "things": "*:b"})
    assert outlook(other, recent(("a", 5, 9.0)), NOW) is None
