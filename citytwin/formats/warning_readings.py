"""Official warnings as readings: what level is in force in an area, from the moment it was sent.

A live twin keeps them like anything else that is observed, and its own rules may look at them. The level is
the one that the message says, else the one whose words in CAP it uses; 0 when it is lifted. Drills are
things of their own, so that no exercise looks like the real one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from citytwin.formats.observations import Alert, Place, Reading
from citytwin.model.properties import WARNING_LEVEL
from citytwin.model.warning_levels import WarningLevel

_BY_SEVERITY = {
    "Extreme": WarningLevel.SECURE_SAFETY,
    "Severe": WarningLevel.ELDERLY_EVACUATE,
    "Moderate": WarningLevel.ADVISORY,
    "Minor": WarningLevel.EARLY_NOTICE,
}
_SAID = frozenset({"Alert", "Update", "Cancel"})
"""Types of messages that change what is in force; acknowledgements and errors do not."""
_MOST_NAME = 200


def warning_readings(
    alerts: Sequence[Alert], thing_of: Callable[[Alert], str]
) -> tuple[tuple[Place, ...], tuple[Reading, ...]]:
    """Return where warnings hold and at which level.

    Parameters
    ----------
    alerts
        Of one message.
    thing_of
        What a warning is about: the same in all messages about it.

    Returns
    -------
    places : tuple of Place
        The middle of the area, of those that have one.
    readings : tuple of Reading
        One for each area and kind of event; parts in several languages are one, and of several levels the
        highest counts.
    """
    places: dict[str, Place] = {}
    levels: dict[tuple[str, int], int] = {}
    for alert in alerts:
        if alert.message_type not in _SAID:
            continue
        name = thing_of(alert)[:_MOST_NAME]
        key = name, alert.sent_s
        levels[key] = max(levels.get(key, 0), _level(alert))
        if alert.shape is not None:
            point = alert.shape.representative_point()
            label = (alert.area or alert.event)[:_MOST_NAME]
            places[name] = Place(name, label, "warned_area", point.x, point.y)
    readings = tuple(
        Reading(name, WARNING_LEVEL, sent_s, sent_s, float(level))
        for (name, sent_s), level in levels.items()
    )
    return tuple(places.values()), readings


def _level(alert: Alert) -> int:
    if alert.message_type == "Cancel" or alert.urgency == "Past":
        return 0
    if alert.level is not None:
        return alert.level
    return _BY_SEVERITY.get(alert.severity, WarningLevel.EARLY_NOTICE)
