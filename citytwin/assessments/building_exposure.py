"""Each building with sun at ground, wind class, flood depth, storey reached and damage."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Annotated

import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pydantic import Field as Bound
from pydantic import field_validator, model_validator

from citytwin.kernels.flood_damage import (
    ASIA_COMMERCIAL,
    ASIA_RESIDENTIAL,
    DamageCurve,
    damage_share,
    house_damage_class,
)
from citytwin.kernels.perimeter import perimeter_statistics
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.building_numbers import rows_of_cells
from citytwin.model.cost import Cost
from citytwin.model.grid import Tile
from citytwin.model.notes import Fact
from citytwin.model.steps import Assessed, Assessment, CityState, Params
from citytwin.model.text import text

HOUSES = r"住宅|residen|\bhouse|dwelling|apartment"
_LOW_STOREYS = 2


def _checked(pattern: str) -> str:
    """Return a regular expression, if it is one."""
    try:
        re.compile(pattern)
    except re.error as error:
        msg = f"{pattern!r} is no regular expression: {error}"
        raise ValueError(msg) from error
    return pattern


class DamageByUse(Params):
    """Stage-damage curve of the buildings of some use."""

    use: str
    """Regular expression that fits the use as recorded."""
    depth_m: tuple[float, ...] = Bound(min_length=2)
    """Depth above the ground, rising from 0."""
    share: tuple[Annotated[float, Bound(ge=0, le=1)], ...]
    """Share of the value lost at these depths."""

    @model_validator(mode="after")
    def _curve(self) -> DamageByUse:
        rising = all(a < b for a, b in pairwise(self.depth_m)) and self.depth_m[0] == 0.0
        falls = any(b < a for a, b in pairwise(self.share))
        if not rising or falls or len(self.depth_m) != len(self.share):
            msg = "a damage curve needs depths that rise from 0, and as many shares, none falling"
            raise ValueError(msg)
        return self

    @field_validator("use")
    @classmethod
    def _pattern(cls, value: str) -> str:
        return _checked(value)


class BuildingExposureParams(Params):
    """Limits between classes."""

    storey_floor_m: tuple[float, ...] = Bound(default=(0.5, 3.0, 5.0, 7.5, 10.0), min_length=1)
    """Depth at the wall from which water stands on the floor of each storey, the ground floor
    first [m]. 0.5, 3 and 5 m are the levels of the Japanese hazard-map guidance (MLIT); above,
    2.5 m a storey."""
    wind_class_limits: tuple[float, float] = (0.5, 0.8)
    """Speed ratios from which a place is moderate, and exposed."""

    least_depth_m: float = Bound(default=0.05, ge=0)
    """Less water than this harms no building."""
    damage: tuple[DamageByUse, ...] = (
        DamageByUse(use=HOUSES, depth_m=ASIA_RESIDENTIAL.depth_m, share=ASIA_RESIDENTIAL.share),
        DamageByUse(
            use="商業|業務|宿泊|commerc|office|hotel|retail",
            depth_m=ASIA_COMMERCIAL.depth_m,
            share=ASIA_COMMERCIAL.share,
        ),
    )
    """Stage-damage curves, the first whose use fits; a building that none fits has no figure.
    Mean curves of Asia for dwellings and commerce (JRC 2017)."""
    houses: str = HOUSES
    """Uses, as a regular expression, of which low buildings get a class of house damage."""

    @field_validator("houses")
    @classmethod
    def _pattern(cls, value: str) -> str:
        return _checked(value)

    @field_validator("storey_floor_m", "wind_class_limits")
    @classmethod
    def _rising(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if any(b <= a for a, b in pairwise(value)):
            msg = f"limits must rise, got {value}"
            raise ValueError(msg)
        return value


def run(city: CityState, params: BuildingExposureParams) -> Assessed:
    """Read every field on the open cells along each building's outer wall.

    A building without such cells, because it is smaller than a cell or covered by another on the
    grid, is read on the open cells within half a cell of its footprint.

    Parameters
    ----------
    city
        With buildings, their numbers on the grid, and what there is of sun, wind and flood.
    params
        Limits between classes.
    """
    buildings = city.table(t.BUILDINGS)
    number = len(buildings)
    index = rows_of_cells(city[f.BUILDING_NUMBER], buildings["building_id"])
    around, _ = perimeter_statistics(np.zeros(index.shape, dtype=np.float32), index, number)
    beside = {
        int(row): cells
        for row in np.flatnonzero(np.isnan(around))
        if (cells := _open_cells_at(city, buildings.geometry.iloc[row]))[0].size
    }

    def along(field: f.Field) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        if field not in city.fields:
            nothing = np.full(number, np.nan)
            return nothing, nothing
        mean, highest = perimeter_statistics(city[field], index, number)
        for row, cells in beside.items():
            values = city[field][cells].astype(np.float64)
            known = values[~np.isnan(values)]
            if known.size:
                mean[row], highest[row] = known.mean(), known.max()
        return mean, highest

    sun, _ = along(f.SUNLIT_HOURS)
    _, wind = along(f.WIND_SPEED_RATIO)
    _, depth = along(f.FLOOD_DEPTH_MAX)
    frame = buildings[["building_id", "usage", "lod", "height_m", "storeys", "geometry"]].copy()
    frame["sunlit_hours"] = sun
    frame["wind_speed_ratio"] = wind
    frame["wind_class"] = _classes(wind, params.wind_class_limits)
    frame["flood_depth_max_m"] = depth
    frame["flooded_storey"] = _storeys(depth, params.storey_floor_m, buildings["storeys"])
    usage = buildings["usage"].fillna("").astype(str)
    frame["flood_damage_share"] = _damage(depth, usage, params)
    frame["house_damage_class"] = _house_damage(depth, usage, buildings["storeys"], params)
    unread = np.isnan(sun) & np.isnan(wind) & np.isnan(depth)
    return Assessed(frame[list(t.BUILDING_EXPOSURE.column_names)], (_fact(int(unread.sum())),))


def _open_cells_at(
    city: CityState, footprint: shapely.Geometry
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows and columns of the open cells whose centre is within half a cell of a footprint."""
    nothing = np.empty(0, dtype=np.int64)
    if footprint is None or footprint.is_empty:
        return nothing, nothing
    grid = city.grid
    near = footprint.buffer(grid.cell_m / 2)
    west, south, east, north = near.bounds
    (top, bottom), (left, right) = grid.cells_of(np.array([west, east]), np.array([north, south]))
    window = Tile(max(0, top), min(grid.ny, bottom + 1), max(0, left), min(grid.nx, right + 1))
    if window.row1 <= window.row0 or window.col1 <= window.col0:
        return nothing, nothing
    x, y = np.meshgrid(grid.x_centres(window), grid.y_centres(window))
    chosen = shapely.intersects_xy(near, x, y) & (city[f.BUILDING_NUMBER][window.slices] < 0)
    rows, cols = np.nonzero(chosen)
    return rows + window.row0, cols + window.col0


def _storeys(
    depth_m: NDArray[np.float64], limits: tuple[float, ...], recorded: pd.Series[int]
) -> pd.api.extensions.ExtensionArray:
    """Storey that the water reaches, at most the uppermost where their number is known."""
    reached = np.asarray(_classes(depth_m, limits).to_numpy(dtype=np.float64, na_value=np.nan))
    uppermost = recorded.to_numpy(dtype=np.float64, na_value=np.nan)
    uppermost[np.isnan(uppermost) | (uppermost <= 0.0)] = np.inf  # a 0 on record says nothing
    return _whole(np.minimum(reached, uppermost))


def _damage(
    depth_m: NDArray[np.float64], usage: pd.Series[str], params: BuildingExposureParams
) -> NDArray[np.float64]:
    """Share of the value lost, by the first curve that is for the use of a building."""
    share = np.full(len(depth_m), np.nan)
    harmless = depth_m < params.least_depth_m
    for curve in reversed(params.damage):
        fits = usage.str.contains(curve.use, case=False, regex=True).to_numpy(dtype=np.bool_)
        lost = damage_share(depth_m, DamageCurve(curve.depth_m, curve.share))
        share[fits] = np.where(harmless, 0.0, lost)[fits]
    return share


def _house_damage(
    depth_m: NDArray[np.float64],
    usage: pd.Series[str],
    storeys: pd.Series[int],
    params: BuildingExposureParams,
) -> pd.api.extensions.ExtensionArray:
    """Class of damage of houses; null where a building has more storeys than a house or another use."""
    classes = house_damage_class(depth_m, params.storey_floor_m[0], params.least_depth_m)
    is_house = usage.str.contains(params.houses, case=False, regex=True).to_numpy(dtype=np.bool_)
    too_high = storeys.to_numpy(dtype=np.float64, na_value=np.nan) > _LOW_STOREYS
    return _whole(np.where(is_house & ~too_high, classes, np.nan))


def _fact(unread: int) -> Fact:
    return Fact(
        name="buildings_not_assessed",
        label=text("評価できなかった建物の数", "Buildings that could not be assessed"),
        value=float(unread),
        unit="1",
    )


def _classes(
    values: NDArray[np.float64], limits: tuple[float, ...]
) -> pd.api.extensions.ExtensionArray:
    """Number of limits reached; null where the value is unknown."""
    reached = np.searchsorted(np.asarray(limits), np.nan_to_num(values), side="right")
    return _whole(np.where(np.isnan(values), np.nan, reached))


def _whole(numbers: NDArray[np.float64]) -> pd.api.extensions.ExtensionArray:
    column: pd.Series[int] = pd.Series(numbers).astype("Int32")
    return column.array


ASSESSMENT = Assessment(
    name="building_exposure",
    title=text("建物ごとの日照・風・浸水", "Sun, wind and flood at each building"),
    inputs=(t.BUILDINGS, f.BUILDING_NUMBER),
    optional=(f.SUNLIT_HOURS, f.WIND_SPEED_RATIO, f.FLOOD_DEPTH_MAX),
    output=t.BUILDING_EXPOSURE,
    params=BuildingExposureParams,
    run=run,
    cost=Cost(seconds_per_megacell=0.2, bytes_per_cell=20.0),
)
