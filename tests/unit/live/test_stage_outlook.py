"""The level of a nowcast: measured and filtered, then going on as it rises."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from citytwin.formats.observations import Batch, Reading
from citytwin.live.recent import Recent
from citytwin.live.stage_outlook import stage_line
from citytwin.live_config import NowcastConfig, StageConfig
from citytwin.model.properties import WATER_LEVEL

NOW = datetime(2026, 6, 30, 3, 0, tzinfo=UTC)
TIMES = (NOW - timedelta(minutes=30), NOW, NOW + timedelta(minutes=60))
THING = "urn:citytwin:s:river"
CONFIG = StageConfig(thing=THING, zero_m=10.0, edge="west")


def rising(until_min: float = 0.0) -> Recent:
    """A river that has risen by 30 cm an hour for two hours, to 2 m now."""
    found = Recent(timedelta(hours=4))
    readings = []
    for before in range(120, -1, -10):
        at = int((NOW - timedelta(minutes=before + until_min)).timestamp())
        readings.append(Reading("river", WATER_LEVEL, at, at, round(2.0 - 0.005 * before, 3)))
    found.add("s", Batch("f", "ab" * 32, (), tuple(readings)), ())
    return found


def test_a_rising_river_goes_on_rising() -> None:
    """12 m now and 12.3 m in an hour, above the datum; from half an hour ago on."""
    line = stage_line(CONFIG, rising(), TIMES)
    assert line is not None
    level = dict(zip(line.minutes, line.level_m, strict=True))
    assert line.minutes[0] <= 0.0
    assert level[30.0] == pytest.approx(12.0, abs=0.003)
    assert level[90.0] == pytest.approx(12.3, abs=0.01)
    assert line.trend_m_h == pytest.approx(0.3, abs=0.005)
    assert sorted(set(line.minutes)) == list(line.minutes)
    assert 0.0 < line.deviation_m < 0.1


def test_a_silent_gauge_says_nothing() -> None:
    """Neither after half an hour, nor one that is not there."""
    assert stage_line(CONFIG, rising(29.0), TIMES) is not None
    assert stage_line(CONFIG, rising(31.0), TIMES) is None
    other = CONFIG.model_copy(update={"thing": "urn:citytwin:s:lake"})
    assert stage_line(other, rising(), TIMES) is None


@pytest.mark.parametrize(
    "changes", [{"edge": None}, {"outline": [[0, 0], [1, 0], [1, 1]]}, {"zero_m": float("inf")}]
)
def test_a_place_is_one(changes: dict[str, object]) -> None:
    """Either an edge or an outline."""
    with pytest.raises(ValidationError):
        StageConfig.model_validate({"thing": THING, "zero_m": 0.0, "edge": "west"} | changes)


def test_levels_are_given_once() -> None:
    """In `stages` or in the parameters of the simulation."""
    with pytest.raises(ValidationError, match="not in both"):
        NowcastConfig.model_validate(
            {
                "when": {"property": "rainfall_rate"},
                "at_least": 1,
                "stages": [{"thing": THING, "zero_m": 0, "edge": "west"}],
                "params": {"levels": []},
            }
        )
