"""Whom an alert concerns: the cells of a published layer that reach a value, or the whole city."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray

from citytwin.alerts.areas import polygons_of, whole
from citytwin.alerts.rule import AlertRule
from citytwin.alerts.sender import Ring
from citytwin.errors import StoreError
from citytwin.model.grid import GridSpec
from citytwin.model.layer import LayerDocument
from citytwin.store.latest import document_of, published_city
from citytwin.store.sealed_rasters import open_raster


def warned(city_dir: Path, rule: AlertRule) -> tuple[Ring, ...]:
    """Return the rings that a rule warns; of the whole city where its layer is not published.

    Parameters
    ----------
    city_dir
        Folder of the published city.
    rule
        The rule.
    """
    found = raster_of(city_dir, rule.area) if rule.area else None
    if found is not None:
        values, grid = found
        rings = polygons_of(np.nan_to_num(values, nan=-np.inf) >= rule.area_from, grid)
        if rings:
            return rings
    outline = city_grid(city_dir)
    return () if outline is None else whole(outline)


def city_grid(city_dir: Path) -> GridSpec | None:
    """Return the grid of the first published raster layer; None where there is none.

    Parameters
    ----------
    city_dir
        Folder of the published city.
    """
    latest = published_city(city_dir)
    for layer in latest.layers if latest else ():
        document = document_of(city_dir / layer.path)
        if document is not None and document.kind == "raster" and document.extent is not None:
            return _grid(document)
    return None


def published_grid(city_dir: Path) -> GridSpec:
    """Return the grid of the first published raster layer.

    Parameters
    ----------
    city_dir
        Folder of the published city.

    Raises
    ------
    StoreError
        If none is published.
    """
    grid = city_grid(city_dir)
    if grid is None:
        msg = f"nothing is published in {city_dir}"
        raise StoreError(msg, hint="run `citytwin run` first")
    return grid


def raster_of(city_dir: Path, layer_id: str) -> tuple[NDArray[np.float32], GridSpec] | None:
    """Return the values of a published raster layer, shape (ny, nx), NaN where it has none.

    Parameters
    ----------
    city_dir
        Folder of the published city.
    layer_id
        Such as ``flood_depth_max``.
    """
    latest = published_city(city_dir)
    entry = next((e for e in latest.layers if e.id == layer_id), None) if latest else None
    document = None if entry is None else document_of(city_dir / entry.path)
    if entry is None or document is None or document.kind != "raster":
        return None
    data = next((file.href for file in document.files if file.href.endswith(".tif")), "")
    try:
        with open_raster(city_dir / entry.path / data) as source:
            values = source.read(1, masked=True).astype(np.float32).filled(np.nan)
    except rasterio.errors.RasterioError as error:
        msg = f"layer {layer_id} cannot be read: {error}"
        raise StoreError(msg, hint="publish the city again: citytwin run") from error
    return values, _grid(document)


def _grid(document: LayerDocument) -> GridSpec:
    if document.extent is None:
        msg = f"layer {document.id} does not say where it lies"
        raise StoreError(msg, hint="publish the city again: citytwin run")
    a, _, c, _, _, f = document.extent.transform
    ny, nx = document.extent.shape
    return GridSpec(document.extent.crs, c, f, a, ny, nx)
