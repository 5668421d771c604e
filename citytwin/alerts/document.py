"""A message as plain data, for webhooks and MQTT: everything CAP says, and the CAP text itself."""

from __future__ import annotations

import json

from citytwin.alerts.cap import cap
from citytwin.alerts.lifecycle import Kind, Message
from citytwin.alerts.sender import Setting
from citytwin.alerts.wording import description, headline, observed_property


def document(message: Message, setting: Setting) -> dict[str, object]:
    """Describe a message.

    Parameters
    ----------
    message
        What is to be said.
    setting
        Of the city.
    """
    observed = observed_property(message)
    return {
        "id": setting.name_of(message.identifier),
        "alert": setting.name_of(message.alert_id),
        "rule": message.rule.id,
        "type": message.kind.value,
        "reason": message.reason.value,
        "status": setting.status.value,
        "synthetic": setting.synthetic,
        "active": message.kind is not Kind.CANCEL,
        "level": int(message.level),
        "sent": setting.stamp(message.at),
        "raised": setting.stamp(message.raised_at),
        "expires": setting.stamp(message.at + message.rule.expires_after),
        "property": observed.name,
        "unit": observed.unit,
        "value": message.value,
        "headline": headline(message, setting).model_dump(),
        "description": description(message, setting).model_dump(),
        "polygons": [[list(corner) for corner in ring] for ring in setting.area],
    }


def as_json(message: Message, setting: Setting, *, with_cap: bool) -> bytes:
    """Render a message as JSON in UTF-8, the same bytes for the same message.

    Parameters
    ----------
    message
        What is to be said.
    setting
        Of the city.
    with_cap
        Whether the CAP text goes along.
    """
    said = document(message, setting)
    if with_cap:
        said["cap"] = cap(message, setting).decode("utf-8")
    return canonical(said)


def canonical(content: object) -> bytes:
    """Return JSON with sorted keys and without spaces, so that signatures can be checked again.

    Parameters
    ----------
    content
        What JSON can hold; finite numbers.
    """
    text = json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )
    return text.encode("utf-8")
