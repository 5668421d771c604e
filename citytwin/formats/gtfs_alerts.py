"""Service alerts of GTFS-realtime -> alerts of the twin, at the stops that they name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import shapely
from google.transit import gtfs_realtime_pb2 as pb

from citytwin.formats.feed_json import is_clean
from citytwin.formats.gtfs_stops import Stop
from citytwin.formats.observations import Alert, plausible_time
from citytwin.model.notes import Reject

_SEVERITY = {"INFO": "Minor", "WARNING": "Moderate", "SEVERE": "Severe"}
_LONGEST = 20_000
_FOR_EVER_S = 7_258_118_400
"""Ends that mean none: beyond 2200."""


def alerts_of(
    feed: pb.FeedMessage, file: str, stops: Mapping[str, Stop]
) -> tuple[list[Alert], list[Reject]]:
    """Read the alerts of a message, one per period in which an alert is active.

    Parameters
    ----------
    feed
        The message.
    file
        Name of its file, for messages.
    stops
        Positions of stops by id.
    """
    alerts: list[Alert] = []
    rejects: list[Reject] = []
    sent_s = int(feed.header.timestamp)
    for entity in feed.entity:
        if not entity.HasField("alert"):
            continue
        identifier = entity.id if isinstance(entity.id, str) and is_clean(entity.id) else ""
        record = f"entity {ascii(entity.id)[:80]}"
        if not identifier:
            message = "the alert has no id that is plain text"
            rejects.append(Reject(source=file, record=record, code="text", message=message))
            continue
        try:
            alerts += _periods(entity, identifier, sent_s, stops)
        except ValueError as error:
            rejects.append(Reject(source=file, record=record, code="time", message=str(error)))
    return alerts, rejects


def _periods(
    entity: pb.FeedEntity, identifier: str, sent_s: int, stops: Mapping[str, Stop]
) -> Iterator[Alert]:
    alert = entity.alert
    periods = [(int(period.start), int(period.end)) for period in alert.active_period] or [(0, 0)]
    points = _points(alert, stops)
    for number, (start, end) in enumerate(periods):
        start_s, end_s = start or sent_s, end if 0 < end < _FOR_EVER_S else None
        sent = sent_s or start_s
        if not (plausible_time(start_s) and plausible_time(sent) and start_s and sent):
            msg = f"period {start} to {end} and message time {sent_s} say not when it holds"
            raise ValueError(msg)
        if end_s is not None and end_s < start_s:
            msg = f"period {start} to {end} ends before it begins"
            raise ValueError(msg)
        language, headline = _text(alert.header_text)
        yield Alert(
            part=f"alert:{identifier}" + (f":{number + 1}" if len(periods) > 1 else ""),
            message=identifier,
            event=_name(pb.Alert.Effect, alert.effect),
            sent_s=sent,
            start_s=start_s,
            end_s=end_s,
            message_type="Cancel" if entity.is_deleted else "Alert",
            category="Transport",
            severity=_SEVERITY.get(_name(pb.Alert.SeverityLevel, alert.severity_level), "Unknown"),
            language=language,
            headline=headline,
            description=_text(alert.description_text)[1],
            geocodes=tuple(dict.fromkeys(_entities(alert))),
            attributes={"cause": _name(pb.Alert.Cause, alert.cause)},
            shape=points,
        )


def _name(kind: object, number: int) -> str:
    """Name of a value of an enumeration; its number where the version of it is newer than ours."""
    try:
        return str(kind.Name(number))  # type: ignore[attr-defined]
    except ValueError:
        return str(number)


def _text(translated: pb.TranslatedString) -> tuple[str | None, str | None]:
    """Language and text of the first translation."""
    for translation in translated.translation:
        text, language = translation.text, translation.language
        if isinstance(text, str) and text.strip():
            plain = " ".join(text.split())[:_LONGEST]
            kept = "".join(character for character in plain if is_clean(character))
            known = isinstance(language, str) and language and is_clean(language)
            return (language if known else None), kept
    return None, None


def _entities(alert: pb.Alert) -> Iterator[str]:
    """Routes, stops and trips that an alert is about."""
    for selector in alert.informed_entity:
        for kind, value in (
            ("route", selector.route_id), ("stop", selector.stop_id), ("trip", selector.trip.trip_id),
        ):  # fmt: skip
            if isinstance(value, str) and value and is_clean(value):
                yield f"{kind}={value.replace(',', ' ')}"


def _points(alert: pb.Alert, stops: Mapping[str, Stop]) -> shapely.Geometry | None:
    named = dict.fromkeys(s.stop_id for s in alert.informed_entity if s.stop_id in stops)
    places = [(stops[name].longitude_deg, stops[name].latitude_deg) for name in named]
    if not places:
        return None
    return shapely.Point(places[0]) if len(places) == 1 else shapely.MultiPoint(places)
