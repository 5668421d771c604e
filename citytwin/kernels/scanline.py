"""Which pixels of a global grid lie inside a polygon: edge flags and even-odd parity.

Every pixel centre is computed from its *global* row and column, so a polygon burned into any
window of a grid gives the same bits. Method: Ackland and Weste (1981), The edge flag algorithm,
IEEE Trans. Computers C-30(1), 41-48: each edge flips one flag per row at the first pixel on its
right, and the running parity of the flags along a row is the even-odd rule over all rings.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

MAX_COORDINATE_M = 1e9
"""Beyond this no map projection places anything; it also keeps products finite."""


class GridWindow(NamedTuple):
    """Where an array ``(ny, nx)`` lies in a global north-up grid of square cells.

    Parameters
    ----------
    x_min
        West edge of the global grid [m].
    y_max
        North edge of the global grid [m].
    cell_m
        Edge of a cell [m], > 0.
    row0, col0
        Global row and column of the array's first row and column; may be negative.
    """

    x_min: float
    y_max: float
    cell_m: float
    row0: int
    col0: int


@njit(cache=True, nogil=True)
def is_place(coordinate_m: float) -> bool:
    """Whether a coordinate can be a place: finite and not beyond 1e9 m.

    Parameters
    ----------
    coordinate_m
        Any coordinate [m].

    Returns
    -------
    bool
        False for NaN, infinities and giants.
    """
    return abs(coordinate_m) <= MAX_COORDINATE_M


@njit(cache=True, nogil=True)
def column_x(window: GridWindow, col: int) -> float:
    """Easting of a column's centre.

    Parameters
    ----------
    window
        Place of the array in its grid.
    col
        Column in the array.

    Returns
    -------
    float
        x [m].
    """
    return window.x_min + (window.col0 + col + 0.5) * window.cell_m


@njit(cache=True, nogil=True)
def row_y(window: GridWindow, row: int) -> float:
    """Northing of a row's centre.

    Parameters
    ----------
    window
        Place of the array in its grid.
    row
        Row in the array.

    Returns
    -------
    float
        y [m].
    """
    return window.y_max - (window.row0 + row + 0.5) * window.cell_m


@njit(cache=True, nogil=True)
def first_row_below(window: GridWindow, y: float, ny: int) -> int:
    """First row whose centre lies south of ``y`` (strictly).

    Parameters
    ----------
    window
        Place of the array in its grid.
    y
        Northing [m].
    ny
        Rows of the array.

    Returns
    -------
    int
        Row in 0..ny; ny when no row qualifies.
    """
    guess = (window.y_max - y) / window.cell_m - 0.5 - window.row0
    if not guess > -1.0:
        return 0
    if guess > ny + 1.0:
        return ny
    row = min(max(math.ceil(guess), 0), ny)
    # The guess may be one off by rounding; only the comparison of centres decides.
    while row > 0 and row_y(window, row - 1) < y:
        row -= 1
    while row < ny and row_y(window, row) >= y:
        row += 1
    return row


@njit(cache=True, nogil=True)
def first_column_from(window: GridWindow, x: float, nx: int) -> int:
    """First column whose centre lies at ``x`` or east of it.

    Parameters
    ----------
    window
        Place of the array in its grid.
    x
        Easting [m].
    nx
        Columns of the array.

    Returns
    -------
    int
        Column in 0..nx; nx when no column qualifies.
    """
    guess = (x - window.x_min) / window.cell_m - 0.5 - window.col0
    if not guess > -1.0:
        return 0
    if guess > nx + 1.0:
        return nx
    col = min(max(math.ceil(guess), 0), nx)
    while col > 0 and column_x(window, col - 1) >= x:
        col -= 1
    while col < nx and column_x(window, col) < x:
        col += 1
    return col


@njit(cache=True, nogil=True)
def edge_column(
    window: GridWindow, row: int, nx: int, lower: tuple[float, float], upper: tuple[float, float]
) -> int:
    """First column whose centre lies on or east of an edge, in one row that the edge crosses.

    The edge must be given from its southern to its northern end: two faces that share an edge
    walk it in opposite senses and must still compute the same crossing, bit for bit.

    Parameters
    ----------
    window
        Place of the array in its grid.
    row
        Row in the array.
    nx
        Columns of the array.
    lower, upper
        (x, y) [m] of the southern and northern end; lower y < upper y.

    Returns
    -------
    int
        Column in 0..nx.
    """
    share = (row_y(window, row) - lower[1]) / (upper[1] - lower[1])
    column: int = first_column_from(window, lower[0] + share * (upper[0] - lower[0]), nx)
    return column


@njit(cache=True, nogil=True)
def flag_edges(
    x: np.ndarray, y: np.ndarray, rings: np.ndarray, window: GridWindow, flags: np.ndarray
) -> tuple[int, int, int, int]:
    """Flip, for every edge and row, the flag of the first pixel east of the crossing.

    A row is crossed by an edge when exactly one end lies strictly north of the row's centres;
    a pixel is east of a crossing when its centre is at it or beyond. Faces that share an edge
    therefore never both burn a pixel, and never both leave it out.

    Parameters
    ----------
    x, y
        Coordinates of all vertices, shape (n_vertex,) [m].
    rings
        Offsets into the vertices of this polygon's rings, shape (n_ring + 1,).
        Rings may repeat their first vertex at the end, or not.
    window
        Place of ``flags`` in its grid.
    flags
        Shape (ny, nx + 1), uint8, zero on entry; the last column collects edges beyond the
        window. Changed in place.

    Returns
    -------
    tuple of int
        First row, row after the last, first and last column with a flag. The last may be nx,
        the column of ``flags`` beyond the window.
    """
    ny = flags.shape[0]
    nx = flags.shape[1] - 1
    row_start = ny
    row_stop = 0
    col_start = nx
    col_last = 0
    for ring in range(rings.size - 1):
        begin = rings[ring]
        end = rings[ring + 1]
        for a in range(begin, end):
            b = a + 1 if a + 1 < end else begin
            if y[a] == y[b]:
                continue
            low, high = (a, b) if y[a] < y[b] else (b, a)
            top = first_row_below(window, y[high], ny)
            bottom = first_row_below(window, y[low], ny)
            for row in range(top, bottom):
                col = edge_column(window, row, nx, (x[low], y[low]), (x[high], y[high]))
                flags[row, col] ^= 1
                col_start = min(col_start, col)
                col_last = max(col_last, col)
            if top < bottom:
                row_start = min(row_start, top)
                row_stop = max(row_stop, bottom)
    return row_start, row_stop, col_start, col_last


@njit(cache=True, nogil=True)
def check_offsets(offsets: np.ndarray, n_item: int) -> None:
    """Refuse offsets that would lead outside the array they point into.

    Parameters
    ----------
    offsets
        Shape (n + 1,), integer.
    n_item
        Length of the array the offsets point into.

    Raises
    ------
    ValueError
        When the offsets are empty, negative, falling, or beyond ``n_item``.
    """
    if offsets.size == 0 or offsets[0] < 0 or offsets[-1] > n_item:
        raise ValueError("offsets lead outside their array: check the ragged table")
    for i in range(offsets.size - 1):
        if offsets[i + 1] < offsets[i]:
            raise ValueError("offsets fall: check the ragged table")
