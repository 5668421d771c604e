"""The synthetic storm as sensors meet it: it moves over the city, and the river answers later.

One series of rain drives all (:mod:`citytwin.testing.weather`); what depends on it is computed from
its past alone, so that any moment can be asked for, in any order.
"""

from __future__ import annotations

import math

import numpy as np

from citytwin.kernels.observed_sky import clearness_of_clouds
from citytwin.testing import weather
from citytwin.testing.place import Point2

FIRST_H = weather.STORM_PEAK_H - 1.6
"""Hour of June 2026 at which the sensor city begins: a drizzle before the storm."""
LAST_H = weather.STORM_PEAK_H + 3.4
_CROSSING_H_PER_M = 0.25 / 1000.0
"""The rain comes from the west and takes a quarter of an hour over the city."""
_RIVER_LAG_H = 0.7
_RIVER_MEMORY_H = 4.0
_RIVER_BASE_M = 1.6
_RIVER_M_PER_MM_H = 0.085
_SUMP_LAG_H = 0.12
_SUMP_START_M, _SUMP_FULL_M = 0.9, 1.9
_PUMP_M3_S = 1.25
_STEP_H = 1.0 / 30.0
_CLOSED_SKY_MM_H = 4.0
"""Rain at which clouds leave a third of the sky free."""


def rain_mm_h(hour: float, point: Point2) -> float:
    """Rain rate [mm/h] at a place.

    Parameters
    ----------
    hour
        Since the begin of June 2026, Japan time [h].
    point
        City metres (east, north).
    """
    u, v = point
    unevenness = 1.0 + 0.12 * math.sin(u / 310.0 + 1.3) * math.cos(v / 270.0)
    return unevenness * weather.rain_mm_h(hour - _CROSSING_H_PER_M * (u - 500.0))


def _stored(hour: float, point: Point2, lag_h: float, memory_h: float) -> float:
    """Rain that a linear store still holds, as a rate [mm/h] (Nash, 1957, with one store)."""
    steps = round(memory_h / _STEP_H)
    weights = [math.exp(-k * _STEP_H / lag_h) for k in range(steps)]
    rates = [rain_mm_h(hour - k * _STEP_H, point) for k in range(steps)]
    return math.fsum(w * r for w, r in zip(weights, rates, strict=True)) / math.fsum(weights)


def river_level_m(hour: float, point: Point2) -> float:
    """Water level of the river above the datum of its gauge [m].

    Parameters
    ----------
    hour
        As in :func:`rain_mm_h` [h].
    point
        City metres.
    """
    swell = _stored(hour, point, _RIVER_LAG_H, _RIVER_MEMORY_H)
    return _RIVER_BASE_M + _RIVER_M_PER_MM_H * swell + 0.01 * math.sin(40.0 * hour)


def sump_level_m(hour: float, point: Point2) -> float:
    """Water level in the sump of a pumping station [m].

    Parameters
    ----------
    hour
        As in :func:`rain_mm_h` [h].
    point
        City metres.
    """
    return 0.4 + 0.03 * _stored(hour, point, _SUMP_LAG_H, 1.0)


def pump_m3_s(hour: float, point: Point2) -> float:
    """Discharge of a pump, which works harder the higher the water in its sump [m3/s].

    Parameters
    ----------
    hour
        As in :func:`rain_mm_h` [h].
    point
        City metres.
    """
    level = sump_level_m(hour, point)
    share = (level - _SUMP_START_M) / (_SUMP_FULL_M - _SUMP_START_M)
    return _PUMP_M3_S * min(max(share, 0.0), 1.0)


def sky_share(hour: float, point: Point2) -> float:
    """Share of the light of a clear sky that comes through the clouds of the storm, 0.25 to 1 [1].

    The heavier the rain, the less of the sky is free; Kasten and Czeplak (1980) by
    :func:`citytwin.kernels.observed_sky.clearness_of_clouds`.

    Parameters
    ----------
    hour
        As in :func:`rain_mm_h` [h].
    point
        City metres.
    """
    cover_percent = 100.0 * (1.0 - math.exp(-rain_mm_h(hour, point) / _CLOSED_SKY_MM_H))
    return float(clearness_of_clouds(np.array([cover_percent]))[0])


def flow_per_min(hour: float, point: Point2) -> float:
    """Vehicles past a detector [1/min]: the evening's traffic, less of it in a downpour.

    Parameters
    ----------
    hour
        As in :func:`rain_mm_h` [h].
    point
        City metres.
    """
    evening = 6.0 + 8.0 * math.exp(-0.5 * (((hour % 24.0) - 18.0) / 2.0) ** 2)
    return evening * (1.0 - 0.45 * min(rain_mm_h(hour, point) / 60.0, 1.0))


def speed_km_h(hour: float, point: Point2) -> float:
    """Mean speed past a detector [km/h].

    Parameters
    ----------
    hour
        As in :func:`rain_mm_h` [h].
    point
        City metres.
    """
    return 42.0 - 28.0 * min(rain_mm_h(hour, point) / 60.0, 1.0)
