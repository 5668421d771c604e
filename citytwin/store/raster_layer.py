"""Files of a layer that shows a field: GeoTIFF, style, picture, values, thumbnail."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from citytwin.errors import StoreError
from citytwin.model.fields import Field
from citytwin.model.grid import GridSpec
from citytwin.model.layer import (
    FileAsset,
    ImageAsset,
    RasterView,
    Style,
    ValueRange,
    ValuesAsset,
)
from citytwin.model.notes import Note
from citytwin.model.text import text
from citytwin.store.class_outlines import write_class_outlines
from citytwin.store.cog import CogLabels, write_cog
from citytwin.store.drawing import Drawing
from citytwin.store.fields import digest_of, extremes
from citytwin.store.paint import check_style
from citytwin.store.style_files import colour_table, write_style_files
from citytwin.store.style_target import RasterTarget
from citytwin.store.thumbnail import write_raster_thumbnail
from citytwin.store.web_raster import Warped, notes_of, warp, write_image, write_values
from citytwin.store.written import Written

PMTILES_TYPE = "application/vnd.pmtiles"
COG_TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"
THUMBNAIL = "thumbnail.png"


@dataclass(frozen=True)
class RasterPlan:
    """What the files of a raster layer have in common."""

    drawing: Drawing
    """Draws into the folder of the layer."""
    layer: str
    """Its id."""
    view: RasterView
    """Field, and how it is made coarser and outlined."""
    style_of: Callable[[ValueRange], Style]
    """Style for the smallest and largest value."""
    grid: GridSpec
    """Where the arrays lie."""
    labels: CogLabels
    """Tags of every GeoTIFF; its fingerprint is that of all but time and values."""

    @property
    def directory(self) -> Path:
        """Folder of the layer."""
        return self.drawing.folder

    @property
    def field(self) -> Field:
        """Field that is shown."""
        return self.view.field

    def target(self, times: tuple[datetime, ...] = (), opening: int = 0) -> RasterTarget:
        """What the style colours.

        Parameters
        ----------
        times
            Moments of a field over time.
        opening
            Number of the one that is shown at first.
        """
        several = times if len(times) > 1 else ()
        return RasterTarget(
            self.layer,
            self.field.precision,
            classes=self.field.dtype == "uint8",
            times=several,
            band=opening + 1,
        )

    def style(self, known: ValueRange | None) -> Style:
        """Style for values between two extremes, None where no cell has data; checked.

        Raises
        ------
        StoreError
            If no cell has data where some must, or the style has gaps.
        """
        if known is None and not self.field.may_be_empty:
            msg = f"layer {self.layer}: {self.field.name} has no data anywhere"
            raise StoreError(msg, hint="check the inputs of the city")
        style = self.style_of(known or ValueRange(0.0, 0.0))
        check_style(style, self.layer)
        return style


@dataclass(frozen=True)
class DrawnArray:
    """Files of one array: GeoTIFF, picture and values."""

    data: FileAsset
    image: ImageAsset
    values: ValuesAsset
    notes: tuple[Note, ...]
    """Where the map page shows less than the GeoTIFF holds."""


def write_array(
    plan: RasterPlan,
    style: Style,
    stem: str,
    array: NDArray[Any],
    labels: CogLabels,
    *,
    edges: bool = False,
) -> tuple[DrawnArray, Warped, Image.Image]:
    """Write the files of one array of a layer.

    Parameters
    ----------
    plan, style
        The layer.
    stem
        Name of the files without suffix.
    array
        Shape (ny, nx), in the type of the field; NaN where there is no data.
    labels
        Tags of the GeoTIFF; what it holds completes their fingerprint.
    edges
        Draw lines between classes into the picture.

    Returns
    -------
    tuple
        The files, the array as the map page shows it, and its picture.
    """
    view, cog = plan.view, plan.directory / f"{stem}.tif"
    colours = colour_table(style) if plan.field.dtype == "uint8" else None
    held = (labels.fingerprint, labels.valid_time.isoformat(), digest_of(array))
    fingerprint = hashlib.sha256("|".join(held).encode()).hexdigest()
    own = replace(labels, fingerprint=fingerprint)
    write_cog(cog, plan.field, plan.grid, array, own, view.coarsening, colours)
    warped = warp(view, plan.grid, array)
    values = write_values(plan.directory / f"{stem}.values.gz", view, warped)
    image, picture = write_image(plan.directory / f"{stem}.png", view, warped, style, edges=edges)
    drawn = DrawnArray(
        FileAsset(href=cog.name, type=COG_TYPE, title=text("GeoTIFF (COG)", "GeoTIFF (COG)")),
        image,
        values,
        tuple(notes_of(view, plan.grid, warped, values)),
    )
    return drawn, warped, picture


def write_picture_thumbnail(plan: RasterPlan, image: ImageAsset) -> None:
    """Write the thumbnail of a layer from one of its pictures.

    Parameters
    ----------
    plan
        The layer.
    image
        The picture.
    """
    with Image.open(plan.directory / image.href) as picture:
        write_raster_thumbnail(plan.directory / THUMBNAIL, picture)


def write_raster_files(plan: RasterPlan, array: NDArray[Any]) -> Written:
    """Write the files of a layer that shows a field.

    Parameters
    ----------
    plan
        The layer.
    array
        Shape (ny, nx), in the type of the field; NaN where there is no data.

    Raises
    ------
    StoreError
        If no cell has data, or the disk refuses.
    """
    style = plan.style(_range_of(plan.field, array))
    drawn, warped, picture = write_array(plan, style, plan.layer, array, plan.labels)
    outlines: str | None = None
    more: tuple[FileAsset, ...] = ()
    if plan.view.class_outlines:
        outlines = f"{plan.layer}_classes.pmtiles"
        precision = plan.field.precision
        path = plan.directory / outlines
        write_class_outlines(path, plan.grid, plan.layer, style, warped, precision)
        said = text("階級の境界線 (PMTiles)", "Lines between the classes (PMTiles)")
        more = (FileAsset(href=outlines, type=PMTILES_TYPE, title=said),)
    write_raster_thumbnail(plan.directory / THUMBNAIL, picture)
    return Written(
        style=style,
        precision=plan.field.precision,
        files=(drawn.data, *more, *write_style_files(plan.directory, style, plan.target())),
        notes=drawn.notes,
        bounds=warped.lonlat_bounds,
        image=drawn.image,
        values=drawn.values,
        outlines=outlines,
    )


def _range_of(field: Field, array: NDArray[Any]) -> ValueRange | None:
    known = extremes(field, array)
    if known is None or field.dtype != "float32":
        return known
    ninths = np.quantile(array[~np.isnan(array)], np.arange(1, 9) / 9)
    return ValueRange(known.low, known.high, tuple(float(q) for q in ninths))
