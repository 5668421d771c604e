"""Pedestrian wind speed from ray features: a proxy, with its measured uncertainty.

Fitted on measurements of the Architectural Institute of Japan (AIJ), Urban Wind Environment
benchmark, cases E (Niigata) and C (cube array), data CC BY 4.0: Kikumoto et al. (2026), Japan
Architectural Review 9(1) e70083, doi 10.1002/2475-8876.70083; case E: Yoshie et al. (2007), J.
Wind Eng. Ind. Aerodyn. 95, 1551-1578; case C: Nonomura et al. (2003), doi
10.14887/jaweam.2003.0.41.0. AIJ does not answer for what is derived here.
`benchmarks/wind_proxy_fit.py` repeats the fit and prints these figures (R correlation, RMSE in
units of the ratio, FAC2 share within a factor of two):

=====================================  ====  =====  =====  ====
test                                   R     RMSE   FAC2   n
=====================================  ====  =====  =====  ====
E, each direction left out in turn     0.44  0.241  0.908  316
E -> C, three cube arrays              0.43  0.210  0.972  360
E -> C, middle cube absent             0.73  0.207  0.975  120
E -> C, all cubes equal                0.71  0.172  1.000  120
E -> C, middle cube twice as high     -0.01  0.244  0.942  120
C -> E                                 0.45  0.261  0.889  316
=====================================  ====  =====  =====  ====

The frontal area index of the 100 m around a probe was tried as a third term and left out: within
the town of the fit it brings little (RMSE 0.236 instead of 0.241), in the other town it harms (E ->
C 0.222 instead of 0.210, C -> E 0.303 instead of 0.261), and its sign is that of more wind where
there is more wall. The map of the frontal area index stands on its own.

The form of the model was chosen among about 120 fits with these very tables in view (for its
physical signs, not its score), so the figures are somewhat optimistic and no case is untouched.

It is a proxy for sheltering between buildings, uncertain by about +-0.24 of the ratio (one sigma),
and no substitute for a flow solver. It cannot exceed 1: the speed-up at corners and the downwash
of towers, found at 8 % of the probes, are outside it (see the row of the high cube).
"""

from __future__ import annotations

import math

import numpy as np

from citytwin.kernels.sheltering import Sheltering

FETCH_M = 200.0
"""Length of the rays the exponents were fitted with [m]."""

UPWIND_EXPONENT = 0.168
"""Power of the free distance upwind, as a share of the fetch."""

DOWNWIND_EXPONENT = 0.086
"""Power of the free distance downwind, as a share of the fetch."""

MAX_RATIO = 2.0
"""Ratios are clipped to 0..2; the largest measured in the two cases is 1.8."""


def speed_ratio(features: Sheltering) -> np.ndarray:
    """Mean scalar wind speed at 1.5-2 m over the undisturbed speed at the same height.

    ``(x_up / 200 m) ** UPWIND_EXPONENT * (x_down / 200 m) ** DOWNWIND_EXPONENT`` with the
    geometric mean free distances up- and downwind: 1 in the open, less between buildings. Both
    exponents are positive, so another obstacle never raises the ratio. Uncertainty: see module.

    Parameters
    ----------
    features
        From `citytwin.kernels.sheltering.sheltering` with ``fetch_m`` = FETCH_M.

    Returns
    -------
    numpy.ndarray
        Shape (nd, ny, nx), float32, 0..2; NaN where an obstacle stands.
    """
    fetch = math.log(FETCH_M)
    log_ratio = UPWIND_EXPONENT * (features.up_log_distance - fetch)
    log_ratio += DOWNWIND_EXPONENT * (features.down_log_distance - fetch)
    ratio: np.ndarray = np.clip(np.exp(log_ratio), 0.0, MAX_RATIO).astype(np.float32)
    return ratio
