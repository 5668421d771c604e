"""Observations of the best sensor -> the record that drives a simulation.

The best is the one that covers most of the time that matters, and of these the nearest.
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.errors import CityTwinError
from citytwin.kernels.wind_rose import CALM_M_S
from citytwin.model.properties import WIND_DIRECTION, WIND_SPEED, ObservedProperty
from citytwin.model.record import Record, covered_s
from citytwin.model.tables import Flag

COVERAGE_STEP = 0.05
"""Shares of time are compared in steps of this: one lost message in a month must not send the
choice to a station at the other end of the country."""

Window = tuple[float, float]
"""Begin and end of the time that matters [s since 1970-01-01T00:00Z]."""


class RecordError(CityTwinError, LookupError):
    """No good observation of a property that something needs."""


def record_of(
    observed: ObservedProperty,
    observations: pd.DataFrame,
    things: gpd.GeoDataFrame,
    near: tuple[float, float],
    window: Window | None = None,
) -> Record:
    """Return the observations of the thing that covers most of the time, then the nearest.

    Parameters
    ----------
    observed
        The property.
    observations
        Table ``observations``; rows flagged good count, and those flagged suspect go along,
        marked as doubted.
    things
        Table ``things`` in the CRS of the city.
    near
        x, y of the point in the CRS of the city [m].
    window
        Time that matters; None = from the first to the last observation.

    Returns
    -------
    Record
        In order of time. Of things equally good and near, the one whose URN comes first.

    Raises
    ------
    RecordError
        If no thing with a position has a good observation of it.
    """
    of_property = observations[observations["property"] == observed.name]
    good = _good(of_property)
    chosen = _best(good, of_property, things, near, window)
    if chosen is None:
        raise _nothing(observed, of_property, good)
    return _record(observed, of_property, chosen)


def wind_records(
    observations: pd.DataFrame,
    things: gpd.GeoDataFrame,
    near: tuple[float, float],
    window: Window | None = None,
) -> tuple[Record, Record]:
    """Return speed and direction of the wind, of one thing wherever one has both.

    Parameters
    ----------
    observations, things, near, window
        As for `record_of`. A time counts where the thing knows speed and direction, or where it
        is calm, when there is no direction.

    Returns
    -------
    speed, direction : Record
        Of different things only if none has both.

    Raises
    ------
    RecordError
        If no thing with a position has a good speed, or none a good direction.
    """
    speeds = observations[observations["property"] == WIND_SPEED.name]
    directions = observations[observations["property"] == WIND_DIRECTION.name]
    speed, direction = _good(speeds), _good(directions)
    known = pd.MultiIndex.from_frame(direction[["thing", "phenomenon_start"]])
    has_direction = pd.MultiIndex.from_frame(speed[["thing", "phenomenon_start"]]).isin(known)
    paired = set(speed.loc[has_direction, "thing"])
    counts = speed["thing"].isin(paired) & (has_direction | (speed["result"] < CALM_M_S))
    chosen = _best(speed[counts], speeds, things, near, window)
    if chosen is None:
        return (
            record_of(WIND_SPEED, observations, things, near, window),
            record_of(WIND_DIRECTION, observations, things, near, window),
        )
    return _record(WIND_SPEED, speeds, chosen), _record(WIND_DIRECTION, directions, chosen)


def _good(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[(rows["flag"] == int(Flag.GOOD)) & rows["result"].notna()]


def _best(
    usable: pd.DataFrame,
    reported: pd.DataFrame,
    things: gpd.GeoDataFrame,
    near: tuple[float, float],
    window: Window | None,
) -> pd.Series[Any] | None:
    """Row of the best thing, with its distance; `reported` holds what all of them ever said."""
    candidates = things[things["thing"].isin(usable["thing"].unique())]
    if candidates.empty:
        return None
    points = candidates.geometry
    distance_m = np.hypot(points.x.to_numpy() - near[0], points.y.to_numpy() - near[1])
    share = _coverage(usable, reported, window).reindex(candidates["thing"]).to_numpy(np.float64)
    order = np.lexsort(
        (candidates["thing"].to_numpy(dtype=str), distance_m, -np.round(share / COVERAGE_STEP))
    )
    best: pd.Series[Any] = candidates.assign(distance_m=distance_m).iloc[order[0]]
    return best


def _coverage(
    usable: pd.DataFrame, reported: pd.DataFrame, window: Window | None
) -> pd.Series[float]:
    """Share of the time that each thing covers; of the times reported where it has instants."""
    reported_s, _ = _times(reported)
    low, high = window or (float(reported_s.min()), float(_times(reported)[1].max()))
    inside = (reported_s >= low) & (reported_s <= high)
    reported_times = max(np.unique(reported_s[inside]).size, 1)
    share: dict[str, float] = {}
    for thing, rows in usable.groupby("thing"):
        start, end = _times(rows)
        if (end > start).any() and high > low:
            share[str(thing)] = covered_s(start, end, low, high) / (high - low)
        else:
            inside = (start >= low) & (start <= high)
            share[str(thing)] = np.unique(start[inside]).size / reported_times
    return pd.Series(share, dtype=np.float64)


def _record(
    observed: ObservedProperty, of_property: pd.DataFrame, chosen: pd.Series[Any]
) -> Record:
    rows = of_property[of_property["thing"] == chosen["thing"]]
    used = rows["flag"].isin([int(Flag.GOOD), int(Flag.SUSPECT)]) & rows["result"].notna()
    rows = rows[used].sort_values(["phenomenon_start", "phenomenon_end"], kind="stable")
    doubted = (rows["flag"] == int(Flag.SUSPECT)).to_numpy(dtype=np.bool_)
    start_s, end_s = _times(rows)
    height_m, name = chosen["height_above_ground_m"], chosen["name"]
    return Record(
        observed=observed,
        start_s=start_s,
        end_s=end_s,
        result=rows["result"].to_numpy(dtype=np.float64),
        source=str(chosen["source"]),
        thing=str(chosen["thing"]),
        sensor_height_m=float("nan") if pd.isna(height_m) else float(height_m),
        synthetic=bool(chosen["synthetic"]) or bool(rows["synthetic"].any()),
        doubted=doubted if doubted.any() else None,
        station="" if pd.isna(name) else str(name),
        distance_m=float(chosen["distance_m"]),
        kind=str(chosen["kind"]),
    )


def _times(rows: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Begin and end in seconds since 1970-01-01T00:00Z."""
    return _seconds(rows["phenomenon_start"]), _seconds(rows["phenomenon_end"])


def _seconds(times: pd.Series[pd.Timestamp]) -> NDArray[np.float64]:
    microseconds = times.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]")
    return microseconds.astype(np.int64) / 1e6


def _nothing(
    observed: ObservedProperty, of_property: pd.DataFrame, good: pd.DataFrame
) -> RecordError:
    if of_property.empty:
        what = "no source reports it"
    elif good.empty:
        what = f"none of its {len(of_property)} observations is flagged good{_of(of_property)}"
    else:
        what = f"its {len(good)} good observations belong to things without a position{_of(good)}"
    msg = f"no record of {observed.name} [{observed.unit}]: {what}"
    return RecordError(msg, hint="add a source of it, or check its quality flags and positions")


def _of(rows: pd.DataFrame) -> str:
    """The first of the things that some rows belong to."""
    names = sorted(set(rows["thing"].astype(str)))
    return f" ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})"
