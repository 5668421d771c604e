"""How the cells of a lattice share those of a grid, along one axis, in whole numbers.

Means over the area that cells have in common lose and make nothing (first-order conservative remapping,
Jones 1999, Monthly Weather Review 127); on lattices that are parallel it falls apart into two axes.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError

SHARE_UNITS = 1 << 16
"""Parts into which the side of a cell is divided: 0.03 mm of 2 m. Shares of a cell are products of
two whole numbers, so that those of any part of a grid add up without rounding."""


class AxisShares(NamedTuple):
    """Which cells of a lattice lie over each cell of a grid, and how much of it, along one axis.

    Parameters
    ----------
    first
        The first of them, shape (n,), int64.
    units
        Share of that one and of the next ones in 1 / SHARE_UNITS, shape (n, k), int64; each row
        sums to SHARE_UNITS, and zeros stand where fewer lie over a cell.
    """

    first: NDArray[np.int64]
    units: NDArray[np.int64]


def axis_shares(
    cells: tuple[int, int], offset: float, size: float, lattice_cells: int
) -> AxisShares:
    """Return the shares of a lattice in some cells of a grid, along one axis.

    Parameters
    ----------
    cells
        The first of the cells of the grid, and the one after the last; each 1 long.
    offset
        Where the lattice begins [cells of the grid].
    size
        Length of its cells [cells of the grid], > 0.
    lattice_cells
        Their number.

    Returns
    -------
    AxisShares
        The same for a cell whatever others are asked for.

    Raises
    ------
    ConfigError
        If the lattice does not reach over all of them.
    """
    begin = np.arange(cells[0], cells[1], dtype=np.int64)
    # Bounds of the lattice in whole units; the grid's own are whole anyway.
    bounds = np.rint((offset + size * np.arange(lattice_cells + 1)) * SHARE_UNITS).astype(np.int64)
    low, high = begin * SHARE_UNITS, (begin + 1) * SHARE_UNITS
    if bounds[0] > low[0] or bounds[-1] < high[-1]:
        raise ConfigError(
            f"rain: its lattice reaches from {offset:g} to {offset + size * lattice_cells:g}, the "
            f"grid from {cells[0]} to {cells[1]} cells",
            hint="give rain on a lattice that covers the grid",
        )
    first = np.searchsorted(bounds, low, side="right") - 1
    most = min(lattice_cells, math.ceil(1.0 / size) + 2)
    units = np.zeros((begin.size, most), dtype=np.int64)
    for k in range(most):
        place = np.minimum(first + k, lattice_cells - 1)
        within = np.minimum(high, bounds[place + 1]) - np.maximum(low, bounds[place])
        units[:, k] = np.where(first + k < lattice_cells, np.maximum(within, 0), 0)
    used = int(np.flatnonzero(units.any(axis=0))[-1]) + 1
    return AxisShares(first.astype(np.int64), units[:, :used])


def grouped(shares: AxisShares) -> tuple[AxisShares, NDArray[np.int64]]:
    """Put cells with the same shares of the same cells together.

    Parameters
    ----------
    shares
        Shares in n cells.

    Returns
    -------
    tuple
        Shares of each group, and the group of each cell, shape (n,), int64. Neighbours alone are
        put together, since no others can be alike.
    """
    first, units = shares
    differs = (np.diff(first) != 0) | (np.diff(units, axis=0) != 0).any(axis=1)
    group = np.concatenate([[0], np.cumsum(differs)]).astype(np.int64)
    heads = np.concatenate([[0], np.flatnonzero(differs) + 1])
    return AxisShares(first[heads], units[heads]), group


def blended(values: NDArray[np.float64], shares: AxisShares) -> NDArray[np.float64]:
    """Return the means of the values over some cells, along the first axis.

    Parameters
    ----------
    values
        On the lattice, shape (cells of the lattice, m), float64 [any unit].
    shares
        Shares in n cells.

    Returns
    -------
    numpy.ndarray
        Shape (n, m), float64 [unit of `values`]. Where all values are equal so are the means, to the last bit: what
        is added are differences from the first one.
    """
    first, units = shares
    base = values[first]
    mean = base.copy()
    for k in range(1, units.shape[1]):
        place = np.minimum(first + k, values.shape[0] - 1)
        mean += (units[:, k] / SHARE_UNITS)[:, None] * (values[place] - base)
    return mean


def covered_units(
    counts: NDArray[np.int64], shares: AxisShares, lattice_cells: int
) -> NDArray[np.int64]:
    """Add up the parts of cells of a grid that lie under each cell of a lattice, along one axis.

    Parameters
    ----------
    counts
        What is counted in each cell of the grid, shape (n, m), int64.
    shares
        Shares in these n cells.
    lattice_cells
        Cells of the lattice.

    Returns
    -------
    numpy.ndarray
        Shape (cells of the lattice, m), int64 [1 / SHARE_UNITS of what `counts` counts].
    """
    first, units = shares
    total = np.zeros((lattice_cells, counts.shape[1]), dtype=np.int64)
    for k in range(units.shape[1]):
        place = np.minimum(first + k, lattice_cells - 1)
        np.add.at(total, place, units[:, k, None] * counts)
    return total
