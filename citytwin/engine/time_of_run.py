"""What steps of the moment see of a record: what had happened by the time of the run, and nothing later.

Feeds of forecasts reach days ahead. Such a step sees the rows that have ended, and in steps how old the last
of them is, so its result changes when a row ends or an age reaches the next step, and not with the clock.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from citytwin.config import LoadedConfig
from citytwin.engine.plan import Job
from citytwin.model.lag import LAGS_S, Lag, step_of
from citytwin.model.record import Record


@dataclass(frozen=True)
class Spell:
    """Times of the clock between which a run would make the same, [begin, end)."""

    begin_s: float = -math.inf
    """[s since 1970-01-01T00:00Z]."""
    end_s: float = math.inf

    def within(self, other: Spell) -> Spell:
        """Return what it has in common with another."""
        return Spell(max(self.begin_s, other.begin_s), min(self.end_s, other.end_s))


def time_of_run(loaded: LoadedConfig, now: datetime) -> datetime:
    """Return the time that a run is of: that of the clock, or of the night that is made up for.

    Parameters
    ----------
    loaded
        The configuration.
    now
        Time of the clock (aware).
    """
    return now if loaded.past is None else loaded.past.begin


def records_by(records: Iterable[Record], moment: datetime) -> tuple[Record, ...]:
    """Return of each record what had ended by a moment; all of it where nothing had, which it says.

    Parameters
    ----------
    records
        Whole records.
    moment
        Time of the run (aware).
    """
    return tuple(_by(record, moment.timestamp()) for record in records)


def _by(record: Record, moment_s: float) -> Record:
    ends_s = record.good().end_s
    past_s = ends_s[ends_s <= moment_s]
    if past_s.size:
        age_s = step_of(moment_s - float(past_s.max()))
        lag = Lag(age_s) if age_s else None
        return replace(record.only(record.end_s <= moment_s), lag=lag)
    if not ends_s.size:
        return record.only(record.end_s <= moment_s)
    return replace(record, lag=Lag(step_of(float(ends_s.min()) - moment_s), ahead=True))


def spell_of(jobs: Sequence[Job], records: Iterable[Record], moment: datetime) -> Spell:
    """Return between which times of the clock all jobs see the same of the records.

    Parameters
    ----------
    jobs
        Of the run.
    records
        Whole records of the run.
    moment
        Time of the run (aware).
    """
    asked = {need for job in jobs if job.of_the_moment for need in job.needs}
    spell = Spell()
    for record in records:
        if record.observed in asked:
            spell = spell.within(_spell(record, moment.timestamp()))
    return spell


def _spell(record: Record, moment_s: float) -> Spell:
    ends_s = record.good().end_s
    past_s = ends_s[ends_s <= moment_s]
    steps_s = np.array(LAGS_S)
    if past_s.size:
        turns_s = np.concatenate([record.end_s, past_s.max() + steps_s])
    elif ends_s.size:
        turns_s = np.concatenate([record.end_s, np.nextafter(ends_s.min() - steps_s, math.inf)])
    else:
        turns_s = record.end_s
    return Spell(
        float(turns_s[turns_s <= moment_s].max(initial=-math.inf)),
        float(turns_s[turns_s > moment_s].min(initial=math.inf)),
    )


def until_words(moment: datetime) -> str:
    """Say of a plan up to when records are seen.

    Parameters
    ----------
    moment
        Time of the run (aware).
    """
    return f"its records up to {moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
