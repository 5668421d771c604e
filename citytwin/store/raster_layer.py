"""Files of a layer that shows a field: GeoTIFF, style, picture, values, thumbnail."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from citytwin.errors import StoreError
from citytwin.model.fields import Field
from citytwin.model.grid import GridSpec
from citytwin.model.layer import FileAsset, RasterView, Style, ValueRange
from citytwin.model.text import text
from citytwin.store.class_outlines import write_class_outlines
from citytwin.store.cog import CogLabels, write_cog
from citytwin.store.fields import extremes
from citytwin.store.paint import check_style
from citytwin.store.style_files import colour_table, write_style_files
from citytwin.store.style_target import RasterTarget
from citytwin.store.thumbnail import write_raster_thumbnail
from citytwin.store.web_raster import notes_of, warp, write_image, write_values
from citytwin.store.written import Written

PMTILES_TYPE = "application/vnd.pmtiles"
COG_TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"
THUMBNAIL = "thumbnail.png"


def write_raster_files(
    directory: Path,
    layer: str,
    view: RasterView,
    style_of: Callable[[ValueRange], Style],
    grid: GridSpec,
    array: NDArray[Any],
    labels: CogLabels,
) -> Written:
    """Write the files of a raster layer.

    Parameters
    ----------
    directory
        Folder of the layer.
    layer
        Its id.
    view
        Field, and how it is made coarser and outlined.
    style_of
        Style for the smallest and largest value.
    grid
        Where the array lies.
    array
        Shape (ny, nx), in the type of the field; NaN where there is no data.
    labels
        Tags of the GeoTIFF.

    Raises
    ------
    StoreError
        If no cell has data, or the disk refuses.
    """
    style = style_of(_range_of(layer, view.field, array))
    check_style(style, layer)
    classes = view.field.dtype == "uint8"
    target = RasterTarget(layer, view.field.precision, classes=classes)
    colours = colour_table(style) if classes else None
    cog = directory / f"{layer}.tif"
    write_cog(cog, view.field, grid, array, labels, view.coarsening, colours)
    warped = warp(view, grid, array)
    outlines = None
    if view.class_outlines:
        outlines = f"{layer}_classes.pmtiles"
        precision = view.field.precision
        write_class_outlines(directory / outlines, grid, layer, style, warped, precision)
    image = write_image(directory / f"{layer}.png", view, warped, style)
    values = write_values(directory / f"{layer}.values.gz", view, warped)
    with Image.open(directory / image.href) as picture:
        write_raster_thumbnail(directory / THUMBNAIL, np.asarray(picture))
    more: tuple[FileAsset, ...] = ()
    if outlines is not None:
        said = text("階級の境界線 (PMTiles)", "Lines between the classes (PMTiles)")
        more = (FileAsset(href=outlines, type=PMTILES_TYPE, title=said),)
    data = FileAsset(href=cog.name, type=COG_TYPE, title=text("GeoTIFF (COG)", "GeoTIFF (COG)"))
    return Written(
        style=style,
        precision=view.field.precision,
        files=(data, *more, *write_style_files(directory, style, target)),
        notes=tuple(notes_of(view, grid, warped, values)),
        bounds=warped.lonlat_bounds,
        image=image,
        values=values,
        outlines=outlines,
    )


def _range_of(layer: str, field: Field, array: NDArray[Any]) -> ValueRange:
    known = extremes(field, array)
    if known is None and field.may_be_empty:
        return ValueRange(0.0, 0.0)
    if known is None:
        msg = f"layer {layer}: {field.name} has no data anywhere"
        raise StoreError(msg, hint="check the inputs of the city")
    if field.dtype != "float32":
        return known
    ninths = np.quantile(array[~np.isnan(array)], np.arange(1, 9) / 9)
    return ValueRange(known.low, known.high, tuple(float(q) for q in ninths))
