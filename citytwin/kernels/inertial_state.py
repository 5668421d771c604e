"""Ground and water of the local inertial solver, on a staggered grid."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.face_discharge import Row
from citytwin.kernels.window import EVERYWHERE, Window

# Bed level of cells that hold no water: their faces are closed because no water level reaches it.
CLOSED_BED_M = np.float32(1e6)


class Ground(NamedTuple):
    """What does not change during a run.

    Parameters
    ----------
    bed_m
        Bed level, shape (ny, nx), float32 [m]; CLOSED_BED_M in cells that hold no water.
    manning
        Manning's n, shape (ny, nx), float32 [s/m^(1/3)], finite, >= 0.
    rain_weight
        Share of the rain of one cell that each cell receives, shape (ny, nx), float32 [-]; 0 in
        closed cells, more than 1 where roofs drain to.
    north, south
        Conveyance of the edge, see `edge_discharge`, shape (nx,), float32 [m^(1/3)/s].
    west, east
        The same, shape (ny,).
    booked
        The cells whose drains count in the account: all, or those that no other part of a grid
        books.
    """

    bed_m: NDArray[np.float32]
    manning: NDArray[np.float32]
    rain_weight: NDArray[np.float32]
    north: Row
    south: Row
    west: Row
    east: Row
    booked: Window = EVERYWHERE


class FlowState(NamedTuple):
    """Water on the ground; every array is changed in place.

    Parameters
    ----------
    depth_m
        Water depth, shape (ny, nx), float32 [m], >= 0.
    residual_m
        What rounding has left out of `depth_m`, shape (ny, nx), float32 [m].
    row_depth_m
        Largest depth of each row, shape (ny,), float32 [m].
    x_discharge
        Discharge per width through west and east faces, shape (ny, nx + 1), float32 [m2/s],
        positive to the east.
    y_discharge
        The same through north and south faces, shape (ny + 1, nx), positive to the south.
    """

    depth_m: NDArray[np.float32]
    residual_m: NDArray[np.float32]
    row_depth_m: Row
    x_discharge: NDArray[np.float32]
    y_discharge: NDArray[np.float32]
