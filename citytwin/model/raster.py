"""A raster as it came from a file, before it is brought onto the city's grid."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from citytwin.model import crs as crs_of
from citytwin.model.grid import Bounds, GridSpec

Indices = NDArray[np.int64]
RasterRole = Literal["terrain_raster", "surface_raster", "canopy_raster"]
"""What a source raster is: the bare ground, the ground with everything on it, or the heights of
trees above the ground."""


@dataclass(frozen=True, eq=False)
class Raster:
    """Values on a north-up raster in a CRS of its own."""

    values: NDArray[np.float32]
    """Shape (ny, nx), row 0 in the north, NaN where there is no data [m]."""
    crs: str
    """``EPSG:n``, projected, in metres."""
    x_min: float
    """West edge [m]."""
    y_max: float
    """North edge [m]."""
    cell_x_m: float
    """Cell width [m], > 0."""
    cell_y_m: float
    """Cell height [m], > 0."""
    source: str
    """File it came from."""

    @property
    def coarsest_m(self) -> float:
        """Longer side of a cell [m]."""
        return max(self.cell_x_m, self.cell_y_m)

    def position(
        self, x: NDArray[np.float64], y: NDArray[np.float64], crs: str
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Row and column of points in units of cells, 0 being the centre of the first cell.

        Parameters
        ----------
        x, y
            Shape (n,): easting and northing [m].
        crs
            Their CRS.
        """
        east, north = crs_of.transform(x, y, crs, self.crs)
        return (
            (self.y_max - north) / self.cell_y_m - 0.5,
            (east - self.x_min) / self.cell_x_m - 0.5,
        )

    def samples(self, grid: GridSpec, area: Bounds) -> tuple[Indices, Indices, NDArray[np.float64]]:
        """Cells of the raster near an area, as samples on a grid, in the order of the raster.

        Parameters
        ----------
        grid
            Grid that the samples shall fall on.
        area
            Part of it [m].

        Returns
        -------
        tuple of arrays
            Shape (n,) each: global row and column of the grid, and the value.
        """
        x = np.array([area.x_min, area.x_max, area.x_min, area.x_max])
        y = np.array([area.y_min, area.y_min, area.y_max, area.y_max])
        row, col = self.position(x, y, grid.crs)
        ny, nx = self.values.shape
        row0, row1 = _span(row, ny)
        col0, col1 = _span(col, nx)
        xx, yy = np.meshgrid(
            self.x_min + (np.arange(col0, col1) + 0.5) * self.cell_x_m,
            self.y_max - (np.arange(row0, row1) + 0.5) * self.cell_y_m,
        )
        city_x, city_y = crs_of.transform(xx.ravel(), yy.ravel(), self.crs, grid.crs)
        rows, cols = grid.cells_of(city_x, city_y)
        return rows, cols, self.values[row0:row1, col0:col1].ravel().astype(np.float64)


def _span(place: NDArray[np.float64], size: int) -> tuple[int, int]:
    low = min(size, max(0, math.floor(float(place.min())) - 2))
    return low, max(low, min(size, math.ceil(float(place.max())) + 3))
