"""Traffic at sensors, stops and vehicles: means of the good observations over time."""

from __future__ import annotations

from datetime import UTC, datetime

import geopandas as gpd
import numpy as np
import pandas as pd

from citytwin.model import properties as p
from citytwin.model.notes import Fact
from citytwin.model.steps import Assessed, Assessment, CityState, NoParams
from citytwin.model.tables import OBSERVATIONS, THINGS, TRAFFIC, Flag, Table
from citytwin.model.text import text

PROPERTIES = (p.TRAFFIC_FLOW, p.VEHICLE_SPEED, p.ARRIVAL_DELAY)


def run(city: CityState, params: NoParams) -> Assessed:  # noqa: ARG001
    """Average the good observations of each thing and property of traffic over time.

    An hour counts twelve times as much as five minutes. Where all observations of a thing and
    property are instants, each counts once; beside intervals an instant says nothing of how long
    it lasted, and counts as one second.

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
    good = reported[(reported["flag"] == int(Flag.GOOD)) & reported["result"].notna()]
    good = good.sort_values(["phenomenon_start", "phenomenon_end"], kind="stable")
    weight = _weights(good)
    groups = good.assign(weight=weight, weighted=good["result"] * weight).groupby(
        ["thing", "property"], sort=True
    )
    means = groups.agg(
        weighted=("weighted", "sum"),
        weight=("weight", "sum"),
        observations=("result", "size"),
        latest=("phenomenon_end", "max"),
    )
    means["value"] = means["weighted"] / means["weight"]
    rows = rows.merge(means.reset_index(), on=["thing", "property"], how="left")
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


def _weights(good: pd.DataFrame) -> pd.Series[float]:
    """Length of the interval of each observation [s]; 1 for an instant."""
    length = (good["phenomenon_end"] - good["phenomenon_start"]).dt.total_seconds()
    return length.where(length > 0.0, 1.0)


def _used(reported: pd.DataFrame, things: gpd.GeoDataFrame) -> dict[Table, frozenset[str]]:
    """Sources of the rows: a weather station in the same table is no ancestor of traffic."""
    if reported.empty:
        return {}
    named = things[things["thing"].isin(reported["thing"])]
    return {
        OBSERVATIONS: frozenset(reported["source"]),
        THINGS: frozenset(named["source"]),
    }


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
