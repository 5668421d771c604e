"""Rain on roofs: each building cell drains to its nearest street cell, exactly and once.

Rain that a solver lets fall from an 8 m block is a waterfall that no shallow-water scheme carries
well; as a sparse map it costs nothing during the run and loses nothing.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

# Shares are whole numbers of 1 / RUNOFF_UNITS: four times the least common multiple of 1 to 24,
# so that the cells that tie for nearest get equal shares and sums are exact in any order.
RUNOFF_UNITS = 4 * 5_354_228_880
_FAR = np.int64(1) << np.int64(31)


class RunoffMap(NamedTuple):
    """Sparse map from building cells to street cells.

    Parameters
    ----------
    source
        Flat index (row * nx + column) of the building cell of each link, shape (n,), int64.
    target
        Flat index of the open cell that receives it, shape (n,), int64.
    units
        Part of the rain of the source in 1 / RUNOFF_UNITS, shape (n,), int64; the links of one
        source sum to RUNOFF_UNITS.
    """

    source: NDArray[np.int64]
    target: NDArray[np.int64]
    units: NDArray[np.int64]


@njit(cache=True, nogil=True)
def _column_distance(is_open: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Distance in rows to the nearest open cell of the same column."""
    ny, nx = is_open.shape
    distance = np.full((ny, nx), _FAR, dtype=np.int64)
    for i in range(nx):
        last = -_FAR
        for j in range(ny):
            if is_open[j, i]:
                last = np.int64(j)
            distance[j, i] = min(_FAR, j - last)
        last = 2 * _FAR
        for j in range(ny - 1, -1, -1):
            if is_open[j, i]:
                last = np.int64(j)
            distance[j, i] = min(distance[j, i], last - j)
    return distance


@njit(cache=True, nogil=True)
def _nearest_squared(distance: NDArray[np.int64], j: int, i: int) -> np.int64:
    """Squared distance in cells from cell (j, i) to the nearest open cell."""
    nx = distance.shape[1]
    best: np.int64 = distance[j, i] * distance[j, i]
    k = 1
    while k * k < best and (i - k >= 0 or i + k < nx):
        if i - k >= 0:
            best = min(best, distance[j, i - k] * distance[j, i - k] + k * k)
        if i + k < nx:
            best = min(best, distance[j, i + k] * distance[j, i + k] + k * k)
        k += 1
    return best


@njit(cache=True, nogil=True)
def _collect(
    is_open: NDArray[np.bool_],
    distance: NDArray[np.int64],
    cell: tuple[int, int],
    found: NDArray[np.int64],
) -> int:
    """Write the flat indices of all nearest open cells in scan order; return how many."""
    j, i = cell
    ny, nx = is_open.shape
    best = _nearest_squared(distance, j, i)
    reach = np.int64(np.sqrt(np.float64(best)))
    count = 0
    for side in range(-1, 2, 2):
        # Rows above from far to near, then rows below from near to far: ascending rows.
        for step in range(reach + 1):
            dy = (reach - step) * -1 if side < 0 else step
            if side > 0 and dy == 0:
                continue
            row = j + dy
            if row < 0 or row >= ny:
                continue
            rest = best - dy * dy
            dx = np.int64(np.sqrt(np.float64(rest)))
            if dx * dx != rest:
                continue
            if i - dx >= 0 and is_open[row, i - dx]:
                found[count] = row * nx + i - dx
                count += 1
            if dx > 0 and i + dx < nx and is_open[row, i + dx]:
                found[count] = row * nx + i + dx
                count += 1
    return count


@njit(cache=True, nogil=True)
def _links(
    is_open: NDArray[np.bool_],
    is_roof: NDArray[np.bool_],
    distance: NDArray[np.int64],
    links: RunoffMap,
) -> int:
    """Write the links as far as `links` has room; return how many there are."""
    ny, nx = is_open.shape
    # A circle about a cell meets at most four cells per row of its radius.
    found = np.empty(4 * (ny + nx) + 4, dtype=np.int64)
    room = links.source.shape[0]
    total = 0
    for j in range(ny):
        for i in range(nx):
            if not is_roof[j, i]:
                continue
            count = _collect(is_open, distance, (j, i), found)
            for k in range(count):
                if total < room:
                    units = RUNOFF_UNITS // count
                    if k == 0:
                        units += RUNOFF_UNITS - units * count
                    links.source[total] = j * nx + i
                    links.target[total] = found[k]
                    links.units[total] = units
                total += 1
    return total


def roof_runoff_map(is_open: NDArray[np.bool_], is_roof: NDArray[np.bool_]) -> RunoffMap:
    """Link every roof cell to the open cell or cells nearest to it.

    Parameters
    ----------
    is_open
        Cells that can hold water, shape (ny, nx), bool; at least one where there is a roof.
    is_roof
        Building cells, shape (ny, nx), bool; disjoint from `is_open`.

    Returns
    -------
    RunoffMap
        Links ordered by source, then by target, arrays of shape (n,). Cells at the same distance
        share equally, so a mirrored or turned city has the mirrored or turned map.

    Raises
    ------
    ValueError
        When there is a roof and no open cell.

    Notes
    -----
    Exact squared Euclidean distance between cell centres in two passes (Meijster, Roerdink and
    Hesselink 2000), all ties kept.
    """
    if not is_roof.any():
        nothing = np.empty(0, dtype=np.int64)
        return RunoffMap(nothing, nothing, nothing)
    if not is_open.any():
        raise ValueError("there are roof cells, but no open cell that their rain could reach")
    is_open = np.ascontiguousarray(is_open)
    is_roof = np.ascontiguousarray(is_roof)
    distance = _column_distance(is_open)
    probe = np.empty(0, dtype=np.int64)
    count = _links(is_open, is_roof, distance, RunoffMap(probe, probe, probe))
    links = RunoffMap(*(np.empty(count, dtype=np.int64) for _ in range(3)))
    _links(is_open, is_roof, distance, links)
    return links


def rain_weight(is_open: NDArray[np.bool_], is_roof: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Share of the rain of one cell that each cell receives, roofs led to the street.

    Parameters
    ----------
    is_open
        Cells that can hold water, shape (ny, nx), bool.
    is_roof
        Building cells, shape (ny, nx), bool; disjoint from `is_open`.

    Returns
    -------
    numpy.ndarray
        Weight, shape (ny, nx), float64 [-]: 1 on a street far from buildings, 0 on roofs and
        outside; the sum is the number of open and roof cells.
    """
    links = roof_runoff_map(is_open, is_roof)
    units = np.where(is_open.ravel(), np.int64(RUNOFF_UNITS), np.int64(0))
    np.add.at(units, links.target, links.units)
    return units.reshape(is_open.shape).astype(np.float64) / RUNOFF_UNITS
