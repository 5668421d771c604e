"""Coarser rasters against values worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.store.coarsen import coarsened, pyramid
from citytwin.store.precision import rounded

N = np.nan
VALUES = np.array(
    [[1, 3, N, N, 8], [5, 7, N, N, N], [0, N, 2, 2, N]],
    dtype=np.float32,
)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("average", [[4, N, 8], [0, 2, N]]),
        ("max", [[7, N, 8], [0, 2, N]]),
        ("min", [[1, N, 8], [0, 2, N]]),
    ],
)
def test_blocks_of_two(how: str, expected: list[list[float]]) -> None:
    """Cells without data do not count; a block without any stays without."""
    result = coarsened(VALUES, 2, how)  # type: ignore[arg-type]
    assert np.array_equal(result, np.array(expected, np.float32), equal_nan=True)
    assert result.dtype == np.float32


def test_pyramid_halves_until_it_fits() -> None:
    """Sizes are halved, rounded up, until both sides fit."""
    shapes = [level.shape for level in pyramid(np.zeros((9, 33), np.float32), "max", 5)]
    assert shapes == [(5, 17), (3, 9), (2, 5)]


def test_rounding_gives_the_nearest_multiple() -> None:
    """Halves go to even, negative zero becomes zero, 0.1 steps print short, NaN stays."""
    got = rounded(np.array([0.25, 0.36, -0.04, 0.3000001, N]), 0.1)
    assert got[:4].tolist() == [0.2, 0.4, 0.0, 0.3]
    assert not np.signbit(got[2])
    assert np.isnan(got[4])
    assert rounded(np.array([124.0, 126.0]), 5.0).tolist() == [125.0, 125.0]
