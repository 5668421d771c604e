"""Exposure of buildings: what stands along the outer wall, storeys by depth, classes of wind."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pydantic import ValidationError

from citytwin.assessments.building_exposure import ASSESSMENT, BuildingExposureParams
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.building_numbers import NO_BUILDING, building_numbers
from citytwin.model.grid import GridSpec
from citytwin.model.steps import CityState
from citytwin.store.tables import conform

CRS = "EPSG:6677"


def city_of(index: np.ndarray, **values: np.ndarray) -> CityState:
    """A city with a building per number of the index, and fields by name."""
    number = int(index.max()) + 1
    grid = GridSpec(CRS, -1200.0, -300.0, 2.5, *index.shape)
    buildings = gpd.GeoDataFrame(
        {
            "building_id": [f"b{n}" for n in range(number)],
            "usage": pd.array(["house", None] * number, dtype="string")[:number],
            "lod": ["1"] * number,
            "height_m": [6.0] * number,
            "storeys": pd.array([2, None] * number, dtype="Int32")[:number],
        },
        geometry=[shapely.box(-1200 + 9 * n, -310, -1195 + 9 * n, -305) for n in range(number)],
        crs=CRS,
    )
    fields = {field: np.float32(values[field.name]) for field in f.ALL if field.name in values}
    cells = np.append(building_numbers(buildings["building_id"]), NO_BUILDING)[index]
    return CityState(grid, {f.BUILDING_NUMBER: cells, **fields}, {t.BUILDINGS: buildings})


def run(city: CityState, params: BuildingExposureParams | None = None) -> pd.DataFrame:
    """The table, checked against its schema."""
    assessed = ASSESSMENT.run(city, params or BuildingExposureParams())
    return conform(t.BUILDING_EXPOSURE, assessed.frame, CRS)


def row_of_buildings(number: int) -> np.ndarray:
    """Buildings of one cell, three cells apart."""
    index = np.full((3, 3 * number), -1, dtype=np.int32)
    index[1, 1::3] = np.arange(number)
    return index


def around_each(values: list[float]) -> np.ndarray:
    """A field that has one value all around each of those buildings."""
    return np.tile(np.repeat(np.float32(values), 3), (3, 1))


def test_mean_of_sun_and_highest_of_water_and_wind_along_the_wall() -> None:
    """Twelve open cells surround a building of two by two; those further off do not count."""
    index = np.full((5, 7), -1, dtype=np.int32)
    index[2:4, 3:5] = 0
    values = np.arange(35, dtype=np.float64).reshape(5, 7) / 20
    values[0] = 99.0
    values[1, 2] = np.nan
    ring = [(1, 3), (1, 4), (1, 5), (2, 2), (2, 5), (3, 2), (3, 5), (4, 2), (4, 3), (4, 4), (4, 5)]
    expected = [(row * 7 + col) / 20 for row, col in ring]
    made = run(city_of(index, sunlit_hours=values, flood_depth_max=values, wind_speed_ratio=values))
    assert made.loc[0, "sunlit_hours"] == pytest.approx(np.mean(expected), rel=1e-6)
    assert made.loc[0, "flood_depth_max_m"] == pytest.approx(33 / 20, rel=1e-6)
    assert made.loc[0, "wind_speed_ratio"] == pytest.approx(33 / 20, rel=1e-6)


def test_storeys_by_depth() -> None:
    """Water stands on a floor from the very depth of the limit on."""
    depth = [0.0, 0.49, 0.5, 2.99, 3.0, 4.99, 5.0, 7.49, 7.5, 10.0, 60.0, np.nan]
    storey = [0, 0, 1, 1, 2, 2, 3, 3, 4, 5, 5, pd.NA]
    city = city_of(row_of_buildings(12), flood_depth_max=around_each(depth))
    city.table(t.BUILDINGS)["storeys"] = pd.array([pd.NA] * 12, dtype="Int32")
    made = run(city)
    assert made["flooded_storey"].tolist() == storey
    assert made["flooded_storey"].dtype == "Int32"
    np.testing.assert_allclose(made["flood_depth_max_m"], depth, rtol=1e-6)


def test_classes_of_wind() -> None:
    """Sheltered below 0.5, exposed from 0.8 on, unknown stays unknown."""
    ratio = [0.0, 0.499, 0.5, 0.79, 0.8, 2.0, np.nan]
    made = run(city_of(row_of_buildings(7), wind_speed_ratio=around_each(ratio)))
    assert made["wind_class"].tolist() == [0, 0, 1, 1, 2, 2, pd.NA]
    other = BuildingExposureParams(wind_class_limits=(0.3, 0.45))
    made = run(city_of(row_of_buildings(7), wind_speed_ratio=around_each(ratio)), other)
    assert made["wind_class"].tolist() == [0, 2, 2, 2, 2, 2, pd.NA]


def test_what_a_city_does_not_have_is_null() -> None:
    """Sun alone gives no depth, no class, and no zero in their place."""
    made = run(city_of(row_of_buildings(2), sunlit_hours=around_each([4.0, 6.5])))
    assert made["sunlit_hours"].tolist() == [4.0, 6.5]
    for name in ("wind_speed_ratio", "wind_class", "flood_depth_max_m", "flooded_storey"):
        assert made[name].isna().all(), name
    assert made["usage"].tolist() == ["house", pd.NA]
    assert made["storeys"].tolist() == [2, pd.NA]


def test_neighbours_share_the_cells_between_them_and_not_each_other() -> None:
    """A building within others has no open wall; a lane belongs to both its sides."""
    index = np.array([[0, 0, 0, -1, 1], [0, 2, 0, -1, 1], [0, 0, 0, -1, 1]], dtype=np.int32)
    depth = np.where(index < 0, 0.7, 9.0)
    made = run(city_of(index, flood_depth_max=depth))
    np.testing.assert_allclose(made["flood_depth_max_m"], [0.7, 0.7, np.nan], rtol=1e-6)
    assert made["flooded_storey"].tolist() == [1, 1, pd.NA]


def test_limits_that_do_not_rise_are_refused() -> None:
    """They would make a class that nothing reaches."""
    with pytest.raises(ValidationError, match="limits must rise"):
        BuildingExposureParams(storey_floor_m=(0.5, 0.5, 3.0))
    with pytest.raises(ValidationError, match="limits must rise"):
        BuildingExposureParams(wind_class_limits=(0.8, 0.5))


def test_no_storey_above_the_uppermost() -> None:
    """In 12 m of water a house of two storeys has two of them flooded; a 0 says nothing."""
    city = city_of(row_of_buildings(5), flood_depth_max=around_each([12.0, 12.0, 12.0, 0.6, 0.1]))
    city.table(t.BUILDINGS)["storeys"] = pd.array([2, None, 0, 2, 1], dtype="Int32")
    assert run(city)["flooded_storey"].tolist() == [2, 5, 5, 1, 0]


def small_building(index: np.ndarray, x: float, y: float, size: float) -> CityState:
    """A building that has no cell of its own on the grid, beside those of the index."""
    depth = np.arange(index.size, dtype=np.float64).reshape(index.shape) / 10
    city = city_of(np.where(index < 0, -1, index + 1).astype(np.int32), flood_depth_max=depth)
    city.table(t.BUILDINGS).geometry = [
        shapely.box(x, y, x + size, y + size),
        *city.table(t.BUILDINGS).geometry.iloc[1:],
    ]
    return city


def test_a_building_smaller_than_a_cell_is_assessed() -> None:
    """A kiosk of 1 m between the centres of columns 1 and 2, on row 1: these two cells."""
    index = np.full((3, 4), -1, dtype=np.int32)
    index[2, 3] = 0
    city = small_building(index, -1195.5, -304.25, 1.0)
    made = run(city)
    assert made.loc[0, "flood_depth_max_m"] == pytest.approx(0.6)
    assert made.loc[0, "flooded_storey"] == 1
    assert ASSESSMENT.run(city, BuildingExposureParams()).facts[0].value == 0.0


def test_a_building_hidden_under_another_is_counted() -> None:
    """No open cell lies within half a cell of it: null, and told."""
    index = np.zeros((5, 5), dtype=np.int32)
    index[0, 0] = -1
    city = small_building(index, -1194.25, -306.75, 1.0)
    assert pd.isna(run(city).loc[0, "flood_depth_max_m"])
    (fact,) = ASSESSMENT.run(city, BuildingExposureParams()).facts
    assert (fact.name, fact.value) == ("buildings_not_assessed", 1.0)


def city_of_uses(uses: list[str | None], storeys: list[int | None], depths: list[float]):
    """One building per use, with its own depth all around."""
    city = city_of(row_of_buildings(len(uses)), flood_depth_max=around_each(depths))
    buildings = city.tables[t.BUILDINGS]
    buildings["usage"] = pd.array(uses, dtype="string")
    buildings["storeys"] = pd.array(storeys, dtype="Int32")
    return city


def test_houses_get_the_class_of_the_depth_above_their_floor() -> None:
    """Floor at 0.5 m: half below 0.5 m above it, then from 0.5, 1.0 and 1.8 m on."""
    depths = [0.04, 0.3, 0.5, 0.99, 1.0, 1.49, 1.51, 2.29, 2.31]
    made = run(city_of_uses(["住宅"] * 9, [2] * 9, depths))
    assert made["house_damage_class"].tolist() == [0, 1, 2, 2, 3, 3, 4, 4, 5]


def test_no_house_no_class() -> None:
    """High buildings, other uses and unknown uses are judged in other ways."""
    uses = ["共同住宅", "Warehouse", None, "apartment building"]
    made = run(city_of_uses(uses, [3, 1, 1, None], [1.2] * 4))
    assert made["house_damage_class"].tolist() == [pd.NA, pd.NA, pd.NA, 3]


def test_share_lost_by_the_published_curves() -> None:
    """JRC, Asia: 0.49 at 1 m and 0.62 at 1.5 m for dwellings, 0.54 at 1 m for commerce."""
    uses = ["住宅", "住宅", "商業施設", "工場", "住宅", "住宅"]
    made = run(city_of_uses(uses, [2] * 6, [1.0, 1.25, 1.0, 1.0, 0.04, 8.0]))
    expected = [0.49, 0.555, 0.54, np.nan, 0.0, 1.0]
    np.testing.assert_allclose(made["flood_damage_share"].astype(float), expected, atol=1e-6)


@pytest.mark.parametrize(
    "curve",
    [
        {"use": "x", "depth_m": [0, 1], "share": [0, 1.2]},
        {"use": "x", "depth_m": [0.5, 1], "share": [0, 1]},
        {"use": "x", "depth_m": [0, 1], "share": [0.5, 0.2]},
        {"use": "x", "depth_m": [0, 1, 2], "share": [0, 1]},
        {"use": "(", "depth_m": [0, 1], "share": [0, 1]},
    ],
)
def test_a_curve_that_is_none_is_refused(curve: dict[str, object]) -> None:
    """Shares beyond 1, depths that do not begin at 0, shares that fall, a broken pattern."""
    with pytest.raises(ValidationError):
        BuildingExposureParams(damage=[curve])
