"""Windows and open spaces behind a long wall, whose hours of sun have a closed form."""

from __future__ import annotations

import math
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from pydantic import ValidationError

from citytwin.assessments import open_space_sun, window_sun
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.steps import CityState
from citytwin.rules.named import SUN_RULES
from citytwin.store.tables import conform

CRS = "EPSG:6677"
EAST, NORTH = 0.0, -30000.0
"""On the central meridian of the zone: grid north is true north."""
GRID = GridSpec(CRS, EAST - 2000.0, NORTH + 200.0, 10.0, 40, 400)
DECLINATION = -20.0
GROUND, WALL, SOUTH = 4.0, 12.0, NORTH - 100.0
"""A wall of 12 m and 4 km from west to east, its north face at `SOUTH`."""


def rule_at(name: str) -> dict[str, Any]:
    """A rule with a fixed declination and hours from 8 to 16, so that geometry is all."""
    given = SUN_RULES.named(name).model_dump()
    given["sun"] |= {
        "time_basis": "true_solar",
        "begin_h": 8.0,
        "end_h": 16.0,
        "declination_deg": DECLINATION,
        "min_altitude_deg": 0.0,
    }
    return given


def sunlit_hours(height: float, distance: float) -> float:
    """Sun north of a wall without ends, over 8 to 16 h: up d > h south, linear in cos H."""
    latitude, declination = math.radians(GRID.lonlat[1]), math.radians(DECLINATION)
    sin, cos = math.sin, math.cos
    swing = cos(declination) * (cos(latitude) * distance - sin(latitude) * height)
    rest = -sin(declination) * (cos(latitude) * height + sin(latitude) * distance)
    if swing <= 0.0:
        return 0.0
    turn = math.acos(min(rest / swing, 1.0))
    return 2.0 * min(turn, math.radians(60.0)) * 12.0 / math.pi


def city_of(house: tuple[float, float, float, float] | None, **land: Any) -> CityState:
    """The wall, a house of 6 m where asked for, and land use."""
    shapes = [shapely.box(EAST - 2000.0, SOUTH - 5.0, EAST + 2000.0, SOUTH)]
    heights = [WALL]
    if house is not None:
        shapes.append(shapely.box(*house))
        heights.append(6.0)
    frame: dict[str, Any] = dict.fromkeys(t.BUILDINGS.column_names[:-1])
    frame |= {
        "building_id": [f"b{n}" for n in range(len(shapes))],
        "height_m": heights,
        "ground_z_m": GROUND,
        "roof_z_m": [GROUND + height for height in heights],
    }
    buildings = gpd.GeoDataFrame(
        pd.DataFrame(frame), geometry=[shapely.MultiPolygon([s]) for s in shapes], crs=CRS
    )
    tables: dict[Any, Any] = {t.BUILDINGS: buildings}
    if land:
        rows: dict[str, Any] = dict.fromkeys(t.LAND_USE.column_names[:-1])
        rows |= {"parcel_id": list(land), "use": "green"}
        tables[t.LAND_USE] = gpd.GeoDataFrame(
            pd.DataFrame(rows), geometry=list(land.values()), crs=CRS
        )
    ground = np.full(GRID.shape, GROUND, dtype=np.float32)
    return CityState(GRID, {f.TERRAIN: ground}, tables, "Asia/Tokyo")


@pytest.mark.parametrize("distance", [22.0, 25.0, 30.0])
def test_windows_of_a_house_behind_a_wall(distance: float) -> None:
    """The south windows of both storeys as the closed form has them; levels by the hours."""
    south = SOUTH + distance
    city = city_of((EAST - 5.0, south, EAST + 5.0, south + 8.0))
    params = window_sun.WindowSunParams.model_validate(
        {"rule": rule_at("en_17037"), "step_minutes": 1.0, "piece_m": 20.0}
    )
    made = conform(t.WINDOW_SUN, window_sun.run(city, params).frame, CRS)
    facing = (made["building_id"] == "b1") & (made["azimuth_deg"].sub(180.0).abs() < 1.0)
    wall = made[facing].iloc[0]
    storeys = [sunlit_hours(WALL - 1.2 - 3.0 * n, distance - 0.05) for n in range(2)]
    assert wall["storeys"] == 2
    np.testing.assert_allclose(wall["storey_hours"], storeys, atol=0.04)
    reached = sum(storeys[0] >= level for level in (1.5, 3.0, 4.0))
    assert wall["levels_lowest"] == reached
    assert wall["storeys_reaching"] == sum(hours >= 1.5 for hours in storeys)


def test_a_rule_of_the_ground_floor_judges_one_storey() -> None:
    """GB 50180 looks at sills 0.9 m above the lowest floor."""
    city = city_of((EAST - 5.0, SOUTH + 25.0, EAST + 5.0, SOUTH + 33.0))
    params = window_sun.WindowSunParams.model_validate(
        {"rule": rule_at("gb_50180_great_cold"), "step_minutes": 1.0}
    )
    made = conform(t.WINDOW_SUN, window_sun.run(city, params).frame, CRS)
    assert set(made["storeys"]) == {1}
    wall = made[(made["building_id"] == "b1") & (made["azimuth_deg"].sub(180.0).abs() < 1.0)]
    expected = sunlit_hours(WALL - 0.9, 24.95)
    assert wall["hours_lowest"].iloc[0] == pytest.approx(expected, abs=0.04)


def test_share_of_a_park_behind_a_wall() -> None:
    """A strip from the wall on: lit where the closed form gives two hours; a house left out."""
    park = shapely.box(EAST - 20.0, SOUTH, EAST + 20.0, SOUTH + 60.0)
    far = shapely.box(EAST + 100.0, SOUTH + 80.0, EAST + 120.0, SOUTH + 100.0)
    city = city_of(None, park=park, far=far)
    params = open_space_sun.OpenSpaceSunParams.model_validate(
        {"rule": rule_at("bre_209"), "step_minutes": 1.0, "spacing_m": 1.0}
    )
    made = conform(t.OPEN_SPACE_SUN, open_space_sun.run(city, params).frame, CRS)
    made = made.set_index("space_id")
    dark = sum(sunlit_hours(WALL - 0.01, d + 0.5) < 2.0 for d in range(60))
    assert made.loc["park", "lit_share"] == pytest.approx(1.0 - dark / 60.0, abs=1.01 / 60.0)
    assert made.loc["far", "lit_share"] == 1.0
    assert made.loc["far", "mean_hours"] == pytest.approx(8.0, abs=0.04)
    assert made.loc["park", "points"] == 2400


def test_hours_that_meet_a_limit_reach_it() -> None:
    """24 intervals of 5 minutes are the 2 hours asked for, whatever their sum is rounded to."""
    two_hours = {"begin_h": 11.0, "end_h": 13.0}
    park = shapely.box(EAST + 100.0, SOUTH + 80.0, EAST + 120.0, SOUTH + 100.0)
    city = city_of((EAST - 5.0, SOUTH + 80.0, EAST + 5.0, SOUTH + 88.0), park=park)
    area = rule_at("bre_209")
    area["sun"] |= two_hours
    spaces = open_space_sun.OpenSpaceSunParams.model_validate({"rule": area})
    assert open_space_sun.run(city, spaces).frame["lit_share"].tolist() == [1.0]
    windows = rule_at("gb_50180_great_cold")
    windows["sun"] |= two_hours
    params = window_sun.WindowSunParams.model_validate({"rule": windows})
    made = window_sun.run(city, params).frame
    wall = made[(made["building_id"] == "b1") & (made["azimuth_deg"].sub(180.0).abs() < 1.0)]
    assert wall["levels_lowest"].tolist() == [2]


def test_buildings_are_no_part_of_a_park() -> None:
    """Their area is left out, and so are the places on them."""
    park = shapely.box(EAST - 20.0, SOUTH + 50.0, EAST + 20.0, SOUTH + 90.0)
    city = city_of((EAST - 10.0, SOUTH + 60.0, EAST + 10.0, SOUTH + 80.0), park=park)
    params = open_space_sun.OpenSpaceSunParams(step_minutes=60.0, spacing_m=2.0)
    made = open_space_sun.run(city, params).frame
    assert made["area_m2"].iloc[0] == pytest.approx(1200.0)
    assert made["points"].iloc[0] == 300


def test_rules_of_another_kind_are_refused() -> None:
    """With what to use instead."""
    with pytest.raises(ValidationError, match="says nothing of windows"):
        window_sun.WindowSunParams.model_validate({"rule": "bre_209"})
    with pytest.raises(ValidationError, match="says nothing of areas"):
        open_space_sun.OpenSpaceSunParams.model_validate({"rule": "jp_shade"})
