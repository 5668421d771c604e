"""Buildings with their parts and faces, some hundreds at a time."""

from __future__ import annotations

from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import pandas as pd

ROWS = 4096


def building_batches(
    buildings: gpd.GeoDataFrame, surfaces: pd.DataFrame, rows: int = ROWS
) -> Iterator[tuple[gpd.GeoDataFrame, pd.DataFrame]]:
    """Yield buildings with all their parts, and all faces of these.

    Parameters
    ----------
    buildings, surfaces
        The whole tables.
    rows
        Buildings of a batch; parts are not torn off their building.
    """
    if not len(buildings):
        return
    roots = buildings["parent_id"].where(buildings["parent_id"].notna(), buildings["building_id"])
    feature, _ = pd.factorize(roots.astype(str))
    order = np.argsort(feature, kind="stable")
    batch = feature[order] // rows
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
