"""Synthetic records of the small town: a storm, a turning wind, and every other property."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import numpy as np

from citytwin.model import properties as p
from citytwin.model.properties import ObservedProperty
from citytwin.model.record import FloatArray, Record

BEGIN = datetime(2026, 6, 30, 9, 0, tzinfo=UTC)
"""When the storm and the records of wind begin."""
HOURS = 48
RAIN_STEP_S = 600.0
RAIN_MM_PER_H = (6.0, 12.0, 30.0, 60.0, 42.0, 18.0, 9.0, 3.0, 0.0)
"""Intensity in each ten minutes of the storm."""


def town_records() -> dict[ObservedProperty, Record]:
    """Return a record of every observed property.

    Returns
    -------
    dict
        Rain in ten-minute intervals (a storm of half an hour between gentle rain), wind speed and
        direction at full hours (all directions, some calm), the others hourly in the middle of
        their valid range. All are marked as synthetic.
    """
    begin = BEGIN.timestamp()
    hours = begin + 3600.0 * np.arange(HOURS, dtype=np.float64)
    turn = np.arange(HOURS, dtype=np.float64)
    known: dict[ObservedProperty, Record] = {}
    starts = begin + RAIN_STEP_S * np.arange(len(RAIN_MM_PER_H), dtype=np.float64)
    rain = np.array(RAIN_MM_PER_H)
    known[p.RAINFALL_RATE] = _record(p.RAINFALL_RATE, starts, starts + RAIN_STEP_S, rain)
    speed = np.where(turn % 12 == 5, 0.1, 3.0 + 2.5 * np.sin(turn / 3.0))
    known[p.WIND_SPEED] = _record(p.WIND_SPEED, hours, hours, speed)
    direction = (37.0 * turn) % 360.0
    known[p.WIND_DIRECTION] = _record(p.WIND_DIRECTION, hours, hours, direction)
    for observed in p.ALL:
        if observed not in known:
            middle = np.full(HOURS, (observed.valid_min + observed.valid_max) / 2)
            known[observed] = _record(observed, hours, hours, middle)
    return known


def _record(
    observed: ObservedProperty, start_s: FloatArray, end_s: FloatArray, result: FloatArray
) -> Record:
    windy = observed in (p.WIND_SPEED, p.WIND_DIRECTION)
    return Record(
        observed=observed,
        start_s=start_s,
        end_s=end_s,
        result=result,
        source="synthetic",
        thing="urn:citytwin:synthetic:station",
        sensor_height_m=10.0 if windy else math.nan,
        synthetic=True,
    )
