"""Rows of tables some thousands at a time, buildings with their parts and faces."""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd

_BUILDINGS = 4096
"""Of a batch; parts are not torn off their building."""
_ROWS = 50_000


def row_batches(frame: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """Yield the rows of a table in pieces.

    Parameters
    ----------
    frame
        The whole table.
    """
    for begin in range(0, len(frame), _ROWS):
        yield frame.iloc[begin : begin + _ROWS]


def root_ids(buildings: pd.DataFrame) -> pd.Series[str]:
    """Return the id of the building that each row is or is a part of.

    Parameters
    ----------
    buildings
        Rows of the table.
    """
    parents = buildings["parent_id"]
    return parents.where(parents.notna(), buildings["building_id"]).astype(str)


def building_batches(
    buildings: gpd.GeoDataFrame, surfaces: pd.DataFrame
) -> Iterator[tuple[gpd.GeoDataFrame, pd.DataFrame]]:
    """Yield buildings with all their parts, and all faces of these.

    Parameters
    ----------
    buildings, surfaces
        The whole tables.
    """
    if not len(buildings):
        return
    feature, _ = pd.factorize(root_ids(buildings))
    order = np.argsort(feature, kind="stable")
    batch = feature[order] // _BUILDINGS
    ends = np.append(np.flatnonzero(np.diff(batch)) + 1, len(order))
    numbers = pd.Index(buildings["building_id"].astype(str)).get_indexer(
        surfaces["building_id"].astype(str)
    )
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    faces = np.argsort(place[numbers], kind="stable")
    face_ends = np.searchsorted(place[numbers][faces], ends)
    begin = face_begin = 0
    for end, face_end in zip(ends.tolist(), face_ends.tolist(), strict=True):
        yield (
            buildings.iloc[order[begin:end]],
            surfaces.iloc[faces[face_begin:face_end]],
        )
        begin, face_begin = end, face_end
