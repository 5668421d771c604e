"""Roughness by Macdonald and by Kanda: numbers worked by hand for arrays of cubes."""

from __future__ import annotations

import math

import numpy as np
import pytest

from citytwin.kernels.source_area import (
    around,
    coarse_of,
    coarse_sums,
    heights_of,
    moving_sum,
    plan_area,
)
from citytwin.kernels.urban_roughness import Heights, Roughness, kanda, macdonald

CUBES = [
    # lp, lf; aligned zd, z0; staggered zd, z0; Kanda zd, z0
    (0.25, 0.25, 9.1027, 1.6518, 9.6607, 2.4584, 15.6631, 1.7455),
    (0.25, 0.5 * math.sqrt(0.5), 9.1027, 2.2301, 9.6607, 3.0897, 15.6631, 2.1937),
    (0.0625, 0.0625, 2.6896, 0.8672, 2.9155, 1.8281, 9.5090, 1.2979),
    (0.4444, 0.4444, 13.7034, 0.9787, 14.2650, 1.3498, 19.2672, 0.9584),
]
"""Cubes of 20 m in a pitch of 40, 80 and 30 m; in the second row the wind at 45 degrees."""


def arrays(*values: float) -> list[np.ndarray]:
    """Arrays of one value."""
    return [np.array([value]) for value in values]


def pair(rough: Roughness) -> list[float]:
    """Displacement height and roughness length."""
    return [float(rough.displacement_m[0]), float(rough.length_m[0, 0])]


@pytest.mark.parametrize("row", CUBES)
def test_arrays_of_cubes(row: tuple[float, ...]) -> None:
    """To all digits of the worked numbers."""
    plan, frontal, height = *arrays(row[0], row[1]), np.array([20.0])
    walls = frontal[None]
    assert pair(macdonald(height, plan, walls, "aligned")) == pytest.approx(row[2:4], abs=5e-5)
    assert pair(macdonald(height, plan, walls)) == pytest.approx(row[4:6], abs=5e-5)
    even = Heights(height, np.zeros(1), height)
    assert pair(kanda(even, plan, walls)) == pytest.approx(row[6:8], abs=5e-5)


@pytest.mark.parametrize(
    ("heights", "frontal", "expected"),
    [
        ((20.0, 10.0, 30.0), 0.25, [23.4947, 2.2852]),
        ((200.0 / 9.0, math.sqrt(3200.0) / 9.0, 40.0), 2.5 / 9.0, [23.7183, 2.2248]),
    ],
)
def test_arrays_of_two_heights(
    heights: tuple[float, float, float], frontal: float, expected: list[float]
) -> None:
    """10 and 30 m in turn; and eight blocks of 20 m around one of 40 m (deviation 6.2854 m)."""
    made = kanda(Heights(*arrays(*heights)), np.array([0.25]), np.array([[frontal]]))
    assert pair(made) == pytest.approx(expected, abs=5e-5)


def test_outside_their_range_there_is_no_answer() -> None:
    """Never a negative number: NaN below 0.05 and above 0.5, and where X is beyond 1."""
    height = np.array([20.0, 20.0, 20.0])
    plan, frontal = np.array([0.04, 0.6, 0.25]), np.array([[0.25, 0.25, 0.51]])
    for rough in (
        macdonald(height, plan, frontal),
        kanda(Heights(height, 0 * height, height), plan, frontal),
    ):
        assert np.isnan(rough.length_m).all()
        assert np.isnan(rough.displacement_m[:2]).all()
        assert rough.displacement_m[2] > 0
    lopsided = Heights(*arrays(16.0, 8.0, 20.0))  # four of five buildings are 20 m, one is nothing
    assert np.isnan(kanda(lopsided, np.array([0.25]), np.array([[0.25]])).length_m).all()
    above = kanda(Heights(*arrays(20.0, 0.0, 20.0)), np.array([0.5]), np.array([[0.3]]))
    assert np.isnan(above.displacement_m).all(), "1.29 x 0.5^0.36 = 1.005 of the highest building"


def test_heights_by_plan_area() -> None:
    """A quarter of 4 x 4 cells built: one cell of 10 m, three of 30 m; one cell is unknown."""
    obstacle = np.zeros((4, 4), dtype=np.float32)
    obstacle[0, 0], obstacle[0, 1:4], obstacle[3, 3] = 10.0, 30.0, np.nan
    obstacle[2, 2] = 1.0  # too low for a building
    sums = coarse_sums(obstacle, 2.0, coarse_of((4, 4), 0, 0, 4))
    heights = heights_of(sums)
    assert plan_area(sums)[0, 0] == pytest.approx(4 / 15)
    assert heights.mean_m[0, 0] == pytest.approx(25.0)
    assert heights.deviation_m[0, 0] == pytest.approx(math.sqrt(75.0))
    assert heights.max_m[0, 0] == pytest.approx(30.0)


def test_nothing_built_has_no_height() -> None:
    """Open ground has a density of 0; unknown ground has none."""
    open_ground = coarse_sums(np.zeros((2, 4), np.float32), 2.0, coarse_of((2, 4), 0, 0, 2))
    assert (plan_area(open_ground) == 0).all()
    assert np.isnan(heights_of(open_ground).mean_m).all()
    unknown = coarse_sums(np.full((2, 4), np.nan, np.float32), 2.0, coarse_of((2, 4), 0, 0, 2))
    assert np.isnan(plan_area(unknown)).all()


def test_coarse_cells_lie_in_the_whole_grid() -> None:
    """A window that begins in the middle of a coarse cell keeps their bounds."""
    coarse = coarse_of((5, 3), 7, 4, 4)
    np.testing.assert_array_equal(coarse.rows, [0, 1])
    np.testing.assert_array_equal(coarse.cols, [0])
    np.testing.assert_array_equal(coarse.added(np.ones((5, 3), bool)), [[3], [12]])


def test_the_square_around_a_cell() -> None:
    """Sums and maxima over 3 x 3 cells, cut at the rim, against a loop."""
    values = np.random.default_rng(4).integers(0, 50, (5, 6))
    obstacle = (values / 10).astype(np.float32)
    coarse = coarse_of((5, 6), 0, 0, 1)
    made = around(coarse_sums(obstacle, 0.001, coarse), 1)
    for row in range(5):
        for col in range(6):
            window = values[max(row - 1, 0) : row + 2, max(col - 1, 0) : col + 2]
            assert moving_sum(values, 1)[row, col] == window.sum()
            assert made.max_mm[row, col] == 100 * window.max()
            assert made.ground[row, col] == window.size
