"""Rows to tables, with exactly the columns and kinds that the schemas declare."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from citytwin.formats.city.buildings import BuildingRow
from citytwin.formats.city.unique_names import UniqueNames
from citytwin.model.tables import BUILDINGS, LAND_USE, RELIEF, ROADS, SURFACES

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RoadRow:
    """A road segment."""

    road_id: str
    name: str | None
    function: str | None
    width_m: float | None
    level: int
    source: str
    area: shapely.MultiPolygon


@dataclass(frozen=True, eq=False)
class ParcelRow:
    """A piece of land."""

    parcel_id: str
    use: str
    code: str | None
    source: str
    area: shapely.MultiPolygon


def _strings(values: Sequence[str | None]) -> pd.Series[str]:
    return pd.Series(list(values), dtype="string")


def _distinct(values: Sequence[str]) -> pd.Series[str]:
    names = UniqueNames()
    return _strings([names.take(value) for value in values])


def _floats(values: Sequence[float | None]) -> pd.Series[float]:
    return pd.Series([np.nan if v is None else v for v in values], dtype="float64")


def _integers(values: Sequence[int | None]) -> pd.Series[int]:
    return pd.Series(list(values), dtype="Int32")


def _objects(values: Sequence[FloatArray]) -> pd.Series[Any]:
    column = np.empty(len(values), dtype=object)
    for row, value in enumerate(values):
        column[row] = value
    return pd.Series(column, dtype=object)


def building_frame(rows: Sequence[BuildingRow], crs: str) -> gpd.GeoDataFrame:
    """Return the buildings table.

    Parameters
    ----------
    rows
        One per building or part, ids unique.
    crs
        CRS of the city.
    """
    drafts = [row.draft for row in rows]
    columns = {
        "building_id": _strings([row.building_id for row in rows]),
        "stable_key": _strings([row.stable_key() for row in rows]),
        "parent_id": _strings([draft.parent_id for draft in drafts]),
        "lod": _strings([row.lod for row in rows]),
        "height_m": _floats([row.height_m for row in rows]),
        "measured_height_m": _floats([draft.measured_height_m for draft in drafts]),
        "ground_z_m": _floats([row.ground_z_m for row in rows]),
        "roof_z_m": _floats([row.roof_z_m for row in rows]),
        "storeys": _integers([draft.storeys for draft in drafts]),
        "usage": _strings([draft.usage for draft in drafts]),
        "usage_code": _strings([draft.usage_code for draft in drafts]),
        "source": _strings([draft.source for draft in drafts]),
        "defects": _strings([",".join(row.defects) for row in rows]),
    }
    frame = gpd.GeoDataFrame(columns, geometry=[row.footprint for row in rows], crs=crs)
    return frame[list(BUILDINGS.column_names)]


def surface_frame(rows: Sequence[BuildingRow]) -> pd.DataFrame:
    """Return the surfaces table: every face of the chosen level of detail.

    Parameters
    ----------
    rows
        Buildings, in the order of their table.
    """
    owned = [(row, n, face) for row in rows for n, face in enumerate(row.faces, start=1)]
    columns = {
        "surface_id": _strings([f.surface_id or f"{r.building_id}/{n}" for r, n, f in owned]),
        "building_id": _strings([row.building_id for row, _, _ in owned]),
        "lod": _strings([row.lod for row, _, _ in owned]),
        "semantic": _strings([face.semantic for _, _, face in owned]),
        "xyz": _objects([np.concatenate(face.rings).ravel() for _, _, face in owned]),
        "ring_sizes": _objects(
            [np.array([len(r) for r in face.rings], dtype=np.float64) for _, _, face in owned]
        ),
    }
    return pd.DataFrame(columns, columns=list(SURFACES.column_names))


def relief_frame(triangles: Sequence[tuple[str, FloatArray]]) -> pd.DataFrame:
    """Return the relief table.

    Parameters
    ----------
    triangles
        Per file: its name, and shape (n, 9): x y z thrice [m].
    """
    sources = [name for name, rows in triangles for _ in range(len(rows))]
    columns = {
        "triangle": _objects([row for _, rows in triangles for row in rows]),
        "source": _strings(sources),
    }
    return pd.DataFrame(columns, columns=list(RELIEF.column_names))


def road_frame(rows: Sequence[RoadRow], crs: str) -> gpd.GeoDataFrame:
    """Return the roads table.

    Parameters
    ----------
    rows
        One per segment; an id that occurs again gets a suffix.
    crs
        CRS of the city.
    """
    columns = {
        "road_id": _distinct([row.road_id for row in rows]),
        "name": _strings([row.name for row in rows]),
        "function": _strings([row.function for row in rows]),
        "width_m": _floats([row.width_m for row in rows]),
        "level": _integers([row.level for row in rows]),
        "source": _strings([row.source for row in rows]),
    }
    frame = gpd.GeoDataFrame(columns, geometry=[row.area for row in rows], crs=crs)
    return frame[list(ROADS.column_names)]


def land_use_frame(rows: Sequence[ParcelRow], crs: str) -> gpd.GeoDataFrame:
    """Return the land use table.

    Parameters
    ----------
    rows
        One per parcel; an id that occurs again gets a suffix.
    crs
        CRS of the city.
    """
    columns = {
        "parcel_id": _distinct([row.parcel_id for row in rows]),
        "use": _strings([row.use for row in rows]),
        "code": _strings([row.code for row in rows]),
        "source": _strings([row.source for row in rows]),
    }
    frame = gpd.GeoDataFrame(columns, geometry=[row.area for row in rows], crs=crs)
    return frame[list(LAND_USE.column_names)]
