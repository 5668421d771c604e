"""Frontal area of walls on coarse cells."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.morphology import frontal_area_index
from citytwin.kernels.scanline import GridWindow

COARSE = GridWindow(x_min=-200.0, y_max=120.0, cell_m=40.0, row0=0, col0=0)


def cube_walls(x0, y0, edge=20.0):
    """Walls of a square footprint, the outside on their right."""
    ring = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]) * edge + (x0, y0)
    return np.c_[ring[:-1], ring[1:]]


def test_cube_array_has_the_worked_indices():
    """20 m cubes 40 m apart: 0.25 with the wind, 2 x 400 cos 45 / 1600 across the corner."""
    walls = cube_walls(-190.0, 90.0)
    wind = np.radians([0.0, 90, 180, 270, 45, 225])
    index = frontal_area_index(walls, np.full(4, 20.0), wind, COARSE, 2, 3)
    np.testing.assert_allclose(index[:4, 0, 0], 0.25)
    np.testing.assert_allclose(index[4:, 0, 0], 0.35355, atol=1e-5)
    assert index[:, 1:].sum() == 0
    assert index[:, :, 1:].sum() == 0


def test_a_wall_over_several_cells_is_shared_by_length():
    """A wall of 100 m along a row of 40 m cells gives 30, 40 and 30 m to three cells."""
    wall = np.array([[-90.0, 75.0, -190.0, 75.0]])  # outside in the north
    index = frontal_area_index(wall, np.array([8.0]), np.zeros(1), COARSE, 3, 5)
    np.testing.assert_allclose(index[0, 1, :4] * 1600 / 8, [30, 40, 30, 0], atol=1e-9)
    from_south = frontal_area_index(wall, np.array([8.0]), np.full(1, np.pi), COARSE, 3, 5)
    assert from_south.sum() == pytest.approx(0.0, abs=1e-12)


def random_walls(n, seed):
    """Segments anywhere in and around the coarse grid."""
    rng = np.random.default_rng(seed)
    start = rng.uniform((-260, -60), (60, 180), (n, 2))
    return np.c_[start, start + rng.normal(0, 40, (n, 2))], rng.uniform(3, 60, n)


def test_windows_of_one_grid_agree_to_the_bit():
    """Coarse cells computed alone hold the bits of the whole grid."""
    walls, height = random_walls(80, seed=1)
    wind = np.radians(np.arange(0, 360, 50.0))
    whole = frontal_area_index(walls, height, wind, COARSE, 6, 5)
    for row in range(6):
        window = COARSE._replace(row0=row, col0=2)
        part = frontal_area_index(walls, height, wind, window, 1, 2)
        assert part.tobytes() == whole[:, row : row + 1, 2:4].tobytes()


def test_parts_add_up_to_the_whole_wall():
    """The sum over all cells is the area of the walls as the wind sees them."""
    walls, height = random_walls(60, seed=2)
    grid = COARSE._replace(row0=-9, col0=-9)
    index = frontal_area_index(walls, height, np.array([0.7]), grid, 30, 30)
    dx, dy = walls[:, 2] - walls[:, 0], walls[:, 3] - walls[:, 1]
    seen = np.maximum(0, dy * np.sin(0.7) - dx * np.cos(0.7)) * height
    assert index.sum() * 1600 == pytest.approx(seen.sum())


def test_useless_walls_are_left_out():
    """NaN coordinates and heights that are not above zero add nothing."""
    walls = np.array([[0, 0, np.nan, 5], [-100, 50, -110, 50], [-100, 50, -110, 50.0]])
    height = np.array([5.0, 0.0, np.nan])
    assert frontal_area_index(walls, height, np.zeros(1), COARSE, 3, 5).sum() == 0
