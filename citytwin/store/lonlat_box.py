"""The box in longitude and latitude around a box in the plane of the city."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from citytwin.model import crs as crs_of
from citytwin.store.written import Box

_POINTS_PER_SIDE = 21
"""Sides of a box in the plane are curves on the globe."""


def lonlat_box(corners: NDArray[np.float64], crs: str) -> Box:
    """Return west, south, east and north of a box.

    Parameters
    ----------
    corners
        Shape (4,): x_min, y_min, x_max, y_max [m].
    crs
        Their CRS.
    """
    x_min, y_min, x_max, y_max = corners
    x = np.linspace(x_min, x_max, _POINTS_PER_SIDE)
    y = np.linspace(y_min, y_max, _POINTS_PER_SIDE)
    low, high = np.full_like(x, y_min), np.full_like(x, y_max)
    west, east = np.full_like(y, x_min), np.full_like(y, x_max)
    lon, lat = crs_of.transform(
        np.concatenate([x, x, west, east]), np.concatenate([low, high, y, y]), crs, "EPSG:4326"
    )
    return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())
