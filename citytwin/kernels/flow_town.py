"""A town made ready for its flow: open ground around it, and a grid that fits.

Heights of the domain and growth of the levels follow the AIJ guideline (Tominaga et al. 2008).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from citytwin.kernels.flow_grid import FlowGrid, flow_levels
from citytwin.kernels.flow_setup import Town

FIRST_LEVEL_M = 2.0
"""Levels near the ground are as thick as the cells are wide, at most this [m]."""
GROWTH = 1.15
"""From level to level above the roofs [-] (Tominaga et al. 2008 advise at most 1.3)."""
HEIGHTS_ABOVE = 5.0
"""Mean building heights of air above the highest roof (Tominaga et al. 2008) [-]."""


def surrounded(town: Town, cell_m: float, margin_m: float) -> tuple[Town, tuple[int, int]]:
    """Put open ground around all that stands in a town; and where the town begins in it.

    Open, level ground at the edge of the town counts, and goes where there is more of it; what is
    added is as level as the edge. Sizes become even and products of small factors, for the transforms.

    Parameters
    ----------
    town
        The place, arrays of shape (ny, nx) [m].
    cell_m
        Edge of a cell [m].
    margin_m
        Width of the open ground on each side, at least [m].

    Returns
    -------
    Town
        With its margin.
    tuple
        Row and column of its first cell, below 0 where open ground went.
    """
    stands = _stands(town)
    margin, taken, starts = math.ceil(margin_m / cell_m), [], []
    for axis, n in enumerate(town.top_m.shape):
        held = np.flatnonzero(stands.any(axis=1 - axis))
        first, last = (int(held[0]), int(held[-1])) if held.size else (0, n - 1)
        least = last + 1 - first + 2 * margin
        size = 2 * fft.next_fast_len(-(-least // 2), real=True)
        begin = first - margin - (size - least) // 2
        taken.append(np.arange(begin, begin + size))
        starts.append(-begin)
    rows, cols = (np.clip(k, 0, n - 1) for k, n in zip(taken, town.top_m.shape, strict=True))
    inside = (rows == taken[0])[:, None] & (cols == taken[1])[None]
    ground = town.ground_m[np.ix_(rows, cols)]
    above = np.where(inside, (town.top_m - town.ground_m)[np.ix_(rows, cols)], np.float32(0))
    crowns = [
        None if crown is None else np.where(inside, crown[np.ix_(rows, cols)], np.float32(np.nan))
        for crown in (town.crown_top_m, town.crown_base_m)
    ]
    wide = Town(ground + above, ground, crowns[0], crowns[1], town.leaf_drag)
    return wide, (starts[0], starts[1])


def _stands(town: Town) -> NDArray[np.bool_]:
    """Where something is in the way of the wind: buildings, trees, relief of more than a level."""
    relief = np.abs(town.ground_m - np.median(town.ground_m)) > FIRST_LEVEL_M
    stands: NDArray[np.bool_] = town.built | relief
    return stands if town.crown_top_m is None else stands | np.isfinite(town.crown_top_m)


def fitting_grid(town: Town, cell_m: float, asked_m: float = 0.0) -> FlowGrid:
    """Grid for a town: even levels up to its ordinary roofs, growing above.

    Parameters
    ----------
    town
        The place, arrays of shape (ny, nx) [m].
    cell_m
        Edge of a cell [m], > 0.
    asked_m
        Height above all ground that the grid holds [m].
    """
    highest, ordinary = float(town.top_m.max()), _ordinary(town)
    relief = float(town.ground_m.max())
    top = max(2.0 * highest, highest + HEIGHTS_ABOVE * town.mean_height_m, relief + 20 * cell_m)
    top = max(top, relief + 2.0 * asked_m)
    ny, nx = town.top_m.shape
    first = min(cell_m, FIRST_LEVEL_M)
    return FlowGrid(ny, nx, cell_m, flow_levels(first, ordinary, top, GROWTH))


def _ordinary(town: Town) -> float:
    """Height up to which most of the built area stands [m]."""
    tops: NDArray[np.float32] = town.top_m[town.built]
    if not tops.size:
        return float(town.ground_m.max())
    return max(float(np.quantile(tops, 0.9)), float(town.ground_m.max()))
