"""Common Alerting Protocol 1.2 (OASIS Standard, 2010): Alert, Update, Cancel.

Each message has an identifier of its own; `incidents` carries the one id of the alert for its life,
and `references` the messages that an update or a cancellation takes the place of.
"""

from __future__ import annotations

from typing import Any

from lxml import etree

from citytwin.alerts.lifecycle import Kind, Message
from citytwin.alerts.sender import Ring, Scope, Setting
from citytwin.alerts.wording import description, headline, observed_property
from citytwin.model.warning_levels import MEANINGS
from citytwin.version import __version__

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MEDIA_TYPE = "application/cap+xml"
_PREFIXES: Any = {None: NAMESPACE}
_LANGUAGES = ("ja-JP", "en-US")


def cap(message: Message, setting: Setting) -> bytes:
    """Render a message.

    Parameters
    ----------
    message
        What is to be said.
    setting
        Who says it, where, in which time zone, and for which area.

    Returns
    -------
    bytes
        XML in UTF-8, the same for the same message.
    """
    alert = etree.Element(f"{{{NAMESPACE}}}alert", nsmap=_PREFIXES)
    _add(alert, "identifier", setting.name_of(message.identifier))
    _add(alert, "sender", setting.sender.id)
    _add(alert, "sent", setting.stamp(message.at))
    _add(alert, "status", setting.status.value)
    _add(alert, "msgType", message.kind.value)
    _add(alert, "source", f"citytwin {__version__}")
    _add(alert, "scope", Scope.PUBLIC.value)
    if message.references:
        _add(alert, "references", " ".join(_references(message, setting)))
    _add(alert, "incidents", setting.name_of(message.alert_id))
    for language in _LANGUAGES:
        _add_info(alert, message, setting, language)
    return etree.tostring(alert, xml_declaration=True, encoding="UTF-8", pretty_print=True)


def _references(message: Message, setting: Setting) -> list[str]:
    return [
        f"{setting.sender.id},{setting.name_of(sent.identifier)},{setting.stamp(sent.at)}"
        for sent in message.references
    ]


def _add_info(parent: etree._Element, message: Message, setting: Setting, language: str) -> None:
    """One block per language; the order of elements is that of the schema."""
    rule, meaning = message.rule, MEANINGS[message.level]
    over = message.kind is Kind.CANCEL
    tongue = language[:2]
    info = etree.SubElement(parent, f"{{{NAMESPACE}}}info")
    _add(info, "language", language)
    _add(info, "category", rule.category.value)
    _add(info, "event", getattr(rule.title, tongue))
    _add(info, "responseType", "AllClear" if over else meaning.response)
    _add(info, "urgency", "Past" if over else meaning.urgency)
    _add(info, "severity", "Minor" if over else meaning.severity)
    _add(info, "certainty", rule.certainty.value)
    _add(info, "effective", setting.stamp(message.at))
    _add(info, "onset", setting.stamp(message.raised_at))
    _add(info, "expires", setting.stamp(message.at + rule.expires_after))
    _add(info, "senderName", getattr(setting.sender.name, tongue))
    _add(info, "headline", getattr(headline(message, setting), tongue))
    _add(info, "description", getattr(description(message, setting), tongue))
    _add(info, "instruction", "" if over else getattr(rule.instruction, tongue))
    _add(info, "contact", setting.sender.contact)
    _add_pair(info, "parameter", "JP_warning_level_equivalent", str(int(message.level)))
    _add_pair(info, "parameter", "observed_property", observed_property(message).name)
    if message.value is not None:
        said = f"{message.value:.6g} {observed_property(message).unit}"
        _add_pair(info, "parameter", "observed_value", said)
    _add_pair(info, "parameter", "reason", message.reason.value)
    _add_area(info, getattr(setting.title, tongue), setting.area)


def _add_area(info: etree._Element, title: str, rings: tuple[Ring, ...]) -> None:
    area = etree.SubElement(info, f"{{{NAMESPACE}}}area")
    _add(area, "areaDesc", title)
    for ring in rings:
        _add(area, "polygon", " ".join(f"{lat:.6f},{lon:.6f}" for lat, lon in ring))


def _add(parent: etree._Element, name: str, said: str) -> None:
    if said:
        etree.SubElement(parent, f"{{{NAMESPACE}}}{name}").text = said


def _add_pair(parent: etree._Element, name: str, key: str, value: str) -> None:
    pair = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    _add(pair, "valueName", key)
    _add(pair, "value", value)
