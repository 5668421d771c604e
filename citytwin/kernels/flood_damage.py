"""What water costs a building: stage-damage curves, and the Japanese classes of damaged houses."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class DamageCurve(NamedTuple):
    """Share of a building's value that is lost, linear between its points.

    Parameters
    ----------
    depth_m
        Depth of water above the ground, rising, the first 0 [m].
    share
        Share lost at these depths [-], 0 to 1, not falling; beyond the last depth its share.
    """

    depth_m: tuple[float, ...]
    share: tuple[float, ...]


_DEPTH_M = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0)
ASIA_RESIDENTIAL = DamageCurve(_DEPTH_M, (0.0, 0.33, 0.49, 0.62, 0.72, 0.87, 0.93, 0.98, 1.0))
"""Mean of Asia for dwellings with their contents: Huizinga, de Moel and Szewczyk (2017), Global
flood depth-damage functions, EUR 28552 EN, doi:10.2760/16510."""
ASIA_COMMERCIAL = DamageCurve(_DEPTH_M, (0.0, 0.38, 0.54, 0.66, 0.76, 0.88, 0.94, 0.98, 1.0))
"""The same for commerce."""

HOUSE_LIMITS_M = (0.0, 0.5, 1.0, 1.8)
"""Depth above the ground floor from which a wooden house of one or two storeys counts as half,
half to a medium and to a large extent, and fully destroyed, where the flow or debris have left
marks on it: guideline of the Cabinet Office of Japan for assessing damage to dwellings."""


def damage_share(depth_m: NDArray[np.float64], curve: DamageCurve) -> NDArray[np.float64]:
    """Return the share of a building's value that is lost.

    Parameters
    ----------
    depth_m
        Depth at the buildings, shape (n,) [m]; NaN where unknown.
    curve
        Stage-damage curve.

    Returns
    -------
    numpy.ndarray
        Shape (n,), float64 [-]; NaN where the depth is unknown.

    Notes
    -----
    Stage-damage curves in the manner of Huizinga, de Moel and Szewczyk (2017).
    """
    return np.interp(depth_m, curve.depth_m, curve.share).astype(np.float64)


def house_damage_class(
    depth_m: NDArray[np.float64], floor_m: float, least_depth_m: float
) -> NDArray[np.float64]:
    """Return the class of a flooded house.

    Parameters
    ----------
    depth_m
        Depth at the houses, shape (n,) [m]; NaN where unknown.
    floor_m
        Height of the ground floor above the ground [m].
    least_depth_m
        Less water than this does no harm [m].

    Returns
    -------
    numpy.ndarray
        Shape (n,), float64: 0 no harm, 1 below the floor, 2 half, 3 half to a medium extent, 4
        half to a large extent, 5 fully destroyed; NaN where the depth is unknown.

    Notes
    -----
    Cabinet Office of Japan, guideline for assessing damage to dwellings in disasters, first survey
    of floods, as in force since 2020.
    """
    reached: NDArray[np.float64] = np.searchsorted(
        HOUSE_LIMITS_M, depth_m - floor_m, side="right"
    ).astype(np.float64)
    reached += 1.0
    reached[depth_m < least_depth_m] = 0.0
    reached[np.isnan(depth_m)] = np.nan
    return reached
