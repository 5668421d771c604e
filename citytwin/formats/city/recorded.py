"""Recorded heights and storeys: sentinels and impossible values become null."""

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
