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

from citytwin.formats.city.block import SEMANTICS, Block, Texts, block_of_rows
from citytwin.formats.city.buildings import BuildingRow
from citytwin.formats.city.unique_names import UniqueNames
from citytwin.model.ragged import list_column, offsets_of
from citytwin.model.tables import LAND_USE, RELIEF, ROADS, SURFACES

FloatArray = NDArray[np.float64]
_SEMANTIC_TEXTS = np.array(SEMANTICS, dtype=object)


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


def building_frame(rows: Sequence[BuildingRow], crs: str) -> gpd.GeoDataFrame:
    """Return the buildings table.

    Parameters
    ----------
    rows
        One per building or part, ids unique.
    crs
        CRS of the city.
    """
    return building_block_frame(block_of_rows(rows), crs)


def building_block_frame(block: Block, crs: str) -> gpd.GeoDataFrame:
    """Return the buildings table.

    Parameters
    ----------
    block
        Buildings, ids unique.
    crs
        CRS of the city.
    """
    storeys = pd.Series(block.storeys).astype("Int32")
    columns = {
        "building_id": _text(block.building_id),
        "stable_key": _text(block.stable_key),
        "parent_id": _text(block.parent_id),
        "lod": _text(block.lod),
        "lods": _text(block.lods),
        "height_m": block.height_m,
        "height_from": _text(block.height_from),
        "measured_height_m": block.measured_height_m,
        "ground_z_m": block.ground_z_m,
        "roof_z_m": block.roof_z_m,
        "storeys": storeys,
        "usage": _text(block.usage),
        "usage_code": _text(block.usage_code),
        "attributes": _text(block.attributes),
        "source": _text(block.source),
        "offset": pd.Series(pd.array(block.offset, dtype="Int64")).mask(block.offset < 0),
        "defects": _text(block.defects),
    }
    return gpd.GeoDataFrame(columns, geometry=block.footprint, crs=crs)


def _text(values: Texts) -> pd.Series[str]:
    return pd.Series(values, dtype="string")


def _repeated(values: Texts, rows: NDArray[np.int64] | NDArray[np.int8]) -> pd.Series[str]:
    """Texts again and again, as Arrow does it: without an object for each."""
    return pd.Series(pd.array(values, dtype="string").take(rows.astype(np.intp)))


def surface_frame(rows: Sequence[BuildingRow]) -> pd.DataFrame:
    """Return the surfaces table: every face of the chosen level of detail.

    Parameters
    ----------
    rows
        Buildings, in the order of their table.
    """
    return surface_block_frame(block_of_rows(rows))


def surface_block_frame(block: Block) -> pd.DataFrame:
    """Return the surfaces table: every face of the chosen level of detail.

    Parameters
    ----------
    block
        Buildings, in the order of their table.
    """
    shells = block.shells
    owner = np.repeat(np.arange(len(block)), shells.per_building)
    first = np.repeat(np.cumsum(shells.per_building) - shells.per_building, shells.per_building)
    number = np.arange(len(owner)) - first + 1
    names = shells.surface_id.copy()
    nameless = np.flatnonzero(names == "")
    owners = block.building_id[owner[nameless]]
    names[nameless] = [f"{a}/{n}" for a, n in zip(owners, number[nameless].tolist(), strict=True)]
    rings = offsets_of(shells.rings_per_face)
    vertices = offsets_of(shells.ring_sizes)[rings]
    columns = {
        "surface_id": _text(names),
        "building_id": _repeated(block.building_id, owner),
        "lod": _repeated(block.lod, owner),
        "semantic": _repeated(_SEMANTIC_TEXTS, shells.semantic),
        "xyz": list_column(shells.xyz.ravel(), 3 * vertices),
        "ring_sizes": list_column(shells.ring_sizes.astype(np.int32), rings),
    }
    return pd.DataFrame(columns, columns=list(SURFACES.column_names))


def triangle_column(rows: Sequence[FloatArray]) -> pd.Series[Any]:
    """Return a column of triangles.

    Parameters
    ----------
    rows
        Shape (n, 9) each: x y z thrice [m].
    """
    joined = np.concatenate([np.empty((0, 9)), *rows])
    return list_column(joined.ravel(), 9 * np.arange(len(joined) + 1, dtype=np.int64))


def relief_frame(triangles: Sequence[tuple[str, FloatArray]]) -> pd.DataFrame:
    """Return the relief table.

    Parameters
    ----------
    triangles
        Per file: its name, and shape (n, 9): x y z thrice [m].
    """
    names = np.array([name for name, _ in triangles], dtype=object)
    columns = {
        "triangle": triangle_column([rows for _, rows in triangles]),
        "source": _text(np.repeat(names, [len(rows) for _, rows in triangles])),
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
