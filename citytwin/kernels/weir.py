"""Flow over a levee or through a breach: the weir formula of Japanese practice."""

from __future__ import annotations

import math

from numba import njit

from citytwin.kernels.face_discharge import GRAVITY_M_S2

_FREE, _DROWNED = 0.35, 0.91
_DROWNED_FROM = 2.0 / 3.0
_TWO_G = 2.0 * GRAVITY_M_S2


@njit(cache=True, nogil=True, error_model="numpy")
def weir_discharge(first_m: float, second_m: float, crest_m: float) -> float:
    """Discharge over a weir, free or drowned, towards the lower of two water levels.

    Parameters
    ----------
    first_m, second_m
        Water levels on both sides [m].
    crest_m
        Level of the crest [m].

    Returns
    -------
    float
        Discharge per width, float64 [m2/s], positive from the first side to the second.

    Notes
    -----
    Homma (1940): 0.35 h1 sqrt(2 g h1) while the lower head h2 is less than two thirds of the
    higher h1, else 0.91 h2 sqrt(2 g (h1 - h2)); heads above the crest. Both give the same at two
    thirds, to 0.1 %.
    """
    high = max(first_m, second_m) - crest_m
    if not high > 0.0:
        return 0.0
    low = max(min(first_m, second_m) - crest_m, 0.0)
    if low < _DROWNED_FROM * high:
        flow = _FREE * high * math.sqrt(_TWO_G * high)
    else:
        flow = _DROWNED * low * math.sqrt(_TWO_G * (high - low))
    return flow if first_m > second_m else -flow


def side_weir_factor(river_slope: float, *, breached: bool) -> float:
    """Share of the weir formula that leaves a river sideways.

    Parameters
    ----------
    river_slope
        Fall of the river per length [-], > 0, < 1.
    breached
        Whether the levee is breached; else water runs over its crest.

    Returns
    -------
    float
        Factor [-], 0 to 1.

    Notes
    -----
    Kuriki et al. (1996), as in the Japanese manual for inundation maps (Ministry of Land,
    Infrastructure, Transport and Tourism 2015, 4th edition): steep rivers pass a breach faster than it can take
    their water.
    """
    log = -math.log10(river_slope)
    if breached:
        factor = min(0.14 + 0.19 * log, 1.0)
        angle = max(48.0 - 15.0 * log, 0.0)
    else:
        factor = 1.0
        angle = max(155.0 - 38.0 * log, 0.0)
    return max(factor * math.cos(math.radians(min(angle, 90.0))), 0.0)
