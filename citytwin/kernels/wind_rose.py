"""Wind rose: how often, and how strongly, the wind blows from each sector."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

CALM_M_S = 0.5
"""Limit [m/s]: WMO-No. 8 reports winds below 1 knot (0.51 m/s) as calm, without direction."""


@dataclass(frozen=True, eq=False)
class WindRose:
    """Frequencies over all times with a usable wind; sectors and calms together make 1."""

    centre_deg: FloatArray
    """Shape (sectors,): middle of each sector [degrees], the first 0 (north), then clockwise."""
    frequency: FloatArray
    """Shape (sectors,): share of the times with wind from the sector, 0 to 1."""
    mean_speed_m_s: FloatArray
    """Shape (sectors,): mean speed in the sector [m/s]; NaN where the wind never came from."""
    calm_frequency: float
    """Share of the times with less than the calm limit, 0 to 1."""
    times: int
    """Number of times used: in sectors or calm."""
    without_direction: int
    """Number of times with wind but no direction; left out."""


def wind_rose(
    speed_time_s: FloatArray,
    speed_m_s: FloatArray,
    direction_time_s: FloatArray,
    direction_deg: FloatArray,
    sectors: int = 16,
    calm_m_s: float = CALM_M_S,
) -> WindRose:
    """Count winds by sector, pairing speed and direction of equal time.

    A calm needs no direction: stations report none then. Sectors are half open and centred on
    their direction, so that with 16 of them north runs from 348.75 up to but not including
    11.25 degrees. Source: WMO-No. 8 (2018), Guide to Instruments and Methods of Observation,
    Vol. I, ch. 5.

    Parameters
    ----------
    speed_time_s, speed_m_s
        Shape (n,): times [s], each once, in any order, and wind speeds [m/s], >= 0.
    direction_time_s, direction_deg
        Shape (m,): times [s], each once, in any order, and directions the wind comes from
        [degrees], clockwise from north.
    sectors
        Number of sectors, 1 to 360.
    calm_m_s
        Limit of calm [m/s], >= 0.

    Returns
    -------
    WindRose
        With NaN frequencies if there is no usable time.

    Raises
    ------
    ValueError
        If shapes differ, a time stands twice, or `sectors` is out of range.
    """
    if not 1 <= sectors <= 360:
        msg = f"sectors is {sectors}, not 1 to 360"
        raise ValueError(msg)
    winds = paired_winds(speed_time_s, speed_m_s, direction_time_s, direction_deg, calm_m_s)
    speed, calms, times = winds.speed_m_s, winds.calms, winds.times
    sector = sector_of(winds.from_deg, sectors)
    count = np.bincount(sector, minlength=sectors)
    total_speed = np.bincount(sector, weights=speed, minlength=sectors)
    nothing = np.full(sectors, np.nan)
    return WindRose(
        centre_deg=np.arange(sectors, dtype=np.float64) * (360.0 / sectors),
        frequency=count / times if times else nothing,
        mean_speed_m_s=np.divide(total_speed, count, out=nothing.copy(), where=count > 0),
        calm_frequency=calms / times if times else float("nan"),
        times=times,
        without_direction=winds.without_direction,
    )


@dataclass(frozen=True, eq=False)
class PairedWinds:
    """Winds of known speed and direction, with the calms and the winds of no direction counted."""

    time_s: FloatArray
    """Shape (n,): when, in rising order [s]."""
    speed_m_s: FloatArray
    """Shape (n,): at least the limit of calm [m/s]."""
    from_deg: FloatArray
    """Shape (n,): where the wind comes from [degrees]."""
    calms: int
    without_direction: int
    """Number of times with wind but no direction; left out."""

    @property
    def times(self) -> int:
        """Number of times used: with a wind or calm."""
        return self.calms + int(self.time_s.size)


def paired_winds(
    speed_time_s: FloatArray,
    speed_m_s: FloatArray,
    direction_time_s: FloatArray,
    direction_deg: FloatArray,
    calm_m_s: float = CALM_M_S,
) -> PairedWinds:
    """Pair speed and direction of equal time; calms need no direction: stations report none then.

    Parameters
    ----------
    speed_time_s, speed_m_s
        Shape (n,): times [s], each once, in any order, and wind speeds [m/s], >= 0.
    direction_time_s, direction_deg
        Shape (m,): times [s], each once, in any order, and directions the wind comes from
        [degrees], clockwise from north.
    calm_m_s
        Limit of calm [m/s], >= 0.

    Returns
    -------
    PairedWinds
        Shape (n,) each, n = 0 without any wind.

    Raises
    ------
    ValueError
        If shapes differ, or a time stands twice.
    """
    _check(speed_time_s, speed_m_s, direction_time_s, direction_deg)
    known = np.isfinite(speed_m_s)
    calm = known & (speed_m_s < calm_m_s)
    blows = known & ~calm
    has_direction = np.isfinite(direction_deg)
    time, of_speed, of_direction = np.intersect1d(
        speed_time_s[blows],
        direction_time_s[has_direction],
        assume_unique=True,
        return_indices=True,
    )
    return PairedWinds(
        time_s=time,
        speed_m_s=speed_m_s[blows][of_speed],
        from_deg=direction_deg[has_direction][of_direction],
        calms=int(np.count_nonzero(calm)),
        without_direction=int(np.count_nonzero(blows)) - int(time.size),
    )


def sector_of(from_deg: FloatArray, sectors: int) -> NDArray[np.int64]:
    """Return the sector of each direction; sectors are half open and centred on their direction.

    Parameters
    ----------
    from_deg
        Shape (n,): where the wind comes from [degrees].
    sectors
        Number of sectors, the first around north.

    Returns
    -------
    numpy.ndarray
        Shape (n,), int64, 0 to sectors - 1.
    """
    width_deg = 360.0 / sectors
    place = np.floor((from_deg % 360.0 + width_deg / 2.0) / width_deg).astype(np.int64)
    return place % sectors


def frequency_by_speed(winds: PairedWinds, sectors: int, limits_m_s: FloatArray) -> FloatArray:
    """Return how often the wind blows from each sector with a speed of each class.

    Parameters
    ----------
    winds
        With their calms.
    sectors
        Number of sectors, the first around north.
    limits_m_s
        Shape (classes,): where each class begins, rising, the first not above the limit of calm;
        the last is open upwards [m/s].

    Returns
    -------
    numpy.ndarray
        Shape (sectors, classes): share of all times, calms included; zeros without any time.
    """
    place = np.searchsorted(limits_m_s, winds.speed_m_s, side="right") - 1
    number = sector_of(winds.from_deg, sectors) * limits_m_s.size + place
    count = np.bincount(number, minlength=sectors * limits_m_s.size)
    return (count / max(winds.times, 1)).reshape(sectors, limits_m_s.size)


@dataclass(frozen=True, eq=False)
class WindSectors:
    """The sectors from which wind came, as steps weigh their results for each direction."""

    from_rad: FloatArray
    """Shape (n,): where the wind comes from, clockwise from grid north [rad]."""
    share: FloatArray
    """Shape (n,): share of the run of wind, frequency times mean speed; the sum is 1."""


def wind_sectors(rose: WindRose, convergence_deg: float) -> WindSectors:
    """Return directions on the grid and weights of the sectors with wind.

    The weight is the run of wind, so that ratios of speed average to the ratio of the mean speeds;
    calms have no direction and weigh nothing.

    Parameters
    ----------
    rose
        Directions from true north, frequencies and mean speeds, shape (sectors,) [degrees, 1, m/s].
    convergence_deg
        Grid azimuth = true azimuth - convergence [degrees].

    Returns
    -------
    WindSectors
        Arrays of shape (n,), n = 0 without any wind.
    """
    run = np.nan_to_num(rose.frequency * rose.mean_speed_m_s)
    some = run > 0
    grid_deg = np.mod(rose.centre_deg[some] - convergence_deg, 360.0)
    return WindSectors(np.radians(grid_deg), run[some] / max(float(run.sum()), 1e-300))


def _check(
    speed_time_s: FloatArray,
    speed_m_s: FloatArray,
    direction_time_s: FloatArray,
    direction_deg: FloatArray,
) -> None:
    for name, times, values in (
        ("speed", speed_time_s, speed_m_s),
        ("direction", direction_time_s, direction_deg),
    ):
        if times.ndim != 1 or times.shape != values.shape:
            msg = f"{name}: times {times.shape} and values {values.shape} must be of one length"
            raise ValueError(msg)
        if np.unique(times).size != times.size:
            msg = f"{name}: a time stands twice"
            raise ValueError(msg)
