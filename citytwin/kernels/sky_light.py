"""Sunlight in three parts: the beam, what comes from around the sun, what comes from all the sky."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

LOWEST_RISE = float(np.cos(np.radians(85.0)))
"""Sine of 5 degrees: below, what comes from around the sun counts for the whole sky."""


class SkyLight(NamedTuple):
    """Irradiance over time.

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

    def level_w_m2(self, altitude_deg: np.ndarray) -> np.ndarray:
        """Global irradiance of a level plane in the open, shape (nt,) [W/m2].

        Parameters
        ----------
        altitude_deg
            Of the sun, shape (nt,) [deg].
        """
        rise = np.maximum(np.sin(np.radians(altitude_deg)), 0.0)
        return np.asarray(self.even_w_m2 + (self.beam_w_m2 + self.halo_w_m2) * rise)


def parted(
    beam_w_m2: np.ndarray,
    diffuse_w_m2: np.ndarray,
    altitude_deg: np.ndarray,
    day_of_year: np.ndarray,
) -> SkyLight:
    """Part diffuse light into what comes from around the sun and what comes from all the sky.

    Hay and Davies 1980, Calculation of the solar radiation incident on an inclined surface, Proc.
    First Canadian Solar Radiation Data Workshop, 59-72: the share of the diffuse light that comes
    from around the sun is that of the beam in the light outside the atmosphere.

    Parameters
    ----------
    beam_w_m2
        Direct light on a plane that faces the sun, 0 at night, shape (nt,) [W/m2].
    diffuse_w_m2
        On a level plane, shape (nt,) [W/m2].
    altitude_deg
        Of the sun as the air lifts it, shape (nt,) [deg].
    day_of_year
        1 to 366, shape (nt,) [d].
    """
    from pvlib import irradiance  # takes long to import; many runs need no light

    outside = irradiance.get_extra_radiation(day_of_year)
    # Near the horizon a plane that faces the sun would get all of the halo many times over.
    rise = np.sin(np.radians(altitude_deg))
    # What was measured in the open may ask for more beam than there is outside the atmosphere.
    around = np.minimum(beam_w_m2 / outside, 1.0) * diffuse_w_m2
    halo = around / np.maximum(rise, LOWEST_RISE)
    return SkyLight(beam_w_m2, diffuse_w_m2 - halo * np.maximum(rise, 0.0), halo)
