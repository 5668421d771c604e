"""Culverts of a city on the ground of a flood: their cells, sills, and what is left out."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from citytwin.kernels.culvert_inlets import INLETS
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.simulations.flood.culverts import culverts_of
from citytwin.simulations.flood.params import FloodParams
from citytwin.simulations.flood.places import Ground
from citytwin.store.tables import conform

GRID = GridSpec("EPSG:6677", 0.0, 100.0, 5.0, 20, 20)
TERRAIN = np.full(GRID.shape, 4.0, dtype=np.float32)
TERRAIN[10, 2], TERRAIN[9, 12] = 3.0, 2.5
TERRAIN[:, 6:9] = 9.0
CLOSED = np.zeros(GRID.shape, dtype=bool)
CLOSED[14:18, 14:18] = True


def found(*rows, inlet=None, **params):
    """Culverts and what is said of them; rows of kind, sizes, levels, and places of the line."""
    names = ("kind", "width_m", "height_m", "start_level_m", "end_level_m")
    columns = {name: [row[k] for row in rows] for k, name in enumerate(names)}
    columns |= {
        "structure_id": [f"c{k}" for k in range(len(rows))],
        "source": "a.gpkg",
        "inlet": inlet,
    }
    lines = [shapely.LineString([(x, 100.0 - y) for x, y in row[-1]]) for row in rows]
    frame = gpd.GeoDataFrame(columns, geometry=lines, crs=GRID.crs)
    table = conform(t.HYDRAULIC_STRUCTURES, frame, GRID.crs)
    ground = Ground(GRID, TERRAIN, ~CLOSED)
    culverts, notes = culverts_of(
        lambda _window: ground, GRID, {t.HYDRAULIC_STRUCTURES: table}, FloodParams(**params)
    )
    return culverts, [note.en for note in notes]


ACROSS = [(17.0, 52.0), (57.0, 52.0)]
"""From row 10, column 3 to row 10, column 11: below the dam in columns 6 to 8."""


def test_a_culvert_takes_the_cells_nearest_to_its_inverts():
    """Its sill is its invert, or the ground where that is higher; the opening loses as much."""
    culverts, said = found(("culvert", 2.0, 1.5, 2.8, 2.6, ACROSS))
    assert culverts.rows.tolist() == [[10, 9]]
    assert culverts.cols.tolist() == [[2, 12]]
    np.testing.assert_allclose(culverts.level_m, [[3.0, 2.6]])
    # Roof at 4.3 and 4.1 m; above the sills remain 1.3 and 1.5 m.
    sizes = (culverts.width_m, culverts.height_m, culverts.length_m)
    np.testing.assert_allclose(np.ravel(sizes), [2.0, 1.3, 40.0])
    assert len(said) == 1
    assert said[0].startswith("1 culverts pass water")


def test_a_pipe_has_its_inlet_and_the_roughness_of_its_barrel():
    """Of corrugated metal; without a word it is a box of concrete."""
    metal, _ = found(("culvert", 1.5, 1.5, 2.8, 2.6, ACROSS), inlet="pipe_metal_mitered")
    assert INLETS[metal.inlets[0]].chart == "2-2"
    assert metal.manning.tolist() == [0.024]
    box, _ = found(("culvert", 1.5, 1.5, 2.8, 2.6, ACROSS))
    assert INLETS[box.inlets[0]].chart == "10-1"
    assert box.manning.tolist() == [0.013]


@pytest.mark.parametrize(
    "line",
    [
        [(17.0, 52.0), (18.0, 52.0)],
        [(17.0, 52.0), (157.0, 52.0)],
        [(17.0, 52.0), (82.0, 82.0)],
        [(17.0, 52.0), (35.0, 12.0)],
    ],
)
def test_culverts_that_lead_nowhere_are_left_out(line):
    """Into the same cell, out of the area, into a building, under ground above its roof."""
    culverts, said = found(("culvert", 2.0, 1.5, 2.8, 2.6, line))
    assert culverts is None
    assert len(said) == 1
    assert said[0].startswith("1 culverts are left out")


def test_others_are_none_of_its_business():
    """Walls, underpasses, and culverts that lack a number, which are burned into the ground."""
    culverts, said = found(
        ("wall", 2.0, 1.5, 2.8, 2.6, ACROSS),
        ("underpass", 2.0, 1.5, 2.8, 2.6, ACROSS),
        ("culvert", None, 1.5, 2.8, 2.6, ACROSS),
        ("culvert", 2.0, 1.5, 2.8, None, ACROSS),
    )
    assert culverts is None
    assert said == []
    assert culverts_of(lambda _window: None, GRID, {}, FloodParams()) == (None, ())


def test_a_culvert_within_a_coarse_cell_is_left_out():
    """Its water is level; one from cell to cell stays."""
    culverts, said = found(("culvert", 2.0, 1.5, 2.8, 2.6, ACROSS), flow_cell_m=10.0)
    assert culverts.cols.tolist() == [[2, 12]]
    culverts, said = found(("culvert", 2.0, 1.5, 2.8, 2.6, ACROSS), flow_cell_m=100.0)
    assert culverts is None
    assert said[0].startswith("1 culverts are left out: both ends lie in one cell")


def test_a_bank_beside_the_inlet_does_not_take_its_place():
    """With its invert at the ground of its own cell the lower cell beside it is left alone."""
    culverts, _ = found(("culvert", 2.0, 1.5, 3.9, 2.6, ACROSS))
    assert (culverts.rows[0, 0], culverts.cols[0, 0]) != (10, 2)
    assert culverts.level_m[0, 0] == 4.0
