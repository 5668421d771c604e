"""Rain of building cells reaches the nearest street, whole and evenly."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.roof_runoff import RUNOFF_UNITS, rain_weight, roof_runoff_map


def brute_force(is_open: np.ndarray, is_roof: np.ndarray) -> np.ndarray:
    """Weights by comparing every roof cell with every open cell."""
    weight = is_open.astype(float)
    targets = np.argwhere(is_open)
    for cell in np.argwhere(is_roof):
        squared = ((targets - cell) ** 2).sum(axis=1)
        nearest = targets[squared == squared.min()]
        weight[nearest[:, 0], nearest[:, 1]] += 1 / len(nearest)
    return weight


def random_city(seed: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Open, roof and outside cells at random."""
    rng = np.random.default_rng(seed)
    is_open = rng.random((17, 23)) < share
    is_open[rng.integers(17), rng.integers(23)] = True
    is_roof = ~is_open & (rng.random((17, 23)) < 0.8)
    return is_open, is_roof


@pytest.mark.parametrize("share", [0.0, 0.02, 0.3, 0.9])
@pytest.mark.parametrize("seed", range(3))
def test_weights_equal_a_search_over_all_pairs(seed: int, share: float) -> None:
    """Sparse and dense cities agree with brute force."""
    is_open, is_roof = random_city(seed, share)
    expected = brute_force(is_open, is_roof)
    np.testing.assert_allclose(rain_weight(is_open, is_roof), expected, rtol=1e-14)


def test_the_links_of_each_roof_cell_sum_to_one_exactly() -> None:
    """In whole units every source gives all of its rain, only to open cells, in order."""
    is_open, is_roof = random_city(7, 0.1)
    links = roof_runoff_map(is_open, is_roof)
    given = np.bincount(links.source, weights=links.units.astype(float), minlength=is_open.size)
    np.testing.assert_array_equal(given.reshape(is_open.shape), RUNOFF_UNITS * is_roof)
    assert is_open.ravel()[links.target].all()
    order = np.lexsort((links.target, links.source))
    np.testing.assert_array_equal(order, np.arange(order.size))


def test_no_rain_is_lost_over_a_city() -> None:
    """The weights sum to the number of open and roof cells, exactly."""
    is_open, is_roof = random_city(5, 0.2)
    assert rain_weight(is_open, is_roof).sum() == is_open.sum() + is_roof.sum()


def test_a_courtyard_keeps_the_rain_of_its_walls() -> None:
    """By hand: a 3 x 3 block with an open middle in a street; corners tie between two streets."""
    is_open = np.ones((5, 5), dtype=bool)
    is_open[1:4, 1:4] = False
    is_open[2, 2] = True
    weight = rain_weight(is_open, ~is_open)
    expected = is_open.astype(float)
    # Sides share between the street and the courtyard, corners between two street cells.
    expected[2, 2] += 4 * 0.5
    for at in (0, 4):
        expected[at, 2] += 0.5
        expected[2, at] += 0.5
        expected[at, [1, 3]] += 0.5
        expected[[1, 3], at] += 0.5
    np.testing.assert_array_equal(weight, expected)


def test_mirrored_and_turned_cities_have_mirrored_and_turned_weights() -> None:
    """Ties are shared, so no side is preferred: the same bits."""
    is_open, is_roof = random_city(9, 0.05)
    weight = rain_weight(is_open, is_roof)
    for turn in (np.flipud, np.fliplr, np.rot90, np.transpose):
        np.testing.assert_array_equal(rain_weight(turn(is_open), turn(is_roof)), turn(weight))


def test_a_city_without_roofs_or_without_streets() -> None:
    """Nothing to lead away gives the open mask; nowhere to lead it is refused."""
    is_open = np.ones((3, 4), dtype=bool)
    np.testing.assert_array_equal(rain_weight(is_open, ~is_open), is_open)
    with pytest.raises(ValueError, match="no open cell"):
        rain_weight(~is_open, is_open)
