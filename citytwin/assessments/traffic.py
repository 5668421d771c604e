"""Traffic at sensors, stops and vehicles: means of the good observations over time."""

from __future__ import annotations

from datetime import UTC, datetime

import geopandas as gpd
import numpy as np
import pandas as pd

from citytwin.model import properties as p
from citytwin.model.notes import Fact
from citytwin.model.observed_means import good_of, means_over_time, sources_used
from citytwin.model.steps import Assessed, Assessment, CityState, NoParams
from citytwin.model.tables import OBSERVATIONS, THINGS, TRAFFIC, Table
from citytwin.model.text import text

PROPERTIES = (p.TRAFFIC_FLOW, p.VEHICLE_SPEED, p.ARRIVAL_DELAY)


def run(city: CityState, params: NoParams) -> Assessed:  # noqa: ARG001
    """Average the good observations of each thing and property of traffic over time.

    A thing that reports, but nothing good, keeps its row with no value: a broken detector must
    show on the map.

    Parameters
    ----------
    city
        With observations and things.
    params
        None.
    """
    observations, things = city.table(OBSERVATIONS), city.table(THINGS)
    wanted = observations["property"].isin([observed.name for observed in PROPERTIES])
    reported = observations.loc[wanted & observations["thing"].isin(things["thing"])]
    rows = reported[["thing", "property", "unit"]].drop_duplicates(["thing", "property"])
    good = good_of(reported)
    rows = rows.merge(means_over_time(good), on=["thing", "property"], how="left")
    rows = rows.merge(things[["thing", "name", "geometry"]], on="thing", how="left")
    rows = rows.sort_values(["thing", "property"], kind="stable").reset_index(drop=True)
    rows["observations"] = rows["observations"].fillna(0).astype(np.int32)
    frame = gpd.GeoDataFrame(
        rows[list(TRAFFIC.column_names)], geometry="geometry", crs=city.grid.crs
    )
    return Assessed(
        frame=frame, facts=_facts(frame), valid_time=_latest(good), used=_used(reported, things)
    )


def _latest(good: pd.DataFrame) -> datetime | None:
    """Instant up to which the values were observed, not the day of the city model."""
    if good.empty:
        return None
    end: pd.Timestamp = good["phenomenon_end"].max()
    return end.to_pydatetime().astimezone(UTC)


def _used(reported: pd.DataFrame, things: gpd.GeoDataFrame) -> dict[Table, frozenset[str]]:
    if reported.empty:
        return {}
    observed, named = sources_used(reported, things)
    return {OBSERVATIONS: observed, THINGS: named}


def _facts(frame: gpd.GeoDataFrame) -> tuple[Fact, ...]:
    silent = int((frame["observations"] == 0).sum())
    return (
        Fact(
            name="traffic_points",
            label=text("交通の観測点数", "Points that report traffic"),
            value=float(frame["thing"].nunique()),
            unit="1",
        ),
        Fact(
            name="traffic_series_without_value",
            label=text("有効な観測値のない系列数", "Series without a good value"),
            value=float(silent),
            unit="1",
        ),
    )


ASSESSMENT = Assessment(
    name="traffic",
    title=text("交通の状況", "Traffic"),
    inputs=(OBSERVATIONS, THINGS),
    output=TRAFFIC,
    params=NoParams,
    run=run,
    observes=PROPERTIES,
)
