"""Faces that stand for buildings on a grid: their shells, or flat lids over their footprints."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.model.ragged import Faces, faces_of_geometry, faces_of_rows, joined

OWNER_MARGIN_M = 500.0
"""A face of a building lies within this distance of the building's footprint [m]."""


def placed_faces(buildings: gpd.GeoDataFrame, surfaces: pd.DataFrame) -> Faces:
    """Faces of the buildings whose elevation is known.

    The faces of the chosen level of detail; the footprint at roof height where there are none.

    Parameters
    ----------
    buildings
        Rows of the buildings table.
    surfaces
        Rows of the surfaces table; those of other buildings are left out.

    Returns
    -------
    Faces
        Owners are the index of the rows in ``buildings``.
    """
    rows = dict(zip(buildings["building_id"], buildings.index, strict=True))
    owners = surfaces["building_id"].map(rows)
    known = surfaces[owners.notna()]
    shells = faces_of_rows(
        known["xyz"], known["ring_sizes"], owners.dropna().to_numpy(dtype=np.int32)
    )
    bare = buildings[_without_faces(buildings, surfaces) & buildings["roof_z_m"].notna()]
    return joined(shells, _lids(bare, bare["roof_z_m"].to_numpy(dtype=np.float64)))


def afloat_faces(buildings: gpd.GeoDataFrame, surfaces: pd.DataFrame) -> Faces:
    """Lids of the buildings of which no elevation is known, at their height above the ground.

    Parameters
    ----------
    buildings
        Rows of the buildings table.
    surfaces
        Rows of the surfaces table.

    Returns
    -------
    Faces
        Owners are the index of the rows in ``buildings``; z is the height of the building, 0 where
        it is not known either.
    """
    afloat = buildings[_without_faces(buildings, surfaces) & buildings["roof_z_m"].isna()]
    return _lids(afloat, afloat["height_m"].fillna(0.0).to_numpy(dtype=np.float64))


def _without_faces(buildings: gpd.GeoDataFrame, surfaces: pd.DataFrame) -> NDArray[np.bool_]:
    known = set(surfaces["building_id"].unique())  # pandas takes ten times as long for strings
    return np.array([name not in known for name in buildings["building_id"]], dtype=np.bool_)


def _lids(buildings: gpd.GeoDataFrame, z_m: NDArray[np.float64]) -> Faces:
    lids = faces_of_geometry(list(buildings["geometry"]), z_m)
    owners = buildings.index.to_numpy(dtype=np.int32)[lids.owners]
    return Faces(lids.xyz, lids.ring_offsets, lids.polygon_offsets, owners)
