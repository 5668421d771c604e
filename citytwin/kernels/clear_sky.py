"""What a cloudless sky sends down: beam and diffuse irradiance by the turbidity of the air."""

from __future__ import annotations

import numpy as np

from citytwin.kernels.sky_light import SkyLight, parted
from citytwin.kernels.solar import Ephemeris


def clear_sky(
    sun: Ephemeris, day_of_year: np.ndarray, linke_turbidity: np.ndarray, elevation_m: float
) -> SkyLight:
    """Irradiance by Ineichen and Perez (2002), its diffuse part parted by Hay and Davies (1980).

    Ineichen and Perez 2002, A new airmass independent formulation for the Linke turbidity
    coefficient, Solar Energy 73(3), 151-157.

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
    SkyLight
        All 0 while the centre of the disc is below the horizon.
    """
    from pvlib import (
        atmosphere,
        clearsky,
        irradiance,
    )  # takes long to import; many runs need no light

    up = sun.apparent_altitude_deg > 0.0
    altitude = np.where(up, sun.apparent_altitude_deg, 90.0)  # no formula holds at night
    mass = atmosphere.get_absolute_airmass(
        atmosphere.get_relative_airmass(90.0 - altitude), atmosphere.alt2pres(elevation_m)
    )
    outside = irradiance.get_extra_radiation(day_of_year)
    sky = clearsky.ineichen(90.0 - altitude, mass, linke_turbidity, elevation_m, outside)
    beam, diffuse = np.where(up, sky["dni"], 0.0), np.where(up, sky["dhi"], 0.0)
    return parted(beam, diffuse, altitude, day_of_year)
