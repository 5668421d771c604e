"""How well computed water meets observed water, at gauges through time and at high-water marks.

The efficiency is that of Nash and Sutcliffe (1970); the other measures are the usual ones, computed less
observed (Moriasi et al. 2007).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


class GaugeScores(NamedTuple):
    """Scores of one gauge; computed less observed."""

    number: int
    """Observations that count [-]."""
    bias_m: float
    """Mean error [m]."""
    rmse_m: float
    """Root mean square error [m]."""
    peak_error_m: float
    """Largest computed value between the first and the last observation, less the largest observed one [m]."""
    peak_time_error_min: float
    """Time of the former less time of the latter; of equal values the first counts [min]."""
    nse: float
    """Nash-Sutcliffe efficiency [-]: 1 at best, 0 for a model no better than the mean of what was
    observed; NaN where that never changes."""


def gauge_scores(
    observed_s: FloatArray, observed_m: FloatArray, computed_s: FloatArray, computed_m: FloatArray
) -> GaugeScores:
    """Score a computed series against an observed one.

    Parameters
    ----------
    observed_s, observed_m
        Times, rising [s], and observed values [m], shape (n,), within the time of the computed ones.
    computed_s, computed_m
        Times, rising [s], and computed values [m], shape (k,); linear in between.
    """
    error = np.interp(observed_s, computed_s, computed_m) - observed_m
    within = (computed_s >= observed_s[0]) & (computed_s <= observed_s[-1])
    ends = np.interp(observed_s[[0, -1]], computed_s, computed_m)
    times = np.concatenate([observed_s[:1], computed_s[within], observed_s[-1:]])
    values = np.concatenate([ends[:1], computed_m[within], ends[1:]])
    late_s = times[int(np.argmax(values))] - observed_s[int(np.argmax(observed_m))]
    changes = (
        float(np.ptp(observed_m)) > 0
    )  # the mean of equal values may differ from them in its last bit
    spread = float(((observed_m - observed_m.mean()) ** 2).sum())
    return GaugeScores(
        number=len(error),
        bias_m=float(error.mean()),
        rmse_m=float(np.sqrt((error**2).mean())),
        peak_error_m=float(values.max() - observed_m.max()),
        peak_time_error_min=float(late_s / 60.0),
        nse=1.0 - float((error**2).sum()) / spread if changes else float("nan"),
    )


class MarkScores(NamedTuple):
    """Scores of high-water marks; computed less marked."""

    number: int
    """Marks that count [-]."""
    dry: int
    """Those of them where no water came in the run [-]."""
    bias_m: float
    """Mean error [m]."""
    rmse_m: float
    """Root mean square error [m]."""
    largest_error_m: float
    """The error that is the largest by its size [m]."""


def mark_scores(error_m: FloatArray, is_dry: NDArray[np.bool_]) -> MarkScores:
    """Score the largest computed water against marks.

    Parameters
    ----------
    error_m
        Computed less marked, shape (n,), n > 0 [m].
    is_dry
        Whether no water came there in the run, shape (n,).
    """
    return MarkScores(
        number=len(error_m),
        dry=int(is_dry.sum()),
        bias_m=float(error_m.mean()),
        rmse_m=float(np.sqrt((error_m**2).mean())),
        largest_error_m=float(error_m[int(np.argmax(np.abs(error_m)))]),
    )
