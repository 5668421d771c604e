"""Plan and frontal area on coarse cells, walls of footprints, roughness."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.morphology import frontal_area_index, height_moments
from citytwin.kernels.scanline import GridWindow
from citytwin.kernels.urban_roughness import ALIGNED, STAGGERED, kanda, macdonald
from citytwin.kernels.walls import ring_walls

COARSE = GridWindow(x_min=-200.0, y_max=120.0, cell_m=40.0, row0=0, col0=0)


def cube_walls(x0, y0, edge=20.0, clockwise=False):
    """Walls of a square footprint."""
    ring = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]) * edge + (x0, y0)
    ring = ring[::-1] if clockwise else ring
    return ring_walls(ring, np.array([0, 5]), np.array([0, 1]))[0]


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


def test_walls_face_outwards_whatever_the_winding():
    """Outer rings and courtyards give walls with the air on the right."""
    square = np.array([(0, 0), (10, 0), (10, 10), (0, 10.0)])
    hole = square * 0.4 + 3
    for outer, inner in ((square, hole), (square[::-1], hole), (square, hole[::-1])):
        walls, owner = ring_walls(np.r_[outer, inner], np.array([0, 4, 8]), np.array([0, 2]))
        assert owner.tolist() == [0] * 8
        middle = 0.5 * (walls[:, :2] + walls[:, 2:])
        along = walls[:, 2:] - walls[:, :2]
        length = np.hypot(*along.T)[:, None]
        probe = middle + 0.1 * np.c_[along[:, 1], -along[:, 0]] / length
        in_outer = ((probe > 0) & (probe < 10)).all(axis=1)
        in_hole = ((probe > 3) & (probe < 7)).all(axis=1)
        assert not (in_outer & ~in_hole).any()


def test_height_moments_by_hand():
    """Two heights on a coarse cell: plan-weighted mean, population deviation, maximum."""
    height = np.zeros((8, 12), dtype=np.float32)
    height[0:2, 0:4] = 10.0
    height[2:4, 2:4] = 40.0
    height[5, 5] = np.nan
    height[6, 9] = 7.0
    lambda_p, mean, sd, tallest = height_moments(height, 4)
    assert lambda_p.shape == (2, 3)
    assert lambda_p[0, 0] == pytest.approx(12 / 16)
    assert mean[0, 0] == pytest.approx(20.0)
    assert sd[0, 0] == pytest.approx(np.sqrt((8 * 100 + 4 * 400) / 12))
    assert tallest[0, 0] == 40.0
    assert (lambda_p[1, 2], mean[1, 2], sd[1, 2], tallest[1, 2]) == (1 / 16, 7.0, 0.0, 7.0)
    assert lambda_p[0, 1:].sum() == mean[1, 1] == 0


def test_height_moments_need_whole_coarse_cells():
    """A raster that ends inside a coarse cell is refused."""
    with pytest.raises(ValueError, match="whole coarse cells"):
        height_moments(np.zeros((8, 10), dtype=np.float32), 4)


WORKED = [
    # mean, sd, max, lambda_p, lambda_f; aligned zd, z0; staggered zd, z0; Kanda zd, z0
    (20, 0, 20, 0.25, 0.25, 9.1027, 1.6518, 9.6607, 2.4584, 15.6631, 1.7455),
    (20, 0, 20, 0.25, 0.35355, 9.1027, 2.2301, 9.6607, 3.0897, 15.6631, 2.1937),
    (20, 0, 20, 0.0625, 0.0625, 2.6896, 0.8672, 2.9155, 1.8281, 9.5090, 1.2979),
    (20, 0, 20, 0.4444, 0.4444, 13.7034, 0.9787, 14.2650, 1.3498, 19.2672, 0.9584),
]


@pytest.mark.parametrize("row", WORKED)
def test_roughness_of_cube_arrays(row):
    """Macdonald and Kanda on arrays of 20 m cubes, numbers worked by hand."""
    mean, sd, tallest, lp, lf, zd_a, z0_a, zd_s, z0_s, zd_k, z0_k = row
    np.testing.assert_allclose(macdonald(mean, lp, lf, ALIGNED), (zd_a, z0_a), atol=1e-4)
    np.testing.assert_allclose(macdonald(mean, lp, lf, STAGGERED), (zd_s, z0_s), atol=1e-4)
    np.testing.assert_allclose(kanda(mean, sd, tallest, lp, lf), (zd_k, z0_k), atol=2e-4)


def test_kanda_with_unequal_heights():
    """Alternating 10 and 30 m, and eight cubes of 20 m around one of 40 m."""
    zd, z0 = kanda([20, 22.2222], [10, 6.2854], [30, 40], [0.25, 0.25], [0.25, 0.27778])
    np.testing.assert_allclose(zd, [23.4947, 23.7183], atol=2e-3)
    np.testing.assert_allclose(z0, [2.2852, 2.2248], atol=2e-4)


def test_roughness_without_buildings_is_unknown_not_negative():
    """Zero height, no walls or full cover give NaN in the right cells only."""
    h, lp, lf = np.array([0, 9, 9, 9.0]), np.array([0.3, 0, 1.0, 0.3]), np.array([0.2, 0.2, 0.2, 0])
    for values in (*macdonald(h, lp, lf), *kanda(h, 0 * h, h, lp, lf)):
        assert np.isnan(values).all()
    zd, z0 = macdonald(np.array([9.0, 0.0]), np.array([0.3, 0.0]), np.array([0.2, 0.0]))
    assert (zd[0] > 0, z0[0] > 0, np.isnan(zd[1]), np.isnan(z0[1])) == (True,) * 4
