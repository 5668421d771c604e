"""What a detector that is silent measures at this time of the day: the median of the last weeks."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd

from citytwin.model.tables import Flag
from citytwin.store.observations import ObservationLookup

DAYS = 28
HALF_WIDTH = timedelta(minutes=30)
_LEAST_DAYS = 3
"""Days with a measurement, below which nothing is usual."""
_SATURDAY = 5


def usual_traffic(
    lookup: ObservationLookup, silent: Collection[tuple[str, str]], at: datetime, zone: ZoneInfo
) -> dict[tuple[str, str], float]:
    """Return what things measure at a time of the day: the median over days of the median of each.

    Compared are days of the same kind: Monday to Friday, or Saturday and Sunday; which of them are
    holidays is not known here.

    Parameters
    ----------
    lookup
        Holds what was observed.
    silent
        Things and properties.
    at
        Aware; now.
    zone
        Whose clocks and weekdays these are.

    Returns
    -------
    dict of (str, str) to float
        By thing and property, in the unit of the property; those are missing that measured something
        good on fewer than three of these days.
    """
    days = [
        lookup.within(silent, moment - HALF_WIDTH, moment + HALF_WIDTH)
        for moment in _same_time(at.astimezone(zone), zone)
    ]
    key = ["thing", "property"]
    medians = [
        day[day["flag"] == Flag.GOOD].groupby(key)["result"].median() for day in days if len(day)
    ]
    if not medians:
        return {}
    every = pd.concat(medians).groupby(level=key).agg(["median", "size"])
    usual: Mapping[tuple[str, str], float] = every.loc[every["size"] >= _LEAST_DAYS, "median"]
    return dict(usual.items())


def _same_time(local: datetime, zone: ZoneInfo) -> list[datetime]:
    """The same time on the clocks of earlier days of the same kind."""
    earlier = [
        datetime.combine(local.date() - timedelta(days=d), local.time(), zone)
        for d in range(1, DAYS + 1)
    ]
    weekend = local.weekday() >= _SATURDAY
    return [moment for moment in earlier if (moment.weekday() >= _SATURDAY) is weekend]
