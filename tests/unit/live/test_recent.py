"""What rules look at: values that nothing speaks against, neither they themselves nor their series."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from citytwin.alerts.rule import Watch
from citytwin.formats.observations import Batch, Reading
from citytwin.live.recent import Recent
from citytwin.model.properties import RAINFALL_RATE, WATER_LEVEL, ObservedProperty
from citytwin.model.tables import Flag

NOW = datetime(2026, 6, 30, 3, 0, tzinfo=UTC)
THING = "urn:citytwin:s:g"


def values(observed: ObservedProperty, series: list[float], **changes: object) -> list[float]:
    """What a rule sees of a series with a value a minute."""
    recent = Recent(timedelta(hours=2))
    begin_s = int(NOW.timestamp()) - 60 * len(series)
    readings = tuple(
        Reading("g", observed, begin_s + 60 * k, begin_s + 60 * k, value)
        for k, value in enumerate(series)
    )
    recent.add("s", Batch("f", "ab" * 32, (), readings), ())
    watch = Watch.model_validate({"property": observed.name, "max_age_minutes": 10} | changes)
    return [sample.value for sample in recent.series(watch)[THING]]


def test_a_spike_of_a_level_raises_nothing() -> None:
    """2 m in a minute and back: neither it nor the fall after it can be true."""
    series = [1.0, 1.01, 1.02, 3.0, 1.03, 1.04]
    assert values(WATER_LEVEL, series) == [1.0, 1.01, 1.02, 1.04]
    assert values(WATER_LEVEL, series, doubted=True) == series


def test_a_level_in_millimetres_is_none() -> None:
    """A thousand times the ones before."""
    assert 1030.0 not in values(WATER_LEVEL, [1.0, 1.01, 1.0, 1.02, 1.01, 1.03, 1.02, 1030.0])


def test_a_fast_rise_that_lasts_is_believed() -> None:
    """One value late: nothing speaks against those that follow."""
    assert values(WATER_LEVEL, [1.0, 1.0, 1.8, 1.85, 1.9]) == [1.0, 1.0, 1.85, 1.9]


@pytest.mark.parametrize("series", [[0.0] * 90, [0.0, 0.0, 120.0, 0.0]])
def test_rain_stands_still_and_comes_at_once(series: list[float]) -> None:
    """No test of a series speaks against it."""
    assert values(RAINFALL_RATE, series) == series


def test_a_suspect_value_counts_only_where_a_rule_says_so() -> None:
    """A record, or a fault: it raises nothing by itself, is counted, and gives way when it is corrected."""
    recent = Recent(timedelta(hours=2))
    now_s = int(NOW.timestamp())

    def comes(value: float, flag: Flag | None, minute: int) -> None:
        second = now_s - 60 * minute
        reading = Reading("g", RAINFALL_RATE, second, second, value, flag)
        recent.add("s", Batch("f", "ab" * 32, (), (reading,)), ())

    def counted(*, doubted: bool) -> list[float]:
        watch = Watch(property="rainfall_rate", max_age_minutes=10, doubted=doubted)
        return [sample.value for sample in recent.series(watch)[THING]]

    watch = Watch(property="rainfall_rate", max_age_minutes=10)
    comes(4.0, None, 2)
    comes(180.0, Flag.SUSPECT, 1)
    assert (counted(doubted=False), counted(doubted=True)) == ([4.0], [4.0, 180.0])
    assert recent.doubtful(watch, NOW) == 1
    assert recent.doubtful(watch.model_copy(update={"doubted": True}), NOW) == 0
    assert recent.doubtful(watch, NOW + timedelta(minutes=10)) == 0, "older than the rule allows"
    comes(18.0, None, 1)  # corrected
    assert (counted(doubted=False), counted(doubted=True)) == ([4.0, 18.0], [4.0, 18.0])
    assert recent.doubtful(watch, NOW) == 0
