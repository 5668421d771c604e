"""Box and rim in longitude and latitude of a box in the plane of the city."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from citytwin.model import crs as crs_of
from citytwin.model.grid import GridSpec
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


def lonlat_rim(grid: GridSpec) -> tuple[tuple[float, float], ...]:
    """Return the rim of a grid as a closed ring of longitudes and latitudes.

    Parameters
    ----------
    grid
        Grid of the city.
    """
    box = grid.bounds
    share = np.linspace(0.0, 1.0, _POINTS_PER_SIDE)[:-1]
    full, none = np.ones_like(share), np.zeros_like(share)
    across = np.concatenate([share, full, 1.0 - share, none])
    up = np.concatenate([none, share, full, 1.0 - share])
    x = box.x_min + across * (box.x_max - box.x_min)
    y = box.y_min + up * (box.y_max - box.y_min)
    lon, lat = crs_of.transform(x, y, grid.crs, "EPSG:4326")
    ring = [(round(float(a), 8), round(float(b), 8)) for a, b in zip(lon, lat, strict=True)]
    return (*ring, ring[0])
