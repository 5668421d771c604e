"""A town made ready for its flow: open ground around it, and a grid that fits.

Heights of the domain and growth of the levels follow the AIJ guideline (Tominaga et al. 2008).
"""

from __future__ import annotations

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
Window = tuple[slice, slice]


def surrounded(town: Town, cell_m: float, margin_m: float) -> tuple[Town, Window]:
    """Put open ground around a town, as level as its edge is; and where the town lies in it.

    Sizes become even and products of small factors, for the transforms.

    Parameters
    ----------
    town
        The place, arrays of shape (ny, nx) [m].
    cell_m
        Edge of a cell [m].
    margin_m
        Width of the open ground on each side, at least [m].
    """
    pads, window = [], []
    for n in town.top_m.shape:
        least = -(-(n + 2 * margin_m / cell_m) // 2)
        more = 2 * fft.next_fast_len(int(least), real=True) - n
        pads.append((more // 2, more - more // 2))
        window.append(slice(more // 2, more // 2 + n))
    ground = np.pad(town.ground_m, pads, mode="edge")
    above = np.pad(town.top_m - town.ground_m, pads)
    crowns = [
        None if crown is None else np.pad(crown, pads, constant_values=np.nan)
        for crown in (town.crown_top_m, town.crown_base_m)
    ]
    wide = Town(ground + above, ground, crowns[0], crowns[1], town.leaf_drag)
    return wide, (window[0], window[1])


def fitting_grid(town: Town, cell_m: float) -> FlowGrid:
    """Grid for a town: even levels up to its ordinary roofs, growing above.

    Parameters
    ----------
    town
        The place, arrays of shape (ny, nx) [m].
    cell_m
        Edge of a cell [m], > 0.
    """
    highest, ordinary = float(town.top_m.max()), _ordinary(town)
    relief = float(town.ground_m.max())
    top = max(2.0 * highest, highest + HEIGHTS_ABOVE * town.mean_height_m, relief + 20 * cell_m)
    ny, nx = town.top_m.shape
    first = min(cell_m, FIRST_LEVEL_M)
    return FlowGrid(ny, nx, cell_m, flow_levels(first, ordinary, top, GROWTH))


def _ordinary(town: Town) -> float:
    """Height up to which most of the built area stands [m]."""
    tops: NDArray[np.float32] = town.top_m[town.built]
    if not tops.size:
        return float(town.ground_m.max())
    return max(float(np.quantile(tops, 0.9)), float(town.ground_m.max()))
