"""Which cells of a grid a run computes, and which of them it books in the account of the water."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.window import Window

Cells: TypeAlias = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Rows and columns of some cells, shape (m,) each."""


class Placed(NamedTuple):
    """Which of a list of cells lie in a part.

    Parameters
    ----------
    booked
        Places in the list of the cells that the part books, shape (m,), int64.
    beside
        Of those that it computes and another part books, shape (n,), int64.
    """

    booked: NDArray[np.int64]
    beside: NDArray[np.int64]


class FloodPart(NamedTuple):
    """A part of a grid, or all of it.

    Parameters
    ----------
    reach
        The cells that are computed, those around the part among them.
    core
        The cells that the part books; every cell of the grid is booked by one part.
    """

    reach: Window
    core: Window

    @property
    def booked(self) -> Window:
        """The core in the arrays of the part."""
        core, row, col = self.core, self.reach.row0, self.reach.col0
        return Window(core.row0 - row, core.row1 - row, core.col0 - col, core.col1 - col)

    def placed(self, cells: Cells) -> Placed:
        """Find those of a list of cells that lie in the part.

        Parameters
        ----------
        cells
            Rows and columns of the grid, shape (m,) each, int64.

        Returns
        -------
        Placed
            Places in the list, in its order.
        """
        core, near = _inside(cells, self.core), _inside(cells, self.reach)
        return Placed(np.flatnonzero(core), np.flatnonzero(near & ~core))

    def local(self, cells: Cells, chosen: NDArray[np.int64]) -> Cells:
        """Return some of a list of cells by their place in the arrays of the part.

        Parameters
        ----------
        cells
            Rows and columns of the grid, shape (m,) each, int64.
        chosen
            Which of them, shape (n,), int64.

        Returns
        -------
        tuple of arrays
            Rows and columns, shape (n,) each, int64.
        """
        return cells[0][chosen] - self.reach.row0, cells[1][chosen] - self.reach.col0


def whole(shape: tuple[int, int]) -> FloodPart:
    """Return the part that is the whole grid.

    Parameters
    ----------
    shape
        Rows and columns.

    Returns
    -------
    FloodPart
        All cells, all booked.
    """
    everything = Window(0, shape[0], 0, shape[1])
    return FloodPart(everything, everything)


def _inside(cells: Cells, window: Window) -> NDArray[np.bool_]:
    rows, cols = cells
    in_rows = (rows >= window.row0) & (rows < window.row1)
    inside: NDArray[np.bool_] = in_rows & (cols >= window.col0) & (cols < window.col1)
    return inside


def as_cells(rows: NDArray[np.int64], cols: NDArray[np.int64]) -> Cells:
    """Return rows and columns as compiled code takes them.

    Parameters
    ----------
    rows, cols
        Of the cells, shape (m,) each, any integers.

    Returns
    -------
    tuple of arrays
        The same, int64.
    """
    return np.asarray(rows, dtype=np.int64), np.asarray(cols, dtype=np.int64)
