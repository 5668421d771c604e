"""Rain over time and space: rates on a lattice of square cells of its own that covers the grid."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError
from citytwin.kernels.rain_shares import AxisShares, axis_shares

_MM_PER_H = 1.0 / 3.6e6


class Lattice(NamedTuple):
    """Where the cells of the rain lie, counted in cells of the grid.

    Parameters
    ----------
    row, col
        Distance from the north and west side of the grid to those of the lattice [cells of the
        grid]; <= 0, since the lattice covers the grid.
    size
        Side of a cell of the lattice [cells of the grid], > 0.
    """

    row: float
    col: float
    size: float


@dataclass(frozen=True, eq=False)
class RainField:
    """Rain on the cells of a lattice, constant within each interval; zero between intervals.

    Parameters
    ----------
    start_s, end_s
        Begin and end of the intervals, shape (n,) [s], ascending, not overlapping, n >= 1.
    mm_per_h
        Mean intensity of each interval and cell of the lattice, shape (n, ky, kx), row 0 in the
        north [mm/h], >= 0.
    lattice
        Where its cells lie.
    """

    start_s: NDArray[np.float64]
    end_s: NDArray[np.float64]
    mm_per_h: NDArray[np.float32]
    lattice: Lattice
    _knot_s: NDArray[np.float64] = field(init=False, repr=False)
    _depth_m: NDArray[np.float64] = field(init=False, repr=False)
    _at_start_m: NDArray[np.float64] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        count = np.shape(self.mm_per_h)[0] if np.ndim(self.mm_per_h) == 3 else 0
        if not (np.shape(self.start_s) == np.shape(self.end_s) == (count,) and count):
            raise ConfigError(
                f"rain: {np.shape(self.start_s)} begins, {np.shape(self.end_s)} ends and rates of "
                f"shape {np.shape(self.mm_per_h)}",
                hint="give two lists of one length and rates by interval, row and column",
            )
        bad = ~(np.isfinite(self.mm_per_h) & np.greater_equal(self.mm_per_h, 0))
        if bad.any():
            raise ConfigError(
                f"rain: {int(bad.sum())} intensities are negative or no number, the first of them "
                f"{self.mm_per_h[bad][0]} mm/h",
                hint="use mm/h >= 0",
            )
        bounds = np.column_stack([self.start_s, self.end_s]).ravel().astype(np.float64)
        if not (np.isfinite(bounds).all() and (np.diff(bounds) >= 0).all()):
            at = int(np.flatnonzero(~(np.diff(bounds) >= 0))[:1].sum() // 2)
            raise ConfigError(
                f"rain: intervals are not ascending near interval {at}",
                hint="sort them, and remove overlaps",
            )
        if not (np.isfinite(self.lattice).all() and self.lattice.size > 0):
            raise ConfigError(
                f"rain: its lattice is {self.lattice}", hint="use finite numbers and a size > 0"
            )
        rates = self.mm_per_h.astype(np.float64)
        length_s = np.subtract(self.end_s, self.start_s)[:, None, None]
        depth = np.cumsum(length_s * rates * _MM_PER_H, axis=0)
        # A frozen dataclass can set what it derives only in this way.
        object.__setattr__(self, "_knot_s", bounds)
        object.__setattr__(self, "_depth_m", np.concatenate([np.zeros_like(depth[:1]), depth]))
        object.__setattr__(self, "_at_start_m", self._at(0.0))

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the lattice."""
        ky, kx = self.mm_per_h.shape[1:]
        return ky, kx

    def depth_until_m(self, time_s: float) -> NDArray[np.float64]:
        """Depth of rain that has fallen on each cell of the lattice since the start of the run.

        Parameters
        ----------
        time_s
            Time since the start of the run [s].

        Returns
        -------
        numpy.ndarray
            Depth, shape (ky, kx), float64 [m]; the bits of `RainSeries.depth_until_m` for a cell
            with the same intensities.
        """
        depth: NDArray[np.float64] = self._at(time_s) - self._at_start_m
        return depth

    def _at(self, time_s: float) -> NDArray[np.float64]:
        """Depth since the first interval began: a straight line within each interval."""
        knot, depth = self._knot_s, self._depth_m
        k = int(np.searchsorted(knot, time_s, side="right")) - 1
        passed = (k + 1) // 2
        if k % 2:  # between intervals, before the first or after the last one
            level: NDArray[np.float64] = depth[passed]
            return level
        along = (time_s - knot[k]) / (knot[k + 1] - knot[k])
        risen: NDArray[np.float64] = depth[passed] + (depth[passed + 1] - depth[passed]) * along
        return risen

    def row_shares(self, begin: int, end: int) -> AxisShares:
        """Shares of the rows of the lattice in some rows of the grid.

        Parameters
        ----------
        begin, end
            The rows of the grid.

        Returns
        -------
        AxisShares
            Arrays of shape (end - begin,) and (end - begin, k).

        Raises
        ------
        ConfigError
            If the lattice does not cover them.
        """
        return axis_shares((begin, end), self.lattice.row, self.lattice.size, self.shape[0])

    def col_shares(self, begin: int, end: int) -> AxisShares:
        """Shares of the columns of the lattice in some columns of the grid.

        Parameters
        ----------
        begin, end
            The columns of the grid.

        Returns
        -------
        AxisShares
            Arrays of shape (end - begin,) and (end - begin, k).

        Raises
        ------
        ConfigError
            If the lattice does not cover them.
        """
        return axis_shares((begin, end), self.lattice.col, self.lattice.size, self.shape[1])
