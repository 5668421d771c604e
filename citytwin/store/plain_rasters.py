"""Results of one simulation outside any city: a plain GeoTIFF each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from citytwin.model.fields import CLASS_NODATA
from citytwin.store.atomic import replacing

_NODATA = {"float32": float("nan"), "uint8": CLASS_NODATA, "int32": -1}


def write_plain_rasters(data: xr.Dataset, out: Path) -> list[Path]:
    """Write one GeoTIFF per variable; without data are NaN, 255 in classes and -1 in numbers.

    A variable over time has a band per moment, described by it, one by direction a band per direction,
    described by its degrees. What was said of the result
    (attributes ``comment`` and ``warnings``) stands in the tags.

    Parameters
    ----------
    data
        Variables in (y, x), (time, y, x) or (direction, y, x) with a CRS.
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
    said = {key: str(data.attrs[key]) for key in ("comment", "warnings") if data.attrs.get(key)}
    for name in data.data_vars:
        file = out / f"{name}.tif"
        with replacing(file) as temporary:
            values = data[name].rio.write_nodata(_NODATA[data[name].dtype.name])
            if "time" in values.dims:
                times = np.datetime_as_string(values["time"].values, unit="s", timezone="UTC")
                values.attrs["long_name"] = tuple(f"{name} {time}" for time in times)
            if "direction" in values.dims:
                directions = values["direction"].values
                values.attrs["long_name"] = tuple(f"{name} from {one:g}" for one in directions)
            values.rio.to_raster(temporary, compress="deflate", tags=said)
        written.append(file)
    return written
