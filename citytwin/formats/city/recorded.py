"""Recorded heights, storeys and ratios: sentinels and impossible values become null."""

from __future__ import annotations

import math

_SENTINELS = (-9999.0, 9999.0, -999.0, -99.0, 0.0)
_TALLEST_M = 1000.0
_MOST_STOREYS = 200


def recorded_height(value_m: float | None) -> tuple[float | None, tuple[str, ...]]:
    """Return a recorded height if a building can have it.

    Parameters
    ----------
    value_m
        As recorded [m].

    Returns
    -------
    tuple
        Height or None, and the defects to note: none for a sentinel, which only says "unknown".
    """
    if value_m is None or not math.isfinite(value_m) or value_m in _SENTINELS:
        return None, ()
    if 0.0 < value_m <= _TALLEST_M:
        return value_m, ()
    return None, ("measured-height-absurd",)


def recorded_storeys(value: str | float | None) -> int | None:
    """Return a recorded number of storeys if a building can have it.

    Parameters
    ----------
    value
        As recorded; 9999 means unknown in PLATEAU.
    """
    try:
        storeys = float(value) if value is not None else math.nan
    except (TypeError, ValueError):
        return None
    if not math.isfinite(storeys) or not 1 <= storeys <= _MOST_STOREYS:
        return None
    return int(storeys)


def recorded_measure(value: str | float | None, most: float) -> float | None:
    """Return a recorded length or area if it can be one.

    Parameters
    ----------
    value
        As recorded; a text that is no plain number gives None.
    most
        Largest value that can be right, in the unit of the value.
    """
    try:
        number = float(value) if value is not None else math.nan
    except (TypeError, ValueError):
        return None
    if not math.isfinite(number) or number in _SENTINELS:
        return None
    return number if 0.0 < number <= most else None


def recorded_ratio(value: str | float | None, most: float) -> float | None:
    """Return a recorded ratio, which some cities write in percent.

    Floor area ratios run from 0.5 to 13 and coverages from 0.3 to 1, so that a value tells by
    itself which it is.

    Parameters
    ----------
    value
        As recorded: ratio or percent.
    most
        Largest ratio that can be right; larger values are percent.
    """
    number = recorded_measure(value, 100.0 * most)
    if number is None:
        return None
    return number if number <= most else number / 100.0
