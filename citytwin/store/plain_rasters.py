"""Results of one simulation outside any city: a plain GeoTIFF each."""

from __future__ import annotations

from pathlib import Path

import xarray as xr

from citytwin.store.atomic import replacing


def write_plain_rasters(data: xr.Dataset, out: Path) -> list[Path]:
    """Write one GeoTIFF per variable, NaN where there is no data.

    Parameters
    ----------
    data
        Variables in (y, x) with a CRS.
    out
        Folder; made when it does not exist.

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
    for name in data.data_vars:
        file = out / f"{name}.tif"
        with replacing(file) as temporary:
            values = data[name].rio.write_nodata(float("nan"))
            values.rio.to_raster(temporary, compress="deflate")
        written.append(file)
    return written
