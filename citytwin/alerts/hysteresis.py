"""One threshold as a state machine: ok, pending, firing, clearing, and no data, which is none of them.

Two thresholds with a gap and two minimum durations, as alarms of process plants have them
(ANSI/ISA-18.2-2016: deadband, on-delay, off-delay). The state is a value; nothing here knows a clock.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from citytwin.alerts.rule import Threshold


class Phase(StrEnum):
    """Where a threshold stands."""

    OK = "ok"
    PENDING = "pending"
    FIRING = "firing"
    CLEARING = "clearing"
    NO_DATA = "no-data"


@dataclass(frozen=True, slots=True)
class ThresholdState:
    """Phase of one threshold, and whether its alarm is on."""

    phase: Phase
    since: datetime
    """Begin of the phase."""
    at: datetime
    """Last evaluation."""
    raised: bool = False
    """On from firing until cleared, also while there are no data: silence is no all-clear."""


def advance(
    threshold: Threshold,
    state: ThresholdState | None,
    value: float | None,
    at: datetime,
    max_gap: timedelta,
) -> ThresholdState:
    """Return the state after one more value.

    Parameters
    ----------
    threshold
        Where to raise, where to clear, and after how long.
    state
        State before; None before the first value.
    value
        In the unit of the threshold; None, or not finite, where there is none.
    at
        Time of the evaluation.
    max_gap
        After a longer pause nobody knows what was between: durations begin anew.
    """
    if state is None:
        state = ThresholdState(Phase.NO_DATA, at, at)
    elif at - state.at > max_gap:
        state = replace(state, phase=Phase.NO_DATA, since=at)
    if value is None or not math.isfinite(value):
        return _in(state, Phase.NO_DATA, at)
    return _off(threshold, state, value, at) if state.raised else _on(threshold, state, value, at)


def _on(threshold: Threshold, state: ThresholdState, value: float, at: datetime) -> ThresholdState:
    """The alarm is off: does it come on?"""
    if not threshold.raised_by(value):
        return _in(state, Phase.OK, at)
    pending = _in(state, Phase.PENDING, at)
    if at - pending.since < threshold.raise_after:
        return pending
    return ThresholdState(Phase.FIRING, at, at, raised=True)


def _off(threshold: Threshold, state: ThresholdState, value: float, at: datetime) -> ThresholdState:
    """The alarm is on: does it go off?"""
    if not threshold.cleared_by(value):
        return _in(state, Phase.FIRING, at)
    clearing = _in(state, Phase.CLEARING, at)
    if at - clearing.since < threshold.clear_after:
        return clearing
    return ThresholdState(Phase.OK, at, at)


def _in(state: ThresholdState, phase: Phase, at: datetime) -> ThresholdState:
    since = state.since if state.phase is phase else at
    return ThresholdState(phase, since, at, raised=state.raised)
