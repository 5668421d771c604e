"""Sites of buildings: parcels, strips, and what belongs together."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.sun_rule import Regulated
from citytwin.rules.sites import measures_of, sites_of
from citytwin.store.tables import empty

CRS = "EPSG:6677"


def houses(
    *boxes: tuple[float, float, float, float], parents: list[str | None]
) -> gpd.GeoDataFrame:
    """Buildings b0, b1, ... of 8 m on ground at 2 m."""
    number = len(boxes)
    frame = dict.fromkeys(t.BUILDINGS.column_names[:-1])
    frame |= {
        "building_id": [f"b{n}" for n in range(number)],
        "parent_id": pd.array(parents, dtype="string"),
        "height_m": 8.0,
        "ground_z_m": 2.0,
        "roof_z_m": 10.0,
        "storeys": pd.array([3] * number, dtype="Int32"),
    }
    shapes = [shapely.MultiPolygon([shapely.box(*box)]) for box in boxes]
    return gpd.GeoDataFrame(pd.DataFrame(frame), geometry=shapes, crs=CRS)


def parcels(**land: shapely.Geometry) -> gpd.GeoDataFrame:
    """Parcels by their numbers."""
    return gpd.GeoDataFrame({"site_id": list(land)}, geometry=list(land.values()), crs=CRS)


def test_without_parcels_a_strip_with_square_corners() -> None:
    """Parts of one building share theirs."""
    both = houses((0, 0, 4, 4), (4, 0, 8, 4), (20, 0, 24, 4), parents=["p", "p", None])
    made = sites_of(both, None, 2.0)
    assert made.ids == ("p", "b2")
    assert [rows.tolist() for rows in made.members] == [[0, 1], [2]]
    assert made.land[0].equals(shapely.box(-2, -2, 10, 6))
    assert not made.from_parcel.any()


def test_all_buildings_of_a_parcel_are_one_site() -> None:
    """Where a building stands on two parcels, both are its site; others get a strip."""
    rows = houses((1, 1, 3, 3), (6, 1, 8, 3), (18, 1, 22, 3), (50, 1, 52, 3), parents=[None] * 4)
    land = parcels(
        a=shapely.box(0, 0, 10, 10), b=shapely.box(10, 0, 20, 10), c=shapely.box(20, 0, 30, 10),
        empty=shapely.box(30, 0, 40, 10),
    )  # fmt: skip
    made = sites_of(rows, land, 1.0)
    assert made.ids == ("a", "b", "b3")
    assert [rows.tolist() for rows in made.members] == [[0, 1], [2], [3]]
    assert made.land[1].equals(shapely.box(10, 0, 30, 10))
    assert made.from_parcel.tolist() == [True, True, False]


def test_a_building_named_like_a_parcel_is_another_site() -> None:
    """Numbers counted from 1 on both sides would make one id of two sites."""
    rows = houses((1, 1, 3, 3), (50, 1, 52, 3), parents=[None] * 2)
    made = sites_of(rows, parcels(b1=shapely.box(0, 0, 10, 10)), 1.0)
    assert made.ids == ("b1", "b1:strip")


def test_a_sliver_over_the_boundary_is_no_site() -> None:
    """A wall that the survey puts 2 cm over the line stays on its own parcel."""
    rows = houses((0, 0, 10.02, 5), parents=[None])
    made = sites_of(rows, parcels(a=shapely.box(0, 0, 10, 10), b=shapely.box(10, 0, 20, 10)), 1.0)
    assert made.ids == ("a",)
    assert made.land[0].equals(shapely.box(0, 0, 10, 10))


def test_mean_ground_weighs_the_outline() -> None:
    """Ground that rises by 1 m per 10 m east: the mean lies at the middle of the building."""
    grid = GridSpec(CRS, 0.0, 100.0, 0.5, 200, 200)
    ground = np.tile((0.05 * (np.arange(200) + 0.5)).astype(np.float32), (200, 1))
    rows = houses((20.0, 20.0, 40.0, 30.0), parents=[None])
    made = measures_of(rows, empty(t.SURFACES, CRS), grid, ground)
    assert made.ground_z_m[0] == pytest.approx(3.0, abs=0.02)
    assert made.height_m[0] == pytest.approx(7.0, abs=0.02)
    beside = measures_of(rows, empty(t.SURFACES, CRS), GridSpec(CRS, 900.0, 0.0, 1, 9, 9), ground)
    assert beside.ground_z_m[0] == 2.0


def test_eaves_are_the_highest_lower_edge_of_roofs() -> None:
    """A gable from 6 to 9 m over an annexe at 3 m: eaves at 6 m."""
    grid = GridSpec(CRS, 0.0, 100.0, 1.0, 100, 100)
    rows = houses((20.0, 20.0, 30.0, 30.0), parents=[None])
    tops = [
        (8.0, 8.0, 11.0, 11.0),
        (8.0, 8.0, 11.0, 11.0),
        (5.0, 5.0, 5.0, 5.0),
        (2.0, 2.0, 8.0, 8.0),
    ]
    surfaces = empty(t.SURFACES, CRS)
    frame = pd.DataFrame(
        {
            "surface_id": [f"s{n}" for n in range(4)],
            "building_id": "b0",
            "lod": "2",
            "semantic": ["roof", "roof", "roof", "wall"],
            "xyz": pd.Series(
                [[v for k, z in enumerate(top) for v in (20.0 + k, 20.0, z)] for top in tops],
                dtype=surfaces["xyz"].dtype,
            ),
            "ring_sizes": pd.Series([[4]] * 4, dtype=surfaces["ring_sizes"].dtype),
        }
    )
    made = measures_of(rows, frame, grid, np.full(grid.shape, 2.0, dtype=np.float32))
    assert made.eaves_m[0] == pytest.approx(6.0)
    assert made.regulated(Regulated(eaves_above_m=5.9)).tolist() == [True]
    assert made.regulated(Regulated(eaves_above_m=6.0, storeys_from=4)).tolist() == [False]
    assert made.regulated(Regulated(storeys_from=3)).tolist() == [True]
