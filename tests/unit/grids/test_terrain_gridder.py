"""Ground level: averaging, interpolation, other CRS, relief with gaps, priority, fallback."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from citytwin.errors import StepError
from citytwin.grids.terrain import FILLED, FROM_BUILDINGS, GRIDDER, TerrainParams
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.raster import Raster
from citytwin.model.steps import GridTask, Outcome
from citytwin.store.tables import conform

GRID = GridSpec("EPSG:6677", -43999.5, -94165.5, 1.5, 40, 52)
X, Y = np.meshgrid(GRID.x_centres(GRID.whole), GRID.y_centres(GRID.whole))


def plane(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """A slope of 20 % and 10 %, about 15 m high."""
    return 15.0 + 0.2 * (x + 43960.0) + 0.1 * (y + 94195.0)


def raster_of(
    values: np.ndarray, x_min: float, y_max: float, cell_m: float, crs: str = "EPSG:6677"
) -> Raster:
    """A raster as a format gives it."""
    return Raster(values.astype(np.float32), crs, x_min, y_max, cell_m, cell_m, "synthetic.tif")


def sloping(x_min: float, y_max: float, cell_m: float, shape: tuple[int, int]) -> Raster:
    """The slope on a raster of any cell."""
    rows, cols = np.mgrid[0 : shape[0], 0 : shape[1]]
    x, y = x_min + (cols + 0.5) * cell_m, y_max - (rows + 0.5) * cell_m
    return raster_of(plane(x, y), x_min, y_max, cell_m)


def buildings_of(*rows: tuple[shapely.Polygon, float]) -> gpd.GeoDataFrame:
    """Footprints with the height of their ground."""
    columns = {
        "building_id": [f"b{n}" for n in range(len(rows))],
        "ground_z_m": [row[1] for row in rows],
    }
    return gpd.GeoDataFrame(columns, geometry=[row[0] for row in rows], crs=GRID.crs)


def relief_of(corners: Sequence[Sequence[tuple[float, float]]]) -> pd.DataFrame:
    """Triangles on the slope."""
    rows = [np.array([(x, y, plane(x, y)) for x, y in triangle]).ravel() for triangle in corners]
    return pd.DataFrame({"triangle": rows, "source": ["synthetic"] * len(rows)})


def run(
    *rasters: Raster,
    relief: pd.DataFrame | None = None,
    buildings: gpd.GeoDataFrame | None = None,
    levels: int = 3,
) -> Outcome:
    """Run the gridder on the whole grid."""
    tables = {t.RELIEF: relief, t.BUILDINGS: buildings}
    task = GridTask(
        GRID,
        GRID.whole,
        {table: frame for table, frame in tables.items() if frame is not None},
        {"terrain_raster": rasters} if rasters else {},
        {},
    )
    return GRIDDER.run(task, TerrainParams(fill_levels=levels, building_fill_levels=levels))


def test_a_finer_raster_is_averaged_over_the_cell() -> None:
    """Nine cells of 0.5 m make one of 1.5 m; unknown ones do not count."""
    fine = np.random.default_rng(1).normal(10.0, 2.0, (120, 156)).astype(np.float32)
    fine[30, 33] = np.nan
    made = run(raster_of(fine, GRID.x_min, GRID.y_max, 0.5)).fields
    expected = np.nanmean(fine.astype(np.float64).reshape(40, 3, 52, 3), axis=(1, 3))
    np.testing.assert_allclose(made[f.TERRAIN], expected, rtol=1e-6)
    assert (made[f.TERRAIN_SOURCE] == t.TerrainSource.MEASURED).all()


@pytest.mark.parametrize(
    ("cell_m", "offset_m"), [(5.0, 3.3), (1.5, 0.7), (1.5, 0.0), (1.1, 0.4), (0.75, 0.0)]
)
def test_a_slope_keeps_its_place(cell_m: float, offset_m: float) -> None:
    """Whatever the cells of the raster and wherever they lie, nothing is moved sideways."""
    edge = 3 * cell_m
    size = int(np.ceil((52 * 1.5 + 2 * edge + offset_m) / cell_m)) + 1
    raster = sloping(
        GRID.x_min - edge - offset_m, GRID.y_max + edge + offset_m, cell_m, (size, size)
    )
    made = run(raster).fields
    np.testing.assert_allclose(made[f.TERRAIN], plane(X, Y), atol=2e-5)
    assert (made[f.TERRAIN_SOURCE] == t.TerrainSource.MEASURED).all()


def test_a_raster_on_the_very_grid_passes_through() -> None:
    """Cells that coincide keep their values, at the edges and beside unknown ones too."""
    values = plane(X, Y).astype(np.float32)
    values[7:9, 11] = np.nan
    made = run(raster_of(values, GRID.x_min, GRID.y_max, GRID.cell_m)).fields
    known = ~np.isnan(values)
    np.testing.assert_array_equal(made[f.TERRAIN][known], values[known])
    assert (made[f.TERRAIN_SOURCE] == np.where(known, 0, 1)).all()


def test_a_raster_in_another_crs_is_brought_over() -> None:
    """A slope along the eastings of UTM 54N, computed with PROJ itself."""
    to_utm = pyproj.Transformer.from_crs(6677, 6691, always_xy=True)
    east, north = to_utm.transform(X, Y)
    x_min, y_max = east.min() - 30.0, north.max() + 30.0
    cols = np.arange(40)[None, :] + np.zeros((34, 1))
    steep = raster_of(2.0 + 0.5 * (cols + 0.5) * 4.0, x_min, y_max, 4.0, "EPSG:6691")
    made = run(steep).fields[f.TERRAIN]
    np.testing.assert_allclose(made, 2.0 + 0.5 * (east - x_min), atol=1e-4)


def test_a_relief_with_a_gap_is_filled_and_says_where() -> None:
    """Cells in triangles are exact; the gap between two slopes is filled and marked."""
    west, south = GRID.bounds.x_min - 3.0, GRID.bounds.y_min - 3.0
    east, north = GRID.bounds.x_max + 3.0, GRID.bounds.y_max + 3.0
    gap_west, gap_east = GRID.x_min + 20 * 1.5, GRID.x_min + 24 * 1.5
    relief = relief_of(
        [
            [(west, south), (gap_west, south), (gap_west, north)],
            [(west, south), (gap_west, north), (west, north)],
            [(gap_east, south), (east, south), (east, north)],
            [(gap_east, south), (east, north), (gap_east, north)],
        ]
    )
    outcome = run(relief=relief)
    source = outcome.fields[f.TERRAIN_SOURCE]
    known = np.ones(GRID.shape, dtype=np.bool_)
    known[:, 20:24] = False
    assert (source[known] == t.TerrainSource.MEASURED).all()
    assert (source[~known] == t.TerrainSource.FILLED).all()
    terrain = outcome.fields[f.TERRAIN]
    np.testing.assert_allclose(terrain[known], plane(X, Y)[known], atol=1e-4)
    assert np.abs(terrain - plane(X, Y))[~known].max() < 1.0
    assert outcome.notes == ()


def test_what_lies_too_far_from_anything_known_stays_unknown() -> None:
    """A gap wider than the parameters allow is not invented."""
    one = np.full(GRID.shape, np.nan)
    one[0, 0] = 12.5
    made = run(raster_of(one, GRID.x_min, GRID.y_max, GRID.cell_m), levels=2).fields
    terrain, source = made[f.TERRAIN], made[f.TERRAIN_SOURCE]
    assert terrain[0, 0] == 12.5
    assert np.isnan(terrain[20:, 20:]).all()
    assert (source[np.isnan(terrain)] == f.CLASS_NODATA).all()
    assert source[0, 0] == t.TerrainSource.MEASURED
    assert (source[~np.isnan(terrain)] != f.CLASS_NODATA).all()


def test_the_first_raster_wins_and_the_relief_comes_last() -> None:
    """Where the first raster knows nothing the second counts, and where neither does the TIN."""
    first, second = np.full(GRID.shape, 1.0), np.full(GRID.shape, 2.0)
    first[:, 15:] = np.nan
    second[:, 30:] = np.nan
    box = GRID.bounds.grown(5.0)
    relief = relief_of(
        [
            [(box.x_min, box.y_min), (box.x_max, box.y_min), (box.x_max, box.y_max)],
            [(box.x_min, box.y_min), (box.x_max, box.y_max), (box.x_min, box.y_max)],
        ]
    )
    rasters = [raster_of(v, GRID.x_min, GRID.y_max, GRID.cell_m) for v in (first, second)]
    terrain = run(*rasters, relief=relief).fields[f.TERRAIN]
    assert (terrain[:, :15] == 1.0).all()
    assert (terrain[:, 15:30] == 2.0).all()
    np.testing.assert_allclose(terrain[:, 30:], plane(X, Y)[:, 30:], atol=1e-4)


def test_buildings_stand_in_for_terrain_and_the_map_says_so() -> None:
    """Cells under a footprint have its ground height, the lower one where two overlap."""
    x, y = GRID.x_min, GRID.y_max
    low = shapely.box(x + 6.0, y - 21.0, x + 15.0, y - 9.0)
    high = shapely.box(x + 12.0, y - 27.0, x + 24.0, y - 15.0)
    outcome = run(buildings=buildings_of((low, 3.5), (high, 5.0)))
    terrain, source = outcome.fields[f.TERRAIN], outcome.fields[f.TERRAIN_SOURCE]
    assert (terrain[6:14, 4:10] == 3.5).all()
    assert (terrain[14:18, 8:16] == 5.0).all()
    known = ~np.isnan(terrain)
    assert (source[known] == t.TerrainSource.FROM_BUILDINGS).all()
    assert (source[~known] == f.CLASS_NODATA).all()
    between = terrain[known]
    assert between.min() >= 3.5
    assert between.max() <= 5.0
    assert known.sum() > 2 * (8 * 6 + 8 * 8 - 4 * 2)


def test_measured_terrain_is_preferred_to_buildings() -> None:
    """Buildings do not touch what was measured."""
    raster = raster_of(plane(X, Y), GRID.x_min, GRID.y_max, GRID.cell_m)
    footprint = shapely.box(GRID.x_min, GRID.y_max - 30, GRID.x_min + 30, GRID.y_max)
    outcome = run(raster, buildings=buildings_of((footprint, -50.0)))
    np.testing.assert_allclose(outcome.fields[f.TERRAIN], plane(X, Y), atol=1e-5)
    assert (outcome.fields[f.TERRAIN_SOURCE] == t.TerrainSource.MEASURED).all()


def test_outside_the_measured_ground_the_buildings_tell() -> None:
    """A relief of the western third; a building in the east stands on 21.5 m."""
    edge = GRID.x_min + 18 * 1.5
    box = shapely.box(GRID.x_min - 3, GRID.bounds.y_min - 3, edge, GRID.y_max + 3)
    (south, east), (north, _) = (box.bounds[1], edge), (box.bounds[3], 0)
    west = box.bounds[0]
    relief = relief_of(
        [
            [(west, south), (east, south), (east, north)],
            [(west, south), (east, north), (west, north)],
        ]
    )
    foot = shapely.box(edge + 45.0, GRID.y_max - 39.0, edge + 48.0, GRID.y_max - 21.0)
    made = run(relief=relief, buildings=buildings_of((foot, 21.5)), levels=4).fields
    terrain, source = made[f.TERRAIN], made[f.TERRAIN_SOURCE]
    np.testing.assert_allclose(terrain[:, :18], plane(X, Y)[:, :18], atol=1e-4)
    assert (source[:, :18] == t.TerrainSource.MEASURED).all()
    assert (terrain[14:26, 48:50] == 21.5).all()
    assert (source[14:26, 48:50] == t.TerrainSource.FROM_BUILDINGS).all()
    assert (source[14:26, 18:20] == t.TerrainSource.FILLED).all()
    row = terrain[20, 18:50]
    assert not np.isnan(row).any()
    assert min(row) >= min(plane(X, Y)[20, 17] - 1.0, 21.5)
    assert max(row) <= max(plane(X, Y)[:, 17].max() + 1.0, 21.5)


def test_a_relief_without_a_triangle_is_not_measured() -> None:
    """The buildings stand in as if the city had no relief, and are called so."""
    footprint = shapely.box(GRID.x_min + 6, GRID.y_max - 21, GRID.x_min + 15, GRID.y_max - 9)
    buildings = buildings_of((footprint, 3.5))
    empty = pd.DataFrame({"triangle": [], "source": []})
    with_relief = run(relief=empty, buildings=buildings).fields
    without = run(buildings=buildings).fields
    for field, made in with_relief.items():
        assert made.tobytes() == without[field].tobytes()
    assert t.TerrainSource.MEASURED not in with_relief[f.TERRAIN_SOURCE]


@pytest.mark.parametrize("size", [13, 32])
def test_mixed_ground_has_the_same_bits_for_any_tiling(size: int) -> None:
    """Raster in a corner, buildings elsewhere: no tile knows where another ends."""
    values = plane(X, Y).astype(np.float32)
    values[:, 14:] = np.nan
    raster = raster_of(values, GRID.x_min, GRID.y_max, GRID.cell_m)
    feet = [shapely.box(x, y, x + 6, y + 5) for x, y in (
        (GRID.x_min + 45, GRID.y_max - 20), (GRID.x_min + 60, GRID.y_max - 50))]  # fmt: skip
    buildings = buildings_of((feet[0], 12.0), (feet[1], 17.0))
    whole = run(raster, buildings=buildings, levels=2).fields
    assert {0, 1, 2, 255} == set(np.unique(whole[f.TERRAIN_SOURCE]).tolist())
    params = TerrainParams(fill_levels=2, building_fill_levels=2)
    reach = GRIDDER.margin_m(params, GRID.cell_m)
    for tile in GRID.tiles(size):
        box = GRID.bounds_of(tile).grown(reach)
        area = shapely.box(box.x_min, box.y_min, box.x_max, box.y_max)
        near = buildings[buildings.intersects(area)]
        task = GridTask(GRID, tile, {t.BUILDINGS: near}, {"terrain_raster": (raster,)}, {})
        for field, made in GRIDDER.run(task, params).fields.items():
            assert made.tobytes() == np.ascontiguousarray(whole[field][tile.slices]).tobytes()


def test_the_figures_say_how_much_was_measured() -> None:
    """30 cells measured, 15 filled, 5 estimated: 60, 30 and 10 per cent; notes as they apply."""
    assert GRIDDER.summary is not None
    facts, notes = GRIDDER.summary({f.TERRAIN_SOURCE: {0: 30, 1: 15, 2: 5}, f.TERRAIN: {}})
    assert [(fact.name, fact.value, fact.unit) for fact in facts] == [
        ("terrain_measured", 60.0, "%"),
        ("terrain_filled", 30.0, "%"),
        ("terrain_from_buildings", 10.0, "%"),
    ]
    assert notes == (FROM_BUILDINGS, FILLED)
    assert GRIDDER.summary({f.TERRAIN_SOURCE: {0: 30}})[1] == ()
    assert GRIDDER.summary({f.TERRAIN_SOURCE: {0: 30, 1: 1}})[1] == (FILLED,)
    facts, _ = GRIDDER.summary({f.TERRAIN_SOURCE: {0: 30, 3: 10}})
    assert [(facts[-1].name, facts[-1].value)] == [("terrain_burned", 25.0)]


def test_a_city_without_any_ground_is_refused() -> None:
    """The message says what to add."""
    with pytest.raises(StepError, match="add a terrain raster or a relief"):
        run()


def test_a_building_that_stands_on_the_terrain_says_nothing_of_it() -> None:
    """Its ground is unknown: the ground below is that of its neighbour."""
    x, y = GRID.x_min, GRID.y_max
    known = shapely.box(x + 6.0, y - 21.0, x + 15.0, y - 9.0)
    unknown = shapely.box(x + 15.0, y - 21.0, x + 24.0, y - 9.0)
    terrain = run(buildings=buildings_of((known, 3.5), (unknown, np.nan))).fields[f.TERRAIN]
    assert (terrain[6:14, 4:16] == 3.5).all()


def test_openings_without_levels_run_from_measured_ground_to_measured_ground() -> None:
    """Through a hump the floor is the line between its ends; the longer one is left out."""
    values = np.broadcast_to(np.linspace(20.0, 12.2, 52, dtype=np.float32), (40, 52)).copy()
    values[:, 20:30] = 30.0
    hump = raster_of(values, GRID.x_min, GRID.y_max, 1.5)
    y = float(GRID.y_centres(GRID.whole)[10])
    x = GRID.x_centres(GRID.whole)
    line = shapely.LineString([(x[15], y), (x[35], y)])
    far = shapely.LineString([(x[2], y - 30.0), (x[45], y - 30.0)])
    unknown = ("width_m", "height_m", "start_level_m", "end_level_m", "inlet")
    columns = {name: [None, None] for name in unknown}
    structures = gpd.GeoDataFrame(
        {"structure_id": ["a", "b"], "kind": "culvert", **columns, "source": "s.gpkg"},
        geometry=[line, far],
        crs=GRID.crs,
    )
    tables = {t.HYDRAULIC_STRUCTURES: conform(t.HYDRAULIC_STRUCTURES, structures, GRID.crs)}
    task = GridTask(GRID, GRID.whole, tables, {"terrain_raster": (hump,)}, {})
    outcome = GRIDDER.run(task, TerrainParams(longest_opening_m=40.0))
    terrain, source = outcome.fields[f.TERRAIN], outcome.fields[f.TERRAIN_SOURCE]
    floor = np.linspace(values[0, 15], values[0, 35], 21)
    np.testing.assert_allclose(terrain[10, 20:30], floor[5:15], atol=1e-4)
    assert (source[10, 20:30] == t.TerrainSource.BURNED).all()
    np.testing.assert_array_equal(terrain[:10], values[:10])
    np.testing.assert_array_equal(terrain[11:], values[11:])
    assert [note.severity for note in outcome.notes] == ["info", "loss"]
