"""Gusts of a steady flow, from its mean wind and what its turbulence adds."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PEAK_FACTOR = 3.5
"""Standard deviations by which a gust of two or three seconds exceeds an hourly mean."""


def gust_ratio(
    speed: NDArray[np.float32],
    along_x: NDArray[np.float32],
    along_y: NDArray[np.float32],
    peak_factor: float = PEAK_FACTOR,
) -> NDArray[np.float32]:
    """Gust over the undisturbed wind: mean velocity and some standard deviations of it.

    Parameters
    ----------
    speed
        Mean scalar speed with turbulence over the undisturbed wind [-], shape (...), float32, >= 0; NaN
        where unknown.
    along_x, along_y
        Mean velocity over the same [-], shape (...), float32.
    peak_factor
        Standard deviations by which a gust exceeds the mean [-], >= 0.

    Returns
    -------
    numpy.ndarray
        Shape (...), float32, >= 0; NaN where one of them is.

    Notes
    -----
    U + g sigma with sigma^2 = 2 k / 3, the turbulence taken as alike in all directions, which is
    customary with flows of two equations; k from the scalar speed, S^2 = U^2 + 2 k, the vertical
    velocity left out as small where people walk. The formula is that of gust-equivalent means
    (Lawson 1990; Melbourne 1978, Journal of Industrial Aerodynamics 3, 241-249, with g = 3.5).
    """
    mean = np.hypot(along_x, along_y)
    variance = np.maximum(speed * speed - mean * mean, 0.0) / 3.0
    gust: NDArray[np.float32] = (mean + np.float32(peak_factor) * np.sqrt(variance)).astype(
        np.float32
    )
    return gust
