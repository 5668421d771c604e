"""Fields that a flood gives: depth, level, speed, hazards, times."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.flood_hazard import hazard_class
from citytwin.kernels.flood_result import Inundation
from citytwin.model import fields as f
from citytwin.model.steps import Arrays
from citytwin.simulations.flood.params import FloodParams

OUTPUTS = (
    f.FLOOD_DEPTH_MAX,
    f.FLOOD_LEVEL_MAX,
    f.FLOOD_SPEED_MAX,
    f.FLOOD_DEPTH_SPEED_MAX,
    f.FLOOD_HAZARD_RATING,
    f.FLOOD_HAZARD_CLASS,
    f.FLOOD_DURATION,
    f.FLOOD_ARRIVAL,
    f.FLOOD_IMPASSABLE,
    f.FLOOD_IMPASSABLE_UNTIL,
)
"""Of every run."""
OVER_TIME = (f.FLOOD_DEPTH, f.FLOOD_SPEED)
"""Of runs that keep moments."""
_MINUTE_S, _HOUR_S = 60.0, 3600.0


def asked_for(params: FloodParams) -> tuple[f.Field, ...]:
    """Fields of a run with these parameters.

    Parameters
    ----------
    params
        Of the flood.
    """
    return (*OUTPUTS, *OVER_TIME) if params.frame_times_s else OUTPUTS


def fields_of(
    flood: Inundation,
    terrain: NDArray[np.float32],
    least_depth_m: float,
    impassable_depth_m: float,
) -> Arrays:
    """Put what was computed into the units of the map.

    Parameters
    ----------
    flood
        What was computed, arrays of shape (ny, nx), depth and speed over time of shape (nt, ny, nx).
    terrain
        Ground level, shape (ny, nx), float32 [m].
    least_depth_m
        A film of rain that runs down a street is no flood: where no more water than this came to
        stand, or stands at a moment, there is no level, speed or hazard [m].
    impassable_depth_m
        Depth at which cars stop, the first of the further thresholds of the run [m].
    """
    depth = flood.max_depth_m
    film = depth < least_depth_m
    level = np.where(film, np.nan, terrain.astype(np.float64) + depth)

    def flooded(values: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.where(film, np.float32(0.0), values)

    def over_time() -> Mapping[f.Field, NDArray[np.float32]]:
        depths, speeds = flood.depth_series_m, flood.speed_series_m_s
        if not len(depths):
            return {}
        moving = np.where(depths < least_depth_m, np.float32(0.0), speeds)
        return {f.FLOOD_DEPTH: depths, f.FLOOD_SPEED: moving}

    def time(values: NDArray[np.float32], unit_s: float) -> NDArray[np.float32]:
        return (values / unit_s).astype(np.float32)

    until = time(flood.last_time_s[0], _MINUTE_S)
    until[flood.final_depth_m >= np.float32(impassable_depth_m)] = f.STILL_MIN
    speed, product = flooded(flood.max_speed_m_s), flooded(flood.max_depth_speed_m2_s)
    fields: Mapping[f.Field, NDArray[np.float32] | NDArray[np.uint8]] = {
        **over_time(),
        f.FLOOD_DEPTH_MAX: depth,
        f.FLOOD_LEVEL_MAX: level.astype(np.float32),
        f.FLOOD_SPEED_MAX: speed,
        f.FLOOD_DEPTH_SPEED_MAX: product,
        f.FLOOD_HAZARD_RATING: flooded(flood.max_hazard_rating),
        f.FLOOD_HAZARD_CLASS: hazard_class(depth, speed, product, least_depth_m),
        f.FLOOD_DURATION: time(flood.lasting_s, _HOUR_S),
        f.FLOOD_ARRIVAL: time(flood.arrival_s, _MINUTE_S),
        f.FLOOD_IMPASSABLE: time(flood.first_time_s[0], _MINUTE_S),
        f.FLOOD_IMPASSABLE_UNTIL: until,
    }
    return fields
