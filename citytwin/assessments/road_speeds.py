"""Speeds on the segments of roads, by the detectors, vehicles and travel times that were measured on them."""

from __future__ import annotations

from datetime import UTC, datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pydantic import Field as Bound

from citytwin.model import properties as p
from citytwin.model import tables as t
from citytwin.model.notes import Fact, Note
from citytwin.model.observed_means import (
    estimated_of,
    good_of,
    means_over_time,
    sources_used,
)
from citytwin.model.steps import Assessed, Assessment, CityState, Params
from citytwin.model.text import text

PROPERTIES = (p.VEHICLE_SPEED, p.TRAVEL_TIME)
_VEHICLE = "vehicle"
_SERIES = ["thing", "property"]
_TIE_M = 0.01
"""Nearer to each other than this, two roads are as near as each other to a detector."""


class RoadSection(Params):
    """A stretch over which a travel time is measured."""

    thing: str = Bound(pattern=r"^urn:citytwin:[a-z0-9_]{1,64}:\S{1,300}$")
    """URN of what reports it."""
    length_m: float = Bound(gt=0, le=1_000_000)
    """Along the road, from its begin to its end."""
    roads: tuple[str, ...] = Bound(min_length=1, max_length=10_000)
    """Ids of the segments that it runs over."""


class RoadSpeedParams(Params):
    """Which road something was measured on."""

    match_m: float = Bound(default=10.0, gt=0, le=100)
    """A detector, or a vehicle, is on the nearest segment, if that is no further away than this."""
    sections: tuple[RoadSection, ...] = Bound(default=(), max_length=10_000)
    """Of travel times; one of a thing that is not named here has no length, and tells no speed."""


def run(city: CityState, params: RoadSpeedParams) -> Assessed:
    """Average the speeds measured on each segment, so that its travel time is the mean of theirs.

    The mean over a stretch is the harmonic mean of speeds at points (Wardrop 1952, Proc. Inst. Civ.
    Eng. 1(3), 325-362, space-mean speed); each thing counts once, with its mean over time. Of a vehicle
    the last observation counts, where it was then. What stands still is left out: a vehicle may wait at a
    stop or a light, and a detector that nobody passes measures no speed. A detector that is as near to
    two segments on different levels, one over the other, is on neither. A segment on which nothing was
    measured has the mean of the estimates that came in place of measurements, in a column of its own.

    Parameters
    ----------
    city
        With observations, things and roads.
    params
        How far a detector may be from its road, and the stretches of travel times.
    """
    observations, things, roads = (city.table(one) for one in (t.OBSERVATIONS, t.THINGS, t.ROADS))
    named = observations["property"].isin([observed.name for observed in PROPERTIES])
    reported = observations.loc[named & observations["thing"].isin(things["thing"])]
    good = _of_vehicles_the_last(good_of(reported), things)
    means = means_over_time(good[good["result"] > 0.0])
    points, unmatched = _at_points(reported, things, roads, params.match_m)
    on_roads = pd.concat([points, _over_sections(reported, params)], ignore_index=True)
    usual = estimated_of(reported)
    usual = means_over_time(usual[usual["result"] > 0.0]).rename(columns={"value": "usual"})
    measured = on_roads.merge(means, on=_SERIES, how="left")
    measured = measured.merge(usual[[*_SERIES, "usual"]], on=_SERIES, how="left")
    for value, speed in (("value", "speed_km_h"), ("usual", "usual_km_h")):
        measured[speed] = np.where(
            measured["property"] == p.TRAVEL_TIME.name,
            3.6 * measured["length_m"] / measured[value],
            measured[value],
        )
    frame = _by_road(measured, roads)
    observed, of_things = sources_used(reported, things)
    return Assessed(
        frame=frame,
        facts=_facts(frame, unmatched),
        notes=(*_unknown_roads(roads, params), *_estimated(frame)),
        valid_time=_latest(frame),
        used={t.OBSERVATIONS: observed, t.THINGS: of_things} if len(reported) else {},
    )


def _of_vehicles_the_last(good: pd.DataFrame, things: pd.DataFrame) -> pd.DataFrame:
    """Good observations; of things that move only the last one."""
    moving = good["thing"].isin(things.loc[things["kind"] == _VEHICLE, "thing"])
    last = ~good.duplicated(["thing", "property"], keep="last")
    return good[~moving | last]


def _at_points(
    reported: pd.DataFrame, things: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, match_m: float
) -> tuple[pd.DataFrame, int]:
    """Rows by road and thing of what was measured at points; and how many are on no road."""
    speeds = reported.loc[reported["property"] == p.VEHICLE_SPEED.name, "thing"].unique()
    at = things[things["thing"].isin(speeds)].reset_index(drop=True)
    shapes = roads.geometry.to_numpy()
    tree = shapely.STRtree(shapes)
    rows: list[tuple[str, str]] = []
    levels = roads["level"].to_numpy(dtype=np.int64)
    for thing, point in zip(at["thing"], at.geometry, strict=True):
        near = tree.query(point, predicate="dwithin", distance=match_m)
        chosen = _nearest(np.sort(near), shapes, levels, point)
        if chosen is not None:
            rows.append((roads["road_id"].iloc[chosen], thing))
    frame = pd.DataFrame(rows, columns=["road_id", "thing"])
    return frame.assign(property=p.VEHICLE_SPEED.name, length_m=np.nan), len(at) - len(rows)


def _nearest(
    near: NDArray[np.int64],
    shapes: NDArray[np.object_],
    levels: NDArray[np.int64],
    point: shapely.Point,
) -> int | None:
    """Row of the nearest segment; of those as near as each other the first, if all are on one level."""
    if not near.size:
        return None
    away_m = shapely.distance(shapes[near], point)
    equal = near[away_m <= away_m.min() + _TIE_M]
    return int(equal[0]) if np.unique(levels[equal]).size == 1 else None


def _over_sections(reported: pd.DataFrame, params: RoadSpeedParams) -> pd.DataFrame:
    """Rows by road and thing of travel times."""
    known = set(reported.loc[reported["property"] == p.TRAVEL_TIME.name, "thing"])
    rows = [
        (road, section.thing, p.TRAVEL_TIME.name, section.length_m)
        for section in params.sections
        if section.thing in known
        for road in section.roads
    ]
    return pd.DataFrame(rows, columns=["road_id", "thing", "property", "length_m"])


def _by_road(measured: pd.DataFrame, roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    inverse = measured.assign(
        inverse=1.0 / measured["speed_km_h"],
        usual=1.0 / measured["usual_km_h"],
        good=measured["speed_km_h"].notna(),
    )
    grouped = inverse.groupby("road_id", sort=True)
    found = grouped.agg(
        inverse=("inverse", "mean"),
        usual=("usual", "mean"),
        sensors=("good", "sum"),
        things=("thing", "size"),
        latest=("latest", "max"),
    )
    frame = roads[["road_id", "name", "function", "geometry"]].merge(
        found.reset_index(), on="road_id", how="inner"
    )
    frame["speed_km_h"] = 1.0 / frame["inverse"]
    frame["usual_km_h"] = (1.0 / frame["usual"]).where(frame["speed_km_h"].isna())
    frame["sensors"] = frame["sensors"].astype(np.int32)
    frame["silent_sensors"] = (frame["things"] - frame["sensors"]).astype(np.int32)
    return gpd.GeoDataFrame(frame[list(t.ROAD_SPEEDS.column_names)], crs=roads.crs)


def _unknown_roads(roads: gpd.GeoDataFrame, params: RoadSpeedParams) -> tuple[Note, ...]:
    """Say which segments of sections are in no source: a release of the city model may rename them."""
    named = dict.fromkeys(road for section in params.sections for road in section.roads)
    known = set(roads["road_id"])
    gone = [road for road in named if road not in known]
    if not gone:
        return ()
    some = ", ".join(gone[:5])
    return (
        Note(
            severity="loss",
            ja=f"旅行時間の区間に指定された道路 {len(gone)} 件が都市モデルにありません: {some}",
            en=f"{len(gone)} roads that sections of travel times name are not in the city model: {some}",
        ),
    )


def _estimated(frame: gpd.GeoDataFrame) -> tuple[Note, ...]:
    """Say that some speeds were not measured."""
    count = int(frame["usual_km_h"].notna().sum())
    if not count:
        return ()
    return (
        Note(
            severity="fallback",
            ja=f"道路 {count} 区間では感知器が沈黙しており、この時間帯の普段の速度（推定）を示しています",
            en=f"Detectors on {count} roads are silent: shown is what is usual there at this time of the "
            "day, which was not measured",
        ),
    )


def _latest(frame: gpd.GeoDataFrame) -> datetime | None:
    """Instant up to which speeds were measured, not the day of the city model."""
    if not frame["latest"].notna().any():
        return None
    end: pd.Timestamp = frame["latest"].max()
    return end.to_pydatetime().astimezone(UTC)


def _facts(frame: gpd.GeoDataFrame, unmatched: int) -> tuple[Fact, ...]:
    return (
        Fact(
            name="roads_with_speed",
            label=text("速度のある道路区間数", "Road segments with a speed"),
            value=float(frame["speed_km_h"].notna().sum()),
            unit="1",
        ),
        Fact(
            name="sensors_on_no_road",
            label=text(
                "道路に対応付けられない観測点数", "Points of measurement that are on no one road"
            ),
            value=float(unmatched),
            unit="1",
        ),
    )


ASSESSMENT = Assessment(
    name="road_speeds",
    title=text("道路区間の速度", "Speeds on roads"),
    inputs=(t.OBSERVATIONS, t.THINGS, t.ROADS),
    output=t.ROAD_SPEEDS,
    params=RoadSpeedParams,
    run=run,
    observes=PROPERTIES,
    on_request=True,
)
