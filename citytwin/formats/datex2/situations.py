"""Situations of DATEX II 2 and 3 (works, closures, accidents, speed limits) -> alerts."""

from __future__ import annotations

from datetime import tzinfo

from shapely.geometry.base import BaseGeometry as Geometry

from citytwin.errors import SourceError
from citytwin.formats.datex2.where import shape_of
from citytwin.formats.feed_times import TimeStampError, utc_seconds
from citytwin.formats.feed_xml import Branch
from citytwin.formats.observations import Alert, reject_of
from citytwin.model.notes import Reject

_STATUS = {
    "real": "Actual",
    "test": "Test",
    "securityExercise": "Exercise",
    "technicalExercise": "Exercise",
}
_SEVERITY = {
    "highest": "Extreme",
    "high": "Severe",
    "medium": "Moderate",
    "low": "Minor",
    "lowest": "Minor",
}
_CERTAINTY = {"certain": "Observed", "probable": "Likely", "riskOf": "Possible"}
_LOCATIONS = ("locationReference", "groupOfLocations", "locationForDisplay")


def situations_in(root: Branch, zone: tzinfo | None) -> tuple[list[Alert], list[Reject]]:
    """Read the situation records of a document, each as an alert of its own.

    Parameters
    ----------
    root
        Any document of DATEX II.
    zone
        Of times that name none.
    """
    alerts: list[Alert] = []
    rejects: list[Reject] = []
    for situation in root.anywhere("situation"):
        for record in situation.children("situationRecord"):
            try:
                alerts.append(_record(situation, record, zone))
            except SourceError as error:
                rejects.append(reject_of(error, "record"))
    return alerts, rejects


def _record(situation: Branch, record: Branch, zone: tzinfo | None) -> Alert:
    identifier = record.attribute("id")
    if not identifier:
        raise record.error("the record has no id")
    sent_s = _time(record, "situationRecordVersionTime", zone)
    sent_s = _time(record, "situationRecordCreationTime", zone) if sent_s is None else sent_s
    if sent_s is None:
        raise record.error("the record says not when it was made")
    validity = "validity/validityTimeSpecification"
    start_s = _time(record, f"{validity}/overallStartTime", zone)
    start_s = sent_s if start_s is None else start_s
    end_s = _time(record, f"{validity}/overallEndTime", zone)
    if end_s is not None and end_s < start_s:
        raise record.error("it ends before it begins")
    status = situation.said("headerInformation/informationStatus") or "real"
    severity = record.said("severity") or situation.said("overallSeverity") or ""
    return Alert(
        part=identifier,
        message=situation.attribute("id") or identifier,
        event=record.kind or "SituationRecord",
        sent_s=sent_s,
        start_s=start_s,
        end_s=end_s,
        sender=record.said("source/sourceName/values/value")
        or record.said("source/sourceIdentification"),
        status=_STATUS.get(status, "Test"),
        message_type="Cancel" if _is_over(record) else "Alert",
        category="Transport",
        severity=_SEVERITY.get(severity, "Unknown"),
        certainty=_CERTAINTY.get(record.said("probabilityOfOccurrence") or "", "Unknown"),
        description=_comments(record),
        attributes=_attributes(record),
        shape=_shape(record),
    )


def _time(record: Branch, path: str, zone: tzinfo | None) -> int | None:
    found = record.find(path)
    if found is None:
        return None
    try:
        return utc_seconds(found.text(), zone)
    except TimeStampError as error:
        raise found.error(f"{error.message}, got {found.text()[:40]!r}", hint=error.hint) from error


def _is_over(record: Branch) -> bool:
    ended = (
        record.said("management/lifeCycleManagement/end"),
        record.said("management/lifeCycleManagement/cancel"),
        record.said("lifeCycleManagement/end"),
        record.said("lifeCycleManagement/cancel"),
    )
    return any(said in ("true", "1") for said in ended)


def _comments(record: Branch) -> str | None:
    found = [value.prose() for value in record.all("generalPublicComment/comment/values/value")]
    return " / ".join(text for text in found if text) or None


def _attributes(record: Branch) -> dict[str, str]:
    """What a record says of its own kind: leaves such as ``temporarySpeedLimit``."""
    found: dict[str, str] = {}
    for child in record.children():
        if len(child.element) == 0 and not child.name.startswith("situationRecord"):
            text = child.prose()
            if text:
                found.setdefault(child.name, text)
    version = record.attribute("version")
    return found | ({"version": version} if version else {})


def _shape(record: Branch) -> Geometry | None:
    for name in _LOCATIONS:
        location = record.find(name)
        if location is not None and (shape := shape_of(location)) is not None:
            return shape
    return None
