"""Alerts over MQTT: the state of each rule, retained, and every message as an event.

Whoever subscribes late finds the state; whoever listens misses no event (quality of service 1).
"""

from __future__ import annotations

from dataclasses import dataclass

from citytwin.alerts.document import as_json
from citytwin.alerts.lifecycle import Message
from citytwin.alerts.sender import Setting


@dataclass(frozen=True, slots=True)
class Publication:
    """One message to a broker."""

    topic: str
    payload: bytes
    qos: int
    retain: bool


def publications(message: Message, setting: Setting, prefix: str) -> tuple[Publication, ...]:
    """Render a message for a broker: its event first, then the state that it leaves.

    Parameters
    ----------
    message
        What is to be said.
    setting
        Of the city.
    prefix
        Begin of all topics, such as ``citytwin``.
    """
    root = f"{prefix}/{setting.city}/alerts"
    payload = as_json(message, setting, with_cap=False)
    return (
        Publication(f"{root}/events/{message.rule.id}", payload, qos=1, retain=False),
        Publication(f"{root}/state/{message.rule.id}", payload, qos=1, retain=True),
    )
