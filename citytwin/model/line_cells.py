"""Cells of a grid that a line passes, each a neighbour of the one before."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def line_cells(
    rows: NDArray[np.float64], cols: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Find the cells that a line passes, so that water can follow it over sides of cells.

    Parameters
    ----------
    rows, cols
        Places of the line in units of cells, shape (n,), n >= 2; 0.5, 0.5 is the middle of the
        first cell.

    Returns
    -------
    tuple of arrays
        Rows and columns in the order of the line, shape (m,) each, int64; two that follow each
        other share a side, or are the same cell met again.

    Notes
    -----
    The line is cut wherever it passes a side; the middle of each piece tells its cell (as the
    traversal of Amanatides and Woo 1987 does step by step). Where it passes a corner exactly, the
    cell beside the corner in the new row comes in between.
    """
    found_rows, found_cols = [], []
    for k in range(len(rows) - 1):
        ends = np.array([[rows[k], cols[k]], [rows[k + 1], cols[k + 1]]])
        cuts = [np.array([0.0, 1.0])]
        for begin, end in ends.T:
            sides = np.arange(np.ceil(min(begin, end)), np.floor(max(begin, end)) + 1.0)
            if begin != end:
                cuts.append((sides - begin) / (end - begin))
        share = np.unique(np.clip(np.concatenate(cuts), 0.0, 1.0))
        middle = 0.5 * (share[:-1] + share[1:])
        places = ends[0] + middle[:, None] * (ends[1] - ends[0])
        row, col = np.floor(places).astype(np.int64).T
        found_rows.append(row)
        found_cols.append(col)
    row, col = np.concatenate(found_rows), np.concatenate(found_cols)
    corner = np.flatnonzero((np.diff(row) != 0) & (np.diff(col) != 0))
    return np.insert(row, corner + 1, row[corner + 1]), np.insert(col, corner + 1, col[corner])
