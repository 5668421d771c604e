"""A first look at elevation rasters and laser points: what they show, their CRS, their place."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import RasterioError

from citytwin.errors import SourceError
from citytwin.formats.geotiff_terrain import TerrainRasterParams, horizontal_epsg, open_geotiff
from citytwin.formats.lidar.header import read_header
from citytwin.formats.lidar.reference import reference_of
from citytwin.model.raster import RasterRole
from citytwin.recognition.look import Look, Use, lonlat_of, reason
from citytwin.transports.files import content_name

_SURFACE = re.compile(r"dsm|dom|surface|building|roof|表層")
_CANOPY = re.compile(r"chm|canopy|樹高|樹冠")
_TERRAIN = re.compile(r"dtm|dem|dgm|terrain|ground|relief|標高|地盤")


def look_at_points(path: Path, given: str | None) -> Look:
    """Look at the header of a LAS or LAZ file.

    Parameters
    ----------
    path
        The file.
    given
        CRS that the user gave for files that name none.
    """
    try:
        header = read_header(path)
        crs = reference_of(header, given, "m", path.name).crs
    except SourceError as error:
        return Look(fault=reason(error))
    x, y = ((header.low + header.high) / 2)[:2]
    lonlat = lonlat_of(float(x), float(y), crs, east_first=True)
    return Look((Use("lidar"),), crs=crs, lonlat=lonlat)


def look_at_geotiff(path: Path, given: str | None) -> Look:
    """Look at the header and the name of a GeoTIFF; pictures are no heights.

    Parameters
    ----------
    path
        The file.
    given
        CRS that the user gave for files that name none.
    """
    try:
        with open_geotiff(path) as raster:
            kind = np.dtype(raster.dtypes[0])
            wkt = raster.crs.to_wkt() if raster.crs is not None else ""
            x, y = _middle(raster)
    except (RasterioError, OSError, ValueError, TypeError) as error:
        return Look(fault=f"cannot be read as GeoTIFF: {str(error)[:200]}")
    if kind.itemsize == 1:
        return Look(fault="is a picture, no elevation raster", stray=True)
    name = content_name(path).lower()
    role = _role_in(name)
    if role is None:
        return Look(fault="says neither by its name nor otherwise whether it is terrain or surface")
    try:
        crs = horizontal_epsg(wkt, path) if wkt else given
    except SourceError as error:
        return Look(fault=reason(error))
    lonlat = lonlat_of(x, y, crs, east_first=True) if crs else None
    use = Use("geotiff_terrain", TerrainRasterParams.model_validate({"role": role}))
    return Look((use,), crs=crs, lonlat=lonlat)


def _middle(raster: rasterio.DatasetReader) -> tuple[float, float]:
    a, b, c, d, e, f = tuple(raster.transform)[:6]
    column, row = raster.width / 2, raster.height / 2
    return a * column + b * row + c, d * column + e * row + f


def _role_in(name: str) -> RasterRole | None:
    """What the name of a file says that it shows; heights of trees go before surfaces."""
    roles: tuple[tuple[re.Pattern[str], RasterRole], ...] = (
        (_CANOPY, "canopy_raster"),
        (_SURFACE, "surface_raster"),
        (_TERRAIN, "terrain_raster"),
    )
    return next((role for pattern, role in roles if pattern.search(name)), None)
