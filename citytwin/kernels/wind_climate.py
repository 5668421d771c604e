"""Wind climate by sector: Weibull distributions, their test, and how often a speed is exceeded.

Weibull by maximum likelihood: Cohen (1965), Technometrics 7, 579-588. Test: the Kolmogorov-Smirnov
distance with the limits of Chandra, Singpurwalla and Stephens (1981), J. Am. Stat. Assoc. 76,
729-731, for both parameters taken from the sample. Scaling of a climate by speed ratios of each
direction: Willemsen and Wisse (2007), J. Wind Eng. Ind. Aerodyn. 95, 1541-1550.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

FEWEST = 30
"""Winds of a sector below which no distribution is fitted."""
KS_LIMIT = 0.874
"""Distance times the root of the number of winds that one fit in twenty exceeds (Chandra et al.)."""
RATIO_STEP = 0.001
"""Step to which speed ratios are rounded in tables."""


@dataclass(frozen=True, eq=False)
class Sector:
    """Winds from one sector."""

    frequency: float
    """Share of all times, calms included, 0 to 1."""
    speeds_m_s: FloatArray
    """Shape (n,): the winds themselves, rising [m/s]; none where the distribution was given."""
    scale_m_s: float = float("nan")
    """c of the Weibull distribution [m/s]; NaN where none was fitted."""
    shape: float = float("nan")
    """k of the Weibull distribution."""
    fits: bool = False
    """Whether the distribution stands the test; else the winds themselves count."""
    distance: float = float("nan")
    """Kolmogorov-Smirnov distance between winds and distribution, 0 to 1."""

    @property
    def mean_m_s(self) -> float:
        """Mean of the winds of the sector, or of their distribution where it was given [m/s]."""
        if self.speeds_m_s.size:
            return float(self.speeds_m_s.mean())
        return self.scale_m_s * math.gamma(1.0 + 1.0 / self.shape) if self.fits else 0.0

    def exceeds(self, speed_m_s: FloatArray) -> FloatArray:
        """Return the share of the winds of the sector above speeds.

        Parameters
        ----------
        speed_m_s
            Shape (...), >= 0 [m/s]; infinite where no wind could reach it.

        Returns
        -------
        numpy.ndarray
            Shape (...), float64, 0 to 1.
        """
        if self.fits:
            return np.asarray(np.exp(-((speed_m_s / self.scale_m_s) ** self.shape)))
        if not self.speeds_m_s.size:
            return np.zeros(speed_m_s.shape)
        below = np.searchsorted(self.speeds_m_s, speed_m_s, side="right")
        return np.asarray(1.0 - below / self.speeds_m_s.size)


def sectors_of(
    speed_m_s: FloatArray, sector: NDArray[np.int64], number: int, times: int
) -> tuple[Sector, ...]:
    """Fit a Weibull distribution to the winds of each sector, and test it.

    Parameters
    ----------
    speed_m_s
        Winds, shape (n,), > 0 [m/s].
    sector
        Sector of each, shape (n,), 0 to number - 1.
    number
        Number of sectors.
    times
        Number of times, calms included.

    Returns
    -------
    tuple of Sector
        One for each sector, empty ones with frequency 0.
    """
    found = []
    for place in range(number):
        speeds = np.sort(speed_m_s[sector == place])
        frequency = speeds.size / times if times else 0.0
        if speeds.size < FEWEST or speeds[0] <= 0 or speeds[0] == speeds[-1]:
            found.append(Sector(frequency, speeds))
            continue
        scale, shape = weibull(speeds)
        distance = ks_distance(speeds, scale, shape)
        fits = distance * np.sqrt(speeds.size) <= KS_LIMIT
        found.append(Sector(frequency, speeds, scale, shape, bool(fits), distance))
    return tuple(found)


def weibull(speed_m_s: FloatArray) -> tuple[float, float]:
    """Return scale and shape of the Weibull distribution of the greatest likelihood.

    Parameters
    ----------
    speed_m_s
        Winds, shape (n,), > 0, not all alike [m/s].

    Returns
    -------
    scale, shape : float
        c [m/s] and k.
    """
    unit = float(speed_m_s.max())
    logs = np.log(speed_m_s / unit)
    low, high = 0.05, 200.0
    for _ in range(80):
        shape = float(np.sqrt(low * high))
        powers = np.exp(shape * logs)
        # The likelihood equation rises with the shape.
        if float((powers * logs).sum() / powers.sum()) - 1.0 / shape - float(logs.mean()) > 0:
            high = shape
        else:
            low = shape
    shape = float(np.sqrt(low * high))
    scale = float(np.exp(shape * logs).mean()) ** (1.0 / shape)
    return unit * scale, shape


def ks_distance(speed_m_s: FloatArray, scale_m_s: float, shape: float) -> float:
    """Return the Kolmogorov-Smirnov distance between winds and a Weibull distribution.

    Parameters
    ----------
    speed_m_s
        Winds, shape (n,), rising [m/s].
    scale_m_s, shape
        c [m/s] and k.

    Returns
    -------
    float
        0 to 1.
    """
    number = speed_m_s.size
    model = 1.0 - np.exp(-((speed_m_s / scale_m_s) ** shape))
    steps = np.arange(number + 1) / number
    return float(max((steps[1:] - model).max(), (model - steps[:-1]).max()))


def exceedance(sectors: tuple[Sector, ...], ratio: FloatArray, threshold_m_s: float) -> FloatArray:
    """Return how often the wind at a place exceeds a speed.

    P(U > t) = sum of f_i P_i(U_met > t / R_i) over the sectors.

    Parameters
    ----------
    sectors
        Climate of the reference wind, one for each direction of `ratio`.
    ratio
        Local speed over the reference wind by direction, shape (n_dir, ...), >= 0 [1].
    threshold_m_s
        Speed, > 0 [m/s].

    Returns
    -------
    numpy.ndarray
        Shape (...), float64, 0 to 1; NaN where a ratio is unknown.
    """
    total = np.zeros(ratio.shape[1:])
    with np.errstate(divide="ignore"):
        for sector, local in zip(sectors, ratio, strict=True):
            total += sector.frequency * sector.exceeds(threshold_m_s / local)
    total[np.isnan(ratio).any(axis=0)] = np.nan
    return total


def exceedance_table(
    sectors: tuple[Sector, ...], threshold_m_s: float, highest: float
) -> FloatArray:
    """Return for each sector and speed ratio how much it adds to `exceedance`.

    Parameters
    ----------
    sectors
        Climate of the reference wind.
    threshold_m_s
        Speed, > 0 [m/s].
    highest
        Greatest ratio of the table, >= 0 [1].

    Returns
    -------
    numpy.ndarray
        Shape (sectors, m), float64: for ratios 0, 0.001, ... up to `highest`.
    """
    ratio = np.arange(round(highest / RATIO_STEP) + 1) * RATIO_STEP
    with np.errstate(divide="ignore"):
        speed = np.asarray(threshold_m_s / ratio, dtype=np.float64)
    return np.stack([sector.frequency * sector.exceeds(speed) for sector in sectors])
