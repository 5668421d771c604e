"""Groups of METAR reports -> values of properties (WMO-No. 306, FM 15; FMH-1, 2019, chapter 12).

What stands behind NOSIG, BECMG and TEMPO is a forecast, behind RMK a remark. Of remarks the tenths of a
degree, the pressure at sea level and the rain of the hour are read.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

from citytwin.formats.units import conversion
from citytwin.model import properties as p
from citytwin.model.properties import ObservedProperty

_WIND = re.compile(r"(\d{3}|VRB)P?(\d{2,3})(?:GP?(\d{2,3}))?(KT|MPS|KMH)", re.ASCII)
_METRES = re.compile(r"(\d{4})(?:NDV)?", re.ASCII)
_MILES = re.compile(r"[PM]?(\d{1,2})?(?:(\d)/(\d{1,2}))?SM", re.ASCII)
_TEMPERATURES = re.compile(r"(M?\d\d)/(M?\d\d)?(?://)?", re.ASCII)
_PRESSURE = re.compile(r"([QA])(\d{4})=?", re.ASCII)
_TENTHS = re.compile(r"T([01])(\d{3})([01])(\d{3})", re.ASCII)
_SEA_LEVEL = re.compile(r"SLP(\d{3})", re.ASCII)
_HOUR_OF_RAIN = re.compile(r"P(\d{4})", re.ASCII)
_UNITS = {"KT": "kn", "MPS": "m/s", "KMH": "km/h"}
_TRENDS = frozenset({"NOSIG", "BECMG", "TEMPO", "FM", "RMK"})

Value: TypeAlias = tuple[ObservedProperty, float | None, int]
"""Property, value in its unit, and length of the interval before the report [s]."""


def values_of(groups: Sequence[str], time_s: int) -> list[Value]:
    """Return what the groups of a report say.

    Parameters
    ----------
    groups
        Behind the time of the report.
    time_s
        Time of the report, seconds since 1970-01-01T00:00Z.
    """
    end = next((row for row, group in enumerate(groups) if group in _TRENDS), len(groups))
    body = groups[:end]
    remarks = groups[groups.index("RMK") + 1 :] if "RMK" in groups else []
    values = [*_wind(body), *_visibility(body), *_pressure(body, remarks)]
    values += _temperatures(body, remarks)
    rain = _first(_HOUR_OF_RAIN, remarks)
    if rain is not None:
        inches = int(rain[1]) / 100.0
        values.append((p.RAINFALL_RATE, inches * 25.4 * 3600.0 / _hour_s(time_s), _hour_s(time_s)))
    return values


def _hour_s(time_s: int) -> int:
    """Rain is that since the last regular report, which stands some minutes before the hour."""
    return 3600 if time_s % 3600 >= 2700 else max(time_s % 3600, 600)


def _first(pattern: re.Pattern[str], groups: Sequence[str]) -> re.Match[str] | None:
    return next((found for group in groups if (found := pattern.fullmatch(group))), None)


def _wind(body: Sequence[str]) -> list[Value]:
    """Calm and variable wind come from nowhere; P is more than the instrument can tell."""
    found = _first(_WIND, body)
    if found is None:
        return []
    change = conversion(_UNITS[found[4]], p.WIND_SPEED.unit)
    speed = change(float(found[2]))
    comes = found[1] != "VRB" and speed > 0
    values: list[Value] = [
        (p.WIND_SPEED, speed, 0),
        (p.WIND_DIRECTION, float(found[1]) if comes else None, 0),
    ]
    if found[3]:
        values.append((p.WIND_GUST, change(float(found[3])), 0))
    return values


def _visibility(body: Sequence[str]) -> list[Value]:
    """Visibility in metres (9999 is 10 km or more) or in statute miles (``1 1/2SM``)."""
    for row, group in enumerate(body):
        if group == "CAVOK":
            return [(p.VISIBILITY, 10_000.0, 0)]
        metres, miles = _METRES.fullmatch(group), _MILES.fullmatch(group)
        if metres is not None:
            value = float(metres[1])
            return [(p.VISIBILITY, 10_000.0 if value == 9999 else value, 0)]
        if miles is not None and (miles[1] or miles[2]):
            whole = int(miles[1] or 0)
            part = Fraction(int(miles[2]), int(miles[3])) if miles[2] and int(miles[3]) else 0
            before = body[row - 1] if row else ""
            if miles[2] and not miles[1] and len(before) <= 2 and before.isdigit():
                whole = int(before)
            return [(p.VISIBILITY, float(whole + part) * 1609.344, 0)]
    return []


def _pressure(body: Sequence[str], remarks: Sequence[str]) -> list[Value]:
    values: list[Value] = []
    found = _first(_PRESSURE, body)
    if found is not None and found[1] == "Q":
        values.append((p.ALTIMETER_SETTING, float(found[2]), 0))
    elif found is not None:
        change = conversion("[in_i'Hg]", p.ALTIMETER_SETTING.unit)
        values.append((p.ALTIMETER_SETTING, change(int(found[2]) / 100.0), 0))
    sea = _first(_SEA_LEVEL, remarks)
    if sea is not None:
        tenths = int(sea[1]) / 10.0
        values.append((p.SEA_LEVEL_PRESSURE, tenths + (1000.0 if tenths < 50 else 900.0), 0))
    return values


def _temperatures(body: Sequence[str], remarks: Sequence[str]) -> list[Value]:
    """Whole degrees of the body, or the tenths of the remark; M and a leading 1 mean minus."""
    tenths = _first(_TENTHS, remarks)
    if tenths is not None:
        signs = [-1.0 if tenths[group] == "1" else 1.0 for group in (1, 3)]
        degrees = [sign * int(tenths[g]) / 10.0 for sign, g in zip(signs, (2, 4), strict=True)]
        return [(p.AIR_TEMPERATURE, degrees[0], 0), (p.DEW_POINT, degrees[1], 0)]
    found = _first(_TEMPERATURES, body)
    if found is None:
        return []
    values: list[Value] = [(p.AIR_TEMPERATURE, _signed(found[1]), 0)]
    if found[2]:
        values.append((p.DEW_POINT, _signed(found[2]), 0))
    return values


def _signed(degrees: str) -> float:
    return -float(degrees[1:]) if degrees.startswith("M") else float(degrees)
