"""Suns that a rule counts, one after the other through the hours of its day."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.day_suns import suns_above, suns_at
from citytwin.kernels.solar import Ephemeris, ephemeris, sun_position
from citytwin.kernels.sun_bundle import Suns
from citytwin.model.local_days import midnight
from citytwin.model.site import Site
from citytwin.model.sun_rule import CountedSun
from citytwin.rules.sampled_suns import place_of

Float64Array = NDArray[np.float64]
_ROUNDS = 3
"""Of correcting the clock: the equation of time changes by 30 s a day at most."""
_SECONDS_PER_RAD = 12.0 * 3600.0 / math.pi
_SAME_H = 1e-9
"""Sums of intervals differ by less where only their rounding differs [h]."""


def suns_of_day(counted: CountedSun, day: str, year: int, step_minutes: float, site: Site) -> Suns:
    """Positions in the middle of every interval, each with the hours it counts.

    Parameters
    ----------
    counted
        What the rule counts.
    day
        One of its days, such as ``03-21``.
    year
        Year whose sun is taken: the declination of a day differs by 0.1 degrees between years.
    step_minutes
        Length of an interval, > 0; cut so that a whole number of them fills the window [min].
    site
        Where on Earth.

    Returns
    -------
    Suns
        Azimuths from grid north; suns that do not count are left out.
    """
    span_h = counted.end_h - counted.begin_h
    number = max(1, round(span_h * 60.0 / step_minutes))
    middles = (np.arange(number, dtype=np.float64) + 0.5) * (span_h / number)
    hours: Float64Array = counted.begin_h + middles
    each_h = span_h / number
    if counted.time_basis == "civil":
        unix_s = _civil(day, year, hours, site.time_zone)
        suns = suns_at(unix_s, each_h, place_of(site), counted.refraction)
    elif counted.declination_deg is None:
        unix_s = _true_solar(day, year, hours, site)
        suns = suns_at(unix_s, each_h, place_of(site), counted.refraction)
    else:
        suns = _fixed(counted.declination_deg, hours, each_h, site)
    return suns_above(suns, max(counted.min_altitude_deg, 1e-6), (), site.convergence_deg)


def reaches(hours: Float64Array, wanted_h: float | Float64Array) -> NDArray[np.bool_]:
    """Tell where hours of sun are as many as wanted; 24 times 5 minutes are 2 hours.

    Parameters
    ----------
    hours
        Sums of the weights of suns [h]; NaN reaches nothing.
    wanted_h
        Limits, of a shape that fits [h].
    """
    return np.asarray(hours >= wanted_h - _SAME_H)


def begin_of(day: str, year: int, time_zone: str) -> datetime:
    """Instant at which a day of a rule begins, in UTC.

    Parameters
    ----------
    day
        Such as ``03-21``.
    year
        Year whose sun is taken.
    time_zone
        IANA name.
    """
    return midnight(date.fromisoformat(f"{year}-{day}"), time_zone)


def _civil(day: str, year: int, hours: Float64Array, time_zone: str) -> Float64Array:
    """Instants of clock times of a day; hours count from local midnight."""
    return begin_of(day, year, time_zone).timestamp() + hours * 3600.0


def _true_solar(day: str, year: int, hours: Float64Array, site: Site) -> Float64Array:
    """Instants at which the sun has the hour angles of a day."""
    wanted = np.pi / 12.0 * (hours - 12.0)
    noon = datetime.fromisoformat(f"{year}-{day}").replace(tzinfo=UTC) + timedelta(hours=12)
    unix_s = noon.timestamp() - site.longitude_deg * 240.0 + wanted * _SECONDS_PER_RAD
    for _ in range(_ROUNDS):
        sun = ephemeris(unix_s, site.longitude_deg, site.latitude_deg)
        off = _hour_angle(sun, site.latitude_deg) - wanted
        unix_s = unix_s - (np.mod(off + np.pi, 2.0 * np.pi) - np.pi) * _SECONDS_PER_RAD
    return np.asarray(unix_s)


def _hour_angle(sun: Ephemeris, latitude_deg: float) -> Float64Array:
    """Angle of the sun from true solar noon, -pi..pi [rad]."""
    azimuth, altitude = np.radians(sun.azimuth_deg), np.radians(sun.altitude_deg)
    latitude = math.radians(latitude_deg)
    west = -np.cos(altitude) * np.sin(azimuth)
    south = np.sin(altitude) * math.cos(latitude) - np.cos(altitude) * np.cos(azimuth) * math.sin(
        latitude
    )
    return np.asarray(np.arctan2(west, south))


def _fixed(declination_deg: float, hours: Float64Array, each_h: float, site: Site) -> Suns:
    azimuth, altitude = sun_position(
        math.radians(site.latitude_deg),
        math.radians(declination_deg),
        np.pi / 12.0 * (hours - 12.0),
    )
    turned = np.mod(azimuth - math.radians(site.convergence_deg), 2.0 * np.pi)
    return Suns(turned, altitude, np.full(hours.size, each_h))
