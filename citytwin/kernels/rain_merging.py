"""Radar and gauges together: the bias of the whole image, and what gauges say beyond it.

The mean field bias is the ratio of sums over gauges (Wilson and Brandes, 1979). Conditional merging
(Sinclair and Pegram, 2005, eq. 4) adds the kriged gauges to the radar and takes the kriged radar at the
gauges away; kriging is linear, so that this is the radar and the kriged differences. Their mean is zero
once the bias is gone, which makes the kriging a simple one (Chiles and Delfiner, 2012, section 3.3).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

_LEAST_MM_H = 0.1
"""Drizzle says nothing of a ratio [mm/h]."""
_MOST_BIAS = 10.0
"""A radar that is further off than this factor is taken for broken, and left as it is."""


def mean_field_bias(gauges: FloatArray, radar: FloatArray) -> float:
    """Return by which factor a radar has to be multiplied.

    Parameters
    ----------
    gauges, radar
        Shape (n,) each: rates of gauges, and of the radar above them [mm/h]; NaN for unknown.

    Returns
    -------
    float
        Sum of the gauges over sum of the radar, where both know and the radar sees rain; 1 where
        fewer than three pairs do, or the ratio is none between 1/10 and 10.
    """
    both = np.isfinite(gauges) & np.isfinite(radar)
    both &= (radar >= _LEAST_MM_H) & (gauges >= _LEAST_MM_H)
    if both.sum() < 3:
        return 1.0
    bias = float(gauges[both].sum() / radar[both].sum())
    return bias if 1.0 / _MOST_BIAS <= bias <= _MOST_BIAS else 1.0


def merged(
    radar: NDArray[np.float32],
    rows: FloatArray,
    columns: FloatArray,
    difference: FloatArray,
    *,
    range_cells: float,
    noise: float = 0.05,
) -> NDArray[np.float32]:
    """Add to an image of rain what gauges say beyond it.

    Parameters
    ----------
    radar
        Shape (ny, nx): rates without bias [mm/h], NaN for unknown.
    rows, columns
        Shape (n,) each: where the gauges are [cells from the first one's centre, fractions allowed].
    difference
        Shape (n,): gauge minus radar above it [mm/h]; finite.
    range_cells
        Distance at which the correlation of differences has fallen to 1/e [cells], > 0.
    noise
        Share of the variance of a difference that is of its gauge alone (nugget), 0 to 1.

    Returns
    -------
    ndarray
        Shape (ny, nx): rates [mm/h], not below zero; NaN where the radar knows nothing.
    """
    if not len(difference):
        return radar.astype(np.float32)
    apart = np.hypot(rows[:, None] - rows[None, :], columns[:, None] - columns[None, :])
    covariance = (1.0 - noise) * np.exp(-apart / range_cells)
    weights = np.linalg.solve(covariance + noise * np.eye(len(rows)), difference)
    ys, xs = np.indices(radar.shape, dtype=np.float64)
    added = np.zeros(radar.shape)
    for row, column, weight in zip(rows, columns, weights, strict=True):
        distance = np.hypot(ys - row, xs - column)
        added += weight * (1.0 - noise) * np.exp(-distance / range_cells)
    return np.maximum(radar + added, 0.0).astype(np.float32)
