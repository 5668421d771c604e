"""How much of the sky a cell sees: view factor of the unobstructed sky from a horizontal plane.

Directions of equal weight under the cosine law are swept like suns. Of the several quantities
called sky view factor this is the one of radiation: the share of the diffuse light of a uniform
sky that a horizontal plane still gets (Johnson and Watson 1984, The determination of view-factors
in urban canyons, J. Climate Appl. Meteorol. 23, 329-335).
"""

from __future__ import annotations

import math

import numpy as np

from citytwin.kernels.canopy import Canopy
from citytwin.kernels.horizon_sweep import CellSize, Method, accumulate_sunlit
from citytwin.kernels.sun_bundle import Suns

GOLDEN_ANGLE = math.pi * (3.0 - math.sqrt(5.0))
"""Turn from each direction to the next: no two of them come to lie in one azimuth [rad]."""


def sky_directions(number: int, min_altitude_rad: float) -> Suns:
    """Directions that stand for equal shares of the light of a uniform sky on a level plane.

    A spiral of Fibonacci over the hemisphere, projected on the plane: sin^2 of the altitude is
    spread evenly over 0..1 (compare Swinbank and Purser 2006, Fibonacci grids, Q. J. R. Meteorol.
    Soc. 132, 1769-1793).

    Parameters
    ----------
    number
        How many directions, >= 1.
    min_altitude_rad
        Lower directions are raised to this altitude, so that their shadows have an end; they
        weigh sin^2 of it, 0.8 % at 5 degrees [rad].

    Returns
    -------
    Suns
        With weights that add up to 1.
    """
    index = np.arange(number)
    altitude = np.arcsin(np.sqrt((index + 0.5) / number))
    return Suns(
        np.mod(index * GOLDEN_ANGLE, 2.0 * math.pi),
        np.maximum(altitude, min_altitude_rad),
        np.full(number, 1.0 / number),
    )


def sky_view_factor(
    height: np.ndarray,
    cell_m: CellSize,
    directions: Suns,
    row0: int,
    col0: int,
    method: Method = "fast",
    canopy: Canopy | None = None,
) -> np.ndarray:
    """Share of the light of a uniform sky that reaches each cell, held level.

    Parameters
    ----------
    height
        Surface with all that stands on it, shape (ny, nx), float32 [m]. NaN hides no sky.
    cell_m
        Edge of a cell, or distances of rows and of columns [m], > 0.
    directions
        As `sky_directions` makes them.
    row0, col0
        Global row and column of the first cell.
    method
        As of `citytwin.kernels.horizon_sweep`.
    canopy
        Crowns of trees and the share of the light of each direction that passes them.

    Returns
    -------
    numpy.ndarray
        Shape (ny, nx), float32, 0 to 1; NaN where the height is unknown.

    Raises
    ------
    ValueError
        As `citytwin.kernels.horizon_sweep.accumulate_sunlit` does.
    """
    share = accumulate_sunlit(height, height, cell_m, directions, row0, col0, method, canopy)
    np.minimum(share, 1.0, out=share)  # a sum of many rounded shares may pass 1 by its last bits
    return share
