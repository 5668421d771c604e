"""The climatology test: values outside what the month knows at the place of the city.

Test 5 of QARTOD (U.S. IOOS 2020, Manual for Real-Time Quality Control of In-situ Temperature and
Salinity Data): limits are the operator's, a value beyond them is suspect, and never bad.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np

from citytwin.formats.reading_columns import ReadingColumns
from citytwin.model.tables import QualityTest


@dataclass(frozen=True)
class Climatology:
    """What is known of a place, month by month."""

    limits: Mapping[str, Sequence[tuple[float, float]]]
    """By name of the property: the lowest and highest value of each month, January first, in the
    unit of the property. They belong to what is known."""
    zone: ZoneInfo
    """Whose months these are."""

    def tested(self, readings: ReadingColumns) -> ReadingColumns:
        """Mark readings that lie outside the limits of their month, that in which they end.

        Parameters
        ----------
        readings
            n of them.
        """
        outside = np.zeros(len(readings), dtype=np.bool_)
        for code, observed in enumerate(readings.observed):
            limits = self.limits.get(observed.name)
            if limits is None:
                continue
            rows = np.flatnonzero(readings.observed_codes == code)
            months = [datetime.fromtimestamp(s, self.zone).month for s in readings.end_s[rows]]
            low, high = np.array([limits[month - 1] for month in months]).reshape(-1, 2).T
            outside[rows] = (readings.value[rows] < low) | (readings.value[rows] > high)
        if not outside.any():
            return readings
        bit = np.where(outside, int(QualityTest.CLIMATOLOGY), 0).astype(np.int32)
        return replace(readings, found=readings.found | bit)
