"""Common Alerting Protocol 1.1 and 1.2 (OASIS, 2005 and 2010) -> alerts.

One alert per block of information (language). An area that cannot be one is told and left out; the alert
stays, since nobody shall miss a warning for the fault of a polygon. Signatures are not verified.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry as Geometry

from citytwin.errors import SourceError
from citytwin.formats.alert_tables import decoded_alerts
from citytwin.formats.feed_file import decode_files, raw_ref
from citytwin.formats.feed_times import TimeStampError, utc_seconds
from citytwin.formats.feed_xml import Branch, parse_xml
from citytwin.formats.observations import Alert, Batch, on_earth, reject_of, says_synthetic
from citytwin.formats.quality import few
from citytwin.formats.warning_readings import warning_readings
from citytwin.formats.xml import namespace
from citytwin.model.notes import Note, Reject
from citytwin.model.steps import Dataset, Decoded, Format, NoParams
from citytwin.model.tables import ALERTS
from citytwin.model.text import text

_NAMESPACES = tuple(f"urn:oasis:names:tc:emergency:cap:1.{minor}" for minor in (1, 2))
_STATUS = ("Actual", "Exercise", "System", "Test", "Draft")
_TYPES = ("Alert", "Update", "Cancel", "Ack", "Error")
_URGENCY = ("Immediate", "Expected", "Future", "Past", "Unknown")
_SEVERITY = ("Extreme", "Severe", "Moderate", "Minor", "Unknown")
_CERTAINTY = ("Observed", "Likely", "Possible", "Unlikely", "Unknown", "Very Likely")
"""The last is of CAP 1.0 and counts as likely (1.2, section 3.2.2)."""
_GEOD = Geod(ellps="WGS84")
_LARGEST_KM = 2000.0
_MOST_POINTS = 100_000
_SIDES = 72


def decode_cap(raw: bytes, file: str) -> Batch:
    """Decode alerts.

    Parameters
    ----------
    raw
        XML: an alert, or something that holds alerts.
    file
        Name of the file, for messages.

    Raises
    ------
    SourceError
        If it holds no alert of CAP 1.1 or 1.2.
    """
    root = parse_xml(raw, file)
    found = [root] if root.name == "alert" else list(root.anywhere("alert"))
    messages = [alert for alert in found if namespace(alert.element) in _NAMESPACES]
    if not messages:
        raise root.error("holds no alert of CAP 1.1 or 1.2", hint="check its namespace")
    alerts: list[Alert] = []
    rejects: list[Reject] = []
    signed = 0
    for message in messages:
        signed += message.find("Signature") is not None
        try:
            alerts += _alerts(message, rejects)
        except SourceError as error:
            rejects.append(reject_of(error, "alert"))
    return Batch(
        file=file,
        raw_ref=raw_ref(raw),
        places=(),
        readings=(),
        rejects=few(rejects),
        notes=_signed_note(file, signed),
        synthetic=says_synthetic(alert.sender or "" for alert in alerts),
        alerts=tuple(alerts),
    )


def _signed_note(file: str, signed: int) -> tuple[Note, ...]:
    if not signed:
        return ()
    return (
        Note(
            severity="info",
            ja=f"{file}: 電子署名 {signed} 件は検証していません",
            en=f"{file}: {signed} signatures are not verified",
        ),
    )


def _alerts(message: Branch, rejects: list[Reject]) -> list[Alert]:
    identifier = message.member("identifier").text()
    if not identifier:
        raise message.error("the identifier is empty")
    sent = message.member("sent")
    base = Alert(
        part=identifier,
        message=identifier,
        event="unspecified",
        sent_s=_seconds(sent),
        start_s=_seconds(sent),
        sender=message.said("sender"),
        status=_one_of(message.member("status"), _STATUS),
        message_type=_one_of(message.member("msgType"), _TYPES),
        references=message.told("references"),
        description=message.told("note"),
    )
    infos = message.all("info")
    if not infos:
        return [base]
    return [_info(base, info, number, len(infos), rejects) for number, info in enumerate(infos)]


def _info(base: Alert, info: Branch, number: int, total: int, rejects: list[Reject]) -> Alert:
    times = {name: info.find(name) for name in ("onset", "effective", "expires")}
    start = times["onset"] if times["onset"] is not None else times["effective"]
    start_s = base.sent_s if start is None else _seconds(start)
    end = times["expires"]
    end_s = None if end is None else _seconds(end)
    if end is not None and end_s is not None and end_s < start_s:
        raise end.error("it expires before it begins")
    certainty = _one_of(info.member("certainty"), _CERTAINTY)
    areas = info.all("area")
    return Alert(
        part=base.part if total == 1 else f"{base.part}:{number + 1}",
        message=base.message,
        event=info.told("event") or base.event,
        sent_s=base.sent_s,
        start_s=start_s,
        end_s=end_s,
        sender=base.sender,
        status=base.status,
        message_type=base.message_type,
        references=base.references,
        category=", ".join(found.text() for found in info.all("category")) or None,
        urgency=_one_of(info.member("urgency"), _URGENCY),
        severity=_one_of(info.member("severity"), _SEVERITY),
        certainty="Likely" if certainty == "Very Likely" else certainty,
        language=info.said("language") or "en-US",
        headline=info.told("headline"),
        description=info.told("description") or base.description,
        instruction=info.told("instruction"),
        area="; ".join(filter(None, (area.told("areaDesc") for area in areas))) or None,
        geocodes=tuple(dict.fromkeys(_pairs(info.all("area/geocode")))),
        attributes=dict(
            pair.split("=", maxsplit=1)
            for pair in _pairs([*info.all("eventCode"), *info.all("parameter")])
        ),
        shape=_shape(areas, rejects),
    )


def _one_of(branch: Branch, words: tuple[str, ...]) -> str:
    said = branch.text()
    if said not in words:
        raise branch.error(f"{ascii(said)[:40]} is none of {', '.join(words)}")
    return said


def _seconds(branch: Branch) -> int:
    said = branch.text()
    try:
        return utc_seconds(said, None)
    except TimeStampError as error:
        raise branch.error(f"{error.message}, got {ascii(said)[:40]}", hint=error.hint) from error


def _pairs(branches: Iterable[Branch]) -> list[str]:
    """Pairs of a name and a value, as ``name=value``."""
    found = []
    for branch in branches:
        name, value = branch.told("valueName"), branch.told("value")
        if name and value:
            found.append(f"{name.replace('=', '')}={value}")
    return found


def _shape(areas: Iterable[Branch], rejects: list[Reject]) -> Geometry | None:
    """Polygons and circles of all areas together; points where there is no more."""
    shapes: list[Geometry] = []
    for area in areas:
        for branch in area.children():
            if branch.name not in ("polygon", "circle") or not branch.prose():
                continue
            try:
                shapes.append(_polygon(branch) if branch.name == "polygon" else _circle(branch))
            except SourceError as error:
                rejects.append(reject_of(error, "area"))
    faces = [shape for shape in shapes if shape.area > 0]
    return shapely.union_all(faces or shapes) if shapes else None


def _polygon(branch: Branch) -> Geometry:
    """Read pairs of latitude and longitude, of which the last repeats the first."""
    points = [_point(branch, pair) for pair in (branch.element.text or "").split()[:_MOST_POINTS]]
    if len(points) < 4 or points[0] != points[-1]:
        raise branch.error("the polygon is not closed, or has less than four points")
    face = shapely.make_valid(shapely.Polygon(points))
    if face.area == 0:
        raise branch.error("the polygon has no area")
    return face


def _circle(branch: Branch) -> Geometry:
    """Read a centre and a radius in kilometres; none gives a point."""
    parts = (branch.element.text or "").split()
    if len(parts) != 2:
        raise branch.error("expected a centre and a radius")
    longitude_deg, latitude_deg = _point(branch, parts[0])
    radius_km = _number(parts[1])
    if not 0.0 <= radius_km <= _LARGEST_KM:
        raise branch.error(f"radius {parts[1][:20]!r} is none up to {_LARGEST_KM:g} km")
    if radius_km == 0.0:
        return shapely.Point(longitude_deg, latitude_deg)
    bearing = np.arange(_SIDES) * (360.0 / _SIDES)
    same = np.ones(_SIDES)
    lon, lat, _ = _GEOD.fwd(
        longitude_deg * same, latitude_deg * same, bearing, 1e3 * radius_km * same
    )
    if np.ptp(lon) > 180.0:
        raise branch.error("the circle crosses the date line or a pole")
    return shapely.Polygon(np.column_stack([lon, lat]))


def _point(branch: Branch, pair: str) -> tuple[float, float]:
    latitude, _, longitude = pair.partition(",")
    longitude_deg, latitude_deg = _number(longitude), _number(latitude)
    if not on_earth(longitude_deg, latitude_deg):
        raise branch.error(f"{pair[:40]!r} is no latitude and longitude")
    return longitude_deg, latitude_deg


def _number(said: str) -> float:
    try:
        return float(said) if said.isascii() and "_" not in said else math.nan
    except ValueError:
        return math.nan


def _decode(raw: bytes, file: str, fetched_s: int, params: NoParams) -> Batch:  # noqa: ARG001
    batch = decode_cap(raw, file)
    places, readings = warning_readings(batch.alerts, _subject)
    return replace(batch, places=places, readings=readings)


def _subject(alert: Alert) -> str:
    """Area and kind of event, which updates and cancellations share, while identifiers change."""
    drill = "" if alert.status == "Actual" else f"{alert.status}:"
    where = alert.geocodes[0] if alert.geocodes else alert.area or alert.sender or "anywhere"
    return f"{drill}{where}:{alert.event}"


def read(dataset: Dataset, params: NoParams) -> Decoded:  # noqa: ARG001
    """Read all files of a source.

    Parameters
    ----------
    dataset
        Alerts.
    params
        None.
    """
    batches, rejects = decode_files(dataset, dataset.files, decode_cap)
    return decoded_alerts(dataset, batches, rejects)


FORMAT = Format(
    name="cap",
    title=text("CAP 警報（共通警報プロトコル）", "CAP alerts"),
    patterns=("*.cap", "*.xml"),
    produces=(ALERTS,),
    params=NoParams,
    read=read,
    observes=(),
    decode=_decode,
)
