"""Files of a layer that shows a table: GeoParquet, GeoPackage, vector tiles, styles."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from citytwin.errors import StoreError
from citytwin.model.grid import GridSpec
from citytwin.model.layer import FileAsset, Style, ValueRange, VectorView
from citytwin.model.notes import Note
from citytwin.model.text import Text, text
from citytwin.store.drawing import Drawing
from citytwin.store.geopackage import GeoPackageStyle, write_geopackage
from citytwin.store.geoparquet import along_hilbert_curve, write_geoparquet
from citytwin.store.lonlat_box import lonlat_box
from citytwin.store.paint import check_style
from citytwin.store.pmtiles import write_pmtiles
from citytwin.store.precision import rounded
from citytwin.store.qml import qml
from citytwin.store.raster_layer import PMTILES_TYPE, THUMBNAIL
from citytwin.store.sld import sld
from citytwin.store.style_files import write_style_files
from citytwin.store.style_target import Geometry, VectorTarget
from citytwin.store.thumbnail import write_vector_thumbnail
from citytwin.store.written import Box, Written

PARQUET_TYPE = "application/vnd.apache.parquet"
GEOPACKAGE_TYPE = "application/geopackage+sqlite3"
_NO_FEATURES = Note(
    severity="info",
    ja="この範囲に該当する地物はありません",
    en="There is no such feature in this area",
)
_GEOMETRIES: dict[shapely.GeometryType, Geometry] = {
    shapely.GeometryType.POINT: "point",
    shapely.GeometryType.MULTIPOINT: "point",
    shapely.GeometryType.LINESTRING: "line",
    shapely.GeometryType.MULTILINESTRING: "line",
    shapely.GeometryType.POLYGON: "polygon",
    shapely.GeometryType.MULTIPOLYGON: "polygon",
}


def write_vector_files(
    drawing: Drawing,
    layer: str,
    title: Text,
    view: VectorView,
    style_of: Callable[[ValueRange], Style],
    grid: GridSpec,
    frame: gpd.GeoDataFrame,
    valid_time: datetime,
) -> Written:
    """Write the files of a vector layer.

    Parameters
    ----------
    drawing
        Folder of the layer, and what the run before has drawn.
    layer, title
        Its id and title.
    view
        Columns shown, and which of them colours the features.
    style_of
        Style for the smallest and largest value of that column.
    grid
        Grid of the city.
    frame
        Rows of the table.
    valid_time
        Instant of the data.

    Raises
    ------
    StoreError
        If the rows do not fit the view, or the disk refuses.
    """
    directory = drawing.folder
    rows = delivered_rows(layer, view, frame)
    precision = _precision_of(view, view.style_column)
    style = style_of(_range_of(rows, view.style_column))
    check_style(style, layer)
    geometry = _geometry_of(layer, view, rows)
    target = VectorTarget(
        layer,
        view.style_column,
        geometry,
        height=view.extrude.height if view.extrude else None,
        base=view.extrude.base if view.extrude else None,
        thin=view.thin,
        directed=view.directed,
    )
    write_geoparquet(directory / f"{layer}.parquet", rows)
    write_geopackage(
        directory / f"{layer}.gpkg",
        rows,
        layer,
        title,
        valid_time,
        GeoPackageStyle(qml(style, target), sld(style, target)),
    )
    bounds = _bounds_of(grid, rows)
    page, tiles = _for_the_page(view, rows), f"{layer}.pmtiles"
    drawing.in_pieces(
        tiles,
        (layer, *(f"{name}: {dtype}" for name, dtype in page.dtypes.items())),
        lambda before: write_pmtiles(directory / tiles, page, layer, title.en, bounds, before),
    )
    write_vector_thumbnail(directory / THUMBNAIL, rows, style, view.style_column, precision)
    return Written(
        style=style,
        precision=precision,
        files=(*_data_files(layer), *write_style_files(directory, style, target)),
        notes=() if len(rows) else (_NO_FEATURES,),
        bounds=bounds,
        pmtiles=tiles,
        geometry=geometry,
    )


def _data_files(layer: str) -> tuple[FileAsset, ...]:
    return (
        FileAsset(
            href=f"{layer}.parquet", type=PARQUET_TYPE, title=text("GeoParquet", "GeoParquet")
        ),
        FileAsset(
            href=f"{layer}.gpkg",
            type=GEOPACKAGE_TYPE,
            title=text("GeoPackage (QGIS)", "GeoPackage (QGIS)"),
        ),
        FileAsset(
            href=f"{layer}.pmtiles",
            type=PMTILES_TYPE,
            title=text("ベクトルタイル (PMTiles)", "Vector tiles (PMTiles)"),
        ),
    )


def delivered_rows(layer: str, view: VectorView, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows as they are delivered: derived, rounded, along a curve.

    Parameters
    ----------
    layer
        Name for messages.
    view
        What is shown.
    frame
        Rows of the table.

    Raises
    ------
    StoreError
        If columns are missing.
    """
    rows = frame if view.derived is None else view.derived.make(frame)
    names = [column.name for column in view.columns]
    missing = sorted(set(names) - set(rows.columns))
    if missing:
        msg = f"layer {layer}: the rows lack columns {', '.join(missing)}"
        raise StoreError(msg, hint="the recipe and the table it shows do not belong together")
    shown = rows[names].copy()
    for attribute in view.attributes:
        if pd.api.types.is_float_dtype(shown[attribute.column]):
            values = shown[attribute.column].to_numpy(dtype=np.float64, na_value=np.nan)
            shown[attribute.column] = rounded(values, attribute.precision)
    return along_hilbert_curve(shown, view.id_column)


def _precision_of(view: VectorView, column: str) -> float:
    for attribute in view.attributes:
        if attribute.column == column:
            return attribute.precision
    return 0.0


def _range_of(rows: gpd.GeoDataFrame, column: str) -> ValueRange:
    values = rows[column].to_numpy(dtype=np.float64, na_value=np.nan)
    known = values[~np.isnan(values)]
    return ValueRange(float(known.min()), float(known.max())) if known.size else ValueRange(0, 0)


def _geometry_of(layer: str, view: VectorView, rows: gpd.GeoDataFrame) -> Geometry:
    found = np.unique(shapely.get_type_id(rows.geometry.to_numpy())).tolist()
    kinds = {_GEOMETRIES.get(shapely.GeometryType(kind)) for kind in found}
    declared = view.table.geometry
    if not found:  # the page needs some kind, and draws nothing
        return declared if declared in ("point", "line", "polygon") else "polygon"
    kind = kinds.pop() if len(kinds) == 1 else None
    if kind is not None:
        return kind
    names = sorted({str(name) for name in rows.geometry.geom_type})
    msg = f"layer {layer}: its features are {', '.join(names)}"
    raise StoreError(msg, hint="a layer shows points, lines or polygons, not several kinds")


def _for_the_page(view: VectorView, rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return only what the page shows, so that the tiles stay small."""
    names = [view.id_column, *(a.column for a in view.attributes), view.style_column]
    if view.extrude is not None:
        names += [view.extrude.height, *([view.extrude.base] if view.extrude.base else [])]
    page = rows[[*dict.fromkeys(names), rows.geometry.name]].copy()
    for name in page.columns:
        if pd.api.types.is_datetime64_any_dtype(page[name]):
            page[name] = page[name].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return page


def _bounds_of(grid: GridSpec, rows: gpd.GeoDataFrame) -> Box:
    """Box of the grid and of features that stand out of it."""
    cells = grid.bounds
    corners = np.array([cells.x_min, cells.y_min, cells.x_max, cells.y_max])
    if len(rows):
        west, south, east, north = rows.total_bounds
        corners = np.array(
            [
                min(corners[0], west),
                min(corners[1], south),
                max(corners[2], east),
                max(corners[3], north),
            ]
        )
    return lonlat_box(corners, grid.crs)
