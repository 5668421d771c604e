"""Small gaps between buildings: light wells and slits that no street reaches."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def _gather(
    is_open: NDArray[np.bool_], seen: NDArray[np.bool_], start: int, cells: NDArray[np.int64]
) -> tuple[int, bool]:
    """Write the flat indices of the open region around `start`.

    Returns how many there are, and whether the region reaches the edge of the array.
    """
    ny, nx = is_open.shape
    cells[0] = start
    seen[start // nx, start % nx] = True
    count, done, at_edge = 1, 0, False
    while done < count:
        j, i = cells[done] // nx, cells[done] % nx
        done += 1
        at_edge = at_edge or j == 0 or i == 0 or j == ny - 1 or i == nx - 1
        for side in range(4):
            row = j + (side == 0) - (side == 1)
            col = i + (side == 2) - (side == 3)
            if 0 <= row < ny and 0 <= col < nx and is_open[row, col] and not seen[row, col]:
                seen[row, col] = True
                cells[count] = row * nx + col
                count += 1
    return count, at_edge


@njit(cache=True, nogil=True)
def pockets(
    is_open: NDArray[np.bool_], is_building: NDArray[np.bool_], least_cells: int
) -> NDArray[np.bool_]:
    """Find open regions that buildings enclose and that are smaller than a courtyard.

    Parameters
    ----------
    is_open
        Cells that can hold water, shape (ny, nx), bool.
    is_building
        Building cells, shape (ny, nx), bool; disjoint from `is_open`.
    least_cells
        Regions of at least so many cells are courtyards and no pockets [cells], > 0.

    Returns
    -------
    numpy.ndarray
        Whether a cell lies in a pocket, shape (ny, nx), bool. Cells are connected over their
        four sides. A region at the edge of the array, or one beside a cell that is neither open
        nor building, may go on and is none.

    Notes
    -----
    Connected components by region growing (Rosenfeld and Pfaltz 1966).
    """
    ny, nx = is_open.shape
    found = np.zeros((ny, nx), dtype=np.bool_)
    seen = np.zeros((ny, nx), dtype=np.bool_)
    cells = np.empty(ny * nx, dtype=np.int64)
    for start in range(ny * nx):
        if not is_open[start // nx, start % nx] or seen[start // nx, start % nx]:
            continue
        count, at_edge = _gather(is_open, seen, start, cells)
        if at_edge or count >= least_cells:
            continue
        enclosed = True
        for k in range(count):
            j, i = cells[k] // nx, cells[k] % nx
            for side in range(4):
                row = j + (side == 0) - (side == 1)
                col = i + (side == 2) - (side == 3)
                enclosed = enclosed and (is_open[row, col] or is_building[row, col])
        if enclosed:
            for k in range(count):
                found[cells[k] // nx, cells[k] % nx] = True
    return found
