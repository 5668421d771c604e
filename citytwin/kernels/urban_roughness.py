"""Aerodynamic roughness of a city from the shape of its buildings: Macdonald, and Kanda.

Macdonald, Griffiths and Hall (1998), An improved method for the estimation of surface roughness of
obstacle arrays, Atmos. Environ. 32, 1857-1864: arrays of blocks of about one height. Kanda, Inagaki,
Miyamoto, Gryschka and Raasch (2013), A new aerodynamic parametrization for real urban surfaces,
Boundary-Layer Meteorol. 148, 357-377: large-eddy simulations of Tokyo and Nagoya, areas of 1 km.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
Layout = Literal["staggered", "aligned"]

DENSITY = (0.05, 0.5)
"""Range of plan and frontal area index that the formulae hold for; beyond it is no answer."""
DRAG = 1.2
"""Drag coefficient of a block."""
KARMAN = 0.4

_LAYOUTS: dict[Layout, tuple[float, float]] = {"staggered": (4.43, 1.0), "aligned": (3.59, 0.55)}
"""A and beta of Macdonald et al. (1998), fitted on Hall's arrays of cubes."""


class Roughness(NamedTuple):
    """Displacement height and roughness length.

    Parameters
    ----------
    displacement_m
        Height that the profile of wind is lifted by, shape (...) [m]; NaN outside the range.
    length_m
        Roughness length z0, shape (n_dir, ...) [m]; NaN outside the range.
    """

    displacement_m: FloatArray
    length_m: FloatArray


def macdonald(
    height_m: FloatArray, plan: FloatArray, frontal: FloatArray, layout: Layout = "staggered"
) -> Roughness:
    """Roughness of blocks of about one height (Macdonald et al. 1998, eq. 23 and 26).

    zd / H = 1 + A^(-lp) (lp - 1); z0 / H = (1 - zd / H) exp(-[0.5 b CD / k^2 (1 - zd / H) lf]^-0.5).

    Parameters
    ----------
    height_m
        Mean height of the buildings by plan area, shape (...) [m].
    plan
        Plan area index lp, shape (...), 0 to 1 [1].
    frontal
        Frontal area index lf, shape (n_dir, ...), >= 0 [1].
    layout
        Arrangement of the blocks; it sets A and b.

    Returns
    -------
    Roughness
        NaN where an index lies outside `DENSITY`.
    """
    a, beta = _LAYOUTS[layout]
    plan = _within(plan)
    lifted = 1.0 + a**-plan * (plan - 1.0)
    drag = 0.5 * beta * DRAG / KARMAN**2 * (1.0 - lifted) * _within(frontal)
    return Roughness(height_m * lifted, height_m * (1.0 - lifted) * np.exp(-(drag**-0.5)))


class Heights(NamedTuple):
    """Heights of the buildings of an area.

    Parameters
    ----------
    mean_m
        Weighted by plan area, shape (...) [m].
    deviation_m
        Of the population, weighted alike, shape (...) [m].
    max_m
        Shape (...) [m].
    """

    mean_m: FloatArray
    deviation_m: FloatArray
    max_m: FloatArray


def kanda(heights: Heights, plan: FloatArray, frontal: FloatArray) -> Roughness:
    """Roughness of a city of many heights (Kanda et al. 2013, eq. 10 to 12).

    zd = Hmax [c0 X^2 + (a0 lp^b0 - c0) X] with X = (sH + Hav) / Hmax; z0 = z0 of Macdonald
    (staggered) times b1 Y^2 + c1 Y + a1 with Y = lp sH / Hav. The displacement height can exceed the
    mean height. Areas below some 200 m are none that it was derived for.

    Parameters
    ----------
    heights
        Of the buildings, shape (...) each [m].
    plan
        Plan area index lp, shape (...), 0 to 1 [1].
    frontal
        Frontal area index lf, shape (n_dir, ...), >= 0 [1].

    Returns
    -------
    Roughness
        NaN where an index lies outside `DENSITY`, X beyond 1, or the profile would be lifted above
        the highest building.
    """
    plan = _within(plan)
    with np.errstate(invalid="ignore", divide="ignore"):
        x = (heights.deviation_m + heights.mean_m) / heights.max_m
        y = plan * heights.deviation_m / heights.mean_m
    # Rounding must not refuse an array of one height, for which X is 1.
    x = np.where(x <= 1.0 + 1e-6, x, np.nan)
    lifted = -0.17 * x**2 + (1.29 * plan**0.36 + 0.17) * x
    lifted = np.where(lifted < 1.0, lifted, np.nan)
    even = macdonald(heights.mean_m, plan, frontal).length_m
    length = even * (20.21 * y**2 - 0.77 * y + 0.71)
    return Roughness(heights.max_m * lifted, np.where(np.isnan(lifted), np.nan, length))


def _within(index: FloatArray) -> FloatArray:
    """The index where the formulae hold, NaN elsewhere."""
    return np.where((index >= DENSITY[0]) & (index <= DENSITY[1]), index, np.nan)
