"""Plan of the small synthetic town: a slope, houses of known shape, and where nothing is known.

Everything is a formula of easting and northing, so that rasters and tables of any grid agree.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from citytwin.model.grid import Bounds, GridSpec

FloatArray = NDArray[np.float64]
HouseKind = Literal["block", "gable", "tower", "courtyard", "mast"]

PITCH_M = 25.0
"""Distance between the corners of two houses."""

_SIZES: dict[HouseKind, tuple[float, float, float, float]] = {
    # width, depth, eaves and ridge above the ground [m]
    "block": (12.2, 9.1, 9.0, 9.0),
    "gable": (9.4, 7.3, 5.5, 8.0),
    "tower": (13.7, 14.2, 24.0, 24.0),
    "courtyard": (16.6, 15.8, 7.0, 7.0),
    "mast": (6.4, 5.9, 60.0, 60.0),
}
_ORDER: tuple[HouseKind, ...] = ("gable", "courtyard", "block", "tower")
"""Kinds take turns along a row; the lot in the middle has the one mast, whose shadow is long."""


@dataclass(frozen=True)
class House:
    """A building with vertical walls along the axes of the grid."""

    kind: HouseKind
    outline: Bounds
    ground_z_m: float
    eaves_z_m: float
    ridge_z_m: float
    """Equals the eaves on flat roofs; the ridge runs from west to east."""
    court: Bounds | None = None

    def covers(self, x: FloatArray, y: FloatArray) -> NDArray[np.bool_]:
        """Which places lie under the roof.

        Parameters
        ----------
        x, y
            Shape (...): easting and northing [m].
        """
        inside = _within(self.outline, x, y)
        return inside if self.court is None else inside & ~_within(self.court, x, y)

    def roof_z_m(self, y: FloatArray) -> FloatArray:
        """Height of the roof.

        Parameters
        ----------
        y
            Shape (...): northing [m].
        """
        half = (self.outline.y_max - self.outline.y_min) / 2
        share = 1.0 - np.abs(y - (self.outline.y_min + half)) / half
        return self.eaves_z_m + (self.ridge_z_m - self.eaves_z_m) * share


def ground_z_m(grid: GridSpec, x: FloatArray, y: FloatArray) -> FloatArray:
    """Height of the ground: a slope that falls to the south-west, with a few ripples.

    Parameters
    ----------
    grid
        Grid of the town; heights count from its south-west corner.
    x, y
        Shape (...): easting and northing [m].

    Returns
    -------
    array
        Shape (...) [m].
    """
    box = grid.bounds
    east, north = x - box.x_min, y - box.y_min
    return 12.0 + 0.03 * east + 0.02 * north + 0.3 * np.sin(east / 17.0) * np.cos(north / 23.0)


def houses(grid: GridSpec) -> tuple[House, ...]:
    """All houses that lie on the grid as a whole, row by row from the south-west.

    Parameters
    ----------
    grid
        Grid of the town.
    """
    box = grid.bounds
    columns = math.ceil((box.x_max - box.x_min) / PITCH_M)
    rows = math.ceil((box.y_max - box.y_min) / PITCH_M)
    middle = (columns // 2, rows // 2)
    lots = [
        _house(grid, column, row, "mast" if (column, row) == middle else _kind(column, row))
        for row in range(rows)
        for column in range(columns)
    ]
    return tuple(h for h in lots if h.outline.x_max <= box.x_max and h.outline.y_max <= box.y_max)


def unknown(grid: GridSpec) -> Bounds:
    """Box in which nobody measured the ground.

    Parameters
    ----------
    grid
        Grid of the town.
    """
    x, y = grid.centre
    return Bounds(x - 9.1, y - 14.3, x + 12.2, y + 11.9)


def is_unknown(grid: GridSpec, x: FloatArray, y: FloatArray) -> NDArray[np.bool_]:
    """Places where nobody measured the ground.

    Parameters
    ----------
    grid
        Grid of the town.
    x, y
        Shape (...): easting and northing [m].
    """
    return _within(unknown(grid), x, y)


def _kind(column: int, row: int) -> HouseKind:
    return _ORDER[(column + 2 * row) % len(_ORDER)]


def _house(grid: GridSpec, column: int, row: int, kind: HouseKind) -> House:
    width, depth, eaves, ridge = _SIZES[kind]
    west = grid.bounds.x_min + 5.3 + column * PITCH_M
    south = grid.bounds.y_min + 4.7 + row * PITCH_M
    outline = Bounds(west, south, west + width, south + depth)
    corners_x = np.array([outline.x_min, outline.x_max, outline.x_min, outline.x_max])
    corners_y = np.array([outline.y_min, outline.y_min, outline.y_max, outline.y_max])
    ground = round(float(ground_z_m(grid, corners_x, corners_y).min()), 3)
    court = None
    if kind == "courtyard":
        court = Bounds(west + 5.1, south + 4.9, west + width - 5.3, south + depth - 5.2)
    return House(kind, outline, ground, ground + eaves, ground + ridge, court)


def _within(box: Bounds, x: FloatArray, y: FloatArray) -> NDArray[np.bool_]:
    return (x >= box.x_min) & (x < box.x_max) & (y >= box.y_min) & (y < box.y_max)
