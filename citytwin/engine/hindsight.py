"""What could be known at a moment: of later observations, rain and warnings nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

import pandas as pd

from citytwin.model import tables as t
from citytwin.model.raster import RasterRole
from citytwin.model.tables import Table

_KNOWN_FROM: Mapping[Table, tuple[str, ...]] = {
    t.OBSERVATIONS: ("phenomenon_end",),
    t.RAIN_FRAMES: ("issued", "end"),
    t.ALERTS: ("sent",),
}
"""Columns with the time from which a row is known; the first that has one counts."""


def reports(given: Collection[Table | RasterRole]) -> bool:
    """Whether a source gives something that was not known before it happened.

    Parameters
    ----------
    given
        What it gives.
    """
    return any(table in given for table in _KNOWN_FROM)


def known_by(
    tables: Mapping[Table, pd.DataFrame], moment: datetime | None
) -> dict[Table, pd.DataFrame]:
    """Leave out what was not known at a moment.

    Parameters
    ----------
    tables
        What a source gave.
    moment
        Aware; None = all counts.

    Returns
    -------
    dict
        An interval counts when it has ended, a forecast and a warning when they were issued; a
        thing of which only later observations are there was not known either.
    """
    if moment is None:
        return dict(tables)
    known = {
        table: _known(frame, table, moment) if table in _KNOWN_FROM else frame
        for table, frame in tables.items()
    }
    if t.OBSERVATIONS in known and t.THINGS in known:
        later = set(tables[t.OBSERVATIONS]["thing"]) - set(known[t.OBSERVATIONS]["thing"])
        things = known[t.THINGS]
        known[t.THINGS] = things[~things["thing"].isin(later)]
    return known


def _known(frame: pd.DataFrame, table: Table, moment: datetime) -> pd.DataFrame:
    first, *others = _KNOWN_FROM[table]
    since = frame[first]
    for column in others:
        since = since.fillna(frame[column])
    return frame[since <= moment]
