"""Steps of the moment see of a record what had ended by the time of the run."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from citytwin.engine.plan import Job
from citytwin.engine.standing import record_digest
from citytwin.engine.time_of_run import Spell, records_by, spell_of
from citytwin.model.lag import Lag
from citytwin.model.properties import WIND_DIRECTION, WIND_SPEED
from citytwin.model.record import Record
from citytwin.model.steps import Simulation
from citytwin.registry import named

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
HOUR_S, DAY_S = 3600.0, 86400.0


def hourly(first_h: int, last_h: int) -> Record:
    """Instants, so many hours from noon."""
    time_s = NOON.timestamp() + HOUR_S * np.arange(first_h, last_h + 1)
    return Record(WIND_SPEED, time_s, time_s, np.full(time_s.size, 4.0), "wx", "urn:a")


def seen(record: Record, after_h: float = 0.0) -> Record:
    """What a run so many hours after noon sees."""
    (found,) = records_by((record,), NOON + timedelta(hours=after_h))
    return found


def spell(record: Record, after_h: float = 0.0, **params: object) -> Spell:
    """When a run so many hours after noon would be the same, in hours from noon."""
    step = named(Simulation, "wind_now")
    job = Job(step, step.params.model_validate(params), (WIND_SPEED, WIND_DIRECTION), ())
    found = spell_of([job], [record], NOON + timedelta(hours=after_h))
    return Spell(*((one - NOON.timestamp()) / HOUR_S for one in (found.begin_s, found.end_s)))


def test_hours_to_come_are_not_seen() -> None:
    """Three days of forecast after two of analysis; an hour that ends now counts."""
    record = hourly(-48, 72)
    assert seen(record, 0.4).end_s[-1] == NOON.timestamp()
    assert seen(record, 1.0).end_s[-1] == NOON.timestamp() + HOUR_S
    assert seen(record, 0.4).lag is None
    assert spell(record, 0.4) == Spell(0.0, 1.0)
    assert spell(record, 1.0) == Spell(1.0, 2.0)


def test_an_hour_counts_when_it_has_ended() -> None:
    """Of a mean over an hour nothing is known before."""
    whole = hourly(-3, 3)
    means = Record(WIND_SPEED, whole.start_s, whole.end_s + HOUR_S, whole.result, "wx", "urn:a")
    assert seen(means, 0.9).start_s[-1] == NOON.timestamp() - HOUR_S


def test_what_is_seen_changes_with_rows_and_steps_of_age_alone() -> None:
    """All that enters the key of a run is the same within a spell, and another just outside of it."""
    second_h = 1.0 / HOUR_S
    for record in (hourly(-48, 72), hourly(-48, -30), hourly(5, 40)):
        for after_h in np.arange(-59.77, 60.0, 0.9):
            around = spell(record, after_h)
            digest = record_digest(seen(record, after_h))
            begin_h, end_h = around.begin_s, around.end_s
            for other_h in (begin_h + second_h, end_h - second_h):
                if math.isfinite(other_h):
                    assert record_digest(seen(record, other_h)) == digest
            for other_h in (begin_h - second_h, end_h + second_h):
                if math.isfinite(other_h):
                    assert record_digest(seen(record, other_h)) != digest


@pytest.mark.parametrize(
    ("after_h", "least_s", "until_h"),
    [
        (-30.0, None, -24.0),
        (-24.0, 6 * HOUR_S, -6.0),
        (-6.0, DAY_S, 138.0),
        (20000.0, 365 * DAY_S, math.inf),
    ],
)
def test_an_old_record_tells_its_age_in_steps(
    after_h: float, least_s: float | None, until_h: float
) -> None:
    """It ends 30 hours before noon: 6 hours, a day, a week later another remark is due."""
    record = hourly(-48, -30)
    lag = seen(record, after_h).lag
    assert lag == (None if least_s is None else Lag(least_s))
    assert spell(record, after_h).end_s == pytest.approx(until_h)
    assert seen(record, after_h).result.size == record.result.size


def test_a_record_that_is_all_to_come_is_seen_whole_and_says_so() -> None:
    """A clock that jumped back, or a forecast from the next hour on."""
    record = hourly(5, 40)
    assert seen(record).lag == Lag(0.0, ahead=True)
    assert seen(record, -500.0).lag == Lag(7 * DAY_S, ahead=True)
    assert seen(record).result.size == record.result.size
    assert spell(record) == Spell(pytest.approx(-1.0), 5.0)


def test_a_moment_that_is_given_has_no_clock() -> None:
    """Such a run stands as long as its inputs do."""
    assert spell(hourly(-48, 72), moment="2026-11-28T09:00:00+09:00") == Spell(-math.inf, math.inf)
