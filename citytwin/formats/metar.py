"""METAR and SPECI (WMO-No. 306, FM 15 and FM 16): reports of aerodromes -> observations.

A report gives day and hour but neither month nor year: these come from what stands beside it (a line
with a date, ``reportTime``, ``created``), or from the configuration. Several reports may run on in
one text. What stands behind NOSIG, BECMG and TEMPO is a forecast, behind RMK a remark; of remarks
the tenths of a degree, the pressure at sea level and the rain of the hour are read (FMH-1, 2019, 12.7).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from pydantic import Field

from citytwin.errors import SourceError
from citytwin.formats.feed_file import decode_files, raw_ref
from citytwin.formats.feed_json import Node, is_clean, parse
from citytwin.formats.feed_times import TimeStampError, utc_seconds
from citytwin.formats.given_places import GivenPlace, places_given
from citytwin.formats.metar_groups import values_of
from citytwin.formats.observation_tables import assemble
from citytwin.formats.observations import (
    Batch,
    Place,
    Reading,
    on_earth,
    plausible_time,
    reject_of,
    says_synthetic,
    seconds_of,
)
from citytwin.formats.quality import few
from citytwin.model import properties as p
from citytwin.model.notes import Reject
from citytwin.model.steps import Dataset, Decoded, Format, Params
from citytwin.model.tables import OBSERVATIONS, THINGS
from citytwin.model.text import text

_START = re.compile(r"\b(?=[A-Z][A-Z0-9]{3} \d{6}Z\b)", re.ASCII)
_HEAD = re.compile(r"([A-Z][A-Z0-9]{3}) (\d\d)(\d\d)(\d\d)Z\b ?(.*)", re.ASCII | re.DOTALL)
_DATE_LINE = re.compile(r"^\s*(\d{4})/(\d\d)/(\d\d) (\d\d):(\d\d)\s*$", re.ASCII | re.MULTILINE)
_FORECAST = re.compile(r"\d{4}/\d{4}", re.ASCII)
_LONGEST = 2000
_EARLY_S = 3600
"""A report may be this much later than the clock of whoever fetched it."""
_OLDEST = timedelta(days=27)
"""Beyond that the day of the month no longer tells the month."""


class MetarParams(Params):
    """What reports leave open."""

    positions: tuple[GivenPlace, ...] = ()
    """Where aerodromes are, by their ICAO code."""
    month: str | None = Field(default=None, pattern=r"^(19|20|21)\d\d-(0[1-9]|1[0-2])$")
    """Month of the reports, such as ``2026-11``, where nothing in the file tells it."""


@dataclass
class _Found:
    """What one file gives."""

    places: dict[str, Place] = field(default_factory=dict)
    readings: list[Reading] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)


@dataclass(frozen=True)
class _Text:
    """Reports in one text, with what stands beside them."""

    raw: str
    known_s: int | None
    """A moment at or soon after the reports [s]; None where nothing tells it."""
    place: tuple[float, float] | None = None


@dataclass(frozen=True)
class _Calendar:
    """What tells month and year of the reports of a text."""

    file: str
    known_s: int | None
    """A moment at or soon after them."""
    month: str | None
    """Such as ``2026-11``; counts before the moment."""

    def time_s(self, day: int, hour: int, minute: int, record: str) -> int:
        """Return the moment of a day and hour, UTC [s]."""
        if self.month is not None:
            months = [(int(self.month[:4]), int(self.month[5:]))]
            latest = datetime.max.replace(tzinfo=UTC)
            earliest = datetime.min.replace(tzinfo=UTC)
        elif self.known_s is None or not plausible_time(self.known_s):
            hint = "say the `month`, such as 2026-11"
            message = "nothing tells its month and year"
            raise SourceError(message, source=self.file, record=record, hint=hint)
        else:
            latest = datetime.fromtimestamp(self.known_s + _EARLY_S, UTC)
            earliest = latest - _OLDEST
            months = [(latest.year, latest.month), (earliest.year, earliest.month)]
        for year, month in months:
            try:
                moment = datetime(year, month, day, hour, minute, tzinfo=UTC)
            except ValueError:
                continue
            if earliest <= moment <= latest:
                return seconds_of(moment)
        message = "no day and hour in the weeks before the report was known"
        raise SourceError(message, source=self.file, record=record)


def decode_metar(raw: bytes, file: str, params: MetarParams, fetched_s: int | None = None) -> Batch:
    """Decode reports.

    Parameters
    ----------
    raw
        Text, or JSON with ``rawOb`` or ``raw`` (an object, or an array of them).
    file
        Name of the file, for messages.
    params
        What reports leave open.
    fetched_s
        When the file was fetched, seconds since 1970-01-01T00:00Z, where that is known.

    Raises
    ------
    SourceError
        If it holds no report.
    """
    texts = _of_json(raw, file) if raw.lstrip()[:1] in (b"{", b"[") else [_of_text(raw, file)]
    given = places_given(params.positions, "weather_station")
    found = _Found()
    reports = 0
    for one in texts:
        known_s = fetched_s if one.known_s is None else one.known_s
        calendar = _Calendar(file, known_s, params.month)
        for piece in _START.split(one.raw)[1:]:
            reports += 1
            try:
                _report(piece, calendar, _placed(one, given), found)
            except SourceError as error:
                found.rejects.append(reject_of(error, "report"))
    if not reports:
        raise SourceError("holds no report", source=file, hint="expected such as KJFK 170551Z ...")
    return Batch(
        file=file,
        raw_ref=raw_ref(raw),
        places=tuple(found.places.values()),
        readings=tuple(found.readings),
        rejects=few(found.rejects),
        synthetic=says_synthetic(one.raw for one in texts),
    )


def _of_text(raw: bytes, file: str) -> _Text:
    try:
        said = raw.decode("ascii")
    except UnicodeDecodeError as error:
        raise SourceError(f"no ASCII text at byte {error.start}", source=file) from error
    dates = _DATE_LINE.findall(said)
    known_s = None
    if len(dates) == 1:
        try:
            year, month, day, hour, minute = (int(part) for part in dates[0])
            known_s = seconds_of(datetime(year, month, day, hour, minute, tzinfo=UTC))
        except ValueError as error:
            raise SourceError("its date line is no date", source=file) from error
    return _Text(" ".join(said.split()), known_s)


def _of_json(raw: bytes, file: str) -> list[_Text]:
    document = parse(raw, file)
    entries = document.items() if isinstance(document.value, list) else [document]
    texts = []
    for entry in entries:
        data = entry.find("data") or entry
        report = data.find("rawOb") or data.find("raw")
        if report is None:
            raise entry.error("holds neither rawOb nor raw")
        if not isinstance(report.value, str) or not is_clean(" ".join(report.value.split())):
            raise report.error("expected the text of a report")
        texts.append(_Text(" ".join(report.value.split()), _beside(entry), _position(entry)))
    return texts


def _beside(entry: Node) -> int | None:
    """Moment that an entry of JSON gives: of the report, or of when it was stored (end of that day)."""
    for key in ("reportTime", "receiptTime"):
        found = entry.find(key)
        if found is not None and isinstance(found.value, str):
            try:
                return utc_seconds(found.value, UTC)
            except TimeStampError as error:
                raise found.error(error.message) from error
    created = entry.find("created")
    if created is None or not isinstance(created.value, str):
        return None
    try:
        return utc_seconds(f"{created.value[:10]}T24:00Z", None)
    except TimeStampError as error:
        raise created.error(error.message) from error


def _position(entry: Node) -> tuple[float, float] | None:
    latitude, longitude = entry.find("lat"), entry.find("lon")
    if latitude is None or longitude is None:
        return None
    position = longitude.number(), latitude.number()
    if not on_earth(*position):
        raise entry.error("lat and lon are no position")
    return position


def _placed(one: _Text, given: Mapping[str, Place]) -> Mapping[str, Place]:
    """Places by code; what the entry itself says counts for the aerodromes of its text."""
    if one.place is None:
        return given
    codes = (piece[:4] for piece in _START.split(one.raw)[1:])
    return {code: Place(code, code, "weather_station", *one.place) for code in codes} | dict(given)


def _report(piece: str, calendar: _Calendar, places: Mapping[str, Place], found: _Found) -> None:
    file = calendar.file
    head = _HEAD.match(piece[:_LONGEST])
    if head is None or len(piece) > _LONGEST:
        raise SourceError("no report of an aerodrome", source=file, record=piece[:20])
    code, day, hour, minute, rest = head.groups()
    record = f"{code} {day}{hour}{minute}Z"
    groups = rest.rstrip("= ").split(" ")
    if _FORECAST.fullmatch(groups[0]):
        raise SourceError("a forecast (TAF), no observation", source=file, record=record)
    if code not in places:
        hint = "give it in `positions`"
        raise SourceError("no position is known", source=file, record=record, hint=hint)
    time_s = calendar.time_s(int(day), int(hour), int(minute), record)
    found.places[code] = places[code]
    for observed, value, duration_s in values_of(groups, time_s):
        found.readings.append(Reading(code, observed, time_s - duration_s, time_s, value))


def read(dataset: Dataset, params: MetarParams) -> Decoded:
    """Read all files of a source.

    Parameters
    ----------
    dataset
        Texts, or JSON.
    params
        What reports leave open.
    """
    decode = functools.partial(decode_metar, params=params)
    batches, rejects = decode_files(dataset, dataset.files, decode)
    return assemble(dataset, batches, source_crs="EPSG:4326", rejects=rejects)


def _decode(raw: bytes, file: str, fetched_s: int, params: MetarParams) -> Batch:
    return decode_metar(raw, file, params, fetched_s)


FORMAT = Format(
    name="metar",
    title=text("METAR（航空気象実況）", "METAR aerodrome reports"),
    patterns=("*.txt", "*.metar", "*.json"),
    produces=(THINGS, OBSERVATIONS),
    params=MetarParams,
    read=read,
    decode=_decode,
    observes=(
        p.WIND_SPEED, p.WIND_DIRECTION, p.WIND_GUST, p.VISIBILITY, p.AIR_TEMPERATURE, p.DEW_POINT,
        p.ALTIMETER_SETTING, p.SEA_LEVEL_PRESSURE, p.RAINFALL_RATE,
    ),
)  # fmt: skip
