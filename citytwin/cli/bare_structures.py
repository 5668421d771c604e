"""Walls, underpasses and culverts for ``citytwin simulate``, read from a file of lines."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd
import shapely
import xarray as xr

from citytwin.cli.bare_images import raster_crs
from citytwin.errors import SourceError
from citytwin.formats.vector.layers import load_layer
from citytwin.formats.vector_hydraulic_structures import FORMAT, StructureParams
from citytwin.model.steps import Dataset
from citytwin.model.tables import HYDRAULIC_STRUCTURES
from citytwin.wording import first_of

_COLUMNS = ("width_m", "height_m", "start_level_m", "end_level_m", "inlet")
_TOLD = 3
_HINT = "give lines with a column kind (culvert, underpass or wall), and width_m, height_m, start_level_m, end_level_m, inlet as known"


def read_structures(place: Path, rasters: Mapping[str, xr.DataArray]) -> pd.DataFrame:
    """Read lines of walls, underpasses and culverts into the CRS of the rasters.

    Parameters
    ----------
    place
        GeoPackage, GeoJSON, FlatGeobuf or Shapefile with a column ``kind``, and ``width_m``, ``height_m``,
        ``start_level_m``, ``end_level_m`` and ``inlet`` as far as they are known. A file that names no CRS
        is in that of the rasters.
    rasters
        Rasters of the simulation.

    Raises
    ------
    ConfigError
        If there are no rasters.
    SourceError
        If the file cannot be read, a record in it is no such line, or none lies on the rasters.
    """
    crs = raster_crs(rasters, "walls and culverts")
    has = load_layer(place, None, ("kind",), crs).frame.columns
    of_lines = {name: name.removesuffix("_m") for name in _COLUMNS if name in has}
    named_by = {f"{short}_column": name for name, short in of_lines.items()}
    params = StructureParams.model_validate({"kind_column": "kind", **named_by})
    dataset = Dataset(place.stem, place.parent, (place,), crs, "UTC", source_crs=crs)
    decoded = FORMAT.read(dataset, params)
    if decoded.rejects:
        faults = [f"{one.record}: {one.message}" for one in decoded.rejects]
        msg = f"{len(faults)} records cannot be used: {first_of(faults, _TOLD)}"
        raise SourceError(msg, source=str(place), hint="correct or remove them")
    frame: pd.DataFrame = decoded.tables[HYDRAULIC_STRUCTURES]
    _require_here(frame, place, next(iter(rasters.values())))
    return frame


def _require_here(frame: pd.DataFrame, place: Path, raster: xr.DataArray) -> None:
    if frame.empty:
        raise SourceError("holds no line", source=str(place), hint=_HINT)
    area = shapely.box(*raster.rio.bounds())
    if not shapely.intersects(frame["geometry"].to_numpy(), area).any():
        west, south, east, north = shapely.total_bounds(frame["geometry"].to_numpy()).tolist()
        msg = f"no line lies on the rasters; they run from {west:g} to {east:g} east and {south:g} to {north:g} north"
        hint = "check the CRS of the file: GeoJSON counts in degrees, a GeoPackage names its own"
        raise SourceError(msg, source=str(place), hint=hint)
