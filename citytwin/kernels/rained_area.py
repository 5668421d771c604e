"""The area that rain counts on: streets and roofs, and how much fell there."""

from __future__ import annotations

from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.flood_forcing import RainSeries
from citytwin.kernels.flood_setup import Cells
from citytwin.kernels.rain_field import RainField
from citytwin.kernels.rain_shares import covered_units
from citytwin.kernels.window import Window


class RainedArea(NamedTuple):
    """Open and building cells of a part of a grid, in whole numbers.

    Parameters
    ----------
    cells
        Their number.
    units
        How much of them lies under each cell of the rain's lattice, shape (ky, kx), int64
        [1 / SHARE_UNITS**2 of a cell]; None for rain that is the same everywhere.
    """

    cells: int
    units: NDArray[np.int64] | None

    def plus(self, other: RainedArea) -> RainedArea:
        """Add another part of the grid.

        Parameters
        ----------
        other
            Of the other part.
        """
        if self.units is None or other.units is None:
            return RainedArea(self.cells + other.cells, None)
        return RainedArea(self.cells + other.cells, self.units + other.units)

    def rain_m3(self, rain: RainSeries | RainField, until_s: float, area_m2: float) -> float:
        """Return the volume that has fallen since the start of the run.

        Parameters
        ----------
        rain
            The rain.
        until_s
            Time since the start of the run [s].
        area_m2
            Area of a cell [m2].

        Returns
        -------
        float
            Volume [m3]; of a field the exact mean depth, rounded once, so that the parts of a grid
            give the bits of the whole, and a uniform field those of a series.
        """
        area = self.cells * area_m2
        if isinstance(rain, RainSeries):
            return rain.depth_until_m(until_s) * area
        return _mean(rain.depth_until_m(until_s), self.units) * area


def rained_area(rain: RainSeries | RainField, window: Window, cells: Cells) -> RainedArea:
    """Find the area that rain counts on.

    Parameters
    ----------
    rain
        The rain.
    window
        Part of the grid.
    cells
        Its masks, shape (ny, nx).

    Returns
    -------
    RainedArea
        Those of the parts of a grid, which may have 2**31 cells, add up to that of the whole.
    """
    is_rained = cells.is_open | cells.is_roof
    count = int(is_rained.sum())
    if isinstance(rain, RainSeries):
        return RainedArea(count, None)
    rows, cols = (
        rain.row_shares(window.row0, window.row1),
        rain.col_shares(window.col0, window.col1),
    )
    ky, kx = rain.shape
    along = covered_units(np.ascontiguousarray(is_rained.T).astype(np.int64), cols, kx)
    return RainedArea(count, covered_units(np.ascontiguousarray(along.T), rows, ky))


def all_rained(areas: list[RainedArea]) -> RainedArea:
    """Put the parts of a grid together.

    Parameters
    ----------
    areas
        Of all parts.
    """
    return reduce(RainedArea.plus, areas)


def _mean(depth_m: NDArray[np.float64], units: NDArray[np.int64] | None) -> float:
    """Mean depth over an area, rounded once; 0 where there is no area."""
    if units is None or not units.any():
        return 0.0
    wet = np.flatnonzero(units.ravel())
    parts = units.ravel()[wet].tolist()
    ratios = [depth.as_integer_ratio() for depth in depth_m.ravel()[wet].tolist()]
    common = max(below for _, below in ratios)  # powers of two all of them
    total = sum(
        part * above * (common // below) for part, (above, below) in zip(parts, ratios, strict=True)
    )
    mean: float = total / (sum(parts) * common)
    return mean
