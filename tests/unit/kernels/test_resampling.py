"""Samples onto cells."""

from __future__ import annotations

import numpy as np

from citytwin.kernels.resampling import bilinear, cell_means


def test_cell_means_leave_out_what_is_unknown_or_outside() -> None:
    """Each cell gets the mean of its own samples."""
    rows = np.array([0, 0, 1, -1, 1])
    cols = np.array([0, 0, 2, 0, 2])
    values = np.array([1.0, 2.0, 5.0, 99.0, np.nan])
    mean = cell_means(rows, cols, values, (2, 3))
    assert mean[0, 0] == 1.5
    assert mean[1, 2] == 5.0
    assert np.isnan(mean).sum() == 4


def test_bilinear_reproduces_a_plane() -> None:
    """A plane is interpolated exactly; outside there is nothing."""
    y, x = np.mgrid[0:5, 0:7]
    plane = (2.0 * x - 3.0 * y).astype(np.float32)
    row, col = np.array([0.5, 3.25, 4.5]), np.array([5.5, 0.0, 1.0])
    out = bilinear(plane, row, col)
    np.testing.assert_allclose(out[:2], [2 * 5.5 - 1.5, -9.75], rtol=1e-6)
    assert np.isnan(out[2])


def test_bilinear_on_a_centre_takes_that_cell_alone() -> None:
    """Neighbours without weight may be unknown or outside; those with weight may not."""
    values = np.array([[1.0, 2.0, np.nan], [4.0, np.nan, 6.0]], dtype=np.float32)
    row = np.array([0.0, 1.0, 1e-9, 0.0, 0.0, 0.0, 0.3, 1.0, -0.01])
    col = np.array([0.0, 2.0, 1.0, 0.5, 1.5, 2.0, 0.0, 0.5, 0.0])
    out = bilinear(values, row, col)
    expected = [1.0, 6.0, 2.0, 1.5, np.nan, np.nan, 1.9, np.nan, np.nan]
    np.testing.assert_allclose(out, expected, rtol=1e-6)
