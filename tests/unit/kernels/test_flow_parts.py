"""Parts of the flow solver by hand and against slow references."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.errors import ConfigError
from citytwin.kernels.flow_approach import ApproachFlow, logarithmic_flow
from citytwin.kernels.flow_grid import PAD, FlowGrid, flow_levels, inner
from citytwin.kernels.flow_refinement import refine
from citytwin.kernels.flow_rows import FIRST_FACES, Across, pass_faces
from citytwin.kernels.flow_setup import Town, leaf_rates
from citytwin.kernels.flow_town import fitting_grid, surrounded
from citytwin.kernels.flow_walls import (
    ACROSS_X,
    ACROSS_Y,
    ACROSS_Z,
    Sides,
    air_cells,
    free_faces,
    sides_of,
    wall_distance,
)
from citytwin.kernels.wind_scores import anomaly_r, wind_scores


def test_scores_by_hand():
    """Four places: errors 0, 0.1, -0.1 and 0.6."""
    scores = wind_scores(np.array([0.2, 0.4, 0.6, 0.4]), np.array([0.2, 0.5, 0.5, 1.0]))
    assert scores.rmse == pytest.approx(np.sqrt((0 + 0.01 + 0.01 + 0.36) / 4))
    assert scores.fractional_bias == pytest.approx(2 * (0.55 - 0.4) / 0.95)
    assert scores.fac2 == pytest.approx(0.75)
    assert scores.hits == pytest.approx(0.75)
    assert scores.r == pytest.approx(0.06 / np.sqrt(0.08 * 0.33))


def test_anomaly_knows_directions_only():
    """Of places alone it makes nothing; what directions add counts."""
    places = np.array([0.2, 0.5, 0.9])
    turn = np.array([[0.1, -0.1, 0.0], [-0.1, 0.1, 0.0]])
    assert anomaly_r(places + turn, 3 * places + 2 * turn) == pytest.approx(1.0)


def test_logarithmic_flow():
    """Speed 5 m/s at 10 m; friction velocity and energy by hand for z0 = 0.1 m."""
    speed, energy = logarithmic_flow(0.1).at(10.0)
    assert speed == pytest.approx(5.0, rel=2e-3)
    friction = 0.4 * 5.0 / np.log(101.0)
    assert energy == pytest.approx(friction**2 / 0.3, rel=1e-6)


@pytest.mark.parametrize(
    ("z", "speed"), [([1.0, 1.0], [1.0, 2.0]), ([1.0, 2.0], [0.0, 2.0]), ([1.0], [1.0])]
)
def test_profiles_that_are_none(z, speed):
    """Heights that do not rise, air at rest, a single height."""
    with pytest.raises(ConfigError, match="approach flow"):
        ApproachFlow(np.array(z), np.array(speed), np.ones(len(z)))


def test_levels_grow():
    """Even ones up to 6 m, then each a quarter thicker."""
    faces = flow_levels(2.0, 6.0, 14.0, 1.25)
    assert faces == pytest.approx([0, 2, 4, 6, 8.5, 11.625, 15.53125])


@pytest.mark.parametrize("faces", [[0, 1, 1, 2, 3], [0, 1, 2]])
def test_grids_that_are_none(faces):
    """Levels that do not rise, and too few."""
    with pytest.raises(ConfigError, match="levels"):
        FlowGrid(8, 8, 1.0, np.array(faces, dtype=float))


def test_wall_distance_is_exact():
    """Against the distance to every solid cell, less half a cell sideways."""
    rng = np.random.default_rng(3)
    grid = FlowGrid(7, 9, 2.0, np.array([0.0, 1, 2, 4, 7, 11]))
    top = np.where(rng.random((7, 9)) < 0.2, rng.uniform(1, 6, (7, 9)), 0).astype(np.float32)
    air = air_cells(grid, top)
    found = wall_distance(grid, air)
    solid = np.argwhere(inner(air) == 0)
    for k, j, i in np.ndindex(*grid.shape):
        across = 2.0 * np.hypot(solid[:, 1] - j, solid[:, 2] - i)
        across = np.maximum(across - 1.0, 0)
        away = np.hypot(across, grid.z_m[solid[:, 0]] - grid.z_m[k])
        assert found[k, j, i] == pytest.approx(away.min(), abs=1e-4)


def test_sides_and_faces():
    """Wind from the west: that side is given, the others and the top are free."""
    assert sides_of((1.0, 0.0)) == Sides(west=False, east=True, north=True, south=True)
    assert sides_of((-0.6, 0.8)) == Sides(west=True, east=False, north=False, south=True)
    grid = FlowGrid(4, 5, 1.0, np.arange(5.0))
    top = np.zeros((4, 5), np.float32)
    top[1, 2] = 1.0
    faces = free_faces(grid, air_cells(grid, top), sides_of((1.0, 0.0)))
    assert np.count_nonzero(faces & ACROSS_X) == 4 * 4 * 5 - 2
    assert np.count_nonzero(faces & ACROSS_Y) == 4 * 5 * 5 - 2
    assert np.count_nonzero(faces & ACROSS_Z) == 4 * 4 * 5 - 1


def test_limited_upwind_values():
    """Steep and smooth rows, both directions, by the division that the kernel avoids."""
    rng = np.random.default_rng(1)
    q = rng.standard_normal((4, 500)).astype(np.float32)
    q[:, :100] = np.cumsum(rng.random((4, 100)), axis=0)
    speed = rng.standard_normal(500).astype(np.float32)
    rows, half = np.zeros((FIRST_FACES + 4, 501), np.float32), np.float32(0.5)
    calm, through = np.zeros(2000, np.float32), np.zeros(2000, np.float32)
    through[1000:1500] = speed
    lie = Across(500, 0, half, half, np.float32(1.0), np.float32(1.0))
    pass_faces(rows, FIRST_FACES, 500, q.ravel(), through, calm, 1000, lie)
    out = rows[FIRST_FACES + 1]
    for n in range(500):
        a, b, c, d = q[:, n].astype(float)
        before, here, after = (a, b, c) if speed[n] > 0 else (d, c, b)
        r = (here - before) / (after - here)
        limit = max(0.0, min(2 * r, (2 + r) / 3, 2))
        expected = here + 0.5 * limit * (after - here)
        assert out[n] == pytest.approx(expected, rel=1e-4, abs=1e-5)


def test_no_stress_beside_a_wall():
    """One solid cell of four takes the edge out."""
    around = np.array([0, 0, 0, 0, 1, 0, 3, 3, 3, 3, 3, 3, 0, 0, 0, 0], np.float32)
    rows, half = np.zeros((FIRST_FACES + 4, 3), np.float32), np.float32(0.5)
    lie = Across(4, 2, half, half, np.float32(1.0), np.float32(1.0))
    pass_faces(rows, FIRST_FACES, 2, around, around, around, 10, lie)
    out = rows[FIRST_FACES + 2, :2]
    assert out.tolist() == [2.5, 0.0]


@pytest.mark.parametrize("stands", [0, 1, 2, 3])
def test_refining_keeps_what_is_linear(stands):
    """A quantity linear in x, y and z stays so on finer cells, on faces as in cells."""
    fine = FlowGrid(12, 16, 1.0, flow_levels(1.0, 4.0, 16.0, 1.2))
    coarse = fine.coarser()

    def linear(grid):
        x, y = ((np.arange(n + 5) - PAD) * grid.cell_m for n in (grid.nx, grid.ny))
        x = x if stands == 0 else x + 0.5 * grid.cell_m
        y = y if stands == 1 else y + 0.5 * grid.cell_m
        z = np.zeros(grid.nz + 5)
        known = grid.z_faces_m if stands == 2 else grid.z_m
        z[PAD : PAD + len(known)] = known
        return (2 * x + 3 * y[:, None] - z[:, None, None]).astype(np.float32)

    out = np.zeros_like(fine.cube())
    refine(out, linear(coarse), fine, coarse, stands)
    inside = (slice(PAD + 1, PAD + fine.nz - 2), slice(PAD, -3), slice(PAD, -3))
    assert np.abs(out - linear(fine))[inside].max() < 1e-4


def test_town_with_a_margin():
    """Ground goes on, buildings do not; sizes are even; the window leads back."""
    top = np.full((10, 11), 7.0, np.float32)
    ground = np.full((10, 11), 2.0, np.float32)
    ground[-1] = 3.0
    wide, (row, col) = surrounded(Town(top, ground), 2.0, 20.0)
    window = (slice(row, row + 10), slice(col, col + 11))
    assert all(n % 2 == 0 for n in wide.top_m.shape)
    assert min(wide.top_m.shape) >= 30
    assert (wide.top_m[window] == top).all()
    outside = wide.built.copy()
    outside[window] = False
    assert not outside.any()
    assert wide.ground_m[0, 0] == 2.0
    assert wide.ground_m[-1, 0] == 3.0
    grid = fitting_grid(wide, 2.0)
    assert grid.z_faces_m[-1] >= 14.0
    assert grid.dz[0] == 2.0


def test_open_ground_at_the_edge_counts_as_margin():
    """A block in the south-east corner of a large field: ground goes in the north-west, comes in the south-east."""
    top = np.zeros((60, 60), np.float32)
    top[50:60, 48:58] = 7.0
    wide, (row, col) = surrounded(Town(top, np.zeros_like(top)), 2.0, 20.0)
    assert max(wide.top_m.shape) < 40
    assert row < 0
    assert col < 0
    held = [np.flatnonzero(wide.built.any(axis=axis)) for axis in (1, 0)]
    for cells, n, before, first in zip(held, wide.top_m.shape, (row, col), (50, 48), strict=True):
        assert len(cells) == 10
        assert cells[0] == first + before
        assert min(cells[0], n - 1 - cells[-1]) >= 10
    hilly = np.zeros_like(top)
    hilly[0] = 5.0
    wide, _ = surrounded(Town(top + hilly, hilly), 2.0, 20.0)
    assert wide.top_m.shape[0] >= 80


def test_leaves_fill_part_of_a_level():
    """A crown from 3 to 8 m: half of the level from 2 to 4 m, all of 4 to 6, and of 6 to 8."""
    top, base = np.full((4, 4), np.nan, np.float32), np.full((4, 4), np.nan, np.float32)
    top[1, 1], base[1, 1] = 8.0, 3.0
    flat = np.zeros((4, 4), np.float32)
    grid = FlowGrid(4, 4, 2.0, np.array([0.0, 2, 4, 6, 8, 10]))
    rates = inner(leaf_rates(grid, Town(flat, flat, top, base, 0.4)))
    assert rates[:, 1, 1].tolist() == pytest.approx([0, 0.2, 0.4, 0.4, 0])
    assert rates.sum() == pytest.approx(1.0)
    assert leaf_rates(grid, Town(flat, flat)).shape == (1, 1, 1)
