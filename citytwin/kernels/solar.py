"""Where the sun stands: by the clock for physics, by hour angle for rules on shade.

Legal layers (the Japanese shade rule, for one) fix the declination and count true solar time,
with no refraction and a point sun.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

PRESSURE_HPA = 1013.25
TEMPERATURE_C = 12.0
REFRACTION_AT_SUNSET_DEG = 0.5667
_KEPT = 4
"""Series of positions at hand: a year in steps of ten minutes has 2 MB."""


class Ephemeris(NamedTuple):
    """Positions of the sun over time.

    Parameters
    ----------
    azimuth_deg
        Clockwise from TRUE north, shape (nt,) [deg].
    altitude_deg
        Of the centre of the disc, without refraction, shape (nt,) [deg].
    apparent_altitude_deg
        As the air lifts it, shape (nt,) [deg].
    """

    azimuth_deg: np.ndarray
    altitude_deg: np.ndarray
    apparent_altitude_deg: np.ndarray


def ephemeris(unix_s: np.ndarray, longitude_deg: float, latitude_deg: float) -> Ephemeris:
    """Position of the sun at instants, within 0.0003 degrees from the year -2000 to 6000.

    The solar position algorithm of Reda and Andreas (2004), NREL/TP-560-34302, by pvlib. Terrestrial
    minus universal time are the polynomials of Espenak and Meeus (2006), NASA/TP-2006-214141. They
    expect 75 s for 2026, where 69 s were measured: a second moves the sun by 0.00001 degrees among
    the stars.

    Parameters
    ----------
    unix_s
        Seconds since 1970 in UTC, shape (nt,), float64 [s].
    longitude_deg, latitude_deg
        Of the place, east and north positive [deg].

    Returns
    -------
    Ephemeris
        Not to be written to: tiles of a city ask for the same, which is kept.
    """
    return _ephemeris(unix_s.astype(np.float64).tobytes(), longitude_deg, latitude_deg)


@lru_cache(maxsize=_KEPT)
def _ephemeris(times: bytes, longitude_deg: float, latitude_deg: float) -> Ephemeris:
    """Position of the sun at instants, given as bytes."""
    unix_s = np.frombuffer(times, dtype=np.float64)
    from pvlib import spa  # takes long to import; many runs need no light

    when = unix_s.astype("datetime64[s]")
    month = when.astype("datetime64[M]").astype(np.int64)
    delta_t_s = spa.calculate_deltat(1970 + month // 12, 1 + month % 12)
    found = spa.solar_position(
        unix_s,
        latitude_deg,
        longitude_deg,
        0.0,
        PRESSURE_HPA,
        TEMPERATURE_C,
        delta_t_s,
        REFRACTION_AT_SUNSET_DEG,
    )
    found.flags.writeable = False
    return Ephemeris(azimuth_deg=found[4], altitude_deg=found[3], apparent_altitude_deg=found[2])


def sun_position(
    latitude_rad: float, declination_rad: float, hour_angle_rad: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Geometric azimuth and altitude of the sun at true solar times.

    Spherical triangle of pole, zenith and sun (Meeus 1998, Astronomical Algorithms, eq. 13.5
    and 13.6, azimuth counted from north).

    Parameters
    ----------
    latitude_rad
        Of the place, north positive, -pi/2..pi/2 [rad].
    declination_rad
        Of the sun, north positive [rad].
    hour_angle_rad
        15 degrees per hour after true solar noon, shape (nt,) [rad].

    Returns
    -------
    azimuth_rad : numpy.ndarray
        Clockwise from TRUE north, 0..2 pi, shape (nt,) [rad].
    altitude_rad : numpy.ndarray
        Above the horizon, without refraction, shape (nt,) [rad].
    """
    east = -np.cos(declination_rad) * np.sin(hour_angle_rad)
    north = np.sin(declination_rad) * np.cos(latitude_rad) - np.cos(declination_rad) * np.cos(
        hour_angle_rad
    ) * np.sin(latitude_rad)
    up = np.sin(declination_rad) * np.sin(latitude_rad) + np.cos(declination_rad) * np.cos(
        hour_angle_rad
    ) * np.cos(latitude_rad)
    azimuth = np.mod(np.arctan2(east, north), 2.0 * np.pi)
    return azimuth, np.arctan2(up, np.hypot(east, north))
