"""What a cloudless sky sends down: beam and diffuse irradiance by the turbidity of the air."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from pvlib import atmosphere, clearsky, irradiance

from citytwin.kernels.solar import Ephemeris

LOWEST_RISE = float(np.cos(np.radians(85.0)))
"""Sine of 5 degrees: below, what comes from around the sun counts for the whole sky."""


class ClearSky(NamedTuple):
    """Irradiance under a cloudless sky over time.

    Parameters
    ----------
    beam_w_m2
        Direct light on a plane that faces the sun, shape (nt,) [W/m2].
    even_w_m2
        Diffuse light of the whole sky, taken as uniform, on a level plane, shape (nt,) [W/m2].
    halo_w_m2
        Diffuse light from around the sun on a plane that faces it, shape (nt,) [W/m2].
    """

    beam_w_m2: np.ndarray
    even_w_m2: np.ndarray
    halo_w_m2: np.ndarray


def clear_sky(
    sun: Ephemeris, day_of_year: np.ndarray, linke_turbidity: np.ndarray, elevation_m: float
) -> ClearSky:
    """Irradiance by Ineichen and Perez (2002), its diffuse part parted by Hay and Davies (1980).

    Ineichen and Perez 2002, A new airmass independent formulation for the Linke turbidity
    coefficient, Solar Energy 73(3), 151-157. Hay and Davies 1980, Calculation of the solar
    radiation incident on an inclined surface, Proc. First Canadian Solar Radiation Data Workshop,
    59-72: the share of the diffuse light that comes from around the sun is that of the beam in
    the light outside the atmosphere.

    Parameters
    ----------
    sun
        Where it stands, arrays of shape (nt,) [deg].
    day_of_year
        1 to 366, shape (nt,) [d].
    linke_turbidity
        Shape (nt,), any number of clean, dry atmospheres: 2 clean, 3 clear, 6 hazy [1].
    elevation_m
        Of the place above the sea [m].

    Returns
    -------
    ClearSky
        All 0 while the centre of the disc is below the horizon.
    """
    up = sun.apparent_altitude_deg > 0.0
    altitude = np.where(up, sun.apparent_altitude_deg, 90.0)  # no formula holds at night
    mass = atmosphere.get_absolute_airmass(
        atmosphere.get_relative_airmass(90.0 - altitude), atmosphere.alt2pres(elevation_m)
    )
    outside = irradiance.get_extra_radiation(day_of_year)
    sky = clearsky.ineichen(90.0 - altitude, mass, linke_turbidity, elevation_m, outside)
    beam, diffuse = np.where(up, sky["dni"], 0.0), np.where(up, sky["dhi"], 0.0)
    # Near the horizon a plane that faces the sun would get all of the halo many times over.
    rise = np.sin(np.radians(altitude))
    halo = beam / outside * diffuse / np.maximum(rise, LOWEST_RISE)
    return ClearSky(beam, diffuse - halo * rise, halo)
