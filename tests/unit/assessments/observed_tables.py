"""Observations and the things that made them, as assessments get them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import geopandas as gpd
import pandas as pd
import shapely

from citytwin.model.properties import ObservedProperty
from citytwin.model.tables import OBSERVATIONS, THINGS
from citytwin.store.tables import conform

CRS = "EPSG:6677"
Observed: TypeAlias = tuple[str, ObservedProperty, int, float | None, int]
"""Thing, property, end [s], result, flag."""


def observations(rows: Sequence[Observed], length_s: int) -> pd.DataFrame:
    """Observations over so many seconds each."""
    seconds = [row[2] for row in rows]
    begin = pd.to_datetime([s - length_s for s in seconds], unit="s", utc=True)
    frame = pd.DataFrame(
        {
            "source": "roads",
            "thing": [row[0] for row in rows],
            "property": [row[1].name for row in rows],
            "unit": [row[1].unit for row in rows],
            "phenomenon_start": begin,
            "phenomenon_end": pd.to_datetime(seconds, unit="s", utc=True),
            "result": [row[3] for row in rows],
            "flag": [row[4] for row in rows],
            "tests": 0,
            "synthetic": False,
            "raw_ref": "",
        }
    )
    return conform(OBSERVATIONS, frame, CRS)


def things(
    places: dict[str, tuple[float, float]], names: Sequence[str | None], kind: str
) -> pd.DataFrame:
    """Things at places, all of one kind."""
    frame = gpd.GeoDataFrame(
        {
            "thing": list(places),
            "name": list(names),
            "kind": kind,
            "source": "roads",
            "synthetic": False,
            "height_above_ground_m": float("nan"),
        },
        geometry=[shapely.Point(place) for place in places.values()],
        crs=CRS,
    )
    return conform(THINGS, frame, CRS)
