"""Wind over ground of another roughness, by way of the wind aloft that both places share.

Wieringa (1986), Roughness-dependent geographical interpolation of surface wind speed averages, Q. J.
R. Meteorol. Soc. 112, 867-889: logarithmic profiles meet at a blending height.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def site_over_station(
    mast_m: float,
    station_roughness_m: FloatArray,
    height_m: float,
    site_roughness_m: float,
    blending_m: float,
) -> FloatArray:
    """Return the wind at a height above open ground of the site over that at the station.

    U_site / U_met = [ln(zb / z0m) / ln(zm / z0m)] [ln(z / z0s) / ln(zb / z0s)].

    Parameters
    ----------
    mast_m
        Height of the anemometer above the ground [m].
    station_roughness_m
        Roughness length around the station for winds from each sector, shape (n,) [m].
    height_m
        Height above the ground of the site [m].
    site_roughness_m
        Roughness length of the approach to the site [m].
    blending_m
        Height at which both winds are the same [m].

    Returns
    -------
    numpy.ndarray
        Shape (n,), float64.

    Raises
    ------
    ValueError
        If a height does not lie above the roughness length, or the blending height below.
    """
    lowest = max(float(station_roughness_m.max()), site_roughness_m)
    if min(mast_m / float(station_roughness_m.max()), height_m / site_roughness_m) <= 1.0:
        msg = "a height must lie above the roughness length"
        raise ValueError(msg)
    if blending_m <= max(mast_m, height_m, lowest):
        msg = f"the blending height {blending_m:g} m must lie above both winds"
        raise ValueError(msg)
    up = np.log(blending_m / station_roughness_m) / np.log(mast_m / station_roughness_m)
    down = np.log(height_m / site_roughness_m) / np.log(blending_m / site_roughness_m)
    return np.asarray(up * down)
