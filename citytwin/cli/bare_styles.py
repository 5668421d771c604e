"""Plain rasters of one simulation: the colours of the city's maps beside them, none of an earlier run."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from citytwin import registry
from citytwin.engine.bare import named
from citytwin.engine.worst_of_cases import WORST_CASE
from citytwin.model.layer import RasterView
from citytwin.model.steps import LayerRecipe
from citytwin.store.atomic import write_text
from citytwin.store.fields import extremes
from citytwin.store.plain_rasters import forget_rasters
from citytwin.store.qml import qml
from citytwin.store.style_target import RasterTarget

CASES = "cases.json"
"""Account of each case of an ensemble."""


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


def forget_results(name: str, data: xr.Dataset, out: Path) -> None:
    """Remove what an earlier run of a simulation wrote and this one has not, such as maps over time.

    Parameters
    ----------
    name
        Simulation.
    data
        Its result, of one case or the worst of many, which stands in the folder.
    out
        Folder of the results.
    """
    step = named(name)
    forget_rasters((one.name for one in step.outputs if one.name not in data), out)
    if step.ensemble is not None and WORST_CASE not in data and forget_rasters([WORST_CASE], out):
        (out / CASES).unlink(missing_ok=True)
