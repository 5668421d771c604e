"""Hazard classes of a flood for people, vehicles and buildings: H1 to H6."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

UNKNOWN = 255
"""Class where the flood is not known."""


class HazardLimits(NamedTuple):
    """Largest values that a class allows.

    Parameters
    ----------
    depth_m
        Depth [m].
    speed_m_s
        Speed [m/s].
    depth_speed_m2_s
        Product of both at one time [m2/s].
    """

    depth_m: float
    speed_m_s: float
    depth_speed_m2_s: float


COMBINED_LIMITS = (
    HazardLimits(0.3, 2.0, 0.3),
    HazardLimits(0.5, 2.0, 0.6),
    HazardLimits(1.2, 2.0, 0.6),
    HazardLimits(2.0, 2.0, 1.0),
    HazardLimits(4.0, 4.0, 4.0),
)
"""Limits of H1 to H5; what is above those of H5 is H6. Combined hazard curves of Smith, Davey and
Cox (2014), Table 6.7.4 of Australian Rainfall and Runoff (2019), Guideline 7-3 of AIDR (2017)."""


def hazard_class(
    depth_m: NDArray[np.float32],
    speed_m_s: NDArray[np.float32],
    depth_speed_m2_s: NDArray[np.float32],
    least_depth_m: float,
) -> NDArray[np.uint8]:
    """Return the highest hazard class that a cell had at any time.

    Parameters
    ----------
    depth_m, speed_m_s, depth_speed_m2_s
        Largest depth, largest speed and largest product of both at one time, shape (ny, nx),
        float32 [m, m/s, m2/s]; NaN where unknown.
    least_depth_m
        Less water than this is no hazard [m].

    Returns
    -------
    numpy.ndarray
        Shape (ny, nx), uint8: 0 none, 1 to 6 for H1 to H6, 255 unknown.

    Notes
    -----
    The maxima decide exactly: a class is left as soon as any one limit is passed at some time,
    which is when the largest value passes it, and the limits rise from class to class. Combined
    hazard curves of Smith, Davey and Cox (2014).
    """
    classes = np.ones(depth_m.shape, dtype=np.uint8)
    for limits in COMBINED_LIMITS:
        classes += (
            (depth_m > limits.depth_m)
            | (speed_m_s > limits.speed_m_s)
            | (depth_speed_m2_s > limits.depth_speed_m2_s)
        ).astype(np.uint8)
    classes[depth_m < least_depth_m] = 0
    classes[np.isnan(depth_m)] = UNKNOWN
    return classes
