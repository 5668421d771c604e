"""The small town: complete, the same on every run, rasters and tables agree."""

from __future__ import annotations

import numpy as np
import shapely

from citytwin.engine.blocks import check
from citytwin.model import fields as f
from citytwin.model import properties as p
from citytwin.model import tables as t
from citytwin.model.building_numbers import rows_of_cells
from citytwin.testing.small_town import small_town
from citytwin.testing.town_plan import houses


def test_every_field_and_property_is_there() -> None:
    """A step that asks for a new quantity finds it, within its valid range and unknown somewhere."""
    town = small_town(53, 71)
    assert set(town.fields) == set(f.ALL)
    assert set(town.records) == set(p.ALL)
    # Of fields over time the town has one moment.
    still = {field: array for field, array in town.fields.items() if field.axis is None}
    check("town", tuple(still), still, (53, 71), "")
    for field, array in town.fields.items():
        if field in (f.CANOPY_TOP, f.CANOPY_BASE):
            assert 0.02 < np.isfinite(array).mean() < 0.2, field.name
        elif field.dtype == "float32" and field not in (f.ROUGHNESS, f.BUILDING_COVERAGE):
            assert 0 < np.isnan(array).mean() < 0.2, field.name
    for observed, record in town.records.items():
        assert record.synthetic
        assert (np.diff(record.start_s) > 0).all()
        assert record.result.min() >= observed.valid_min
        assert record.result.max() <= observed.valid_max


def test_the_same_bits_on_every_run() -> None:
    """Nothing is drawn by chance."""
    one, other = small_town(40, 50), small_town(40, 50)
    for field, array in one.fields.items():
        assert array.tobytes() == other.fields[field].tobytes(), field.name
    for table, frame in one.tables.items():
        assert frame.astype(str).equals(other.tables[table].astype(str)), table.name


def test_every_table_of_sources_is_there() -> None:
    """Tables that assessments make are made by them."""
    town = small_town(53, 71)
    sources = {t.BUILDINGS, t.SURFACES, t.RELIEF, t.ROADS, t.LAND_USE, t.THINGS, t.OBSERVATIONS}
    sources |= {t.DEFECTS, t.HYDRAULIC_STRUCTURES, t.SEWER_NETWORK, t.TRANSIT_LINES}
    sources |= {t.WATER_BODIES, t.VEGETATION, t.BRIDGES, t.ZONES, t.SITES, t.HAZARD_SURFACES}
    assert set(town.tables) == sources
    assert all(len(frame) for frame in town.tables.values())
    assert set(town.tables[t.OBSERVATIONS]["property"]) == {observed.name for observed in p.ALL}


def test_numbers_and_footprints_agree() -> None:
    """A cell belongs to the building in whose footprint its centre lies."""
    town = small_town(53, 71)
    x, y = np.meshgrid(town.grid.x_centres(town.grid.whole), town.grid.y_centres(town.grid.whole))
    points = shapely.points(x, y)
    expected = np.full(town.grid.shape, -1)
    for row, footprint in enumerate(town.tables[t.BUILDINGS].geometry):
        expected[shapely.contains(footprint, points)] = row
    names = town.tables[t.BUILDINGS]["building_id"]
    rows = rows_of_cells(town.fields[f.BUILDING_NUMBER], names)
    np.testing.assert_array_equal(rows, expected)
    assert (town.fields[f.BUILDING_MASK] == (expected >= 0)).all()


def test_houses_of_all_kinds_stand_on_a_slope() -> None:
    """Gables, courtyards, blocks without faces, towers; the ground differs from house to house."""
    town = small_town(90, 90)
    found = houses(town.grid)
    assert {house.kind for house in found} == {"gable", "courtyard", "block", "tower", "mast"}
    assert len({house.ground_z_m for house in found}) == len(found)
    surfaces = town.tables[t.SURFACES]
    owners = set(surfaces["building_id"])
    assert 0 < len(owners) < len(found)
    assert set(surfaces["semantic"]) == {"roof", "wall", "ground"}
