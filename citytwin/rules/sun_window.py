"""The sun of a rule at a place: its circle, and how far shadows reach in the hours that count."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.shade_spells import SunCircle, sun_circle, sun_directions
from citytwin.model import crs
from citytwin.model.grid import Bounds
from citytwin.model.sun_rule import CountedSun

LOWEST_DEG = 1.0
"""Suns below it are left out of rules of fixed declination: their shadows have no end. At the
hours of the Japanese rule the sun stands above 4 degrees everywhere in Japan."""
_SAME_M = 100.0
"""Places in a square of this edge share latitude and north, both to 0.0005 degrees."""
_INSTANTS = 65


def circle_at(sun: CountedSun, x: float, y: float, code: str) -> SunCircle:
    """Circle of the sun at a place, in the axes of the grid.

    Parameters
    ----------
    sun
        Of a rule with a fixed declination in true solar time.
    x, y
        Easting and northing of the place [m].
    code
        Projected CRS.
    """
    if sun.declination_deg is None:
        msg = "a circle of the sun needs a fixed declination"
        raise ValueError(msg)
    latitude_deg, convergence_deg = _place(round(x / _SAME_M), round(y / _SAME_M), code)
    return sun_circle(
        math.radians(latitude_deg),
        math.radians(sun.declination_deg),
        math.radians(convergence_deg),
        sun.hour_angles_rad,
        math.radians(max(sun.min_altitude_deg, LOWEST_DEG)),
    )


@lru_cache(maxsize=1 << 16)
def _place(column: int, row: int, code: str) -> tuple[float, float]:
    """Latitude and convergence [deg] in the middle of a square of the plane."""
    x, y = column * _SAME_M, row * _SAME_M
    return crs.lonlat(x, y, code)[1], crs.convergence_deg(x, y, code)


def shadow_bounds(edges: NDArray[np.float64], plane_z_m: float, circle: SunCircle) -> Bounds:
    """Box of all shadows on a plane, and of what casts them.

    Parameters
    ----------
    edges
        Shape (m, 6), m > 0: upper edges [m].
    plane_z_m
        Height of the plane [m].
    circle
        Way of the sun.
    """
    suns = sun_directions(circle, np.linspace(circle.begin_rad, circle.end_rad, _INSTANTS))
    ends = edges.reshape(-1, 3)
    above = np.maximum(ends[:, 2] - plane_z_m, 0.0)
    tips = ends[None, :, :2] - above[None, :, None] * (suns[:, :2] / suns[:, 2:])[:, None, :]
    every = np.concatenate([ends[:, :2], tips.reshape(-1, 2)])
    (west, south), (east, north) = every.min(axis=0), every.max(axis=0)
    return Bounds(float(west), float(south), float(east), float(north))
