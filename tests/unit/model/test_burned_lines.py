"""Culverts, underpasses and walls in the ground, by hand on a small grid."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from citytwin.model import tables as t
from citytwin.model.burned_lines import burn_lines
from citytwin.model.grid import GridSpec
from citytwin.store.tables import conform

GRID = GridSpec("EPSG:6677", 0.0, 20.0, 2.0, 10, 15)
NOWHERE = (np.nan, np.nan)


def embankment():
    """Ground at 4 m in the west, at 3 m in the east, with a dam of 8 m in columns 6 to 8."""
    ground = np.full(GRID.shape, 4.0, dtype=np.float32)
    ground[:, 9:] = 3.0
    ground[:, 6:9] = 8.0
    return ground


def structure(kind, line, width=None, height=None, start=None, end=None):
    """A row; places of the line in metres from the north-west corner."""
    shape = shapely.LineString([(x, 20.0 - y) for x, y in line])
    return ("s", kind, width, height, start, end, None, "a.gpkg", shape)


def burned(*rows, ground=None, ends=NOWHERE, tile=GRID.whole):
    """The new ground, which cells changed, and what was said."""
    names = t.HYDRAULIC_STRUCTURES.column_names
    columns = {name: [row[k] for row in rows] for k, name in enumerate(names[:-1])}
    frame = gpd.GeoDataFrame(columns, geometry=[row[-1] for row in rows], crs=GRID.crs)
    frame["structure_id"] = [f"s{k}" for k in range(len(rows))]
    table = conform(t.HYDRAULIC_STRUCTURES, frame, GRID.crs)
    made = burn_lines(
        table, embankment() if ground is None else ground, GRID, tile, lambda _line: ends
    )
    return made.ground_m, made.burned, [note.en for note in made.notes]


def test_a_culvert_opens_the_dam_from_invert_to_invert():
    """Its floor falls from 3.5 to 2.5 m over 10 m; one row of cells, lower at every step."""
    line = [(10.0, 9.0), (20.0, 9.0)]
    ground, changed, said = burned(structure("culvert", line, 1.0, None, 3.5, 2.5))
    expected = embankment()
    # Middles at 11, 13, ... 19 m; the cell that begins where the line ends is not passed.
    expected[4, 5:10] = [3.4, 3.2, 3.0, 2.8, 2.6]
    np.testing.assert_allclose(ground, expected, atol=1e-6)
    assert changed.sum() == 5
    assert said == ["1 culverts are burned into the ground as open cuts"]


def test_a_culvert_of_known_size_and_levels_is_left_to_the_flood():
    """It is no open cut: the ground stays, and nothing is said of it here."""
    row = structure("culvert", [(10.0, 9.0), (20.0, 9.0)], 1.0, 1.5, 3.5, 2.5)
    ground, changed, said = burned(row)
    np.testing.assert_array_equal(ground, embankment())
    assert not changed.any()
    assert said == []


def test_without_levels_the_ground_at_both_ends_counts():
    """From ground to ground; the dam alone is opened, and never a cell raised."""
    line = [(9.0, 9.0), (21.0, 9.0)]
    ground, changed, _ = burned(structure("underpass", line, 6.0), ends=(4.0, 3.0))
    # Rows with their middle within 3 m of the line: 3 to 5; floors at 13, 15 and 17 m.
    expected = [4 - 4 / 12, 4 - 6 / 12, 4 - 8 / 12]
    for row in (3, 4, 5):
        np.testing.assert_allclose(ground[row, 6:9], expected, atol=1e-6)
    assert (ground <= embankment()).all()
    assert (ground[[0, 1, 2, 6, 7, 8, 9]] == embankment()[[0, 1, 2, 6, 7, 8, 9]]).all()
    assert changed[3:6, 6:9].all()


def test_a_wall_closes_the_land_and_an_opening_passes_it():
    """Its crest, or its height above the ground; the culvert below it stays open."""
    wall = structure("wall", [(22.5, 0.5), (27.5, 19.5)], None, None, 5.5, 5.5)
    fence = structure("wall", [(3.0, 0.5), (3.0, 19.5)], None, 1.25)
    culvert = structure("culvert", [(19.0, 9.0), (29.0, 9.0)], 1.0, None, 2.0, 2.0)
    ground, changed, said = burned(culvert, wall, fence)
    assert (ground[:, 1] == 5.25).all()
    blocked = ground == 5.5
    assert blocked.any(axis=1).sum() == 9  # every row but that of the culvert
    assert (ground[4, 9:15] == 2.0).all()
    assert changed.sum() == 10 + blocked.sum() + 6
    assert said == [
        "1 culverts are burned into the ground as open cuts",
        "2 walls or levees are burned into the ground",
    ]


def test_a_slanted_wall_lets_no_water_pass():
    """From cell to cell over sides nothing leads from west to east."""
    ground = np.zeros(GRID.shape, dtype=np.float32)
    wall = structure("wall", [(4.3, 0.0), (23.1, 20.0)], None, None, 2.0, 2.0)
    made, _, _ = burned(wall, ground=ground)
    reached, todo = set(), [(5, 0)]
    while todo:
        row, col = todo.pop()
        if not (0 <= row < 10 and 0 <= col < 15) or (row, col) in reached or made[row, col] > 0:
            continue
        reached.add((row, col))
        todo += [(row + 1, col), (row - 1, col), (row, col + 1), (row, col - 1)]
    assert (0, 14) not in reached
    assert (9, 0) in reached


@pytest.mark.parametrize("kind", ["culvert", "underpass", "wall"])
def test_without_any_level_it_is_left_out_and_told(kind):
    """The ground stays, bit by bit."""
    ground, changed, said = burned(structure(kind, [(9.0, 9.0), (21.0, 9.0)], 2.0))
    np.testing.assert_array_equal(ground, embankment())
    assert not changed.any()
    assert len(said) == 1
    assert "left out" in said[0]


def test_unknown_ground_stays_unknown():
    """Neither wall nor opening makes ground where nobody knows it."""
    ground = embankment()
    ground[4] = np.nan
    rows = (
        structure("wall", [(3.0, 0.5), (3.0, 19.5)], None, None, 9.0, 9.0),
        structure("culvert", [(10.0, 9.0), (20.0, 9.0)], 1.0, None, 2.0, 2.0),
    )
    made, changed, _ = burned(*rows, ground=ground)
    assert np.isnan(made[4]).all()
    assert not changed[4].any()
    assert changed.sum() == 9
