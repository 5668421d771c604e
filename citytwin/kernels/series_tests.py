"""Tests of a time series against itself and against what stands around it.

Rate of change, spike and flat line are those of QARTOD (U.S. IOOS 2020, Manual for Real-Time Quality
Control of Wind Data, tests 6 to 8); clocks are tested by how late their rows arrive. A test says which
values are doubtful, and changes none.
"""

from __future__ import annotations

import numpy as np
from numba import njit


def changes_too_fast(
    time_s: np.ndarray, value: np.ndarray, limit_per_s: np.ndarray | float
) -> np.ndarray:
    """Rate-of-change test: a value further from the one before than a rate allows.

    Parameters
    ----------
    time_s
        Shape (..., n): rising; NaN where there is no value [s].
    value
        Shape (..., n): any unit; NaN where there is none [any unit].
    limit_per_s
        Shape (..., 1) or a number: largest rate of change; NaN for no test [the unit per second].

    Returns
    -------
    numpy.ndarray
        Shape (..., n), bool; the first value is never doubtful.
    """
    found = np.zeros(value.shape, dtype=np.bool_)
    step, change = np.diff(time_s, axis=-1), np.abs(np.diff(value, axis=-1))
    with np.errstate(invalid="ignore"):
        found[..., 1:] = change > limit_per_s * step
    return found


def stands_out(value: np.ndarray, limit: np.ndarray | float) -> np.ndarray:
    """Spike test: a value above both neighbours, or below both, by more than a limit.

    The nearer of them counts, so that neither a step nor what stands beside a spike is one.

    Parameters
    ----------
    value
        Shape (..., n), in order of time; NaN where there is none [any unit].
    limit
        Shape (..., 1) or a number: largest distance; NaN for no test [the unit of `value`].

    Returns
    -------
    numpy.ndarray
        Shape (..., n), bool; the first and the last value are never doubtful.
    """
    found = np.zeros(value.shape, dtype=np.bool_)
    before, here, after = value[..., :-2], value[..., 1:-1], value[..., 2:]
    with np.errstate(invalid="ignore"):
        apart = np.minimum(np.abs(here - before), np.abs(here - after)) > limit
        found[..., 1:-1] = apart & ((here - before) * (here - after) > 0.0)
    return found


def hours_late(end_s: np.ndarray, known_s: np.ndarray, tolerance_s: float) -> np.ndarray:
    """Clock test: rows that keep arriving late by one and the same number of whole hours.

    That is how local times look that were taken for UTC, or the other way round. Delays of less than
    three steps between rows are those of slow feeds, and rows that came together say nothing.

    Parameters
    ----------
    end_s, known_s
        Shape (m, n): when rows were observed and when they became known, in order of time; NaN where
        there are none [s].
    tolerance_s
        How far a delay may be from whole hours [s].

    Returns
    -------
    numpy.ndarray
        Shape (m,): by how many hours they are late; 0 where they are not, with fewer than four rows,
        and beyond the 14 hours of time zones [h].
    """
    late_s = known_s - end_s
    hours = np.rint(late_s[:, -1] / 3600.0)
    steps = np.diff(end_s, axis=1)
    counted = np.isfinite(steps)
    with np.errstate(invalid="ignore"):
        steady = np.isnan(late_s) | (np.abs(late_s - hours[:, None] * 3600.0) <= tolerance_s)
        apart = ~counted | (np.diff(known_s, axis=1) > 0.0)
        longest = np.where(counted, steps, 0.0).max(axis=1, initial=0.0)
        found = steady.all(axis=1) & apart.all(axis=1) & (counted.sum(axis=1) >= 3)
        found &= (hours >= 1) & (hours <= 14) & (hours * 3600.0 >= 3.0 * longest)
    return np.where(found, hours, 0.0)


@njit(cache=True, nogil=True)
def does_not_move(
    time_s: np.ndarray, value: np.ndarray, tolerance: np.ndarray, duration_s: np.ndarray
) -> np.ndarray:
    """Flat-line test: a value that has moved by no more than a tolerance for too long.

    Parameters
    ----------
    time_s
        Shape (m, n): rising in each row; NaN where there is no value [s].
    value
        Shape (m, n): NaN where there is none [any unit].
    tolerance
        Shape (m,): largest difference of a stuck sensor, >= 0; NaN for no test [any unit].
    duration_s
        Shape (m,): how long it may last [s].

    Returns
    -------
    numpy.ndarray
        Shape (m, n), bool.
    """
    found = np.zeros(value.shape, dtype=np.bool_)
    for row in range(value.shape[0]):
        for i in range(value.shape[1]):
            low = high = value[row, i]
            k = i
            while not np.isnan(low) and k > 0:
                earlier = value[row, k - 1]
                if np.isnan(earlier):
                    break
                low, high = min(low, earlier), max(high, earlier)
                if not high - low <= tolerance[row]:
                    break
                k -= 1
                if time_s[row, i] - time_s[row, k] >= duration_s[row]:
                    found[row, i] = True
                    break
    return found


@njit(cache=True, nogil=True)
def unlike_neighbours(
    x_m: np.ndarray, y_m: np.ndarray, value: np.ndarray, radius_m: float, limit: float
) -> np.ndarray:
    """Neighbour test: a value far from the median of those around it.

    Parameters
    ----------
    x_m
        Shape (n,): rising [m].
    y_m
        Shape (n,) [m].
    value
        Shape (n,) [any unit].
    radius_m
        How far away a neighbour may stand [m].
    limit
        Largest distance from the median [the unit of `value`].

    Returns
    -------
    numpy.ndarray
        Shape (n,), bool; with fewer than three neighbours a value is not doubtful.
    """
    n = len(value)
    found = np.zeros(n, dtype=np.bool_)
    around = np.empty(n)
    first = 0
    for i in range(n):
        while x_m[i] - x_m[first] > radius_m:
            first += 1
        count, k = 0, first
        while k < n and x_m[k] - x_m[i] <= radius_m:
            if k != i and (x_m[k] - x_m[i]) ** 2 + (y_m[k] - y_m[i]) ** 2 <= radius_m**2:
                around[count] = value[k]
                count += 1
            k += 1
        if count >= 3:
            found[i] = abs(value[i] - np.median(around[:count])) > limit
    return found
