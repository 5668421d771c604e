"""Water level and volume of single cells, for levees and given levels."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.flood_part import Cells


class WaterStorage(Protocol):
    """How the level of a cell depends on what it holds."""

    def beds(
        self, depth_m: NDArray[np.float32], cells: Cells
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return where the water of some cells stands.

        Parameters
        ----------
        depth_m
            Volume over the area of the cell, shape (ny, nx), float32 [m].
        cells
            Rows and columns, shape (m,) each.

        Returns
        -------
        tuple of numpy.ndarray
            Water level less this depth [m], and the share of each cell by whose area its volume
            changes with the level [-], shape (m,), float64.
        """

    def held(self, level_m: float, cells: Cells) -> NDArray[np.float32]:
        """Return what some cells hold up to a level.

        Parameters
        ----------
        level_m
            Water level [m].
        cells
            Rows and columns, shape (m,) each.

        Returns
        -------
        numpy.ndarray
            Volume over the area of the cell, shape (m,), float32 [m]; 0 where the ground is higher.
        """


class LevelBeds:
    """Cells with a level bed.

    Parameters
    ----------
    bed_m
        Ground level, shape (ny, nx), float32 [m].
    """

    def __init__(self, bed_m: NDArray[np.float32]) -> None:
        self._bed_m = bed_m

    def beds(
        self, _depth_m: NDArray[np.float32], cells: Cells
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where the water of some cells stands; see `WaterStorage`."""
        bed = self._bed_m[cells].astype(np.float64)
        return bed, np.ones_like(bed)

    def held(self, level_m: float, cells: Cells) -> NDArray[np.float32]:
        """What some cells hold up to a level; see `WaterStorage`."""
        return np.maximum(level_m - self._bed_m[cells].astype(np.float64), 0.0).astype(np.float32)
