"""Which nights were, what became of each, and which were missed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from citytwin.nights.record import RunRecord

Verdict = Literal[
    "done", "resumed", "nothing to do", "failed", "stopped", "interrupted", "skipped", "running",
    "missed", "made up for",
]  # fmt: skip
"""``resumed``: done in the end, on what a run that broke off had made; ``interrupted``: killed;
``skipped``: another run held the city; ``missed``: no run began; ``made up for``: done later, with
what was known then."""

GRACE = timedelta(minutes=10)
"""After its time before a night without a run counts: timers begin up to some minutes later."""
_BROKEN = frozenset({"failed", "stopped", "running", "killed"})


@dataclass(frozen=True)
class Night:
    """One night: from its time of the day to that of the next."""

    date: date
    """Local day on which it began."""
    verdict: Verdict
    runs: tuple[RunRecord, ...]
    """That began in it or made up for it, the oldest first."""

    @property
    def last(self) -> RunRecord | None:
        """The run that decides; None where there was none."""
        runs = _deciding(self.runs) or self.runs
        return runs[-1] if runs else None

    @property
    def changed(self) -> tuple[str, ...]:
        """Layers that any of its runs changed, as far as they stand after the last."""
        changed = dict.fromkeys(layer for run in self.runs for layer in run.published)
        return tuple(layer for layer in changed if layer not in self.no_longer)

    @property
    def no_longer(self) -> tuple[str, ...]:
        """Layers that its runs took from the map and did not bring back, sorted."""
        gone: set[str] = set()
        for run in self.runs:
            gone = (gone | {*run.no_longer}) - {*run.published, *run.unchanged}
        return tuple(sorted(gone))


def nights(
    records: Sequence[RunRecord],
    at: str | None,
    zone: ZoneInfo,
    now: datetime,
    is_going_on: Callable[[RunRecord], bool],
) -> tuple[Night, ...]:
    """Return the nights from the first record to now, the oldest first.

    Parameters
    ----------
    records
        Of the journal, the oldest first.
    at
        Local time of the day at which a night begins, ``HH:MM``; None where no run is expected: a
        night is then a local day with a run.
    zone
        Of the city.
    now
        Aware.
    is_going_on
        Whether the process of a record without an end still lives.

    Returns
    -------
    tuple of Night
        Where `at` is given, one per day, without gaps from the first that had its own run; before
        that only nights that were made up for. A time that a day does not have (summer time
        begins) is taken as the moment that the clock jumps to.
    """
    future = from_the_future(records, now)
    records = [record for record in records if record not in future]
    if not records:
        return ()

    by_day: dict[date, list[RunRecord]] = {}
    for record in records:
        by_day.setdefault(record.night or night_of(record.begun, at, zone), []).append(record)
    expected = min(
        (night_of(r.begun, at, zone) for r in records if r.night is None), default=date.max
    )
    first, last = min(by_day), max(*by_day, night_of(now - GRACE, at, zone))
    broken = False
    found = []
    for day in (first + timedelta(days=k) for k in range((last - first).days + 1)):
        runs = tuple(by_day.get(day, ()))
        if not runs and (at is None or day < expected):
            continue
        found.append(Night(day, _verdict(runs, is_going_on, broken=broken), runs))
        tried = [run for run in runs if run.outcome != "busy" and run.night is None]
        if tried:
            broken = tried[-1].outcome in _BROKEN
    return tuple(found)


def from_the_future(records: Sequence[RunRecord], now: datetime) -> tuple[RunRecord, ...]:
    """Return runs that began later than now, by a clock that was ahead: their night is not known.

    Parameters
    ----------
    records
        Of the journal.
    now
        Aware.
    """
    return tuple(record for record in records if record.begun > now + GRACE)


def night_of(moment: datetime, at: str | None, zone: ZoneInfo) -> date:
    """Return the local day on which the night began that a moment lies in.

    Parameters
    ----------
    moment
        Aware.
    at
        Local time of the day at which a night begins, ``HH:MM``; None = midnight.
    zone
        Of the city.
    """
    day = moment.astimezone(zone).date()
    return day if moment >= start_of(day, at, zone) else day - timedelta(days=1)


def start_of(day: date, at: str | None, zone: ZoneInfo) -> datetime:
    """Return when a night begins (UTC).

    A time that a day does not have, because summer time begins, is an hour later on the clock, as if
    it had not begun; of a time that a day has twice the first counts.

    Parameters
    ----------
    day
        Local day.
    at
        Local time of the day, ``HH:MM``; None = midnight.
    zone
        Of the city.
    """
    begin = time.fromisoformat(at) if at is not None else time()
    return datetime.combine(day, begin, tzinfo=zone).astimezone(UTC)


def days_without(at: str, zone: ZoneInfo, first: date, last: date) -> tuple[date, ...]:
    """Return the local days on which the clock jumps over a time.

    Parameters
    ----------
    at
        Local time of the day, ``HH:MM``.
    zone
        Of the city.
    first, last
        Local days, both looked at.
    """
    said = time.fromisoformat(at)
    days = (first + timedelta(days=k) for k in range((last - first).days + 1))
    return tuple(d for d in days if start_of(d, at, zone).astimezone(zone).time() != said)


def _deciding(runs: Sequence[RunRecord]) -> list[RunRecord]:
    """Without those that were turned away, and those that found what an earlier one of them made."""
    tried = [run for run in runs if run.outcome != "busy"]
    while len(tried) > 1 and tried[-1].outcome == "nothing to do" and tried[-2].stands:
        tried.pop()
    return tried


def _verdict(
    runs: Sequence[RunRecord], is_going_on: Callable[[RunRecord], bool], *, broken: bool
) -> Verdict:
    """Of the last run that was not turned away; `broken` tells how the run before them ended."""
    tried = _deciding(runs)
    if not runs:
        return "missed"
    if not tried:
        return "skipped"
    last = tried[-1]
    if last.outcome == "running":
        return "running" if is_going_on(last) else "interrupted"
    if last.outcome == "killed":
        return "interrupted"
    if last.stands and last.night is not None:
        return "made up for"
    if last.outcome == "done":
        before = tried[-2].outcome in _BROKEN if len(tried) > 1 else broken
        return "resumed" if before and last.standing_parts else "done"
    if last.outcome == "nothing to do":
        return "nothing to do"
    return "stopped" if last.outcome == "stopped" else "failed"
