"""Design storms: the rain of a return period, laid out in time block by block."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError

_MINUTES_PER_H = 60.0


def formula_intensity(
    minutes: NDArray[np.float64], a: float, b: float, n: float
) -> NDArray[np.float64]:
    """Mean intensity over a duration by a / (t^n + b).

    Parameters
    ----------
    minutes
        Durations t, shape (n,) [min], > 0.
    a, b, n
        Constants of the formula for mm/h and minutes [-].

    Returns
    -------
    numpy.ndarray
        Intensity, shape (n,), float64 [mm/h].

    Raises
    ------
    ConfigError
        If the formula has no positive value at one of the durations.

    Notes
    -----
    Cleveland's form; n = 1 is that of Talbot, b = 0 of Sherman (1931), n = 0.5 of Ishiguro (1959).
    """
    below = minutes**n + b
    if not (below > 0).all():
        late = float(minutes[~(below > 0)][0])
        raise ConfigError(
            f"the rainfall formula {a:g} / (t^{n:g} + {b:g}) has no value at {late:g} min",
            hint="use longer blocks, or another formula",
        )
    intensity: NDArray[np.float64] = a / below
    return intensity


def table_intensity(
    minutes: NDArray[np.float64],
    known_minutes: NDArray[np.float64],
    known_mm_per_h: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Mean intensity over a duration from a table, straight between its points in logarithms.

    Parameters
    ----------
    minutes
        Durations, shape (n,) [min], > 0.
    known_minutes, known_mm_per_h
        Durations of the table, rising, and their intensities, shape (m,) [min, mm/h].

    Returns
    -------
    numpy.ndarray
        Intensity, shape (n,), float64 [mm/h].

    Raises
    ------
    ConfigError
        If a duration lies outside the table, which would be a guess.
    """
    low, high = float(known_minutes[0]), float(known_minutes[-1])
    outside = (minutes < low * (1 - 1e-9)) | (minutes > high * (1 + 1e-9))
    if outside.any():
        raise ConfigError(
            f"the rainfall table has nothing for {float(minutes[outside][0]):g} min; "
            f"it goes from {low:g} to {high:g} min",
            hint="use blocks and a duration within the table",
        )
    logs = np.interp(np.log(minutes), np.log(known_minutes), np.log(known_mm_per_h))
    intensity: NDArray[np.float64] = np.exp(logs)
    return intensity


def alternating_blocks(depth_mm: NDArray[np.float64], peak: float) -> NDArray[np.float64]:
    """Lay out rain so that every duration around its peak has the depth of its return period.

    Parameters
    ----------
    depth_mm
        Depth over the duration of 1, 2, ... n blocks, shape (n,) [mm], not falling.
    peak
        Place of the wettest block, 0 the first, 0.5 the middle, 1 the last [-].

    Returns
    -------
    numpy.ndarray
        Depth of each block in time, shape (n,), float64 [mm].

    Raises
    ------
    ConfigError
        If a longer duration has less rain.

    Notes
    -----
    Alternating block method (Chow, Maidment and Mays 1988, section 14.4): the increments of the
    depth, the largest in the wettest block, the others in turn after and before it.
    """
    gains = np.diff(depth_mm, prepend=0.0)
    if (gains < 0).any():
        k = int(np.flatnonzero(gains < 0)[0])
        raise ConfigError(
            f"{k + 1} blocks have {depth_mm[k]:.4g} mm of rain, {k} blocks {depth_mm[k - 1]:.4g} mm",
            hint="check the rainfall formula or table, or shorten the storm",
        )
    count = len(gains)
    middle = max(math.ceil(count * peak) - 1, 0)
    order = sorted(range(count), key=lambda k: (abs(k - middle), k < middle))
    # Where one side is full the rest goes on to the other.
    blocks = np.empty(count)
    blocks[order] = np.sort(gains)[::-1]
    return blocks


def mean_intensity(depth_mm: NDArray[np.float64], minutes: float) -> NDArray[np.float64]:
    """Intensity of blocks.

    Parameters
    ----------
    depth_mm
        Depth of each block, shape (n,) [mm].
    minutes
        Length of a block [min], > 0.

    Returns
    -------
    numpy.ndarray
        Intensity, shape (n,), float64 [mm/h].
    """
    return depth_mm * (_MINUTES_PER_H / minutes)
