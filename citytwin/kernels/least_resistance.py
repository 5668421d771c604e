"""Ventilation corridors: where air crosses a city against the least resistance of its walls.

After Wong, Nichol, To and Wang (2010), A simple method for designation of urban ventilation
corridors and its application to urban heat island analysis, Building and Environment 45, 1880-1889:
least-cost paths over a grid of the frontal area index, from the windward to the leeward edge. Not one
path but the excess of the best path through each cell over the best of all tells the corridors, with
all that are nearly as good. Shortest paths: Dijkstra (1959), as SciPy has it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

FloatArray = NDArray[np.float64]

MOST_TURN_RAD = math.radians(67.5)
"""Air goes on to a neighbour cell whose direction turns no more than this from the wind."""
_NEIGHBOURS = tuple((row, col) for row in (-1, 0, 1) for col in (-1, 0, 1) if row or col)


def corridor_excess(resistance: FloatArray, wind_from_rad: float) -> FloatArray:
    """How much worse the best path through each cell is than the best of all.

    A step costs its length times the mean resistance of its two cells. Paths begin at the edge that
    faces the wind and end at the one opposite; they never turn against the wind.

    Parameters
    ----------
    resistance
        Of each cell, shape (my, mx), > 0 [1], such as the frontal area index and a little more;
        NaN = no way through.
    wind_from_rad
        Where the wind comes from, clockwise from grid north [rad].

    Returns
    -------
    numpy.ndarray
        Shape (my, mx), float64, >= 0: share above the best path; NaN where no path leads through.

    Raises
    ------
    ValueError
        If a resistance is not positive, which would leave paths without a length.
    """
    if not np.nanmin(resistance, initial=np.inf) > 0:
        msg = "every resistance must be above 0"
        raise ValueError(msg)
    ny, nx = resistance.shape
    graph = _steps_downwind(resistance, wind_from_rad + math.pi)
    places = np.arange(ny * nx).reshape(ny, nx)
    windward, leeward = _edges(places, wind_from_rad)
    known = np.isfinite(resistance).ravel()
    total = _from_any(graph, windward[known[windward]])
    total = total + _from_any(csr_array(graph.T), leeward[known[leeward]])
    total[~np.isfinite(total)] = np.nan
    best = float(np.nanmin(total, initial=np.inf))
    # A city of one cell from edge to edge has paths of no length, all as good.
    excess = total / best - 1.0 if best > 0 else total * 0.0
    return np.asarray(np.maximum(excess, 0.0).reshape(ny, nx))


def _steps_downwind(resistance: FloatArray, toward_rad: float) -> csr_array:
    """Cost of a step from each cell to its neighbours downwind, as a sparse matrix."""
    ny, nx = resistance.shape
    places = np.arange(ny * nx).reshape(ny, nx)
    begins, ends, costs = [], [], []
    for down, right in _NEIGHBOURS:
        turn = math.remainder(math.atan2(right, -down) - toward_rad, 2.0 * math.pi)
        if abs(turn) > MOST_TURN_RAD + 1e-9:
            continue
        here = (_cut(ny, -down), _cut(nx, -right))
        there = (_cut(ny, down), _cut(nx, right))
        cost = 0.5 * math.hypot(down, right) * (resistance[here] + resistance[there])
        passable = np.isfinite(cost)
        begins.append(places[here][passable])
        ends.append(places[there][passable])
        costs.append(cost[passable])
    entries = (np.concatenate(costs), (np.concatenate(begins), np.concatenate(ends)))
    return csr_array(entries, shape=(ny * nx, ny * nx))


def _cut(number: int, shift: int) -> slice:
    return slice(max(shift, 0), number + min(shift, 0))


def _edges(
    places: NDArray[np.int64], wind_from_rad: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Cells of the edge that faces the wind most, and of the one opposite."""
    north, east = math.cos(wind_from_rad), math.sin(wind_from_rad)
    if abs(north) >= abs(east):
        first, last = places[0], places[-1]
        return (first, last) if north > 0 else (last, first)
    first, last = places[:, -1], places[:, 0]
    return (first, last) if east > 0 else (last, first)


def _from_any(graph: csr_array, starts: NDArray[np.int64]) -> FloatArray:
    """Least cost from the nearest of several places to every place; infinite where there is none."""
    if not starts.size:
        return np.full(graph.shape[0], np.inf)
    return np.asarray(dijkstra(graph, directed=True, indices=starts, min_only=True))
