"""Colours of the maps of a city beside the plain rasters of one simulation."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from citytwin import registry
from citytwin.model.layer import RasterView
from citytwin.model.steps import LayerRecipe
from citytwin.store.atomic import write_text
from citytwin.store.fields import extremes
from citytwin.store.qml import qml
from citytwin.store.style_target import RasterTarget


def write_styles(data: xr.Dataset, out: Path) -> list[Path]:
    """Write a ``.qml`` beside each raster that a layer of a city shows; QGIS takes it by its name.

    Parameters
    ----------
    data
        Result of a simulation, as `write_plain_rasters` writes it. Fields over time or by direction
        get none.
    out
        Folder of the rasters.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    StoreError
        If the disk refuses.
    """
    written = []
    for recipe in registry.all_of(LayerRecipe):
        view = recipe.view
        if not isinstance(view, RasterView) or recipe.id != view.field.name:
            continue
        field = view.field
        if field.name not in data or field.axis is not None:
            continue
        known = extremes(field, data[field.name].values)
        if known is None:
            continue
        target = RasterTarget(
            field.name, 0.0, classes=field.dtype == "uint8"
        )  # nothing is rounded here
        written.append(out / f"{field.name}.qml")
        write_text(written[-1], qml(recipe.style(known), target))
    return written
