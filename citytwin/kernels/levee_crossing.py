"""Water that crosses a levee in a step: through breaches, over the crest, and back."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.kernels.depth_rows import changed_depth
from citytwin.kernels.exact_sums import units
from citytwin.kernels.face_discharge import Row
from citytwin.kernels.flood_levee import LeveeNow
from citytwin.kernels.weir import weir_discharge

_KEEPS = 0.99999


class LeveeFlow(NamedTuple):
    """What has crossed a levee in a step.

    Parameters
    ----------
    breached, overtopped
        Depth that came through breaches and over the crest, summed over the cells [units of
        2^-46 m, see `exact_sums`].
    returned
        Depth that went back out, summed over the cells [the same].
    """

    breached: int
    overtopped: int
    returned: int


@njit(cache=True, nogil=True, error_model="numpy")
def cross_levee(
    depth_m: NDArray[np.float32],
    residual_m: NDArray[np.float32],
    row_depth_m: Row,
    beds: tuple[NDArray[np.float64], NDArray[np.float64]],
    levee: LeveeNow,
    dt_per_area: float,
) -> LeveeFlow:
    """Let the water of a step cross a levee, in either direction.

    Parameters
    ----------
    depth_m, residual_m
        Water depth and what rounding left out of it, shape (ny, nx), float32 [m], changed in
        place.
    row_depth_m
        Largest depth of each row, shape (ny,), float32 [m], raised where it grows.
    beds
        Water level less depth [m] and share of the cell that is wet [-], of each segment, shape
        (m,), float64; see `WaterStorage`.
    levee
        Arrays of shape (m,).
    dt_per_area
        Time step over the area of a cell [s/m2], > 0.

    Returns
    -------
    LeveeFlow
        Sums over the cells.

    Notes
    -----
    Weir formula of Homma (1940). No step carries a cell beyond the level outside or takes more
    than it holds: where the levels are nearly equal the formula is steeper than any explicit step
    can follow.
    """
    breached, overtopped, returned = 0, 0, 0
    for k in range(levee.rows.shape[0]):
        j, i = levee.rows[k], levee.cols[k]
        depth = np.float64(depth_m[j, i])
        inside, outside = beds[0][k] + depth, levee.outside_m[k]
        through = levee.breach_m[k] * weir_discharge(outside, inside, levee.sill_m[k])
        over = levee.intact_m[k] * weir_discharge(outside, inside, levee.crest_m[k])
        flow = through + over
        if flow == 0.0:
            continue
        gain = flow * dt_per_area
        most = (outside - inside) * beds[1][k]
        gain = min(gain, most) if flow > 0 else max(gain, most)
        moved = np.float32(max(gain, -_KEEPS * depth))
        depth_m[j, i], residual_m[j, i] = changed_depth(depth_m[j, i], residual_m[j, i], moved)
        row_depth_m[j] = max(row_depth_m[j], depth_m[j, i])
        if moved > 0:
            share = through / flow
            breached += units(share * np.float64(moved))
            overtopped += units((1.0 - share) * np.float64(moved))
        else:
            returned -= units(np.float64(moved))
    return LeveeFlow(breached, overtopped, returned)


@njit(cache=True, nogil=True, error_model="numpy")
def largest_rise(
    depth_m: NDArray[np.float32],
    bed_m: NDArray[np.float64],
    levee: LeveeNow,
    dt_per_area: float,
    segments_per_cell: int,
) -> float:
    """Bound of the depth that a cell gains over a levee in a step.

    Parameters
    ----------
    depth_m
        Water depth, shape (ny, nx), float32 [m].
    bed_m
        Water level less depth of each segment, shape (m,), float64 [m].
    levee
        Arrays of shape (m,).
    dt_per_area
        Time step over the area of a cell [s/m2], > 0.
    segments_per_cell
        Largest number of segments whose water reaches one cell.

    Returns
    -------
    float
        Depth, float64 [m].

    Notes
    -----
    Free flow over each segment (Homma 1940), at most up to the level outside.
    """
    most = 0.0
    for k in range(levee.rows.shape[0]):
        j, i = levee.rows[k], levee.cols[k]
        inside = bed_m[k] + np.float64(depth_m[j, i])
        outside = levee.outside_m[k]
        flow = levee.breach_m[k] * weir_discharge(outside, inside, levee.sill_m[k])
        flow += levee.intact_m[k] * weir_discharge(outside, inside, levee.crest_m[k])
        most = max(most, min(flow * dt_per_area * segments_per_cell, outside - inside))
    return most
