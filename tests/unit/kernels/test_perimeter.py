"""Statistics along the outer walls of buildings."""

from __future__ import annotations

import numpy as np

from citytwin.kernels.perimeter import perimeter_statistics


def test_mean_and_maximum_of_the_ring_around_a_building() -> None:
    """A single cell has eight neighbours; each counts once."""
    values = np.arange(20, dtype=np.float32).reshape(4, 5)
    index = np.full((4, 5), -1, dtype=np.int32)
    index[1, 2] = 0
    mean, highest = perimeter_statistics(values, index, 2)
    ring = [1, 2, 3, 6, 8, 11, 12, 13]
    assert mean[0] == np.mean(ring)
    assert highest[0] == 13
    assert np.isnan(mean[1])
    assert np.isnan(highest[1])


def test_a_cell_between_two_buildings_belongs_to_both() -> None:
    """The street between two walls is read by both; unknown cells are left out."""
    values = np.array([[5.0, np.nan, 7.0]], dtype=np.float32)
    index = np.array([[0, -1, 1]], dtype=np.int32)
    mean, _ = perimeter_statistics(values, index, 2)
    assert np.isnan(mean).all()
    mean, _ = perimeter_statistics(np.array([[5.0, 6.0, 7.0]], dtype=np.float32), index, 2)
    np.testing.assert_array_equal(mean, [6.0, 6.0])
