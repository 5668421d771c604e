"""Results of one simulation outside any city: a plain GeoTIFF each, series at gauges as CSV."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import rasterio
import xarray as xr
from numpy.typing import NDArray
from rasterio.errors import RasterioIOError

from citytwin.model.fields import CLASS_NODATA
from citytwin.store.atomic import replacing

_GAUGES = "gauge,x,y,seconds,"
_NODATA = {"float32": float("nan"), "uint8": CLASS_NODATA, "int32": -1}

GAUGES = "gauges.csv"
"""Series at gauges."""


def write_plain_rasters(data: xr.Dataset, out: Path) -> list[Path]:
    """Write one GeoTIFF per variable; without data are NaN, 255 in classes and -1 in numbers.

    A variable over time has a band per moment, described by it, one by direction a band per direction,
    described by its degrees. What was said of the result
    (attributes ``comment`` and ``warnings``) stands in the tags. Variables at gauges make one
    ``gauges.csv``, a row for each gauge and moment, with its time in UTC where the run has a date (of many cases, each by
    its number); without any, that of
    an earlier run is removed.

    Parameters
    ----------
    data
        Variables in (y, x), (time, y, x) or (direction, y, x) with a CRS, or in (gauge_time, gauge),
        with those of many cases along ``case``.
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
    at_gauges = [name for name in data.data_vars if "gauge" in data[name].dims]
    for name in data.data_vars:
        if name in at_gauges:
            continue
        file = out / f"{name}.tif"
        with replacing(file) as temporary:
            values = data[name].rio.write_nodata(_NODATA[data[name].dtype.name])
            if "time" in values.dims:
                times = np.datetime_as_string(values["time"].values, unit="s", timezone="UTC")
                values.attrs["long_name"] = tuple(f"{name} {time}" for time in times)
            if "direction" in values.dims:
                directions = values["direction"].values
                values.attrs["long_name"] = tuple(f"{name} from {one:g}" for one in directions)
            if "season" in values.dims:
                seasons = values["season"].values
                values.attrs["long_name"] = tuple(f"{name} {one}" for one in seasons)
            values.rio.to_raster(temporary, compress="deflate", tags=said)
        written.append(file)
    listed = out / GAUGES
    if at_gauges:
        with replacing(listed) as temporary:
            _series(data[at_gauges]).to_csv(temporary, index=False)
        written.append(listed)
    elif head_of(listed).startswith(_GAUGES):
        listed.unlink()
    return written


def forget_rasters(names: Iterable[str], out: Path) -> bool:
    """Remove results of an earlier run that the one just written has not.

    Parameters
    ----------
    names
        Variables; a raster of such a name that no simulation wrote stays.
    out
        Folder of the results.

    Returns
    -------
    bool
        Whether there was one.
    """
    found = [file for name in names if _is_result(file := out / f"{name}.tif")]
    for file in found:
        for one in (file, file.with_suffix(".qml")):
            one.unlink(missing_ok=True)
    return bool(found)


def _is_result(file: Path) -> bool:
    if not file.is_file():
        return False
    try:
        with rasterio.open(file) as raster:
            return "comment" in raster.tags()
    except RasterioIOError:
        return False


def head_of(table: Path) -> str:
    """First line of a text file, which tells whether a table is a result; empty where there is none.

    Parameters
    ----------
    table
        File that may not be there.
    """
    try:
        with table.open(encoding="utf-8", errors="replace") as file:
            return file.readline(1 << 16)
    except OSError:
        return ""


def _series(data: xr.Dataset) -> pd.DataFrame:
    order = [name for name in ("gauge", "case", "gauge_time") if name in data.dims]
    rows = data.drop_vars("spatial_ref", errors="ignore").to_dataframe(order)
    names = {"gauge_time": "seconds", "gauge_x": "x", "gauge_y": "y"}
    measures = {str(name): f"{str(name).removeprefix('gauge_')}_m" for name in data.data_vars}
    table = rows.reset_index().rename(columns=names | measures)
    table["seconds"] = table["seconds"].round(6)  # 2.8, not 2.8000000000000003
    if "gauge_moment" in table:
        table["time_utc"] = _in_utc(table["gauge_moment"].to_numpy(dtype="datetime64[ms]"))
    beside = [name for name in ("time_utc", "case") if name in table]
    return table[["gauge", "x", "y", "seconds", *beside, *measures.values()]]


def _in_utc(moments: NDArray[np.datetime64]) -> NDArray[np.str_]:
    """Such as ``2019-10-12T14:58:00Z``; with milliseconds where one of them has some."""
    if (moments == moments.astype("datetime64[s]")).all():
        return np.datetime_as_string(moments, unit="s", timezone="UTC")
    return np.datetime_as_string(moments, unit="ms", timezone="UTC")
