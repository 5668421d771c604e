"""A raster read and written by columns as fast as by rows: blocks of lines that stay in the cache.

A column is spread over as many lines of the cache as it has cells. Four rows at a time are woven
into pieces of four cells of a column each, and the pieces are moved as a whole: one copy for four
cells, into a block small enough for the second level of the cache.
"""

from __future__ import annotations

import numpy as np
from numba import njit

WOVEN = 4
"""Rows or columns that are woven at once."""


@njit(cache=True, nogil=True)
def whole_pieces(cells: int) -> int:
    """Round a number of cells up to whole pieces.

    Parameters
    ----------
    cells
        Of a line.

    Returns
    -------
    int
        Multiple of WOVEN [cells].
    """
    return -(-cells // WOVEN) * WOVEN


@njit(cache=True, nogil=True)
def _weave(a: np.ndarray, b: np.ndarray, c: np.ndarray, d: np.ndarray, out: np.ndarray) -> None:
    """One of each in turn: four contiguous reads and one contiguous write, so that SIMD shuffles."""
    for i in range(a.size):
        out[4 * i] = a[i]
        out[4 * i + 1] = b[i]
        out[4 * i + 2] = c[i]
        out[4 * i + 3] = d[i]


@njit(cache=True, nogil=True)
def take_columns(field: np.ndarray, col0: int, number: int, lines: np.ndarray) -> None:
    """Copy some columns of a raster into lines.

    Parameters
    ----------
    field
        Shape (ny, nx), float32, any unit, C order.
    col0, number
        First column, and how many.
    lines
        Shape (>= number, `whole_pieces` of ny), float32, the unit of `field`, C order. Changed in
        place; what lies beyond ny in a line means nothing.
    """
    ny = field.shape[0]
    end = col0 + number
    woven = np.empty(WOVEN * number, dtype=np.float32)
    # A complex number is only a piece of 16 bytes here.
    pieces, places = woven.view(np.complex128), lines.view(np.complex128)
    whole = ny // WOVEN
    for k in range(whole):
        i = WOVEN * k
        _weave(
            field[i, col0:end],
            field[i + 1, col0:end],
            field[i + 2, col0:end],
            field[i + 3, col0:end],
            woven,
        )
        for j in range(number):
            places[j, k] = pieces[j]
    for i in range(WOVEN * whole, ny):
        for j in range(number):
            lines[j, i] = field[i, col0 + j]


@njit(cache=True, nogil=True)
def put_columns(lines: np.ndarray, number: int, col0: int, field: np.ndarray) -> None:
    """Copy lines of classes into some columns of a raster.

    Parameters
    ----------
    lines
        Shape (>= number, at least ny), uint8, C order.
    number
        How many lines.
    col0
        First column, a multiple of WOVEN.
    field
        Shape (ny, `whole_pieces` of nx), uint8, C order. Changed in place.
    """
    ny = field.shape[0]
    woven = np.empty(WOVEN * ny, dtype=np.uint8)
    pieces, places = woven.view(np.uint32), field.view(np.uint32)
    whole = number // WOVEN
    for k in range(whole):
        j = WOVEN * k
        _weave(lines[j, :ny], lines[j + 1, :ny], lines[j + 2, :ny], lines[j + 3, :ny], woven)
        at = (col0 + j) // WOVEN
        for i in range(ny):
            places[i, at] = pieces[i]
    for j in range(WOVEN * whole, number):
        for i in range(ny):
            field[i, col0 + j] = lines[j, i]
