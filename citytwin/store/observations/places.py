"""States and their differences on the map."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from citytwin.store.observations.state import State

_KEY = ["thing", "property", "source"]
_COMPARED = ["result", "phenomenon_end", "known_at", "flag", "stale"]


def located(state: State, crs: str) -> gpd.GeoDataFrame:
    """Put the values of a state where their things are.

    Parameters
    ----------
    state
        Values as of a time.
    crs
        In which the points shall be.

    Returns
    -------
    GeoDataFrame
        Columns of :class:`State` but its longitudes and latitudes; ``attrs`` holds ``valid_at`` and
        ``known_at``. Things without a known place have no geometry.
    """
    frame = state.frame.drop(columns=["longitude_deg", "latitude_deg"])
    places = gpd.GeoDataFrame(frame, geometry=_points(state.frame), crs="EPSG:4326").to_crs(crs)
    places.attrs = {"valid_at": state.valid_at.isoformat(), "known_at": state.known_at.isoformat()}
    return places


def difference(before: State, after: State, crs: str) -> gpd.GeoDataFrame:
    """Say how the values of a later state differ from those of an earlier one.

    Parameters
    ----------
    before, after
        Values as of two times.
    crs
        In which the points shall be.

    Returns
    -------
    GeoDataFrame
        One row per series in either: its names and unit, the values of both with the endings
        ``_before`` and ``_after``, ``change`` in the unit, and ``what``: appeared, gone, changed,
        same.
    """
    every = before.frame.merge(
        after.frame, how="outer", on=_KEY, suffixes=("_before", "_after"), indicator=True
    )
    only = every["_merge"].astype(str)
    change = every["result_after"] - every["result_before"]
    text = every["text_before"].fillna("") != every["text_after"].fillna("")
    what = np.select(
        [only == "right_only", only == "left_only", (change != 0) & change.notna() | text],
        ["appeared", "gone", "changed"],
        "same",
    )
    columns = [f"{name}_{which}" for name in _COMPARED for which in ("before", "after")]
    found = every[[*_KEY, *columns]].copy()
    found.insert(3, "unit", every["unit_after"].fillna(every["unit_before"]))
    found.insert(4, "what", what)
    found.insert(5, "change", change)
    places = pd.DataFrame(
        {
            name: every[f"{name}_after"].fillna(every[f"{name}_before"])
            for name in ("longitude_deg", "latitude_deg")
        }
    )
    return gpd.GeoDataFrame(found, geometry=_points(places), crs="EPSG:4326").to_crs(crs)


def _points(frame: pd.DataFrame) -> gpd.GeoSeries:
    x, y = frame["longitude_deg"].to_numpy(), frame["latitude_deg"].to_numpy()
    points = shapely.points(x, y)
    points[np.isnan(x) | np.isnan(y)] = None
    return gpd.GeoSeries(points, crs="EPSG:4326")
