"""Filling of gaps: exact where known, bounded, the same bits for any window."""

from __future__ import annotations

import numpy as np

from citytwin.kernels.gap_fill import fill_gaps, margin_cells


def raster(ny: int, nx: int) -> np.ndarray:
    """A wavy slope with holes."""
    y, x = np.mgrid[0:ny, 0:nx]
    values = (20 + 0.1 * x - 0.2 * y + np.sin(x / 7.0)).astype(np.float32)
    hole = ((x // 9 + y // 7) % 3 == 0) | (np.hypot(x - 40, y - 30) < 6)
    return np.where(hole, np.float32(np.nan), values)


def test_known_cells_keep_their_value_and_gaps_stay_within_it() -> None:
    """A fill never leaves the range of the known values."""
    values = raster(61, 83)
    filled = fill_gaps(values, -13, 27, 4)
    known = ~np.isnan(values)
    np.testing.assert_array_equal(filled[known], values[known])
    assert not np.isnan(filled).any()
    assert filled.min() >= values[known].min()
    assert filled.max() <= values[known].max()


def test_a_constant_is_filled_with_itself() -> None:
    """Around a hole in a plain at 3 m there is nothing but 3 m."""
    values = np.full((40, 33), 3.0, dtype=np.float32)
    values[10:20, 5:30] = np.nan
    np.testing.assert_array_equal(fill_gaps(values, 0, 0, 5), 3.0)


def test_a_window_with_margin_gives_the_bits_of_the_whole() -> None:
    """Tiling never shows."""
    levels = 3
    values = raster(150, 131)
    whole = fill_gaps(values, 5, -9, levels)
    margin = margin_cells(levels) + 2**levels
    r0, r1, c0, c1 = 60, 90, 50, 77
    top, left = r0 - margin, c0 - margin
    window = values[top : r1 + margin, left : c1 + margin]
    part = fill_gaps(window, 5 + top, -9 + left, levels)
    np.testing.assert_array_equal(
        part[margin : margin + 30, margin : margin + 27], whole[r0:r1, c0:c1]
    )


def test_what_is_too_far_stays_unknown() -> None:
    """A raster that knows nothing stays unknown."""
    assert np.isnan(fill_gaps(np.full((20, 30), np.nan, dtype=np.float32), 0, 0, 3)).all()
