"""Tables of a city model as one GeoPackage: outlines in layers, faces as MultiPolygons in space."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from citytwin.model.tables import Table
from citytwin.store.faces_arrow import faces_of_frame, multipolygons
from citytwin.store.geopackage import DATASET_OPTIONS, built

_NO_INSTANT = "1970-01-01T00:00:00.000Z"
"""Time of the last change: a model has no date, and the file shall not depend on the clock."""
_KINDS = {"polygon": "MultiPolygon", "point": "Point"}


def write_model_geopackage(
    path: Path, tables: Mapping[Table, Iterable[pd.DataFrame]], crs: str
) -> dict[str, int]:
    """Write tables as layers of the same name; no more than one batch is in memory.

    Points that stand in a table of areas become a layer of their own, such as
    ``vegetation_points``.

    Parameters
    ----------
    path
        File.
    tables
        Rows of each table in batches, as :func:`citytwin.store.tables.conform` returns them.
    crs
        CRS of the rows, ``EPSG:n``.

    Returns
    -------
    dict
        Rows by layer.

    Raises
    ------
    StoreError
        If the file cannot be written.
    """
    rows: dict[str, int] = {}
    with built(path, _NO_INSTANT) as loose:
        for table, batches in tables.items():
            for batch in batches:
                for layer, kind, part in _layers(table, batch, crs):
                    _append(loose, layer, kind, part, new=layer not in rows)
                    rows[layer] = rows.get(layer, 0) + len(part)
    return rows


def _layers(table: Table, batch: pd.DataFrame, crs: str) -> list[tuple[str, str, gpd.GeoDataFrame]]:
    """Name, kind of geometry and rows of each layer."""
    if table.geometry == "none":
        columns = batch.drop(
            columns=[c.name for c in table.columns if c.kind in ("floats", "ints")]
        )
        shapes = multipolygons(faces_of_frame(batch))
        return [(table.name, "MultiPolygon Z", gpd.GeoDataFrame(columns, geometry=shapes, crs=crs))]
    located = gpd.GeoDataFrame(batch)
    if table.geometry != "any":
        return [(table.name, _KINDS[table.geometry], located)]
    areal = shapely.get_dimensions(located.geometry.to_numpy()) == 2
    parts = [
        (table.name, "MultiPolygon", located[areal]),
        (f"{table.name}_points", "Point", located[~areal]),
    ]
    return [part for part in parts if len(part[2]) or part[0] == table.name]


def _append(path: Path, layer: str, kind: str, frame: gpd.GeoDataFrame, *, new: bool) -> None:
    pyogrio.write_dataframe(
        frame,
        path,
        driver="GPKG",
        layer=layer,
        geometry_type=kind,
        promote_to_multi=kind.startswith("Multi"),
        append=not new,
        dataset_options=DATASET_OPTIONS if new and not path.exists() else None,
    )
