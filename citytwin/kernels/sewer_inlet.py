"""Discharge between the street and a manhole: over the rim as over a weir, or as through an orifice."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.face_discharge import GRAVITY_M_S2

_TWO_G = 2.0 * float(GRAVITY_M_S2)


class Inlets(NamedTuple):
    """How manholes let water pass.

    Parameters
    ----------
    opening_m
        Diameter of the opening [m], > 0.
    weir, orifice
        Coefficients of discharge over the rim and through the opening [-], > 0.
    """

    opening_m: float = 0.6
    weir: float = 0.54
    orifice: float = 0.167


def inlet_discharge_m3_s(
    level_m: NDArray[np.float64],
    head_m: NDArray[np.float64],
    crest_m: NDArray[np.float64],
    inlets: Inlets,
) -> NDArray[np.float64]:
    """Return what passes each manhole.

    Parameters
    ----------
    level_m
        Water level on the ground, that of the ground where it is dry, shape (n,) [m].
    head_m
        Level to which the water of the sewer rises in the manhole, shape (n,) [m].
    crest_m
        Level of the rim, shape (n,) [m].
    inlets
        Opening and coefficients.

    Returns
    -------
    numpy.ndarray
        Discharge into the sewer, negative back onto the ground, shape (n,) [m3/s].

    Notes
    -----
    With h the water above the rim, D the diameter and A the area of the opening: into the sewer the
    lesser of a weir around the rim, 2/3 C_w pi D sqrt(2 g) h^(3/2), and of an orifice, C_o A sqrt(2 g
    (level - the higher of head and rim)); out of it the orifice under head less the higher of level
    and rim. Chen, Djordjevic, Leandro and Savic (2007), NOVATECH 2007; coefficients of Rubinato,
    Martins, Kesserwani, Leandro, Djordjevic and Shucksmith (2017), Journal of Hydrology 552, 421-432.
    """
    rim_m = np.maximum(level_m, crest_m)
    above = rim_m - crest_m
    area = 0.25 * np.pi * inlets.opening_m**2
    drop = level_m - np.maximum(head_m, crest_m)
    through = inlets.orifice * area * np.sqrt(_TWO_G * np.maximum(drop, 0.0))
    over = 2.0 / 3.0 * inlets.weir * np.pi * inlets.opening_m * np.sqrt(_TWO_G) * above**1.5
    back = inlets.orifice * area * np.sqrt(_TWO_G * np.maximum(head_m - rim_m, 0.0))
    result: NDArray[np.float64] = np.minimum(over, through) - back
    return result
