"""A network of sewers for ``citytwin simulate``, read from a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from citytwin import registry
from citytwin.cli.bare_images import raster_crs
from citytwin.model.steps import Dataset, Format
from citytwin.model.tables import SEWER_NETWORK


def read_sewers(place: Path, rasters: Mapping[str, xr.DataArray]) -> pd.DataFrame:
    """Read a network of sewers, whose coordinates are in the CRS of the rasters.

    Parameters
    ----------
    place
        Input file of EPA SWMM.
    rasters
        Rasters of the simulation.

    Raises
    ------
    ConfigError
        If there are no rasters.
    SourceError
        If the file is no network in metric units.
    """
    crs = raster_crs(rasters, "sewers")
    form: Format[Any] = registry.named(Format, "swmm_network")
    dataset = Dataset(place.stem, place.parent, (place,), crs, "UTC", source_crs=crs)
    frame: pd.DataFrame = form.read(dataset, form.params()).tables[SEWER_NETWORK]
    return frame
