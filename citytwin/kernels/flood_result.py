"""What a flood run gives back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.flood_ledger import VolumeLedger


@dataclass(frozen=True, eq=False)
class GaugeSeries:
    """Depth at some cells through time.

    Parameters
    ----------
    rows, cols
        The cells, shape (m,), int64.
    time_s
        Times, shape (n,), float64 [s].
    depth_m
        Depth, shape (n, m), float32 [m]; NaN at a cell that cannot hold water.
    """

    rows: NDArray[np.int64]
    cols: NDArray[np.int64]
    time_s: NDArray[np.float64]
    depth_m: NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Inundation:
    """Result of a flood run; NaN outside the domain and on buildings, 0 where it stayed dry.

    Parameters
    ----------
    max_depth_m
        Largest depth, shape (ny, nx), float32 [m].
    max_speed_m_s
        Largest speed, shape (ny, nx), float32 [m/s].
    max_depth_speed_m2_s
        Largest product of depth and speed at one time, shape (ny, nx), float32 [m2/s].
    max_hazard_rating
        Largest depth x (speed + 0.5) + debris factor at one time, shape (ny, nx), float32 [-].
    lasting_s
        Time at or above `Recording.lasting_depth_m`, all spells together, shape (ny, nx), float32
        [s]; a spell that lasts at the end counts up to the end.
    arrival_s
        First time at the arrival depth, shape (ny, nx), float32 [s]; NaN where never.
    first_time_s
        First time at each further threshold, shape (k, ny, nx), float32 [s]; NaN where never.
    last_time_s
        Last time at each further threshold, shape (k, ny, nx), float32 [s]; NaN where never.
    final_depth_m
        Depth at the end, shape (ny, nx), float32 [m].
    gauges
        Depth series at the gauges.
    depth_series_m
        Depth at `Recording.depth_times_s`, shape (n, ny, nx), float32 [m].
    speed_series_m_s
        Speed at these times, shape (n, ny, nx), float32 [m/s].
    ledger
        Account of all water.
    steps
        Number of time steps.
    dt_min_s
        Shortest time step [s].
    """

    max_depth_m: NDArray[np.float32]
    max_speed_m_s: NDArray[np.float32]
    max_depth_speed_m2_s: NDArray[np.float32]
    max_hazard_rating: NDArray[np.float32]
    lasting_s: NDArray[np.float32]
    arrival_s: NDArray[np.float32]
    first_time_s: NDArray[np.float32]
    last_time_s: NDArray[np.float32]
    final_depth_m: NDArray[np.float32]
    gauges: GaugeSeries
    depth_series_m: NDArray[np.float32]
    speed_series_m_s: NDArray[np.float32]
    ledger: VolumeLedger
    steps: int
    dt_min_s: float
