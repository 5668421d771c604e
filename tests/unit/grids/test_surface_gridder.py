"""Surface with buildings: true roof planes, courtyards, lids, ground above a building."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from citytwin.grids.surface import GRIDDER
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.building_numbers import rows_of_cells
from citytwin.model.grid import GridSpec
from citytwin.model.steps import Arrays, GridTask, NoParams, Outcome

GRID = GridSpec("EPSG:6677", -43999.5, -94165.5, 1.5, 30, 44)
X, Y = np.meshgrid(GRID.x_centres(GRID.whole), GRID.y_centres(GRID.whole))
WEST, NORTH = GRID.x_min, GRID.y_max

NAMES = ["a", "low", "high", "equal", "far", "near", "lid", "faces", "none", "x"]
Ring = Sequence[tuple[float, float, float]]


def buildings_of(
    *rows: tuple[str, shapely.Polygon, float], height_m: float = np.nan
) -> gpd.GeoDataFrame:
    """Id, footprint and roof height."""
    columns = {
        "building_id": [row[0] for row in rows],
        "roof_z_m": [row[2] for row in rows],
        "height_m": [height_m] * len(rows),
    }
    return gpd.GeoDataFrame(columns, geometry=[row[1] for row in rows], crs=GRID.crs)


def surfaces_of(*faces: tuple[str, Sequence[Ring]]) -> pd.DataFrame:
    """Owner and rings of each face."""
    return pd.DataFrame(
        {
            "building_id": pd.Series([face[0] for face in faces], dtype="string"),
            "xyz": [np.array([p for ring in face[1] for p in ring]).ravel() for face in faces],
            "ring_sizes": [[len(ring) for ring in face[1]] for face in faces],
        }
    )


def run(
    buildings: gpd.GeoDataFrame, surfaces: pd.DataFrame, terrain: np.ndarray | float = 0.0
) -> Outcome:
    """Run the gridder on the whole grid."""
    ground = np.broadcast_to(np.float32(terrain), GRID.shape).astype(np.float32)
    tables = {t.BUILDINGS: buildings, t.SURFACES: surfaces}
    return GRIDDER.run(GridTask(GRID, GRID.whole, tables, {}, {f.TERRAIN: ground}), NoParams())


def shown(made: Arrays) -> np.ndarray:
    """Name of the building of each cell; empty where there is none."""
    numbers = made[f.BUILDING_NUMBER]
    assert ((numbers == -1) == (made[f.BUILDING_MASK] == 0)).all()
    return np.append(NAMES, "")[rows_of_cells(numbers, pd.Series(NAMES))]


def box(col0: int, row0: int, col1: int, row1: int) -> shapely.Polygon:
    """Rectangle along the lines of the grid."""
    return shapely.box(WEST + col0 * 1.5, NORTH - row1 * 1.5, WEST + col1 * 1.5, NORTH - row0 * 1.5)


def flat(footprint: shapely.Polygon, z: float) -> list[Ring]:
    """Rings of a footprint at a height, closing vertices left out."""
    rings = (footprint.exterior, *footprint.interiors)
    return [[(x, y, z) for x, y in ring.coords[:-1]] for ring in rings]


def test_a_gable_has_its_heights_at_every_cell() -> None:
    """Ridge from west to east at 9 m, eaves at 6 m, walls and floor hidden below."""
    west, east = WEST + 6.3, WEST + 27.9
    south, north = NORTH - 30.4, NORTH - 12.2
    middle = (south + north) / 2
    roof_south = [(west, south, 6.0), (east, south, 6.0), (east, middle, 9.0), (west, middle, 9.0)]
    roof_north = [(west, north, 6.0), (west, middle, 9.0), (east, middle, 9.0), (east, north, 6.0)]
    wall = [(west, south, 1.0), (east, south, 1.0), (east, south, 6.0), (west, south, 6.0)]
    floor = [(west, south, 1.0), (west, north, 1.0), (east, north, 1.0), (east, south, 1.0)]
    faces = [("a", [ring]) for ring in (floor, roof_south, wall, roof_north)]
    footprint = shapely.box(west, south, east, north)
    made = run(buildings_of(("a", footprint, 9.0)), surfaces_of(*faces), terrain=2.0).fields
    inside = shapely.contains_xy(footprint, X, Y)
    expected = np.where(inside, 9.0 - 3.0 * np.abs(Y - middle) / (north - middle), 2.0)
    np.testing.assert_allclose(made[f.SURFACE_HEIGHT], expected, atol=1e-5)
    assert inside.sum() > 150
    np.testing.assert_array_equal(made[f.BUILDING_MASK], inside.astype(np.uint8))
    np.testing.assert_array_equal(shown(made) == "a", inside)


def test_a_courtyard_stays_open() -> None:
    """The hole of a roof shows the ground, whether the roof is a face or a lid."""
    ring = box(4, 3, 20, 15).difference(box(9, 6, 14, 11))
    court = np.zeros(GRID.shape, dtype=np.bool_)
    court[6:11, 9:14] = True
    roof = np.zeros(GRID.shape, dtype=np.bool_)
    roof[3:15, 4:20] = True
    roof &= ~court
    buildings = buildings_of(("a", ring, 12.0))
    for surfaces in (surfaces_of(("a", flat(ring, 12.0))), surfaces_of()):
        made = run(buildings, surfaces, terrain=1.5).fields
        np.testing.assert_array_equal(made[f.SURFACE_HEIGHT], np.where(roof, 12.0, 1.5))
        np.testing.assert_array_equal(made[f.BUILDING_MASK] == 1, roof)


def test_a_building_without_faces_gets_a_lid_at_its_roof() -> None:
    """Beside one with faces; each cell names its own."""
    first, second = box(2, 2, 8, 9), box(20, 10, 30, 20)
    buildings = buildings_of(("faces", first, 99.0), ("none", second, 7.5))
    made = run(buildings, surfaces_of(("faces", flat(first, 4.0)))).fields
    assert (made[f.SURFACE_HEIGHT][2:9, 2:8] == 4.0).all()
    assert (made[f.SURFACE_HEIGHT][10:20, 20:30] == 7.5).all()
    assert (shown(made)[2:9, 2:8] == "faces").all()
    assert (shown(made)[10:20, 20:30] == "none").all()
    assert int(made[f.BUILDING_MASK].sum()) == 42 + 100


def test_ground_above_a_building_stays_ground() -> None:
    """A cellar in a hillside: the surface is the higher of the two, the mask still says built."""
    footprint = box(5, 5, 15, 12)
    slope = (X - WEST).astype(np.float32) / 2
    made = run(buildings_of(("a", footprint, 6.0)), surfaces_of(), terrain=slope).fields
    built = np.zeros(GRID.shape, dtype=np.bool_)
    built[5:12, 5:15] = True
    expected = np.where(built, np.maximum(slope, np.float32(6.0)), slope)
    np.testing.assert_array_equal(made[f.SURFACE_HEIGHT], expected)
    assert (slope[built] > 6.0).any()
    np.testing.assert_array_equal(made[f.BUILDING_MASK] == 1, built)


def test_unknown_ground_shows_only_where_nothing_is_built() -> None:
    """A roof is known even where the ground below it is not."""
    footprint = box(5, 5, 15, 12)
    ground = np.where((X - WEST) < 15.0, np.nan, 3.0)
    made = run(buildings_of(("a", footprint, 8.0)), surfaces_of(), terrain=ground).fields
    surface = made[f.SURFACE_HEIGHT]
    assert (surface[5:12, 5:15] == 8.0).all()
    assert np.isnan(surface[0:5, 0:10]).all()
    assert (surface[0:5, 10:] == 3.0).all()


def test_of_overlapping_buildings_the_higher_shows() -> None:
    """And of equally high ones the first by id, so that the order of the files is no matter."""
    made = run(
        buildings_of(
            ("low", box(2, 2, 12, 12), 5.0),
            ("high", box(8, 8, 20, 20), 9.0),
            ("equal", box(2, 2, 12, 12), 5.0),
        ),
        surfaces_of(),
    ).fields
    assert (shown(made)[2:8, 2:12] == "equal").all()
    assert (shown(made)[8:20, 8:20] == "high").all()
    assert (made[f.SURFACE_HEIGHT][8:12, 8:12] == 9.0).all()


def test_a_building_has_one_number_in_every_table() -> None:
    """A tile is given some rows, in any order."""
    whole = buildings_of(
        ("far", box(0, 0, 1, 1), 3.0),
        ("near", box(5, 5, 9, 9), 4.0),
        ("lid", box(12, 5, 15, 9), 6.0),
    )
    faces = surfaces_of(
        ("near", flat(box(5, 5, 9, 9), 4.0)), ("stranger", flat(box(1, 1, 3, 3), 9.0))
    )
    made = run(whole.iloc[[2, 1]], faces).fields
    assert (shown(made)[5:9, 5:9] == "near").all()
    assert (shown(made)[5:9, 12:15] == "lid").all()
    assert int(made[f.BUILDING_MASK].sum()) == 16 + 12


def test_a_block_without_elevation_stands_on_the_terrain() -> None:
    """9 m above each cell of a hillside 110 m up; not between 0 and 9 m, under the ground."""
    slope = (110.0 + (X - WEST) / 4).astype(np.float32)
    footprint = box(5, 5, 15, 12)
    made = run(
        buildings_of(("a", footprint, np.nan), height_m=9.0), surfaces_of(), terrain=slope
    ).fields
    built = np.zeros(GRID.shape, dtype=np.bool_)
    built[5:12, 5:15] = True
    np.testing.assert_array_equal(made[f.BUILDING_MASK] == 1, built)
    np.testing.assert_array_equal(shown(made) == "a", built)
    np.testing.assert_allclose(made[f.SURFACE_HEIGHT], np.where(built, slope + 9.0, slope))


def test_a_block_without_elevation_or_height_lies_on_the_ground() -> None:
    """It is built upon, and flat; where the ground is unknown, so is its top."""
    ground = np.full(GRID.shape, 3.0)
    ground[:, :10] = np.nan
    made = run(buildings_of(("a", box(5, 5, 15, 12), np.nan)), surfaces_of(), ground).fields
    assert int(made[f.BUILDING_MASK].sum()) == 70
    assert (made[f.SURFACE_HEIGHT][5:12, 10:15] == 3.0).all()
    assert np.isnan(made[f.SURFACE_HEIGHT][5:12, 5:10]).all()


def test_of_a_block_and_a_roof_the_higher_shows() -> None:
    """On ground of 4 m, a block of 6 m hides a roof at 9 m and is hidden by one at 11 m."""
    low, high = box(0, 0, 10, 10), box(20, 0, 30, 10)
    made = run(
        buildings_of(("low", low, 9.0), ("high", high, 11.0), ("x", box(5, 0, 25, 10), np.nan),
                     height_m=6.0),
        surfaces_of(),
        terrain=4.0,
    ).fields  # fmt: skip
    assert shown(made)[5, :30].tolist() == ["low"] * 5 + ["x"] * 15 + ["high"] * 10


def test_blocks_without_elevation_have_the_same_bits_for_any_tiling() -> None:
    """A building on the edge of two tiles has in each the heights it has in both."""
    slope = np.random.default_rng(4).normal(50.0, 5.0, GRID.shape).astype(np.float32)
    buildings = buildings_of(("a", box(10, 8, 31, 22), np.nan), height_m=7.0)
    whole = run(buildings, surfaces_of(), terrain=slope).fields
    for tile in GRID.tiles(16):
        task = GridTask(
            GRID,
            tile,
            {t.BUILDINGS: buildings, t.SURFACES: surfaces_of()},
            {},
            {f.TERRAIN: slope[tile.slices].copy()},
        )
        for field, made in GRIDDER.run(task, NoParams()).fields.items():
            np.testing.assert_array_equal(made, whole[field][tile.slices])
