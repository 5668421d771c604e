"""What a real sky sends down: global irradiance from observations, parted into beam and diffuse.

Each observation says how bright the sky was compared with a cloudless one.
"""

from __future__ import annotations

import numpy as np

from citytwin.kernels.sky_light import SkyLight, parted


def clearness_of_clouds(cover_percent: np.ndarray) -> np.ndarray:
    """Global irradiance as a share of that of a cloudless sky, by the cloud cover.

    Kasten and Czeplak 1980, Solar and terrestrial radiation dependent on the amount and type of
    cloud, Solar Energy 24(2), 177-189: 1 - 0.75 (N/8)^3.4 for N eighths, of ten years in Hamburg.

    Parameters
    ----------
    cover_percent
        Share of the sky under clouds, shape (n,), 0 to 100 [%].

    Returns
    -------
    numpy.ndarray
        Shape (n,), 0.25 to 1 [1].
    """
    return np.asarray(1.0 - 0.75 * (cover_percent / 100.0) ** 3.4)


def clearness_of_sunshine(share: np.ndarray) -> np.ndarray:
    """Global irradiance as a share of that of a cloudless sky, by the time that the sun shone.

    Angstrom 1924, Solar and terrestrial radiation, Q. J. R. Meteorol. Soc. 50, 121-126: 0.25 +
    0.75 s. It was found for daily sums; of shorter times only the sum over many is to be trusted.

    Parameters
    ----------
    share
        Time of sunshine by the length of the interval, shape (n,), 0 to 1 [1].

    Returns
    -------
    numpy.ndarray
        Shape (n,), 0.25 to 1 [1].
    """
    return np.asarray(0.25 + 0.75 * share)


def observed_sky(
    global_w_m2: np.ndarray, altitude_deg: np.ndarray, day_of_year: np.ndarray
) -> SkyLight:
    """Part global irradiance into beam and diffuse by its share of the light outside the air.

    Erbs, Klein and Duffie 1982, Estimation of the diffuse radiation fraction for hourly, daily and
    monthly-average global radiation, Solar Energy 28(4), 293-302, by pvlib; the diffuse part by
    `citytwin.kernels.sky_light.parted`.

    Parameters
    ----------
    global_w_m2
        On a level plane, shape (nt,) [W/m2].
    altitude_deg
        Of the sun as the air lifts it, shape (nt,) [deg].
    day_of_year
        1 to 366, shape (nt,) [d].

    Returns
    -------
    SkyLight
        All 0 while the centre of the disc is below the horizon; no beam from below 3 degrees,
        where the model does not hold. On a level plane the parts add up to what was given.
    """
    from pvlib import irradiance  # takes long to import; many runs need no light

    up = altitude_deg > 0.0
    altitude, level = np.where(up, altitude_deg, 90.0), np.where(up, global_w_m2, 0.0)
    found = irradiance.erbs(np.maximum(level, 0.0), 90.0 - altitude, day_of_year)
    return parted(np.asarray(found["dni"]), np.asarray(found["dhi"]), altitude, day_of_year)
