"""Bridges are neither ground nor buildings: the demo river flows under its bridge."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from citytwin import registry
from citytwin.formats import citygml_bridges, citygml_relief, citygml_roads
from citytwin.formats.citygml.format import FORMAT as BUILDINGS_FORMAT
from citytwin.grids import roughness, surface, terrain
from citytwin.kernels.flood_forcing import Forcing, Inflow, RainSeries
from citytwin.kernels.flood_options import SolverOptions
from citytwin.kernels.inundation import simulate_inundation
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.steps import Dataset, Gridder, GridTask, Simulation
from citytwin.testing import write_demo_city

CELL_M = 2.0


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """The demo city, written anew."""
    return write_demo_city(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def deck(city):
    """Outline of the bridge in the plane."""
    return shapely.Polygon(city.bridge.outline)


@pytest.fixture(scope="module")
def grid(deck):
    """Cells over the bridge and 40 m around it."""
    west, south, east, north = deck.buffer(40.0).bounds
    nx, ny = int((east - west) / CELL_M), int((north - south) / CELL_M)
    return GridSpec("EPSG:6677", np.floor(west), np.ceil(north), CELL_M, ny, nx)


@pytest.fixture(scope="module")
def made(city, grid):
    """Terrain, surface and roughness where every theme is given, the bridge as well."""
    tables = {}
    for chosen, paths in (
        (BUILDINGS_FORMAT, (*city.building_files, city.bridge_file)),
        (citygml_relief.FORMAT, (city.ground_file, city.bridge_file)),
        (citygml_roads.FORMAT, (city.street_file, city.bridge_file)),
        (citygml_bridges.FORMAT, (city.bridge_file,)),
    ):
        data = Dataset("demo", city.directory, tuple(sorted(paths)), "EPSG:6677", "Asia/Tokyo")
        tables.update(chosen.read(data, chosen.params()).tables)
    assert len(tables[t.BRIDGES]) == 1
    fields = {}
    for step in (terrain.GRIDDER, surface.GRIDDER, roughness.GRIDDER):
        task = GridTask(grid, grid.whole, tables, {}, fields)
        fields = {**fields, **step.run(task, step.params()).fields}
    return fields


@pytest.fixture(scope="module")
def under(grid, deck):
    """Cells wholly under the deck, away from the levees that carry its ends."""
    x, y = np.meshgrid(grid.x_centres(grid.whole), grid.y_centres(grid.whole))
    middle = deck.intersection(deck.centroid.buffer(30.0)).buffer(-CELL_M)
    return shapely.contains_xy(middle, x, y)


def test_the_ground_under_the_deck_is_the_river_bed(city, made, under):
    """Under 30 m from the middle of the deck the ground lies metres below it, unroofed."""
    assert under.sum() > 100
    ground = made[f.TERRAIN][under]
    assert ground.max() < city.bridge.bottom_z - 3.0
    np.testing.assert_array_equal(made[f.SURFACE_HEIGHT][under], ground)
    assert not made[f.BUILDING_MASK][under].any()
    assert (made[f.BUILDING_NUMBER][under] == -1).all()


def test_a_raised_road_leaves_the_roughness_of_the_river(made, under):
    """The street on the bridge is level 1: the water below does not flow over asphalt."""
    road = roughness.RoughnessParams().road
    assert not np.isclose(made[f.ROUGHNESS][under], road).any()


def test_water_passes_under_the_bridge(city, grid, made, under):
    """Water poured in west of the bridge stands under the deck and reaches the river east of it."""
    line = shapely.LineString(city.river_centreline)
    x, y = np.meshgrid(grid.x_centres(grid.whole), grid.y_centres(grid.whole))
    bed = shapely.contains_xy(line.buffer(16.0), x, y)
    columns = np.flatnonzero(under.any(axis=0))
    west = bed & (np.arange(grid.nx) < columns[0] - 5)[None, :]
    east = bed & (np.arange(grid.nx) > columns[-1] + 5)[None, :]
    rows, cols = np.nonzero(west)
    source = Inflow(rows, cols, np.array([0.0, 1e4]), np.array([60.0, 60.0]))
    result = simulate_inundation(
        made[f.TERRAIN],
        made[f.BUILDING_MASK] == 1,
        made[f.ROUGHNESS],
        grid.cell_m,
        300.0,
        Forcing(RainSeries(), (source,)),
        SolverOptions(),
    )
    assert (result.max_depth_m[under & bed] > 0.05).mean() > 0.9
    assert (result.max_depth_m[east] > 0.05).mean() > 0.5


def test_roads_make_no_height():
    """A road on stilts is in no ground, no surface and no mask: these are made without roads."""
    heights = {f.TERRAIN, f.SURFACE_HEIGHT, f.BUILDING_MASK, f.BUILDING_COVERAGE}
    for step in registry.all_of(Gridder):
        if heights.intersection(step.outputs):
            assert t.ROADS not in (*step.inputs, *step.optional), step.name


def test_no_grid_and_no_simulation_reads_bridges():
    """Nobody can burn them into the ground by accident: no such step asks for the table."""
    for step in (*registry.all_of(Gridder), *registry.all_of(Simulation)):
        assert t.BRIDGES not in (*step.inputs, *step.optional), step.name
