"""Evaluates the alert rules over what is recent, and puts what they say into the outbox."""

from __future__ import annotations

import fnmatch
import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from citytwin.alerts.cap import MEDIA_TYPE, cap
from citytwin.alerts.document import as_json
from citytwin.alerts.lifecycle import AlertState, Message, evaluate
from citytwin.alerts.publications import publications
from citytwin.alerts.rule import AlertRule
from citytwin.alerts.sender import Sender, Setting
from citytwin.alerts.silence import Silence, standing_silence
from citytwin.alerts.windows import reading
from citytwin.config import Config
from citytwin.live.page import RuleShown
from citytwin.live.recent import Recent
from citytwin.live.warned_area import warned
from citytwin.live_config import SinkConfig
from citytwin.store.alert_marks import AlertMarks
from citytwin.store.outbox import HistoryEntry, Outbox, Parcel

_LOG = logging.getLogger(__name__)
_STATES = TypeAdapter(AlertState)
_JSON = "application/json"
_KEEP_EVERY = timedelta(seconds=30)
"""States are kept when they change, and now and then, so that a restart is no long pause."""


class AlertDesk:
    """All rules of a city, and their states.

    Parameters
    ----------
    config
        Of the city, with its section ``live``.
    city_dir
        Folder of the published city, for warned areas.
    outbox
        Where states and messages are kept.
    recent
        What the rules look at.
    """

    def __init__(self, config: Config, city_dir: Path, outbox: Outbox, recent: Recent) -> None:
        live = config.live
        self._config, self._city_dir, self._outbox, self._recent = config, city_dir, outbox, recent
        self._rules: Sequence[AlertRule] = live.alerts if live else ()
        self._sender: Sender | None = live.sender if live else None
        self._sinks: Sequence[SinkConfig] = live.sinks if live else ()
        self._kept_at = datetime.fromtimestamp(0, UTC)
        self._marks = AlertMarks(outbox.path)
        self._silences: tuple[Silence, ...] = ()
        self.states = {rule.id: kept_state(rule.id, outbox) for rule in self._rules}

    def shown(self, now: datetime) -> list[RuleShown]:
        """Return all rules as they stood at the last evaluation, with what people decided about them.

        Parameters
        ----------
        now
            Aware.

        Raises
        ------
        StoreError
            If the decisions cannot be read.
        """
        is_open = any(state.alert_id for state in self.states.values())
        seen = self._marks.acknowledgements() if is_open else {}
        return [
            RuleShown(
                rule,
                self.states[rule.id],
                seen.get(self.states[rule.id].alert_id),
                standing_silence(self._silences, rule.id, now),
            )
            for rule in self._rules
        ]

    def evaluate(self, now: datetime) -> int:
        """Evaluate all rules; states and messages are kept together.

        Parameters
        ----------
        now
            Aware.

        Returns
        -------
        int
            How many messages were made.

        Raises
        ------
        StoreError
            If they cannot be kept; the states are then as before.
        """
        after: dict[str, AlertState] = {}
        messages: list[Message] = []
        self._silences = self._marks.silences() if self._rules else ()
        for rule in self._rules:
            quiet = standing_silence(self._silences, rule.id, now)
            seen = reading(rule.watch, self._recent.series(rule.watch), now)
            after[rule.id], message = evaluate(
                rule, self.states[rule.id], seen, now, None if quiet is None else quiet.up_to
            )
            if message is not None:
                messages.append(message)
        if not after:
            return 0
        parcels: list[Parcel] = []
        history: list[HistoryEntry] = []
        for message in messages:
            setting = self._setting(message)
            if not message.muted:
                parcels += [p for sink in self._sinks for p in _parcels(sink, message, setting)]
            said = as_json(message, setting, with_cap=True).decode("utf-8")
            identifier = setting.name_of(message.identifier)
            alert = setting.name_of(message.alert_id)
            history.append(HistoryEntry(identifier, alert, message.at.timestamp(), said))
            _LOG.warning("alert %s: %s, %s", identifier, message.kind, message.reason)
        due = now - self._kept_at >= _KEEP_EVERY
        changed = {
            name: _STATES.dump_json(state).decode("utf-8")
            for name, state in after.items()
            if due or _standing(state) != _standing(self.states[name])
        }
        if changed or parcels:
            self._outbox.record(changed, history, parcels, now.timestamp())
        self.states = after
        self._kept_at = now if due else self._kept_at
        return len(messages)

    def _setting(self, message: Message) -> Setting:
        if self._sender is None:
            msg = "rules without a sender are refused when the configuration is read"
            raise AssertionError(msg)
        things = [
            thing
            for name, thing in self._recent.things.items()
            if fnmatch.fnmatchcase(name, message.rule.watch.things)
        ]
        live = self._config.live
        generated = {feed.name for feed in live.feeds if feed.synthetic} if live else set()
        return Setting(
            sender=self._sender,
            city=self._config.city.id,
            title=self._config.city.title,
            time_zone=self._config.time_zone,
            synthetic=any(thing.synthetic or thing.source in generated for thing in things),
            area=warned(self._city_dir, message.rule),
        )


def _standing(state: AlertState) -> tuple[object, ...]:
    """All of a state but when it was last looked at."""
    phases = tuple((step.phase, step.since) for step in state.thresholds)
    return phases, state.alert_id, state.level, state.silent, state.sent


def kept_state(rule: str, outbox: Outbox) -> AlertState:
    """Return the state of a rule as it was kept last; an empty one where there is none.

    Parameters
    ----------
    rule
        Its id.
    outbox
        Where it is kept.
    """
    try:
        return _STATES.validate_json(outbox.states()[rule])
    except KeyError:
        return AlertState()
    except ValidationError:
        _LOG.warning("the kept state of alert rule %s cannot be read: it begins anew", rule)
        return AlertState()


def _parcels(sink: SinkConfig, message: Message, setting: Setting) -> list[Parcel]:
    key = setting.name_of(message.identifier)
    if sink.webhook is not None:
        body = as_json(message, setting, with_cap=True)
        return [Parcel(sink.name, key, body, _JSON)]
    if sink.mqtt is not None:
        return [
            Parcel(sink.name, f"{key}:{p.topic}", p.payload, _JSON, p.topic, p.retain)
            for p in publications(message, setting, sink.topic)
        ]
    return [Parcel(sink.name, key, cap(message, setting), MEDIA_TYPE, f"{key}.cap.xml")]
