"""How well two maps of flood depth agree: extent by a contingency table, depth by its errors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class ExtentScores(NamedTuple):
    """Agreement of a computed flood with a reference; a score that nothing decides is NaN.

    Parameters
    ----------
    hits, misses, false_alarms
        Cells that are wet in both, in the reference only, in the computed flood only [-].
    hit_rate
        Share of the wet reference that the computed flood wets: hits / (hits + misses) [-].
    false_alarm_ratio
        Share of the computed flood that the reference has dry [-].
    critical_success_index
        hits / (hits + misses + false alarms) [-], 0 to 1.
    bias_m, rmse_m
        Mean and root of the mean square of computed less reference depth over the hits [m].
    same_rank
        Share of the hits in which both depths are of one rank [-].
    """

    hits: int
    misses: int
    false_alarms: int
    hit_rate: float
    false_alarm_ratio: float
    critical_success_index: float
    bias_m: float
    rmse_m: float
    same_rank: float


def extent_scores(
    computed_m: NDArray[np.float32],
    reference_m: NDArray[np.float32],
    wet_m: float,
    rank_edges_m: Sequence[float],
) -> ExtentScores:
    """Compare a computed flood with a reference, cell by cell.

    Parameters
    ----------
    computed_m, reference_m
        Depths, shape (ny, nx), float32 [m]; cells where one of them is NaN do not count.
    wet_m
        Depth from which a cell is wet [m], > 0.
    rank_edges_m
        Rising: where each rank but the lowest begins [m].

    Returns
    -------
    ExtentScores
        Counts, scores, and errors of depth.

    Notes
    -----
    Scores of the contingency table as in Wilks (2011), Statistical methods in the atmospheric
    sciences, section 8.2. The critical success index (threat score) is the measure of fit of Bates
    and De Roo (2000, doi:10.1016/S0022-1694(00)00278-X).
    """
    known = ~(np.isnan(computed_m) | np.isnan(reference_m))
    ours, theirs = computed_m[known].astype(np.float64), reference_m[known].astype(np.float64)
    wet, wanted = ours >= wet_m, theirs >= wet_m
    both = wet & wanted
    hits, misses, false_alarms = (
        int(np.count_nonzero(cells)) for cells in (both, wanted & ~wet, wet & ~wanted)
    )
    error = ours[both] - theirs[both]
    same = np.digitize(ours[both], rank_edges_m) == np.digitize(theirs[both], rank_edges_m)
    return ExtentScores(
        hits,
        misses,
        false_alarms,
        _share(hits, hits + misses),
        _share(false_alarms, hits + false_alarms),
        _share(hits, hits + misses + false_alarms),
        _share(float(error.sum()), hits),
        _share(float(np.square(error).sum()), hits) ** 0.5,
        _share(int(same.sum()), hits),
    )


def _share(part: float, whole: int) -> float:
    return part / whole if whole else float("nan")
