"""The suns of one or more days at a place: those that count, by their hours."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from citytwin.kernels.far_horizon import above_horizon
from citytwin.kernels.solar import ephemeris
from citytwin.kernels.sun_bundle import Suns


class Place(NamedTuple):
    """A place on Earth, and how its grid lies.

    Parameters
    ----------
    longitude_deg, latitude_deg
        East and north positive [deg].
    convergence_deg
        Grid azimuth is true azimuth minus this [deg].
    """

    longitude_deg: float
    latitude_deg: float
    convergence_deg: float


def suns_at(unix_s: np.ndarray, hours: float, place: Place, refraction: bool) -> Suns:
    """Positions of the sun at instants, those below the horizon too.

    Parameters
    ----------
    unix_s
        Middles of intervals, seconds since 1970 in UTC, shape (nt,), float64 [s].
    hours
        What each instant counts [h].
    place
        Where the sun is looked for.
    refraction
        Whether the air lifts the sun.

    Returns
    -------
    Suns
        Azimuths clockwise from grid north, 0..2 pi [rad]; weights in hours.
    """
    sun = ephemeris(unix_s, place.longitude_deg, place.latitude_deg)
    altitude_deg = sun.apparent_altitude_deg if refraction else sun.altitude_deg
    azimuth = np.radians(np.mod(sun.azimuth_deg - place.convergence_deg, 360.0))
    return Suns(azimuth, np.radians(altitude_deg), np.full(unix_s.size, hours))


def suns_above(
    suns: Suns, min_altitude_deg: float, horizon_deg: tuple[float, ...], convergence_deg: float
) -> Suns:
    """Leave out the suns that stand too low, or behind the mountains around the city.

    Parameters
    ----------
    suns
        Positions from grid north, shape (nt,) each.
    min_altitude_deg
        Lowest altitude that counts [deg].
    horizon_deg
        Altitudes of the far horizon at equal steps from TRUE north over east [deg]; empty for
        none.
    convergence_deg
        Grid azimuth is true azimuth minus this [deg].

    Returns
    -------
    Suns
    """
    up = suns.altitude_rad >= np.radians(min_altitude_deg)
    if horizon_deg:
        true_azimuth = suns.azimuth_rad + np.radians(convergence_deg)
        up &= above_horizon(true_azimuth, suns.altitude_rad, np.radians(horizon_deg))
    return Suns(*(part[up] for part in suns))
