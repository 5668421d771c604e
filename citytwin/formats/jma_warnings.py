"""Warnings of the Japan Meteorological Agency (防災情報XML, not CAP) -> alerts by municipality.

Reports of the systems of 2015 (Ｈ２７) and of 2026 (Ｒ０６), which writes the level into the name of a
warning. One alert per area and hazard: a later report about them takes the place of the former, whichever
kind of report it is, so that copies in several kinds count once. Areas are codes without geometry.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from citytwin.errors import SourceError
from citytwin.formats.alert_tables import decoded_alerts
from citytwin.formats.feed_file import decode_files, raw_ref
from citytwin.formats.feed_times import TimeStampError, utc_seconds
from citytwin.formats.feed_xml import Branch, parse_xml
from citytwin.formats.observations import Alert, Batch, reject_of, says_synthetic
from citytwin.formats.quality import few
from citytwin.formats.warning_readings import warning_readings
from citytwin.formats.xml import namespace
from citytwin.model.notes import Reject
from citytwin.model.steps import Dataset, Decoded, Format, Params
from citytwin.model.tables import ALERTS
from citytwin.model.text import text
from citytwin.model.warning_levels import MEANINGS, WarningLevel

_NAMESPACE = "http://xml.kishou.go.jp/jmaxml1/"
_STATUS = {"通常": "Actual", "訓練": "Exercise", "試験": "Test"}
_TYPES = {"発表": "Alert", "訂正": "Update", "遅延": "Alert", "取消": "Cancel"}
_MUNICIPALITY = 7
"""Digits of the code of a municipality; prefectures and parts of them have six."""
_LEVEL = re.compile(r"^レベル([1-5])")
_RANK = re.compile(r"(特別警報|危険警報|警報|注意報)")
_LEVELS = {
    "大雨特別警報": 5,
    "土砂災害特別警報": 5,
    "氾濫特別警報": 5,
    "氾濫発生情報": 5,
    "高潮特別警報": 4,
    "高潮警報": 4,
    "大雨危険警報": 4,
    "土砂災害危険警報": 4,
    "高潮危険警報": 4,
    "氾濫危険警報": 4,
    "土砂災害警戒情報": 4,
    "氾濫危険情報": 4,
    "大雨警報": 3,
    "洪水警報": 3,
    "土砂災害警報": 3,
    "氾濫警報": 3,
    "氾濫警戒情報": 3,
    "大雨注意報": 2,
    "洪水注意報": 2,
    "土砂災害注意報": 2,
    "氾濫注意報": 2,
    "高潮注意報": 2,
    "氾濫注意情報": 2,
}
"""Levels of warnings that do not write them (Cabinet Office, 避難情報に関するガイドライン, 2021, table of
warning levels, and the names of 2026); those of wind, snow and the like have none."""
_BY_RANK = {"特別警報": "Extreme", "危険警報": "Severe", "警報": "Severe", "注意報": "Moderate"}


class JmaWarningParams(Params):
    """Which places count."""

    municipalities: tuple[str, ...] = ()
    """Codes of municipalities of five digits, such as ``13101``; empty for all."""


@dataclass(frozen=True)
class _Kind:
    """What is warned of in an area."""

    name: str
    code: str
    status: str
    """Such as 発表, 継続, 解除; empty where it is not said."""
    condition: str


@dataclass
class _Areas:
    """Kinds by area and hazard; what the body says counts before the headline."""

    names: dict[str, str] = field(default_factory=dict)
    kinds: dict[tuple[str, str], _Kind] = field(default_factory=dict)


def decode_jma_warnings(raw: bytes, file: str, params: JmaWarningParams) -> Batch:
    """Decode one report.

    Parameters
    ----------
    raw
        XML.
    file
        Name of the file, for messages.
    params
        Which places count.

    Raises
    ------
    SourceError
        If it is no report of the agency, or no warning.
    """
    root = parse_xml(raw, file)
    if root.name != "Report" or not namespace(root.element).startswith(_NAMESPACE):
        raise root.error("no report of the Japan Meteorological Agency")
    control, head = root.member("Control"), root.member("Head")
    rejects: list[Reject] = []
    areas = _areas(root, head, rejects)
    cancelled = head.said("InfoType") == "取消"
    if not areas.names and not rejects and not cancelled:
        raise head.error(f"warns of nothing: {control.told('Title') or 'no title'}")
    codes = _wanted(areas, params)
    template = _template(control, head)
    alerts = [
        _alert(template, code, areas.names[code], hazard, kind)
        for (code, hazard), kind in areas.kinds.items()
        if code in codes
    ]
    return Batch(
        file=file,
        raw_ref=raw_ref(raw),
        places=(),
        readings=(),
        rejects=few(rejects),
        synthetic=says_synthetic([template.sender or ""]),
        alerts=tuple(alerts),
    )


def _template(control: Branch, head: Branch) -> Alert:
    """What all warnings of a report have in common."""
    status = control.member("Status").text()
    kind = head.member("InfoType").text()
    for said, words, branch in ((status, _STATUS, control), (kind, _TYPES, head)):
        if said not in words:
            raise branch.error(f"{said[:20]!r} is none of {', '.join(words)}")
    reported = head.member("ReportDateTime")
    target, valid = head.find("TargetDateTime"), head.find("ValidDateTime")
    sent_s = _seconds(reported)
    title = control.member("Title").prose()
    event = head.said("EventID")
    return Alert(
        part="",
        message=f"{event or title}:{reported.text()}",
        event=title,
        sent_s=sent_s,
        start_s=sent_s if target is None else _seconds(target),
        end_s=None if valid is None else _seconds(valid),
        sender=control.told("PublishingOffice"),
        status=_STATUS[status],
        message_type=_TYPES[kind],
        category="Met",
        language="ja",
        headline=head.told("Headline/Text"),
        attributes={"title": title},
    )


def _seconds(branch: Branch) -> int:
    said = branch.text()
    try:
        return utc_seconds(said, None)
    except TimeStampError as error:
        raise branch.error(f"{error.message}, got {ascii(said)[:40]}", hint=error.hint) from error


def _areas(root: Branch, head: Branch, rejects: list[Reject]) -> _Areas:
    found = _Areas()
    items = [*head.all("Headline/Information/Item"), *root.all("Body/Warning/Item")]
    for item in items:
        try:
            for name, code in _places(item):
                for kind in _kinds(item):
                    found.names[code] = name
                    found.kinds[code, _hazard(kind.name)] = kind
        except SourceError as error:
            rejects.append(reject_of(error, "item"))
    return found


def _places(item: Branch) -> Iterator[tuple[str, str]]:
    """Areas of an item, which stand in ``Areas`` or bare."""
    for area in (*item.all("Areas/Area"), *item.all("Area")):
        code = area.member("Code").text()
        if not re.fullmatch(r"\d{2,12}", code, re.ASCII):
            raise area.error(f"{ascii(code)[:20]} is no code of an area")
        yield area.member("Name").prose(), code


def _kinds(item: Branch) -> Iterator[_Kind]:
    """Kinds of an item; one without a name says that nothing is warned of."""
    for kind in item.all("Kind"):
        name = kind.told("Name")
        if name:
            yield _Kind(
                name=unicodedata.normalize("NFKC", name),
                code=kind.said("Code") or "",
                status=kind.told("Status") or "",
                condition=kind.told("Condition") or "",
            )


def _hazard(name: str) -> str:
    """What a warning is about, without its level and rank: one may follow another."""
    return _RANK.sub("", _LEVEL.sub("", name)) or name


def _wanted(areas: _Areas, params: JmaWarningParams) -> set[str]:
    """Codes of municipalities where the report has them, else whatever it has."""
    exact = {code for code in areas.names if len(code) == _MUNICIPALITY}
    codes = exact or set(areas.names)
    if not params.municipalities:
        return codes
    return {code for code in codes if code.startswith(params.municipalities)}


def _alert(template: Alert, code: str, place: str, hazard: str, kind: _Kind) -> Alert:
    level = _level(kind.name)
    meaning = MEANINGS[WarningLevel(level)] if level else None
    over = kind.name in ("解除", "なし") or kind.name.endswith("はなし")
    lifted = template.message_type == "Cancel" or kind.status == "解除" or over
    rank = _RANK.search(kind.name)
    by_rank = _BY_RANK.get(rank[1], "Unknown") if rank else "Unknown"
    urgency, severity = (meaning.urgency, meaning.severity) if meaning else ("Unknown", by_rank)
    drill = "" if template.status == "Actual" else f"{template.status}:"
    told = {"code": kind.code, "status": kind.status, "condition": kind.condition}
    return Alert(
        part=f"{drill}{code}:{hazard}",
        message=template.message,
        event=kind.name,
        sent_s=template.sent_s,
        start_s=template.start_s,
        end_s=template.end_s,
        sender=template.sender,
        status=template.status,
        message_type="Cancel" if lifted else template.message_type,
        category=template.category,
        urgency="Past" if lifted else urgency,
        severity="Minor" if lifted else severity,
        level=None if lifted else level,
        language=template.language,
        headline=template.headline,
        area=place,
        geocodes=(f"JMA={code}",),
        attributes={**template.attributes, **{k: v for k, v in told.items() if v}},
    )


def _level(name: str) -> int | None:
    said = _LEVEL.match(name)
    return int(said[1]) if said else _LEVELS.get(name)


def _decode(raw: bytes, file: str, fetched_s: int, params: JmaWarningParams) -> Batch:  # noqa: ARG001
    batch = decode_jma_warnings(raw, file, params)
    places, readings = warning_readings(batch.alerts, lambda alert: alert.part)
    return replace(batch, places=places, readings=readings)


def read(dataset: Dataset, params: JmaWarningParams) -> Decoded:
    """Read all reports of a source.

    Parameters
    ----------
    dataset
        Reports.
    params
        Which places count.
    """
    decode = functools.partial(decode_jma_warnings, params=params)
    batches, rejects = decode_files(dataset, dataset.files, decode)
    return decoded_alerts(dataset, batches, rejects)


FORMAT = Format(
    name="jma_warnings",
    title=text("気象庁 警報・注意報（防災情報XML）", "JMA warnings (XML)"),
    patterns=("*.xml",),
    produces=(ALERTS,),
    params=JmaWarningParams,
    read=read,
    observes=(),
    decode=_decode,
)
