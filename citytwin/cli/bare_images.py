"""Images of rain for ``citytwin simulate``, read from files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from citytwin import registry
from citytwin.errors import ConfigError, SourceError
from citytwin.model import crs as crs_of
from citytwin.model.steps import Dataset, Format
from citytwin.model.tables import RAIN_FRAMES
from citytwin.recognition.feeds import feed_format
from citytwin.transports.files import children, is_folder


def raster_crs(rasters: Mapping[str, xr.DataArray], what: str) -> str:
    """Return the CRS of the rasters of a simulation.

    Parameters
    ----------
    rasters
        By their names.
    what
        What is read into it, for the message.

    Raises
    ------
    ConfigError
        If there are none.
    """
    if not rasters:
        raise ConfigError(f"{what} need a raster with them", hint="give --terrain FILE")
    return crs_of.require_metric(next(iter(rasters.values())).rio.crs.to_string())


def read_images(place: Path, rasters: Mapping[str, xr.DataArray], time_zone: str) -> pd.DataFrame:
    """Read images of rain into the CRS of the rasters.

    Parameters
    ----------
    place
        A file, or a folder with files of one format.
    rasters
        Rasters of the simulation; their CRS counts.
    time_zone
        IANA name, for times without a zone.

    Raises
    ------
    ConfigError
        If there are no rasters.
    SourceError
        If the files are no images of rain, or of several formats.
    """
    crs = raster_crs(rasters, "images of rain")
    if not place.exists():
        raise SourceError("there is no such file or folder", source=str(place))
    files = tuple(sorted(children(place))) if is_folder(place) else (place,)
    found = {file: feed_format(file) for file in files}
    formats = {form.name: form for form in registry.all_of(Format) if RAIN_FRAMES in form.produces}
    known = {name for name in found.values() if name in formats}
    if len(known) != 1:
        what = "images of several formats" if known else "no images of rain"
        hint = f"give files of one of {', '.join(sorted(formats))}"
        raise SourceError(f"holds {what}", source=str(place), hint=hint)
    form: Format[Any] = formats[known.pop()]
    own = tuple(file for file in files if found[file] == form.name)
    root = place if is_folder(place) else place.parent
    dataset = Dataset(place.stem, root, own, crs, time_zone)
    frame: pd.DataFrame = form.read(dataset, form.params()).tables[RAIN_FRAMES]
    return frame
