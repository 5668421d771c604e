"""Each building with sun at ground, wind class, flood depth and the storey that water reaches."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field as Bound
from pydantic import field_validator

from citytwin.kernels.perimeter import perimeter_statistics
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.steps import Assessed, Assessment, CityState, Cost, Params
from citytwin.model.text import text


class BuildingExposureParams(Params):
    """Limits between classes."""

    storey_floor_m: tuple[float, ...] = Bound(default=(0.5, 3.0, 5.0, 7.5, 10.0), min_length=1)
    """Depth at the wall from which water stands on the floor of each storey, the ground floor
    first [m]. 0.5, 3 and 5 m are the levels of the Japanese hazard-map guidance (MLIT); above,
    2.5 m a storey."""
    wind_class_limits: tuple[float, float] = (0.5, 0.8)
    """Speed ratios from which a place is moderate, and exposed."""

    @field_validator("storey_floor_m", "wind_class_limits")
    @classmethod
    def _rising(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(b <= a for a, b in pairwise(value)):
            msg = f"limits must rise, got {value}"
            raise ValueError(msg)
        return value


def run(city: CityState, params: BuildingExposureParams) -> Assessed:
    """Read every field on the open cells along each building's outer wall."""
    buildings = city.table(t.BUILDINGS)
    number = len(buildings)
    index = city[f.BUILDING_INDEX]

    def around(field: f.Field) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if field not in city.fields:
            nothing = np.full(number, np.nan)
            return nothing, nothing
        mean, highest = perimeter_statistics(city[field], index, number)
        return mean, highest

    sun, _ = around(f.SUNLIT_HOURS)
    _, wind = around(f.WIND_SPEED_RATIO)
    _, depth = around(f.FLOOD_DEPTH_MAX)
    frame = buildings[["building_id", "usage", "lod", "height_m", "storeys", "geometry"]].copy()
    frame["sunlit_hours"] = sun
    frame["wind_speed_ratio"] = wind
    frame["wind_class"] = _classes(wind, params.wind_class_limits)
    frame["flood_depth_max_m"] = depth
    frame["flooded_storey"] = _classes(depth, params.storey_floor_m)
    return Assessed(frame[list(t.BUILDING_EXPOSURE.column_names)])


def _classes(
    values: NDArray[np.float64], limits: tuple[float, ...]
) -> pd.api.extensions.ExtensionArray:
    """Number of limits reached; null where the value is unknown."""
    reached = np.searchsorted(np.asarray(limits), np.nan_to_num(values), side="right")
    return pd.array(np.where(np.isnan(values), np.nan, reached), dtype="Int32")


ASSESSMENT = Assessment(
    name="building_exposure",
    title=text("建物ごとの日照・風・浸水", "Sun, wind and flood at each building"),
    inputs=(t.BUILDINGS, f.BUILDING_INDEX),
    optional=(f.SUNLIT_HOURS, f.WIND_SPEED_RATIO, f.FLOOD_DEPTH_MAX),
    output=t.BUILDING_EXPOSURE,
    params=BuildingExposureParams,
    run=run,
    cost=Cost(seconds_per_megacell=0.2, bytes_per_cell=20.0),
)
