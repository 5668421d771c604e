"""Rows of water, plants, bridges, zones, sites, hydraulic structures; fields are named as columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import geopandas as gpd
import pandas as pd
import shapely

from citytwin.formats.city.unique_names import UniqueNames
from citytwin.model.tables import Table

_DTYPES = {"string": "string", "float64": "float64", "int32": "Int32"}
HIGHEST_PLANT_M = 130.0
"""The tallest tree known stands 116 m high."""
WIDEST_CROWN_M = 100.0


@dataclass(frozen=True, eq=False)
class WaterRow:
    """A body of water."""

    water_id: str
    name: str | None
    water_class: str | None
    function: str | None
    source: str
    geometry: shapely.MultiPolygon


@dataclass(frozen=True, eq=False)
class PlantRow:
    """An area with plants, or one plant."""

    plant_id: str
    kind: str
    plant_class: str | None
    species: str | None
    height_m: float | None
    crown_diameter_m: float | None
    source: str
    geometry: shapely.MultiPolygon | shapely.Point


@dataclass(frozen=True, eq=False)
class BridgeRow:
    """A bridge or a part of one."""

    bridge_id: str
    name: str | None
    bridge_class: str | None
    function: str | None
    level: int
    bottom_z_m: float | None
    top_z_m: float | None
    source: str
    geometry: shapely.MultiPolygon


@dataclass(frozen=True, eq=False)
class ZoneRow:
    """A zone of urban planning."""

    zone_id: str
    kind: str
    name: str | None
    code: str | None
    text: str | None
    floor_area_ratio_max: float | None
    floor_area_ratio_min: float | None
    building_coverage_ratio_max: float | None
    building_height_max_m: float | None
    building_height_min_m: float | None
    building_area_min_m2: float | None
    source: str
    geometry: shapely.MultiPolygon


@dataclass(frozen=True, eq=False)
class SiteRow:
    """Land that counts as one site, such as a parcel."""

    site_id: str
    source: str
    geometry: shapely.MultiPolygon


@dataclass(frozen=True, eq=False)
class StructureRow:
    """A culvert, an underpass or a wall."""

    structure_id: str
    kind: str
    width_m: float | None
    height_m: float | None
    start_level_m: float | None
    end_level_m: float | None
    inlet: str | None
    source: str
    geometry: shapely.LineString


ThemeRow: TypeAlias = StructureRow | SiteRow | WaterRow | PlantRow | BridgeRow | ZoneRow


def theme_frame(table: Table, rows: Sequence[ThemeRow], crs: str) -> gpd.GeoDataFrame:
    """Return a table of such rows.

    Parameters
    ----------
    table
        Schema; its first column is the identifier, and an id that occurs again gets a suffix.
    rows
        Rows of the table.
    crs
        CRS of the city.
    """
    names = UniqueNames()
    columns: dict[str, Any] = {}
    for number, column in enumerate(table.columns):
        values = [getattr(row, column.name) for row in rows]
        if column.kind == "geometry":
            continue
        given = [names.take(value) for value in values] if number == 0 else values
        columns[column.name] = pd.Series(given, dtype=_DTYPES[column.kind])
    frame = gpd.GeoDataFrame(columns, geometry=[row.geometry for row in rows], crs=crs)
    return frame[list(table.column_names)]
