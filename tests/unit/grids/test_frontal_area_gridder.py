"""Frontal area index of houses by hand: party walls, slopes, the city's edge, weights."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from citytwin.grids.frontal_area import GRIDDER
from citytwin.model import fields as f
from citytwin.model import properties as p
from citytwin.model import tables as t
from citytwin.model.grid import GridSpec
from citytwin.model.record import Record
from citytwin.model.steps import GridTask


def houses(*rows: tuple[float, float, float, float, float, float]) -> gpd.GeoDataFrame:
    """Houses as (x0, y0, x1, y1, foot, roof)."""
    return gpd.GeoDataFrame(
        {
            "height_m": [roof - foot for *_, foot, roof in rows],
            "ground_z_m": [foot for *_, foot, _ in rows],
            "roof_z_m": [roof for *_, roof in rows],
        },
        geometry=[shapely.MultiPolygon([shapely.box(*row[:4])]) for row in rows],
        crs="EPSG:6677",
    )


def index(
    table: gpd.GeoDataFrame, *winds: tuple[float, float], ny: int = 20, nx: int = 20
) -> np.ndarray[Any, Any]:
    """Index on coarse cells of 20 x 5 m in the middle of plane zone 9, without convergence."""
    grid = GridSpec("EPSG:6677", -5.0 * nx / 2, 5.0 * ny / 2, 5.0, ny, nx)
    times = 600.0 * np.arange(len(winds))
    values = {p.WIND_SPEED: [w[0] for w in winds], p.WIND_DIRECTION: [w[1] for w in winds]}
    records = {
        observed: Record(observed, times, times, np.array(rows), "wx", "urn:a")
        for observed, rows in values.items()
    }
    task = GridTask(grid, grid.whole, {t.BUILDINGS: table}, {}, {}, records)
    params = GRIDDER.params.model_validate({"coarse_cells": 20})
    made: np.ndarray[Any, Any] = GRIDDER.run(task, params).fields[f.FRONTAL_AREA]
    return made


WEST, EAST = (3.0, 270.0), (3.0, 90.0)
PAIR = ((-20.0, -10.0, 0.0, 10.0, 5.0, 15.0), (0.0, -10.0, 20.0, 10.0, 5.0, 20.0))


def test_two_houses_that_touch() -> None:
    """West wind: 20 m x 10 m, and 20 m x 5 m above the neighbour, on 10,000 m2; east: 20 x 15."""
    assert index(houses(*PAIR), WEST) == pytest.approx(0.03, rel=1e-4)
    assert index(houses(*PAIR), EAST) == pytest.approx(0.03, rel=1e-4)


def test_party_walls_go_by_levels_not_heights() -> None:
    """The same 10 m on a slope: the upper one rises 6 m above the other's roof, not nothing."""
    slope = ((-20.0, -10.0, 0.0, 10.0, 5.0, 15.0), (0.0, -10.0, 20.0, 10.0, 11.0, 21.0))
    assert index(houses(*slope), WEST) == pytest.approx(20 * (10 + 6) / 1e4, rel=1e-4)
    cliff = ((-20.0, -10.0, 0.0, 10.0, 5.0, 15.0), (0.0, -10.0, 20.0, 10.0, 30.0, 40.0))
    assert index(houses(*cliff), WEST) == pytest.approx(20 * (10 + 10) / 1e4, rel=1e-4)


def test_directions_weigh_by_run_of_wind() -> None:
    """A slab of 40 x 10 m: 40 m face the north wind, 10 m the west; 6 m/s once, 2 m/s thrice."""
    slab = houses((-20.0, -5.0, 20.0, 5.0, 0.0, 10.0))
    winds = [(6.0, 0.0), *[(2.0, 270.0)] * 3]
    assert index(slab, *winds) == pytest.approx(0.5 * 0.04 + 0.5 * 0.01, rel=1e-4)


def test_cells_cut_by_the_edge_count_their_own_ground_and_walls() -> None:
    """The city ends after a quarter of the second cell: 25 x 100 m with 20 m of a 10 m slab.

    The slab goes on for 20 m outside, where its wall stands on nobody's ground.
    """
    # Columns 0..19 are a whole coarse cell, 20..24 the cut one: x from -62.5 to 62.5.
    slab = houses((42.5, -10.0, 82.5, 10.0, 0.0, 10.0))
    made = index(slab, (3.0, 0.0), nx=25)
    assert made[0, 24] == pytest.approx(20 * 10 / (25 * 100), rel=1e-3)
    assert made[0, 0] == pytest.approx(0.0, abs=1e-9)
