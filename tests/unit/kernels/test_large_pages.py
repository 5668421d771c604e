"""Arrays in large pages are arrays like any other."""

from __future__ import annotations

import numpy as np
import pytest

from citytwin.kernels.large_pages import filled, moved_to_large_pages


@pytest.mark.parametrize("shape", [(0, 5), (3, 7), (3, 512, 512), (1100, 1201)])
def test_filled(shape: tuple[int, ...]) -> None:
    """Every cell has the number, whatever the size."""
    array = filled(shape, -1.5)
    assert array.shape == shape
    assert array.dtype == np.float32
    assert array.flags.c_contiguous
    assert array.flags.writeable
    assert (array == -1.5).all()


def test_large_arrays_begin_with_a_page_and_share_nothing() -> None:
    """What lies before and behind in the memory belongs to no other."""
    arrays = [filled((1000, 1000), number) for number in range(4)]
    assert all(array.ctypes.data % (1 << 21) == 0 for array in arrays)
    assert [float(array.min()) for array in arrays] == [0, 1, 2, 3]
    assert [float(array.max()) for array in arrays] == [0, 1, 2, 3]


def test_moved_numbers_are_copies_in_row_order() -> None:
    """Transposed arrays are laid out anew."""
    given = np.arange(2_000_000, dtype=np.float32).reshape(1000, 2000).T
    moved = moved_to_large_pages(given)
    assert np.array_equal(moved, given)
    assert moved.flags.c_contiguous
    assert not np.shares_memory(moved, given)
