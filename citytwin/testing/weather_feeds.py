"""Writes the demo weather as an Open-Meteo answer and as AMeDAS national maps."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from citytwin.testing import weather
from citytwin.testing.place import SYNTHETIC_NOTE

AMEDAS_FIRST_H = 29 * 24 + 18.0
AMEDAS_MAPS = 19

Reading = list[float | int | None]
Series = dict[str, tuple[str, Callable[[float], float | int]]]
"""Unit and value at an hour since the begin of June 2026, by name."""


@dataclass(frozen=True)
class Station:
    """A fictional station: its row of the table and how its weather differs."""

    code: str
    kind: str
    elements: str
    latitude: tuple[int, float]
    longitude: tuple[int, float]
    altitude_m: int
    name: str
    kana: str
    english: str
    rain_factor: float
    delay_h: float


STATIONS = (
    Station(
        "99101", "C", "11112010", (35, 9.1), (139, 21.0), 6,
        "みずほ（架空）", "ミズホ", "Mizuho (synthetic)", 1.0, 0.0,
    ),
    Station(
        "99102", "E", "01000000", (35, 9.3), (139, 20.7), 41,
        "みずほ山（架空）", "ミズホヤマ", "Mizuhoyama (synthetic)", 1.08, -1.0 / 6.0,
    ),
    Station(
        "99103", "A", "11111111", (35, 7.4), (139, 24.2), 3,
        "みずほ港（架空）", "ミズホコウ", "Mizuho Port (synthetic)", 0.86, 1.0 / 6.0,
    ),
)  # fmt: skip


def write_json(path: Path, content: object) -> Path:
    """Write compact JSON in UTF-8."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    path.write_text(text + "\n", encoding="utf-8", newline="\n")
    return path


def write_openmeteo(path: Path) -> Path:
    """Write 720 hours; local time stamps, wind in km/h, sums and means of the hour before."""
    series: Series = {
        "temperature_2m": ("°C", lambda h: round(weather.temperature_c(h), 1)),
        "precipitation": ("mm", lambda h: round(weather.rain_sum_mm(h, 1.0), 1)),
        "wind_speed_10m": ("km/h", lambda h: round(3.6 * weather.wind_m_s(h), 1)),
        "wind_direction_10m": ("°", lambda h: round(weather.wind_from_deg(h)) % 360),
        "cloud_cover": ("%", lambda h: round(100.0 * weather.cloud_share(h))),
        "shortwave_radiation": ("W/m²", lambda h: round(weather.shortwave_w_m2(h), 1)),
    }
    hours = [float(h) for h in range(weather.HOURS)]
    times = [weather.at(h).strftime("%Y-%m-%dT%H:%M") for h in hours]
    return write_json(path, _answer("iso8601", times, hours, series))


def write_openmeteo_year(path: Path) -> Path:
    """Write the radiation of all hours of 2025, as the archive of the service gives it in Unix time."""
    begin = datetime(2025, 1, 1, tzinfo=weather.JST)
    hours = [(begin - weather.MONTH_START) / timedelta(hours=1) + h for h in range(365 * 24)]
    times = [round(weather.at(h).timestamp()) for h in hours]
    series: Series = {
        "shortwave_radiation": ("W/m²", lambda h: round(weather.shortwave_with_fronts_w_m2(h), 1)),
    }
    return write_json(path, _answer("unixtime", times, hours, series))


def _answer(
    time_unit: str, times: Sequence[str | int], hours: Sequence[float], series: Series
) -> dict[str, object]:
    """Answer of the service for the place of the demo city."""
    return {
        "note": SYNTHETIC_NOTE,
        "latitude": weather.LATITUDE_DEG,
        "longitude": weather.LONGITUDE_DEG,
        "generationtime_ms": 0.0,
        "utc_offset_seconds": 32400,
        "timezone": "Asia/Tokyo",
        "timezone_abbreviation": "GMT+9",
        "elevation": 5.0,
        "hourly_units": {"time": time_unit, **{name: unit for name, (unit, _) in series.items()}},
        "hourly": {
            "time": times,
            **{name: [value(h) for h in hours] for name, (_, value) in series.items()},
        },
    }


def _rain(station: Station, hour: float, duration_h: float) -> float:
    """Rain of a station [mm] on the gauge's half-millimetre steps."""
    steps = round(duration_h * 6)
    start = hour - station.delay_h
    total = 0.0
    for k in range(steps):
        depth = station.rain_factor * weather.rain_sum_mm(start - k / 6.0, 1.0 / 6.0)
        total += round(2.0 * depth) / 2.0
    return total


def _compass_code(degrees: float) -> int:
    """1 = north-north-east to 16 = north."""
    return round(degrees / 22.5) % 16 or 16


def _station_readings(station: Station, hour: float) -> dict[str, Reading]:
    """All elements of a station; [value, 0] is good, 5 and 6 mean there is no value."""
    readings: dict[str, Reading] = {}
    if station.elements[7] == "1":
        readings["pressure"] = [round(weather.pressure_hpa(hour) - 0.4, 1), 0]
        readings["normalPressure"] = [round(weather.pressure_hpa(hour), 1), 0]
    if station.elements[0] == "1":
        readings["temp"] = [round(weather.temperature_c(hour), 1), 0]
        readings["humidity"] = [round(weather.humidity_percent(hour)), 0]
    if station.elements[5] == "1":
        readings["snow"] = [None, 5]
    snow_flag = 6 if station.elements[5] == "1" else None
    for name in ("snow1h", "snow6h", "snow12h", "snow24h"):
        readings[name] = [0, snow_flag]
    if station.elements[4] != "0":
        readings["sun10m"] = [0, 0]
        readings["sun1h"] = [0, 0]
    for name, duration_h in (("10m", 1 / 6), ("1h", 1.0), ("3h", 3.0), ("24h", 24.0)):
        readings[f"precipitation{name}"] = [_rain(station, hour, duration_h), 0]
    if station.elements[3] != "0":
        readings["windDirection"] = [_compass_code(weather.wind_from_deg(hour)), 0]
        readings["wind"] = [round(weather.wind_m_s(hour), 1), 0]
    return readings


def _with_faults(maps: dict[str, dict[str, dict[str, Reading]]]) -> None:
    """What goes wrong in a storm: an anemometer falls silent, a gauge skips a reading."""
    for stamp in ("20260630193000", "20260630194000"):
        maps[stamp]["99101"]["windDirection"] = [None, 5]
        maps[stamp]["99101"]["wind"] = [None, 5]
    maps["20260630201000"]["99102"]["precipitation10m"] = [None, 5]
    maps["20260630202000"]["99103"]["humidity"] = [0, 6]


def write_amedas(folder: Path) -> tuple[Path, tuple[Path, ...]]:
    """Write the station table and one map per ten minutes of the storm.

    Returns
    -------
    tuple
        The table, and the maps in order of time; their names bear Japan time.
    """
    table: dict[str, Mapping[str, object]] = {
        s.code: {
            "type": s.kind,
            "elems": s.elements,
            "lat": s.latitude,
            "lon": s.longitude,
            "alt": s.altitude_m,
            "kjName": s.name,
            "knName": s.kana,
            "enName": s.english,
        }
        for s in STATIONS
    }
    maps: dict[str, dict[str, dict[str, Reading]]] = {}
    for k in range(AMEDAS_MAPS):
        hour = AMEDAS_FIRST_H + k / 6.0
        stamp = weather.at(round(hour * 6) / 6.0).strftime("%Y%m%d%H%M")
        minute = (10 * k) % 60
        stamp = f"{stamp[:10]}{minute:02d}00"
        maps[stamp] = {s.code: _station_readings(s, hour) for s in STATIONS}
    _with_faults(maps)
    paths = tuple(write_json(folder / f"map_{stamp}.json", maps[stamp]) for stamp in sorted(maps))
    return write_json(folder / "amedastable.json", table), paths
