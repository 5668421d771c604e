"""Assessments on rasters and tables of one's own, without a city."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rioxarray  # noqa: F401 - registers `.rio`
import shapely
import xarray as xr

import citytwin
from citytwin.errors import ConfigError

X0, Y0, CELL_M, NY, NX = -44000.0, -94000.0, 2.0, 90, 110
DAY = {"date": "2026-12-22", "step_minutes": 30}


def raster(values: np.ndarray | float = 4.0, crs: str | None = "EPSG:6677") -> xr.DataArray:
    """Level ground, or what is given, as a raster of the place."""
    filled = np.broadcast_to(np.asarray(values, dtype=np.float32), (NY, NX)).copy()
    array = xr.DataArray(
        filled,
        dims=("y", "x"),
        coords={
            "y": Y0 - (np.arange(NY) + 0.5) * CELL_M,
            "x": X0 + (np.arange(NX) + 0.5) * CELL_M,
        },
    )
    return array if crs is None else array.rio.write_crs(crs)


def houses(**columns: list[Any]) -> gpd.GeoDataFrame:
    """Two houses on whole cells, 20 m apart, the south one 40 m wide."""
    shapes = [
        shapely.box(X0 + 80, Y0 - 80, X0 + 92, Y0 - 70),
        shapely.box(X0 + 66, Y0 - 110, X0 + 106, Y0 - 100),
    ]
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:6677")


def surface() -> xr.DataArray:
    """Houses of 15 and 24 m on the ground, with a mast on the second."""
    height = np.full((NY, NX), 4.0)
    height[35:40, 40:46] = 19.0
    height[50:55, 33:53] = 28.0
    height[52, 40] = 60.0
    return raster(height)


def assessed(footprints: pd.DataFrame, **rasters: xr.DataArray) -> pd.DataFrame:
    """Sun on the walls of some footprints."""
    given = {"terrain": raster()} | rasters
    return citytwin.assess("facades", given, {"buildings": footprints}, DAY, time_zone="Asia/Tokyo")


def test_heights_come_from_a_column_or_from_the_surface() -> None:
    """Height above ground, above the datum, median of the surface: the same walls."""
    by_height = assessed(houses(height_m=[15.0, 24.0]))
    by_level = assessed(houses(roof_z_m=[19.0, 28.0]))
    by_surface = assessed(houses(), surface_height=surface())
    for other in (by_level, by_surface):
        pd.testing.assert_frame_equal(pd.DataFrame(by_height), pd.DataFrame(other))
    assert set(by_height["building_id"]) == {"1", "2"}
    south = by_height[(by_height["building_id"] == "1") & (by_height["azimuth_deg"].round() == 180)]
    hours = south["storey_hours"].iloc[0]
    assert len(hours) == 5
    assert hours[0] < hours[-1]


def test_ids_and_the_crs_of_footprints_are_kept() -> None:
    """Footprints in degrees are brought onto the grid."""
    given = houses(building_id=["north", "south"], height_m=[15.0, 24.0], colour=["red", "blue"])
    made = assessed(given.to_crs("EPSG:6668"))
    assert set(made["building_id"]) == {"north", "south"}
    assert made.crs.to_epsg() == 6677
    straight = assessed(given)
    one, other = (frame.set_index("facade_id")["sunlit_hours_mean"] for frame in (made, straight))
    np.testing.assert_allclose(one.sort_index(), other.sort_index(), atol=0.5)


def test_facts_and_notes_come_along() -> None:
    """As attributes of the frame."""
    made = assessed(houses(height_m=[15.0, None]))
    assert made.attrs["buildings_without_facades"] == 1.0
    assert "Possible sunlight on 2026-12-22" in made.attrs["comment"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: citytwin.assess("facade", {}, {}), "'facade' is no assessment, did you mean"),
        (lambda: citytwin.assess("facades", {}, {}), "facades needs terrain"),
        (
            lambda: citytwin.assess("facades", {"terrain": raster()}, {}),
            "facades needs buildings",
        ),
        (
            lambda: citytwin.assess("facades", {"terrain": raster()}, {"houses": houses()}),
            "takes no table 'houses'",
        ),
        (lambda: assessed(houses().set_crs(None, allow_override=True)), "buildings has no CRS"),
        (lambda: assessed(pd.DataFrame({"x": [1.0]})), "buildings has no CRS"),
        (
            lambda: citytwin.assess(
                "facades", {"terrain": raster(crs=None)}, {"buildings": houses()}
            ),
            "has no CRS",
        ),
        (
            lambda: citytwin.assess(
                "facades", {"terrain": raster()}, {"buildings": houses()}, {"storey": 3}
            ),
            "parameters of facades.storey",
        ),
    ],
)
def test_what_is_wrong_is_named(call: Any, message: str) -> None:
    """Steps, rasters, tables and parameters that do not fit."""
    with pytest.raises(ConfigError, match=message):
        call()
