"""Observations of the nearest sensor -> the record that drives a simulation."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.errors import CityTwinError
from citytwin.model.properties import ObservedProperty
from citytwin.model.record import Record
from citytwin.model.tables import Flag


class RecordError(CityTwinError, LookupError):
    """No good observation of a property that something needs."""


def record_of(
    observed: ObservedProperty,
    observations: pd.DataFrame,
    things: gpd.GeoDataFrame,
    near: tuple[float, float],
) -> Record:
    """Return the good observations of the thing nearest to a point.

    Parameters
    ----------
    observed
        The property.
    observations
        Table ``observations``; only rows flagged good are used.
    things
        Table ``things`` in the CRS of the city.
    near
        x, y of the point in the CRS of the city [m].

    Returns
    -------
    Record
        In order of time. Of things equally near, the one whose URN comes first.

    Raises
    ------
    RecordError
        If no thing with a position has a good observation of it.
    """
    of_property = observations[observations["property"] == observed.name]
    good = of_property[(of_property["flag"] == int(Flag.GOOD)) & of_property["result"].notna()]
    candidates = things[things["thing"].isin(good["thing"].unique())]
    if candidates.empty:
        raise _nothing(observed, of_property, good)
    points = candidates.geometry
    distance_m = np.hypot(points.x.to_numpy() - near[0], points.y.to_numpy() - near[1])
    order = np.lexsort((candidates["thing"].to_numpy(dtype=str), distance_m))
    chosen = candidates.iloc[order[0]]
    rows = good[good["thing"] == chosen["thing"]]
    rows = rows.sort_values(["phenomenon_start", "phenomenon_end"], kind="stable")
    height_m = chosen["height_above_ground_m"]
    return Record(
        observed=observed,
        start_s=_seconds(rows["phenomenon_start"]),
        end_s=_seconds(rows["phenomenon_end"]),
        result=rows["result"].to_numpy(dtype=np.float64),
        source=str(chosen["source"]),
        thing=str(chosen["thing"]),
        sensor_height_m=float("nan") if pd.isna(height_m) else float(height_m),
        synthetic=bool(chosen["synthetic"]) or bool(rows["synthetic"].any()),
    )


def _seconds(times: pd.Series[pd.Timestamp]) -> NDArray[np.float64]:
    """Seconds since 1970-01-01T00:00Z."""
    microseconds = times.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy("datetime64[us]")
    return microseconds.astype(np.int64) / 1e6


def _nothing(
    observed: ObservedProperty, of_property: pd.DataFrame, good: pd.DataFrame
) -> RecordError:
    if of_property.empty:
        what = "no source reports it"
    elif good.empty:
        what = f"none of its {len(of_property)} observations is flagged good"
    else:
        what = f"its {len(good)} good observations belong to things without a position"
    msg = f"no record of {observed.name} [{observed.unit}]: {what}"
    return RecordError(msg, hint="add a source of it, or check its quality flags and positions")
