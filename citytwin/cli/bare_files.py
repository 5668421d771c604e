"""Rasters and parameters of ``citytwin simulate``, read from files."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import rioxarray
import xarray as xr
from rasterio.errors import RasterioIOError

from citytwin.errors import ConfigError, SourceError
from citytwin.strict_yaml import read_yaml

_FROM = re.compile(r"\bfrom (\d+(?:\.\d+)?)$")


def raster_pairs(extra: list[str]) -> dict[str, Path]:
    """Read ``--surface-height FILE`` pairs: the names of fields are those of the simulation.

    Parameters
    ----------
    extra
        Options and files in turn.

    Raises
    ------
    ConfigError
        If one has no file, is no option or is given twice.
    """
    if len(extra) % 2:
        msg = f"{extra[-1]!r} has no file"
        raise ConfigError(msg, hint="give each raster as --surface-height FILE")
    inputs: dict[str, Path] = {}
    for flag, value in zip(extra[::2], extra[1::2], strict=True):
        if not flag.startswith("--"):
            msg = f"{flag!r} is no option"
            raise ConfigError(msg, hint="give each raster as --surface-height FILE")
        key = flag[2:].replace("-", "_")
        if key in inputs:
            msg = f"{flag} is given twice: {inputs[key]} and {value}"
            raise ConfigError(msg, hint="give one raster for each")
        inputs[key] = Path(value)
    return inputs


def require_folder(out: Path) -> None:
    """Refuse a place for results that is no folder, before anything is computed.

    Parameters
    ----------
    out
        Folder of the results, which need not exist.

    Raises
    ------
    ConfigError
        If a file stands there.
    """
    if out.exists() and not out.is_dir():
        raise ConfigError(f"--out {out}: a file stands there", hint="name a folder")


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
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path}: {error}"
        raise ConfigError(msg, hint="give a YAML file with one key per parameter") from error
    values = read_yaml(text, str(path))
    if values is None:
        return {}
    if not isinstance(values, dict):
        msg = f"{path}: holds {type(values).__name__}, not a mapping of parameters"
        raise ConfigError(msg, hint="give a YAML file with one key per parameter")
    return values


def read_raster(path: Path) -> xr.DataArray:
    """Read a raster of one band, or of one per direction of the wind, nodata as NaN.

    Whole numbers with a scale and an offset in the file become the numbers that they stand for.

    Bands by direction are described by it, such as ``... from 22.5`` [degrees from true north], as
    results by direction are.

    Parameters
    ----------
    path
        GeoTIFF.

    Raises
    ------
    SourceError
        If it is no raster, or one that lies nobody knows where.
    """
    source = str(path)
    try:
        opened = rioxarray.open_rasterio(path, mask_and_scale=True)
        if not isinstance(opened, xr.DataArray):
            raise SourceError("holds several rasters", source=source, hint="give one raster")
        _require_plain(opened, source)
        directions = _directions(opened)
        if directions:
            by_direction = opened.rename(band="direction").assign_coords(direction=directions)
            return by_direction.load()
        return opened.isel(band=0, drop=True).load()
    except (RasterioIOError, OSError) as error:
        why = error if error.__cause__ is None else error.__cause__
        raise SourceError(
            f"cannot be read: {why}",
            source=source,
            hint="give a whole GeoTIFF with a projected CRS",
        ) from error


def _directions(raster: xr.DataArray) -> list[float]:
    """Direction that describes each band; none where one is described otherwise."""
    said = raster.attrs.get("long_name", ())
    found = [_FROM.search(str(name)) for name in ([said] if isinstance(said, str) else said)]
    directions = [float(match[1]) for match in found if match]
    return directions if len(directions) == raster.sizes["band"] else []


def _require_plain(raster: xr.DataArray, source: str) -> None:
    """Refuse what would be read as something that it is not."""
    if raster.sizes["band"] != 1 and not _directions(raster):
        msg = f"holds {raster.sizes['band']} bands, and heights are one"
        hint = "give one band: gdal_translate -b 1 IN OUT"
        raise SourceError(msg, source=source, hint=hint)
    if np.issubdtype(raster.dtype, np.complexfloating):
        hint = "give a raster of whole or decimal numbers"
        raise SourceError("holds complex numbers", source=source, hint=hint)
    if raster.rio.crs is None:
        hint = "write the CRS into it: gdal_edit.py -a_srs EPSG:6677 FILE"
        raise SourceError("names no CRS", source=source, hint=hint)
    transform = raster.rio.transform()
    if transform.b or transform.d:
        hint = "turn it north up: gdalwarp IN OUT"
        raise SourceError("is rotated against its CRS", source=source, hint=hint)
