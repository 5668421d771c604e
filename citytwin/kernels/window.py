"""A window of a grid, for compiled code."""

from __future__ import annotations

from typing import NamedTuple


class Window(NamedTuple):
    """Rows and columns of a grid.

    Parameters
    ----------
    row0, row1
        Rows [row0, row1).
    col0, col1
        Columns [col0, col1).
    """

    row0: int
    row1: int
    col0: int
    col1: int


EVERYWHERE = Window(0, 2**62, 0, 2**62)
"""All cells of any grid."""


def window_of(inner: tuple[slice, slice], shape: tuple[int, ...]) -> Window:
    """Return the window that two slices mean.

    Parameters
    ----------
    inner
        Rows and columns, steps of 1.
    shape
        Rows and columns of the grid.
    """
    rows, cols = (side.indices(cells) for side, cells in zip(inner, shape, strict=True))
    return Window(rows[0], rows[1], cols[0], cols[1])


def along_edges(window: Window, shape: tuple[int, int]) -> tuple[slice, slice, slice, slice]:
    """Return the part of each edge of a grid that lies in a window.

    Parameters
    ----------
    window
        The window.
    shape
        Rows and columns of the grid.

    Returns
    -------
    tuple of slice
        Columns at north and south, rows at west and east.
    """
    nowhere = slice(0, 0)
    rows, cols = slice(window.row0, window.row1), slice(window.col0, window.col1)
    return (
        cols if window.row0 == 0 else nowhere,
        cols if window.row1 >= shape[0] else nowhere,
        rows if window.col0 == 0 else nowhere,
        rows if window.col1 >= shape[1] else nowhere,
    )
