"""The weather of the demo city in June 2026: a rainy month that ends with a storm.

One ten-minute rain series feeds both weather formats, so that they tell the same story.
Times are hours since 2026-06-01 00:00 Japan time.
"""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone

import numpy as np

from citytwin.testing.place import SEED

JST = timezone(timedelta(hours=9), "JST")
MONTH_START = datetime(2026, 6, 1, tzinfo=JST)
HOURS = 720
STORM_PEAK_H = 29 * 24 + 19.6
LATITUDE_DEG = 35.15
LONGITUDE_DEG = 139.35

_STORM_PEAK_MM_H = 77.0
_STORM_SPREAD_H = 0.55


def _showers() -> tuple[tuple[float, float, float], ...]:
    """Rainy spells of the month: middle [h], half length [h], peak [mm/h]."""
    dice = np.random.Generator(np.random.PCG64(SEED + 1))
    spells = []
    for day in (2, 3, 8, 9, 10, 14, 18, 19, 20, 24, 25, 27):
        middle = 24.0 * day + 20.0 * float(dice.random()) + 2.0
        spells.append((middle, 2.0 + 3.0 * float(dice.random()), 1.0 + 5.0 * float(dice.random())))
    return tuple(spells)


_SHOWERS = _showers()


def rain_mm_h(hour: float) -> float:
    """Rain rate [mm/h]."""
    rate = 0.0
    for middle, half, peak in _SHOWERS:
        share = abs(hour - middle) / half
        if share < 1.0:
            rate += peak * math.cos(share * math.pi / 2.0) ** 2
    front = hour - STORM_PEAK_H
    if -5.0 < front < 3.5:
        shoulder = 6.0 * math.cos(math.pi * (front + 0.75) / 8.5) ** 2
        rate += shoulder + _STORM_PEAK_MM_H * math.exp(-0.5 * (front / _STORM_SPREAD_H) ** 2)
    return rate


def rain_sum_mm(end_h: float, duration_h: float) -> float:
    """Rain [mm] in the time before ``end_h``, from ten-minute steps."""
    steps = round(duration_h * 6)
    return sum(rain_mm_h(end_h - (k + 0.5) / 6.0) for k in range(steps)) / 6.0


def _near_storm(hour: float) -> float:
    return math.exp(-0.5 * ((hour - STORM_PEAK_H) / 4.0) ** 2)


def temperature_c(hour: float) -> float:
    """Air temperature [degree C] at 2 m."""
    daily = 3.6 * math.cos(2.0 * math.pi * (hour - 14.0) / 24.0)
    season = 21.5 + 2.5 * hour / HOURS + 1.6 * math.sin(hour / 37.0)
    return season + daily * (1.0 - 0.6 * cloud_share(hour)) - 3.5 * _near_storm(hour)


def cloud_share(hour: float) -> float:
    """Cloud cover, 0 to 1."""
    wave = 0.55 + 0.35 * math.sin(hour / 17.0) + 0.2 * math.sin(hour / 5.3)
    rain = sum(rain_mm_h(hour + shift) for shift in (-2.0, -1.0, 0.0, 1.0, 2.0))
    return min(max(wave + 0.4 * rain + 0.9 * _near_storm(hour), 0.0), 1.0)


def wind_m_s(hour: float) -> float:
    """Wind speed [m/s] at 10 m, mean of ten minutes."""
    breeze = 2.2 + 1.6 * max(math.sin(2.0 * math.pi * (hour - 8.0) / 24.0), 0.0)
    return max(breeze + 1.1 * math.sin(hour / 13.0) + 9.4 * _near_storm(hour), 0.3)


def wind_from_deg(hour: float) -> float:
    """Direction the wind comes from [degrees clockwise from true north]."""
    calm = 190.0 + 45.0 * math.sin(hour / 29.0) + 15.0 * math.sin(hour / 7.0)
    veer = 205.0 + 22.5 * (1.0 + math.tanh(hour - STORM_PEAK_H - 0.7))
    weight = _near_storm(hour)
    return (calm * (1.0 - weight) + veer * weight) % 360.0


def humidity_percent(hour: float) -> float:
    """Relative humidity [%]."""
    daily = -9.0 * math.cos(2.0 * math.pi * (hour - 14.0) / 24.0)
    return min(74.0 + daily + 8.0 * cloud_share(hour) + 2.0 * rain_mm_h(hour), 99.0)


def pressure_hpa(hour: float) -> float:
    """Sea level pressure [hPa]."""
    return 1008.0 + 4.0 * math.sin(hour / 41.0) - 13.0 * _near_storm(hour)


def solar_sine(hour: float) -> float:
    """Sine of the sun's elevation, to a degree or so: enough for a synthetic series."""
    declination = math.radians(23.44 * math.sin(2.0 * math.pi * (hour / 24.0 + 71.0) / 365.25))
    latitude = math.radians(LATITUDE_DEG)
    solar_hour = hour % 24.0 + (LONGITUDE_DEG - 135.0) / 15.0
    angle = math.radians(15.0 * (solar_hour - 12.0))
    return math.sin(latitude) * math.sin(declination) + math.cos(latitude) * math.cos(
        declination
    ) * math.cos(angle)


def _clear_w_m2(hour: float) -> float:
    """Mean global radiation [W/m2] of the hour before under a clear sky."""
    steps = [max(solar_sine(hour - (k + 0.5) / 6.0), 0.0) for k in range(6)]
    return 1361.0 * 0.76 * sum(steps) / 6.0


def shortwave_w_m2(hour: float) -> float:
    """Mean global radiation [W/m2] of the hour before."""
    return _clear_w_m2(hour) * (1.0 - 0.75 * cloud_share(hour - 0.5) ** 3)


def shortwave_with_fronts_w_m2(hour: float) -> float:
    """Mean global radiation [W/m2] of the hour before, at any time of any year.

    Outside of June 2026 the weather has no rain of its own; a front passes every four to five days.
    """
    front = max(math.sin(hour / 17.0 + 2.0 * math.sin(hour / 611.0)), 0.0)
    cloud = min(cloud_share(hour - 0.5) + 0.9 * front, 1.0)
    return _clear_w_m2(hour) * (1.0 - 0.75 * cloud**3)


def at(hour: float) -> datetime:
    """Clock time in Japan."""
    return MONTH_START + timedelta(hours=hour)
