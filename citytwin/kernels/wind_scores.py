"""How well a modelled wind meets a measured one (measures of Chang & Hanna 2004, COST 732)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


class WindScores(NamedTuple):
    """Scores of a set of places."""

    r: float
    """Correlation, Pearson's [-]."""
    rmse: float
    """Root mean square error, in the unit of the values."""
    fractional_bias: float
    """Modelled mean minus measured mean, over the mean of both [-]; 0 is best."""
    fac2: float
    """Share within a factor of two [-]."""
    hits: float
    """Share within 25 % or 0.05, in the unit of the values: the hit rate q [-]."""


def wind_scores(measured: Values, modelled: Values) -> WindScores:
    """Score modelled values against measured ones.

    Parameters
    ----------
    measured, modelled
        The same shape, any unit, usually a speed ratio; finite.
    """
    o, m = np.ravel(measured).astype(np.float64), np.ravel(modelled).astype(np.float64)
    off = np.abs(m - o)
    both = m.mean() + o.mean()
    return WindScores(
        r=float(np.corrcoef(o, m)[0, 1]),
        rmse=float(np.sqrt(np.mean(off**2))),
        fractional_bias=float(2.0 * (m.mean() - o.mean()) / both) if both else float("nan"),
        fac2=float(np.mean((m >= 0.5 * o) & (m <= 2.0 * o))),
        hits=float(np.mean((off <= 0.25 * np.abs(o)) | (off <= 0.05))),
    )


def anomaly_r(measured: Values, modelled: Values) -> float:
    """Correlation of what a direction changes: values less the mean of their place.

    A model that knows only which places are windy, whatever the direction, scores 0 here.

    Parameters
    ----------
    measured, modelled
        Shape (n_directions, n_places), any unit.
    """
    o, m = measured - measured.mean(axis=0), modelled - modelled.mean(axis=0)
    return float(np.corrcoef(o.ravel(), m.ravel())[0, 1])
