"""Elevation rasters as labelled arrays, with their CRS."""

from __future__ import annotations

import numpy as np
import rioxarray  # noqa: F401 - gives arrays the accessor `rio`
import xarray as xr

from citytwin.model.raster import Raster


def labelled(name: str, raster: Raster) -> xr.DataArray:
    """Return a raster as an array with coordinates.

    Parameters
    ----------
    name
        Name of the array.
    raster
        As it came from its file.

    Returns
    -------
    DataArray
        Dimensions (y, x), row 0 in the north, cell centres as coordinates [m], NaN where there is
        no data; ``rio.crs`` is that of the file.
    """
    ny, nx = raster.values.shape
    y = raster.y_max - (np.arange(ny) + 0.5) * raster.cell_y_m
    x = raster.x_min + (np.arange(nx) + 0.5) * raster.cell_x_m
    attrs = {"units": "m", "source": raster.source}
    array = xr.DataArray(raster.values, coords={"y": y, "x": x}, dims=("y", "x"), attrs=attrs)
    located: xr.DataArray = array.rename(name).rio.write_crs(raster.crs)
    return located
