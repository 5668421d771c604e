"""The sun over the demo city at the time that a device's clock says, whatever hour it is in the storm."""

from __future__ import annotations

import numpy as np
import pandas as pd

from citytwin.kernels.clear_sky import clear_sky
from citytwin.kernels.solar import ephemeris
from citytwin.testing.weather import LATITUDE_DEG, LONGITUDE_DEG

_LINKE_TURBIDITY = 3.5
"""Of a large city in a temperate climate."""


def clear_w_m2(time_s: float) -> float:
    """Global irradiance of a level plane under a clear sky [W/m2]; 0 at night.

    Parameters
    ----------
    time_s
        Seconds since 1970.
    """
    sun = ephemeris(np.array([time_s]), LONGITUDE_DEG, LATITUDE_DEG)
    day = np.array([float(pd.Timestamp(time_s, unit="s", tz="UTC").day_of_year)])
    sky = clear_sky(sun, day, np.array([_LINKE_TURBIDITY]), 0.0)
    return float(sky.level_w_m2(sun.apparent_altitude_deg)[0])
