"""Arrays in large pages of memory, where the system gives these on request.

A step of a flood goes through a dozen arrays side by side, a row of each at a time: with pages of
4 kB almost every row is another page, and finding it takes up to a tenth of the step.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

_LARGE_PAGE = 1 << 21  # [bytes], of x86-64 and of most ARM systems
# numpy asks Linux for large pages (madvise) for arrays of this size and more [bytes].
_ASKED_FROM = 1 << 22


def filled(shape: tuple[int, ...], number: float) -> NDArray[np.float32]:
    """A number everywhere, in memory of its own.

    Parameters
    ----------
    shape
        Shape of the array.
    number
        The number [any unit], kept as float32.

    Returns
    -------
    numpy.ndarray
        New array of that shape, float32, in large pages from 2 MiB on.

    Notes
    -----
    Fresh memory from ``numpy.zeros`` is one shared page until it is written; reading large arrays
    of it is up to ten times slower than reading any other number on some processors, and ground
    that stays dry is never written.
    """
    array = _unwritten(shape)
    array.fill(number)
    return array


def moved_to_large_pages(array: NDArray[np.float32] | NDArray[np.float64]) -> NDArray[np.float32]:
    """The same numbers, as float32, in memory of their own.

    Parameters
    ----------
    array
        Numbers of any shape [any unit].

    Returns
    -------
    numpy.ndarray
        Copy in row order, float32, in large pages from 2 MiB on.
    """
    copy = _unwritten(array.shape)
    copy[...] = array
    return copy


def _unwritten(shape: tuple[int, ...]) -> NDArray[np.float32]:
    size = math.prod(shape) * np.dtype(np.float32).itemsize
    if size < _LARGE_PAGE:
        return np.empty(shape, dtype=np.float32)
    # Memory that is never written takes no room, so what lies before and behind costs nothing.
    memory = np.empty(max(size + _LARGE_PAGE, _ASKED_FROM), dtype=np.uint8)
    begin = -memory.ctypes.data % _LARGE_PAGE
    return memory[begin : begin + size].view(np.float32).reshape(shape)
