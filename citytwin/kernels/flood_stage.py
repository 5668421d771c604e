"""Water levels that are given through time: of a river, a tide, a lake."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.errors import ConfigError
from citytwin.kernels.exact_sums import add_depth
from citytwin.kernels.face_discharge import Row


@dataclass(frozen=True, eq=False)
class StageSeries:
    """A water level through time, linear between its points and constant beyond them.

    Parameters
    ----------
    time_s
        Times, shape (n,) [s], strictly ascending, n >= 1.
    level_m
        Levels at these times, shape (n,) [m].
    """

    time_s: NDArray[np.float64]
    level_m: NDArray[np.float64]

    def __post_init__(self) -> None:
        time, level = np.asarray(self.time_s), np.asarray(self.level_m)
        if time.ndim != 1 or time.shape != level.shape or not time.size:
            raise ConfigError(
                f"stage: {time.shape} times and {level.shape} levels",
                hint="give two lists of one length",
            )
        if not (np.isfinite(time).all() and (np.diff(time) > 0).all()):
            raise ConfigError("stage: times are not ascending", hint="sort them, drop doubles")
        if not np.isfinite(level).all():
            raise ConfigError("stage: a level is not a number", hint="give levels in metres")

    def level_at(self, time_s: float) -> float:
        """Level at a time.

        Parameters
        ----------
        time_s
            Time since the start of the run [s].

        Returns
        -------
        float
            Level [m].
        """
        return float(np.interp(time_s, self.time_s, self.level_m))

    def first_at(self, level_m: float) -> float | None:
        """Time at which a level is reached first.

        Parameters
        ----------
        level_m
            Level [m].

        Returns
        -------
        float or None
            Time [s], not before the start of the run; None where it is never reached.
        """
        times = np.unique(np.append(self.time_s[self.time_s > 0], 0.0))
        levels = np.interp(times, self.time_s, self.level_m)
        reached = np.flatnonzero(levels >= level_m)
        if not reached.size:
            return None
        k = int(reached[0])
        if k == 0:
            return 0.0
        rise = (level_m - levels[k - 1]) / (levels[k] - levels[k - 1])
        return float(times[k - 1] + rise * (times[k] - times[k - 1]))


@dataclass(frozen=True, eq=False)
class StageCells:
    """Cells whose water level is given: a tide at an edge, a river, a lake.

    Parameters
    ----------
    rows, cols
        The cells, shape (m,), int, each once.
    stage
        Their level.
    """

    rows: NDArray[np.int64]
    cols: NDArray[np.int64]
    stage: StageSeries


@njit(cache=True, nogil=True, error_model="numpy")
def hold_depths(
    depth_m: NDArray[np.float32],
    residual_m: NDArray[np.float32],
    row_depth_m: Row,
    cells: tuple[NDArray[np.int64], NDArray[np.int64]],
    wanted_m: Row,
) -> tuple[int, int, int, int]:
    """Bring cells to given depths.

    Parameters
    ----------
    depth_m, residual_m
        Water depth and what rounding left out of it, shape (ny, nx), float32 [m], changed in
        place.
    row_depth_m
        Largest depth of each row, shape (ny,), float32 [m], raised where it grows.
    cells
        Rows and columns, shape (m,) each, int64.
    wanted_m
        Their depths, shape (m,), float32 [m], >= 0.

    Returns
    -------
    tuple of int
        Whole metres and units left over of the depths that were added, and of those that were
        taken, see `exact_sums`.

    Notes
    -----
    A boundary of the first kind, as for tides in the scheme of Bates, Horritt and Fewtrell (2010).
    """
    added, added_rest, taken, taken_rest = 0, 0, 0, 0
    rows, cols = cells
    for k in range(rows.shape[0]):
        j, i = rows[k], cols[k]
        wanted = wanted_m[k]
        change = (np.float64(wanted) - np.float64(depth_m[j, i])) - np.float64(residual_m[j, i])
        depth_m[j, i] = wanted
        residual_m[j, i] = np.float32(0.0)
        row_depth_m[j] = max(row_depth_m[j], wanted)
        if change > 0.0:
            added, added_rest = add_depth(added, added_rest, change)
        else:
            taken, taken_rest = add_depth(taken, taken_rest, -change)
    return added, added_rest, taken, taken_rest
