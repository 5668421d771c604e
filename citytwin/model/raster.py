"""A raster as it came from a file, before it is brought onto the city's grid."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

RasterRole = Literal["terrain_raster", "surface_raster"]
"""What a source raster is: the bare ground, or the ground with everything on it."""


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
