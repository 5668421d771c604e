"""What people decide about alerts of a running twin, from another process than its own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from citytwin.alerts.rule import AlertRule
from citytwin.alerts.silence import LONGEST, Acknowledgement, Silence, standing_silence
from citytwin.config import LoadedConfig
from citytwin.errors import ConfigError
from citytwin.live.alerting import kept_state
from citytwin.live.openness import live_of
from citytwin.live.sync import OUTBOX, observations_dir
from citytwin.store.alert_marks import AlertMarks
from citytwin.store.outbox import Outbox
from citytwin.wording import nearest


class Desk:
    """Alerts of a city as they were kept last, and what is decided about them.

    Parameters
    ----------
    loaded
        The configuration, with a section ``live``.
    now
        Aware.
    """

    def __init__(self, loaded: LoadedConfig, now: datetime) -> None:
        path = observations_dir(loaded) / OUTBOX
        self._now, self._marks = now, AlertMarks(path)
        self._rules: dict[str, AlertRule] = {rule.id: rule for rule in live_of(loaded).alerts}
        with Outbox(path) as outbox:
            self._states = {rule: kept_state(rule, outbox) for rule in self._rules}

    def acknowledge(self, alert: str, by: str, note: str) -> None:
        """Say that an open alert has been seen.

        Parameters
        ----------
        alert
            Its id.
        by, note
            Who has, and what is to be said of it.

        Raises
        ------
        ConfigError
            If no such alert is open.
        """
        known = [s.alert_id for s in self._states.values() if s.alert_id]
        if alert not in known:
            msg = f"no alert {alert!r} is open{nearest(alert, known)}"
            raise ConfigError(msg, hint=f"open are: {', '.join(known) or 'none'}")
        self._marks.acknowledge(Acknowledgement(alert, self._now, by, note))

    def silence(self, rule: str, length: timedelta, by: str, why: str) -> None:
        """Let a rule say nothing for a while, up to the level that is on.

        Parameters
        ----------
        rule
            Its id.
        length
            At most a day.
        by, why
            Who decides, and the reason.

        Raises
        ------
        ConfigError
            If there is no such rule, or the time is too long.
        """
        found = self._rule(rule)
        if length > LONGEST:
            raise ConfigError(f"a silence of {length} is too long", hint=f"at most {LONGEST}")
        level = self._states[rule].level or found.thresholds[0].level
        self._marks.silence(Silence(rule, level, self._now + length, by, why), self._now)

    def lift(self, rule: str, by: str) -> None:
        """End the silence of a rule.

        Parameters
        ----------
        rule
            Its id.
        by
            Who decides.

        Raises
        ------
        ConfigError
            If there is no such rule.
        """
        self._rule(rule)
        self._marks.lift(rule, by, self._now)

    def _rule(self, rule: str) -> AlertRule:
        if rule not in self._rules:
            msg = f"no alert rule {rule!r}{nearest(rule, list(self._rules))}"
            raise ConfigError(msg, hint=f"rules are: {', '.join(self._rules) or 'none'}")
        return self._rules[rule]

    def shown(self) -> Iterator[str]:
        """One line for each rule: its phase, its open alert, who has seen it, its silence."""
        seen, silences = self._marks.acknowledgements(), self._marks.silences()
        for rule, state in self._states.items():
            line = f"{rule}: {state.phase.value}"
            if state.alert_id:
                line += f", alert {state.alert_id} at level {state.level}"
                by = seen.get(state.alert_id)
                line += f", seen by {by.by}" if by else ", not acknowledged"
            silence = standing_silence(silences, rule, self._now)
            if silence is not None:
                until = silence.until.strftime("%Y-%m-%dT%H:%M:%SZ")
                line += f", silenced up to level {silence.up_to} until {until} by {silence.by}"
            yield line
