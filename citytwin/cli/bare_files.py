"""Rasters and parameters of ``citytwin simulate``, read from and written to files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import rioxarray
import xarray as xr
import yaml
from rasterio.errors import RasterioIOError

from citytwin.errors import ConfigError, SourceError


def read_params(path: Path | None) -> dict[str, Any]:
    """Read a YAML file with the parameters of a simulation; nothing when there is none.

    Parameters
    ----------
    path
        The file, or None.
    """
    if path is None:
        return {}
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as error:
        msg = f"{path}: {' '.join(str(error).split())}"
        raise ConfigError(msg, hint="give a YAML file with one key per parameter") from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        msg = f"{path}: holds {type(values).__name__}, not a mapping of parameters"
        raise ConfigError(msg, hint="give a YAML file with one key per parameter")
    return values


def read_raster(path: Path) -> xr.DataArray:
    """Read the first band of a raster, nodata as NaN.

    Parameters
    ----------
    path
        GeoTIFF.
    """
    try:
        opened = rioxarray.open_rasterio(path, masked=True)
    except (RasterioIOError, OSError) as error:
        raise SourceError(
            str(error), source=str(path), hint="give a GeoTIFF with a projected CRS"
        ) from error
    if not isinstance(opened, xr.DataArray):
        raise SourceError("holds several rasters", source=str(path), hint="give one raster")
    return opened.isel(band=0, drop=True)


def write_results(data: xr.Dataset, out: Path) -> list[Path]:
    """Write one GeoTIFF per result.

    Parameters
    ----------
    data
        What :func:`citytwin.simulate` returned.
    out
        Folder; made when it does not exist.

    Returns
    -------
    list of Path
        The files.
    """
    out.mkdir(parents=True, exist_ok=True)
    written = []
    for name in data.data_vars:
        file = out / f"{name}.tif"
        temporary = out / f".{name}.tmp.tif"
        array = data[name]
        array.rio.write_nodata(float("nan")).rio.to_raster(temporary, compress="deflate")
        temporary.replace(file)
        written.append(file)
    return written
