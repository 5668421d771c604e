"""The life of an alert: raised once, updated under the same id, cancelled once.

Pure: the same states, readings and times give the same messages, so a replay sends nothing new.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum

from citytwin.alerts.hysteresis import Phase, ThresholdState, advance
from citytwin.alerts.rule import AlertRule, Threshold
from citytwin.alerts.windows import Reading
from citytwin.model.warning_levels import WarningLevel


class Kind(StrEnum):
    """Kind of a message, as CAP calls it."""

    ALERT = "Alert"
    UPDATE = "Update"
    CANCEL = "Cancel"


class Reason(StrEnum):
    """Why a message is sent."""

    RAISED = "raised"
    LEVEL = "level"
    DATA_LOST = "data-lost"
    DATA_BACK = "data-back"
    REPEATED = "repeated"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that was sent: how later ones refer to it."""

    identifier: str
    at: datetime
    muted: bool = False
    """Made while the rule was silenced: no receiver knows of it."""


@dataclass(frozen=True, slots=True)
class AlertState:
    """All that is known of a rule between two evaluations."""

    thresholds: tuple[ThresholdState, ...] = ()
    alert_id: str = ""
    """Id of the open alert; empty where none is."""
    raised_at: datetime | None = None
    level: WarningLevel | None = None
    """Level last said."""
    silent: bool = False
    """Whether it was last said that data are missing."""
    sent: tuple[Sent, ...] = ()
    """Messages of the open alert, in order."""

    @property
    def untold(self) -> bool:
        """Whether there is an open alert that no receiver knows of."""
        return bool(self.sent) and all(message.muted for message in self.sent)

    @property
    def phase(self) -> Phase:
        """Phase of the highest threshold that is on, else of the first."""
        if not self.thresholds:
            return Phase.NO_DATA
        raised = [state for state in self.thresholds if state.raised]
        return raised[-1].phase if raised else self.thresholds[0].phase


@dataclass(frozen=True, slots=True)
class Message:
    """What is to be said, before any format."""

    rule: AlertRule
    kind: Kind
    reason: Reason
    alert_id: str
    identifier: str
    """Of this message; begins with the id of the alert."""
    at: datetime
    """Whole seconds, as in CAP."""
    raised_at: datetime
    level: WarningLevel
    value: float | None
    references: tuple[Sent, ...]
    """Messages that this one takes the place of."""
    muted: bool = False
    """Whether it is kept, and sent to nobody."""


def evaluate(
    rule: AlertRule,
    state: AlertState,
    reading: Reading,
    at: datetime,
    quiet: WarningLevel | None = None,
) -> tuple[AlertState, Message | None]:
    """Return the state after a reading, and the message it calls for.

    Parameters
    ----------
    rule
        The rule.
    state
        State before; an empty one before the first reading.
    reading
        What the rule sees.
    at
        Time of the evaluation, aware; whole seconds count, and the same second only once.
    quiet
        Level up to which the rule is silenced; None where it is not.
    """
    at = at.astimezone(UTC).replace(microsecond=0)
    before: tuple[ThresholdState | None, ...] = state.thresholds
    if any(old is not None and old.at == at for old in before):
        return state, None
    if len(before) != len(rule.thresholds):
        before = (None,) * len(rule.thresholds)  # the rule was edited
    after = tuple(
        advance(step, old, _usable(step, reading), at, rule.max_gap)
        for step, old in zip(rule.thresholds, before, strict=True)
    )
    state = replace(state, thresholds=after)
    level = _level(rule, state)
    muted = quiet is not None and level is not None and level <= quiet
    found = _news(rule, state, at, muted=muted)
    if found is None:
        return state, None
    kind, reason = found
    if kind is Kind.CANCEL:
        muted = state.untold
    elif kind is Kind.UPDATE and state.untold and not muted:
        kind = Kind.ALERT
    return _said(rule, state, (kind, reason, muted), reading, at)


def _usable(step: Threshold, reading: Reading) -> float | None:
    """Where too few things speak, danger is believed and an all-clear is not."""
    value = reading.value
    if value is None or reading.complete or step.raised_by(value):
        return value
    return None


def _level(rule: AlertRule, state: AlertState) -> WarningLevel | None:
    pairs = zip(rule.thresholds, state.thresholds, strict=True)
    raised = [step.level for step, at_step in pairs if at_step.raised]
    return max(raised) if raised else None


def _is_silent(state: AlertState) -> bool:
    return all(step.phase is Phase.NO_DATA for step in state.thresholds if step.raised)


def _news(
    rule: AlertRule, state: AlertState, at: datetime, *, muted: bool
) -> tuple[Kind, Reason] | None:
    level = _level(rule, state)
    if not state.alert_id:
        return None if level is None else (Kind.ALERT, Reason.RAISED)
    if level is None:
        return Kind.CANCEL, Reason.CLEARED
    if level is not state.level:
        return Kind.UPDATE, Reason.LEVEL
    silent = _is_silent(state)
    if silent != state.silent:
        return Kind.UPDATE, Reason.DATA_LOST if silent else Reason.DATA_BACK
    if state.untold and not muted:
        return Kind.UPDATE, Reason.RAISED
    if at - state.sent[-1].at >= rule.expires_after / 2:
        return Kind.UPDATE, Reason.REPEATED
    return None


def _said(
    rule: AlertRule,
    state: AlertState,
    found: tuple[Kind, Reason, bool],
    reading: Reading,
    at: datetime,
) -> tuple[AlertState, Message]:
    kind, reason, muted = found
    alert_id = state.alert_id or f"{rule.id}-{at:%Y%m%dT%H%M%SZ}"
    level = _level(rule, state) or state.level or rule.thresholds[0].level
    identifier = f"{alert_id}-{len(state.sent) + 1}"
    message = Message(
        rule=rule,
        kind=kind,
        reason=reason,
        alert_id=alert_id,
        identifier=identifier,
        at=at,
        raised_at=state.raised_at or at,
        level=level,
        value=reading.value,
        references=tuple(sent for sent in state.sent if not sent.muted),
        muted=muted,
    )
    if kind is Kind.CANCEL:
        return AlertState(thresholds=state.thresholds), message
    after = replace(
        state,
        alert_id=alert_id,
        raised_at=message.raised_at,
        level=level,
        silent=_is_silent(state),
        sent=(*state.sent, Sent(identifier, at, muted)),
    )
    return after, message
