"""The grids of a city do not depend on the files, meshes and tiles that its buildings come in."""

from __future__ import annotations

import re

import numpy as np
import pytest
import shapely

from citytwin.formats.citygml.format import FORMAT
from citytwin.grids import coverage, lod_used, surface
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.building_numbers import rows_of_cells
from citytwin.model.grid import GridSpec
from citytwin.model.steps import Dataset, GridTask, NoParams
from citytwin.testing import write_demo_city

CELL_M = 2.5
MEMBER = re.compile(r"<core:cityObjectMember>.*?</core:cityObjectMember>", re.DOTALL)


def grids_of(folder, paths):
    """Every grid of the buildings in some files, and the id of the building of each cell."""
    data = Dataset("demo", folder, tuple(sorted(paths)), "EPSG:6677", "Asia/Tokyo")
    tables = FORMAT.read(data, FORMAT.params()).tables
    buildings = tables[t.BUILDINGS]
    west, south, east, north = (round(v / 100) * 100 for v in buildings.total_bounds)
    shape = int((north - south) / CELL_M), int((east - west) / CELL_M)
    grid = GridSpec("EPSG:6677", west, north, CELL_M, *shape)
    fields = {f.TERRAIN: np.zeros(grid.shape, dtype=np.float32)}
    for step in (surface.GRIDDER, lod_used.GRIDDER, coverage.GRIDDER):
        parts = {field: np.empty(grid.shape, dtype=field.dtype) for field in step.outputs}
        for tile in grid.tiles(190):
            given = {field: array[tile.slices].copy() for field, array in fields.items()}
            box = grid.bounds_of(tile).grown(step.margin_m(NoParams(), CELL_M))
            area = shapely.box(box.x_min, box.y_min, box.x_max, box.y_max)
            near = {**tables, t.BUILDINGS: buildings[buildings.intersects(area)]}
            made = step.run(GridTask(grid, tile, near, {}, given), NoParams()).fields
            for field in step.outputs:
                parts[field][tile.slices] = made[field]
        fields |= parts
    ids = np.append(buildings["building_id"].to_numpy(dtype=object), None)
    return fields, ids[rows_of_cells(fields[f.BUILDING_NUMBER], buildings["building_id"])]


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    """The demo city, written anew: four meshes, a building on their border among the rest."""
    return write_demo_city(tmp_path_factory.mktemp("demo"))


def test_one_file_and_many_give_the_same_bits(city, tmp_path):
    """Four meshes, all in one file, and dealt out in turn, with one building in two files."""
    base, ids = grids_of(city.directory, city.building_files)
    texts = [path.read_text(encoding="utf-8") for path in sorted(city.building_files)]
    members = [member for text in texts for member in MEMBER.findall(text)]
    head, tail = texts[0].split(MEMBER.search(texts[0])[0])[0], "</core:CityModel>"
    head = re.sub(r"<gml:boundedBy>\s*<gml:Envelope([^>]*)>.*?</gml:Envelope>",
                  r"<gml:boundedBy><gml:Envelope\1></gml:Envelope>", head, count=1, flags=re.DOTALL)  # fmt: skip
    deals = {
        "one": [members[::-1]],
        "three": [members[2::3], members[1::3], [*members[0::3], members[1]]],
    }
    for name, files in deals.items():
        folder = tmp_path / name / "udx" / "bldg"
        folder.mkdir(parents=True)
        paths = [folder / f"5239527{n}_bldg_6697_op.gml" for n in range(len(files))]
        for path, content in zip(paths, files, strict=True):
            path.write_text(head + "".join(content) + tail, encoding="utf-8")
        made, owners = grids_of(tmp_path / name, paths)
        for field in base:
            assert made[field].tobytes() == base[field].tobytes(), (name, field.name)
        assert (owners == ids).all()


def test_a_building_across_a_mesh_border_is_whole(city):
    """Its cells on both sides are those that shapely finds in its outline, covered as it says."""
    fields, ids = grids_of(city.directory, city.building_files)
    across = set(ids[:, 190 - 1]) & set(ids[:, 190]) - {None}
    data = Dataset("demo", city.directory, tuple(sorted(city.building_files)), "EPSG:6677", "x")
    buildings = FORMAT.read(data, FORMAT.params()).tables[t.BUILDINGS].set_index("building_id")
    west, _, _, north = (round(v / 100) * 100 for v in buildings.total_bounds)
    rows, cols = np.indices(ids.shape)
    x, y = west + (cols + 0.5) * CELL_M, north - (rows + 0.5) * CELL_M
    built = shapely.union_all(buildings.geometry.to_numpy())  # neighbours share cells
    assert across
    for one in across:
        outline, own = buildings.geometry[one], ids == one
        np.testing.assert_array_equal(own, shapely.contains_xy(outline, x, y))
        half = CELL_M / 2
        cells = shapely.box(x[own] - half, y[own] - half, x[own] + half, y[own] + half)
        area = float(shapely.area(shapely.intersection(cells, built)).sum())
        covered = float(fields[f.BUILDING_COVERAGE][own].sum()) * CELL_M**2
        assert covered == pytest.approx(area, rel=0.02)


def test_ids_mask_levels_and_coverage_agree(city):
    """A cell has a building in all of these grids or in none; a full cell shows its building."""
    fields, _ = grids_of(city.directory, city.building_files)
    built = fields[f.BUILDING_MASK] == 1
    np.testing.assert_array_equal(fields[f.BUILDING_NUMBER] >= 0, built)
    np.testing.assert_array_equal(fields[f.LOD_USED] > 0, built)
    assert built[fields[f.BUILDING_COVERAGE] == 1.0].all()
    assert not built[fields[f.BUILDING_COVERAGE] == 0.0].any()
    assert (fields[f.SURFACE_HEIGHT][~built] == 0.0).all()
    assert (fields[f.SURFACE_HEIGHT][built] > 0.0).all()
