"""The way of lines on the map: the shape that most of their trips follow, else straight from stop to stop."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from citytwin.model import crs

_WGS_84 = "EPSG:4326"


def placed(frame: pd.DataFrame, longitude: str, latitude: str, target_crs: str) -> pd.DataFrame:
    """Return the rows that lie on Earth, with `x` and `y` in the CRS of the city [m].

    Parameters
    ----------
    frame
        Rows.
    longitude, latitude
        Names of their columns, texts [degrees].
    target_crs
        Metric CRS of the city.
    """
    lon, lat = (
        pd.to_numeric(frame[c], errors="coerce").to_numpy(np.float64) for c in (longitude, latitude)
    )
    there = (np.abs(lon) <= 180.0) & (np.abs(lat) <= 90.0) & ((lon != 0.0) | (lat != 0.0))
    x, y = crs.transform(lon[there], lat[there], _WGS_84, target_crs)
    kept: pd.DataFrame = frame[there].assign(x=x, y=y)[np.isfinite(x) & np.isfinite(y)]
    return kept


def ways(trips: pd.DataFrame, calls: pd.DataFrame, stops: pd.DataFrame, points: pd.DataFrame,
         target_crs: str) -> gpd.GeoSeries:  # fmt: skip
    """Return the way of each line; lines of fewer than two places have none.

    Parameters
    ----------
    trips
        Those of the day: trip_id, line, shape_id.
    calls
        As :func:`citytwin.formats.gtfs.timetable.calls_of` gives them.
    stops
        stop_id, x, y [m].
    points
        Of shapes: shape_id, order, x, y [m].
    target_crs
        Metric CRS of the city.
    """
    usual = _most(trips[trips["shape_id"].isin(points["shape_id"])], "shape_id")
    drawn = usual.merge(points, on="shape_id").sort_values(["line", "order"], kind="stable")
    straight = trips[~trips["line"].isin(drawn["line"])]
    served = calls[calls["trip_id"].isin(straight["trip_id"])]
    longest = served.groupby("trip_id").size().rename("calls").reset_index()
    longest = longest.merge(straight, on="trip_id").sort_values(
        ["line", "calls", "trip_id"], ascending=[True, False, True], kind="stable"
    )
    chosen = longest.drop_duplicates("line")[["line", "trip_id"]]
    hops = chosen.merge(calls, on="trip_id").merge(stops, on="stop_id")
    hops = hops.sort_values(["line", "order"], kind="stable")
    every = pd.concat([drawn[["line", "x", "y"]], hops[["line", "x", "y"]]], ignore_index=True)
    found = {line: _line(rows[["x", "y"]].to_numpy()) for line, rows in every.groupby("line")}
    known = {line: way for line, way in found.items() if way is not None}
    return gpd.GeoSeries(known, crs=target_crs)


def _most(trips: pd.DataFrame, column: str) -> pd.DataFrame:
    """The value of a column that most trips of each line have; of as many the first."""
    often = trips.groupby(["line", column]).size().rename("trips").reset_index()
    often = often.sort_values(["line", "trips", column], ascending=[True, False, True])
    return often.drop_duplicates("line")[["line", column]]


def _line(xy: NDArray[np.float64]) -> shapely.LineString | None:
    moves = np.append(True, (np.diff(xy, axis=0) != 0.0).any(axis=1))
    kept = xy[moves]
    return shapely.LineString(kept) if len(kept) >= 2 else None
