"""From houses to roughness: an array of cubes goes through the frontal area and the statistics."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from citytwin.errors import StepError
from citytwin.grids.frontal_area_by_direction import GRIDDER
from citytwin.model import fields as f
from citytwin.model import tables as t
from citytwin.model.axes import evenly
from citytwin.model.grid import GridSpec
from citytwin.model.site import Site
from citytwin.model.steps import Block, GridTask, Outcome
from citytwin.model.tables import RoughnessDoubt
from citytwin.simulations.morphometry import SIMULATION

GRID = GridSpec("EPSG:6677", -160.0, 160.0, 2.0, 160, 160)
"""On the central meridian of its zone, so that grid north is true north."""
SITE = Site(139.8333, 36.0, 0.0, "Asia/Tokyo")


def cubes(*heights: float) -> gpd.GeoDataFrame:
    """8 x 8 cubes of 20 m in a pitch of 40 m, of heights in turn."""
    boxes, tall = [], []
    for row in range(8):
        for col in range(8):
            x, y = -150.0 + 40 * col, -150.0 + 40 * row
            boxes.append(shapely.MultiPolygon([shapely.box(x, y, x + 20, y + 20)]))
            tall.append(heights[(row + col) % len(heights)])
    return gpd.GeoDataFrame(
        {"height_m": tall, "ground_z_m": np.full(64, 3.0), "roof_z_m": np.array(tall) + 3.0},
        geometry=boxes,
        crs="EPSG:6677",
    )


def made(houses: gpd.GeoDataFrame, **params: Any) -> Outcome:
    """Morphometry of the houses on ground 3 m above the datum."""
    task = GridTask(GRID, GRID.whole, {t.BUILDINGS: houses}, {}, {}, {})
    coarse = {"coarse_cells": 20, "directions": 8}
    walls = GRIDDER.run(task, GRIDDER.params.model_validate(coarse))
    x, y = np.meshgrid(GRID.x_centres(GRID.whole), GRID.y_centres(GRID.whole))
    surface = np.full(GRID.shape, 3.0, dtype=np.float32)
    for box, roof in zip(houses.geometry, houses["roof_z_m"], strict=True):
        surface[shapely.contains_xy(box, x, y)] = roof
    arrays = {
        f.SURFACE_HEIGHT: surface,
        f.TERRAIN: np.full(GRID.shape, 3.0, dtype=np.float32),
        f.FRONTAL_AREA_BY_DIRECTION: walls.fields[f.FRONTAL_AREA_BY_DIRECTION],
    }
    block = Block(
        arrays, {}, GRID, GRID.whole, SITE, directions={f.FRONTAL_AREA_BY_DIRECTION: evenly(8)}
    )
    given = {"coarse_cells": 20, "directions": 8, **params}
    return SIMULATION.run(block, SIMULATION.params.model_validate(given))


def at(outcome: Outcome, field: f.Field) -> np.ndarray:
    """Values in the middle of the array."""
    return np.asarray(outcome.fields[field][..., 80, 80])


def test_cubes_by_kanda() -> None:
    """A quarter built; frontal area 0.25 along the streets, 0.354 at 45 degrees to them."""
    outcome = made(cubes(20.0))
    assert at(outcome, f.PLAN_AREA) == pytest.approx(0.25)
    assert at(outcome, f.DISPLACEMENT_HEIGHT) == pytest.approx(15.6631, abs=1e-3)
    length = at(outcome, f.ROUGHNESS_LENGTH)
    np.testing.assert_allclose(length[::2], 1.7455, atol=2e-4)
    np.testing.assert_allclose(length[1::2], 2.1937, atol=2e-4)
    assert at(outcome, f.ROUGHNESS_DOUBT) == RoughnessDoubt.NONE


def test_cubes_of_two_heights() -> None:
    """10 and 30 m in turn, half of the 64 each: mean 20, deviation 10."""
    outcome = made(cubes(10.0, 30.0), reach_cells=8)
    assert at(outcome, f.BUILDING_HEIGHT_MEAN) == pytest.approx(20.0)
    assert at(outcome, f.BUILDING_HEIGHT_DEVIATION) == pytest.approx(10.0)
    assert at(outcome, f.BUILDING_HEIGHT_MAX) == pytest.approx(30.0)
    assert at(outcome, f.DISPLACEMENT_HEIGHT) == pytest.approx(23.4947, abs=1e-3)
    np.testing.assert_allclose(at(outcome, f.ROUGHNESS_LENGTH)[::2], 2.2852, atol=2e-4)


def test_cubes_by_macdonald() -> None:
    """Aligned, as they stand."""
    outcome = made(cubes(20.0), model="macdonald_aligned")
    assert at(outcome, f.DISPLACEMENT_HEIGHT) == pytest.approx(9.1027, abs=1e-3)
    np.testing.assert_allclose(at(outcome, f.ROUGHNESS_LENGTH)[::2], 1.6518, atol=2e-4)


def test_why_there_is_no_value() -> None:
    """One house in 320 m is too few; walls of 60 m at each cube are too many."""
    lone = made(cubes(20.0).iloc[:1])
    assert at(lone, f.ROUGHNESS_DOUBT) == RoughnessDoubt.SPARSE
    assert np.isnan(at(lone, f.ROUGHNESS_LENGTH)).all()
    tall = made(cubes(60.0))
    assert at(tall, f.ROUGHNESS_DOUBT) == RoughnessDoubt.WALLS
    assert np.isnan(at(tall, f.ROUGHNESS_LENGTH)).all()
    assert at(tall, f.DISPLACEMENT_HEIGHT) == pytest.approx(3 * 15.6631, abs=1e-3)


def test_directions_must_agree() -> None:
    """The frontal area index was made for other directions: the message says where to set both."""
    with pytest.raises(StepError, match="8 directions, not 16 evenly") as caught:
        made(cubes(20.0), directions=16)
    assert "alike" in caught.value.hint
