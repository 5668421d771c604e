"""Where the sun stands by hour angle and declination: the arithmetic that rules on shade use.

Legal layers (the Japanese shade rule, for one) fix the declination and count true solar time,
with no refraction and a point sun; a full ephemeris belongs to the simulations.
"""

from __future__ import annotations

import numpy as np


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
