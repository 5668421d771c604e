"""Roughness length and displacement height of the city from its bulk shape."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

VON_KARMAN = 0.4
DRAG_COEFFICIENT = 1.2
"""Drag of a cube's wall, as Macdonald et al. (1998) take it."""


class Layout(NamedTuple):
    """Constants of Macdonald et al. (1998) for an arrangement of cubes.

    Parameters
    ----------
    a
        Constant of the displacement height.
    b
        Drag correction.
    """

    a: float
    b: float


STAGGERED = Layout(4.43, 1.0)
ALIGNED = Layout(3.59, 0.55)


def macdonald(
    mean_m: np.ndarray, lambda_p: np.ndarray, lambda_f: np.ndarray, layout: Layout = STAGGERED
) -> tuple[np.ndarray, np.ndarray]:
    """Displacement height and roughness length for buildings of about one height.

    Macdonald, Griffiths and Hall (1998), Atmos. Environ. 32, 1857-1864:
    zd / H = 1 + a^(-lp) (lp - 1);
    z0 / H = (1 - zd / H) exp(-(0.5 b CD / k^2 (1 - zd / H) lf)^(-1/2)).
    Tested by its authors for indices of about 0.05 to 0.5.

    Parameters
    ----------
    mean_m
        Mean building height, weighted by plan area, any shape [m].
    lambda_p
        Plan area index, the same shape, 0..1 [1].
    lambda_f
        Frontal area index towards the wind, the same shape, >= 0 [1].
    layout
        STAGGERED (default) or ALIGNED.

    Returns
    -------
    zd_m, z0_m : numpy.ndarray
        Heights in the common shape of the arguments, float64 [m]; NaN where there is nothing
        to compute them from (an index or height of 0, or lambda_p of 1 and more).
    """
    h, lp, lf = (np.asarray(v, dtype=np.float64) for v in (mean_m, lambda_p, lambda_f))
    usable = (h > 0) & (lp > 0) & (lp < 1) & (lf > 0)
    lp, lf = np.where(usable, lp, 0.25), np.where(usable, lf, 0.25)
    gap = np.power(layout.a, -lp) * (1.0 - lp)  # 1 - zd / H
    drag = 0.5 * layout.b * DRAG_COEFFICIENT / VON_KARMAN**2 * gap * lf
    zd = np.where(usable, h * (1.0 - gap), np.nan)
    z0 = np.where(usable, h * gap * np.exp(-1.0 / np.sqrt(drag)), np.nan)
    return zd, z0


def kanda(
    mean_m: np.ndarray,
    sd_m: np.ndarray,
    max_m: np.ndarray,
    lambda_p: np.ndarray,
    lambda_f: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Displacement height and roughness length for buildings of many heights.

    Kanda, Inagaki, Miyamoto, Gryschka and Raasch (2013), Boundary-Layer Meteorol. 148, 357-377,
    fitted to large-eddy runs over Tokyo and Nagoya on areas of 1 km; not for coarse cells below
    200 m. With X = (sd + mean) / max in 0..1 and Y = lp sd / mean:
    zd = max (c0 X^2 + (a0 lp^b0 - c0) X); z0 = z0_macdonald (b1 Y^2 + c1 Y + a1).
    zd may exceed the mean height.

    Parameters
    ----------
    mean_m, sd_m, max_m
        Mean, population deviation (both weighted by plan area) and maximum of the building
        heights, any shape [m].
    lambda_p
        Plan area index, the same shape, 0..1 [1].
    lambda_f
        Frontal area index towards the wind, the same shape, >= 0 [1].

    Returns
    -------
    zd_m, z0_m : numpy.ndarray
        Heights in the common shape of the arguments, float64 [m]; NaN where `macdonald` is.
    """
    a0, b0, c0 = 1.29, 0.36, -0.17
    a1, b1, c1 = 0.71, 20.21, -0.77
    _, z0_macdonald = macdonald(mean_m, lambda_p, lambda_f)
    usable = np.isfinite(z0_macdonald)
    mean, sd, tallest = (np.asarray(v, dtype=np.float64) for v in (mean_m, sd_m, max_m))
    lp = np.where(usable, lambda_p, 0.25)
    x = np.clip((sd + mean) / np.where(tallest > 0, tallest, 1.0), 0.0, 1.0)
    y = lp * sd / np.where(mean > 0, mean, 1.0)
    zd = np.where(usable, tallest * (c0 * x**2 + (a0 * lp**b0 - c0) * x), np.nan)
    return zd, z0_macdonald * (b1 * y**2 + c1 * y + a1)
