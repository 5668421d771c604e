"""Times as feeds write them -> whole seconds in UTC, or a reason why not.

A time without a zone is never taken for UTC: it needs the zone that the feed declares. 24:00 is the
midnight that ends a day (ISO 8601:2004, 4.2.3; usual in Japan). Times that the clocks skip or show
twice, when summer time begins or ends, are refused.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from citytwin.errors import CityTwinError
from citytwin.formats.observations import plausible_time, seconds_of

_ISO = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2}|\d{8})[T ](?P<hour>\d{2}):?(?P<rest>\d{2}(?::?\d{2}(?:[.,]\d{1,12})?)?)"
    r"(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?",
    re.ASCII,
)


class TimeStampError(CityTwinError, ValueError):
    """A text or number that is no time, or does not say which."""


def utc_seconds(text: str, zone: tzinfo | None) -> int:
    """Return an ISO 8601 time as whole seconds since 1970-01-01T00:00Z.

    Parameters
    ----------
    text
        Day and time, such as ``2026-07-24T24:00`` or ``20260724T2112Z``.
    zone
        Zone of a time that names none; None where the feed declares none.

    Raises
    ------
    TimeStampError
        If it is no such time, or does not say which moment it means.
    """
    found = _ISO.fullmatch(text.strip())
    if found is None:
        raise TimeStampError("no ISO 8601 time")
    midnight = found["hour"] == "24"
    if midnight and found["rest"].strip("0:.,"):
        raise TimeStampError("no time of a day: only 24:00 itself ends it")
    hour = "00" if midnight else found["hour"]
    rest = found["rest"].replace(",", ".")
    try:
        moment = datetime.fromisoformat(f"{found['day']}T{hour}:{_with_colon(rest)}")
        moment += timedelta(days=midnight)
        offset_s = _offset_s(found["zone"]) if found["zone"] else None
    except (ValueError, OverflowError) as error:
        raise TimeStampError("no ISO 8601 time") from error
    if offset_s is None:
        return seconds_of_local(moment, zone)
    return checked(seconds_of(moment.replace(tzinfo=UTC)) - offset_s)


def _with_colon(rest: str) -> str:
    """Minutes and seconds with a colon between, as Python wants them."""
    return rest if ":" in rest or len(rest) <= 2 else f"{rest[:2]}:{rest[2:]}"


def _offset_s(zone: str) -> int:
    if zone == "Z":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:]) if len(zone) > 3 else 0
    if hours > 14 or minutes > 59:
        msg = f"no offset from UTC: {zone}"
        raise ValueError(msg)
    return (3600 * hours + 60 * minutes) * (-1 if zone[0] == "-" else 1)


def seconds_of_local(moment: datetime, zone: tzinfo | None) -> int:
    """Return a time on the clocks of a zone as whole seconds since 1970-01-01T00:00Z.

    Parameters
    ----------
    moment
        Without zone.
    zone
        Where it was read off; None where nobody says.

    Raises
    ------
    TimeStampError
        If the zone is not known, or the clocks are put forward or back at that time.
    """
    if zone is None:
        hint = "the feed needs offsets from UTC, or the configuration a time zone"
        raise TimeStampError("local time of an unknown zone", hint=hint)
    try:
        early, late = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
        if early.utcoffset() != late.utcoffset():
            hint = "the feed needs offsets from UTC"
            raise TimeStampError("the clock is put forward or back here", hint=hint)
        return checked(seconds_of(early.astimezone(UTC)))
    except OverflowError as error:
        raise TimeStampError("no time between 1900 and 2200") from error


def checked(seconds: float) -> int:
    """Return seconds that lie between 1900 and 2200.

    Parameters
    ----------
    seconds
        Since 1970-01-01T00:00Z; fractions are cut off.

    Raises
    ------
    TimeStampError
        If they do not.
    """
    if not plausible_time(seconds):
        raise TimeStampError("no time between 1900 and 2200")
    return int(seconds // 1)


def utc_interval(text: str, zone: tzinfo | None) -> tuple[int, int]:
    """Return a time, or an ISO 8601 interval ``start/end``, as two ends in UTC [s].

    Parameters
    ----------
    text
        An instant gives two equal ends.
    zone
        Zone of times that name none.

    Raises
    ------
    TimeStampError
        If an end is no time, or the interval runs backwards.
    """
    first, slash, second = text.partition("/")
    start_s = utc_seconds(first, zone)
    end_s = utc_seconds(second, zone) if slash else start_s
    if end_s < start_s:
        raise TimeStampError("the interval ends before it begins")
    return start_s, end_s
