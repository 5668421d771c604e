"""Bands of rows that threads work on side by side, with the bits of one thread."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import TypeVar

import numpy as np

from citytwin.kernels.shallow_water import Seams

_T = TypeVar("_T")
LEAST_CELLS = 50_000
"""A band of fewer takes about as long as it takes to wake a thread."""


class RowBands:
    """Bands of rows of a grid, and the threads for them.

    Parameters
    ----------
    shape
        Rows and columns of the grid.
    count
        Number of bands, >= 1; fewer where the grid has not three rows for each.

    Attributes
    ----------
    rows
        First row and the one after the last of each band, ascending.
    seams
        Where they meet.

    Notes
    -----
    Threads of the operating system that sleep between the steps: a pool of OpenMP spins at its
    barrier, and stands still when another process takes one of its processors.
    """

    def __init__(self, shape: tuple[int, int], count: int) -> None:
        ny, nx = shape
        count = max(1, min(count, ny // 3))
        cuts = [ny * k // count for k in range(count + 1)]
        self.rows = list(pairwise(cuts))
        self.seams = seams_at(cuts[1:-1], nx)

    def run(self, work: Callable[[int], _T]) -> list[_T]:
        """Let every band be worked on.

        Parameters
        ----------
        work
            Gets the number of a band; it must let go of the interpreter to be of any use.

        Returns
        -------
        list
            What it returned, in the order of the bands.
        """
        others = [_pool(len(self.rows) - 1).submit(work, band) for band in range(1, len(self.rows))]
        first = work(0)
        return [first, *(other.result() for other in others)]


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="citytwin-rows")


def seams_at(rows: list[int], nx: int) -> Seams:
    """Return work space for the seams above some rows.

    Parameters
    ----------
    rows
        First row of each band but the first.
    nx
        Columns of the grid.

    Returns
    -------
    Seams
        Arrays of shape (n, ...).
    """
    n = len(rows)
    return Seams(
        np.array(rows, dtype=np.int64),
        np.zeros((n, nx), dtype=np.float32),
        np.ones((n, 2, nx), dtype=np.float32),
        np.zeros((n, 2), dtype=np.bool_),
        np.zeros((n, 2), dtype=np.bool_),
    )


def worthwhile(threads: int, shape: tuple[int, int]) -> int:
    """Return how many of some threads a grid has work for.

    Parameters
    ----------
    threads
        How many there are, >= 1.
    shape
        Rows and columns of the grid.
    """
    return max(1, min(threads, shape[0] * shape[1] // LEAST_CELLS))
