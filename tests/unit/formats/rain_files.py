"""Small files of rain for tests: ODIM, KNMI and CF NetCDF-4, written with h5py."""

from __future__ import annotations

import io

import h5py
import numpy as np
from scipy.io import netcdf_file

MERCATOR = "+proj=merc +lat_ts=0 +lon_0=0 +k=1 +x_0=0 +y_0=0 +a=6378137 +b=6378137 +units=m"
UL = (139.0, 36.0)
"""Longitude and latitude of the upper left corner."""


def hdf5(fill) -> bytes:
    """Bytes of a file that `fill` writes."""
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        fill(file)
    return buffer.getvalue()


def odim(
    packed,
    *,
    quantity="RATE",
    kind="COMP",
    projdef=MERCATOR,
    end="20260701001000",
    more=None,
    **about,
) -> bytes:
    """A composite of 1 km cells in an ODIM file; `about` is what the data say of themselves."""

    def fill(file):
        what = file.create_group("what").attrs
        what["object"], what["version"] = np.bytes_(kind), np.bytes_("H5rad 2.2")
        what["date"], what["time"] = np.bytes_(end[:8]), np.bytes_(end[8:])
        what["source"] = np.bytes_("ORG:TEST")
        where = file.create_group("where").attrs
        where["projdef"] = np.bytes_(projdef)
        where["xscale"], where["yscale"] = 1000.0, 1000.0
        where["UL_lon"], where["UL_lat"] = UL
        given = {"gain": 0.5, "offset": 0.0, "nodata": 255.0, "undetect": 254.0, **about}
        data = file.create_group("dataset1/data1/what").attrs
        data["quantity"] = np.bytes_(quantity)
        for name, value in given.items():
            data[name] = np.bytes_(value) if isinstance(value, str) else value
        packed_data = np.asarray(packed, dtype=np.uint8)
        file.create_dataset("dataset1/data1/data", data=packed_data, compression="gzip")
        if more is not None:
            more(file)

    return hdf5(fill)


def classic(values, *, units="mm h-1", name="rainfall_rate") -> bytes:
    """The same on degrees in a file of NetCDF 3: short integers with a scale, times five minutes apart."""
    buffer = io.BytesIO()
    file = netcdf_file(buffer, "w", version=1)
    nt, ny, nx = np.shape(values)
    for axis, size, kind, coordinate, unit in (
        ("time", nt, "d", 5.0 * np.arange(nt), "minutes since 2026-07-01 00:00:00"),
        ("lat", ny, "d", 36.0 - 0.01 * (np.arange(ny) + 0.5), "degrees_north"),
        ("lon", nx, "d", 139.0 + 0.01 * (np.arange(nx) + 0.5), "degrees_east"),
    ):
        file.createDimension(axis, size)
        variable = file.createVariable(axis, kind, (axis,))
        variable[:] = coordinate
        variable.units = unit
    rain = file.createVariable("rain", "h", ("time", "lat", "lon"))
    rain[:] = np.where(np.asarray(values) < 0, -1, np.round(np.asarray(values) * 10)).astype("i2")
    rain.units, rain.standard_name, rain.scale_factor = units, name, 0.1
    rain._FillValue = np.int16(-1)
    file.flush()
    return buffer.getvalue()


def netcdf(
    values, *, units="mm h-1", name="rainfall_rate", times=(0, 5), bounds=None, south_first=False,
    mapping=None, more=None,
) -> bytes:  # fmt: skip
    """Rain on 0.01 degrees (or km of a projection) in a file as the NetCDF-4 library writes it."""

    def fill(file):
        ny, nx = np.shape(values)[-2:]
        time = file.create_dataset("time", data=np.asarray(times, dtype=np.float64))
        time.attrs["units"] = np.bytes_("minutes since 2026-07-01 00:00:00")
        time.attrs["calendar"] = np.bytes_("standard")
        step = np.arange(ny) + 0.5
        if mapping is None:
            y, x = 36.0 - 0.01 * step, 139.0 + 0.01 * (np.arange(nx) + 0.5)
            names = ("lat", "lon", "degrees_north", "degrees_east", "latitude", "longitude")
        else:
            y, x = 10.0 - step, np.arange(nx) + 0.5
            names = ("y", "x", "km", "km", "projection_y_coordinate", "projection_x_coordinate")
            crs = file.create_dataset("crs", data=np.int32(0))
            for key, value in mapping.items():
                crs.attrs[key] = np.bytes_(value) if isinstance(value, str) else value
        for axis, coordinate, unit, standard in (
            (names[0], y[::-1] if south_first else y, names[2], names[4]),
            (names[1], x, names[3], names[5]),
        ):
            scale = file.create_dataset(axis, data=coordinate)
            scale.attrs["units"], scale.attrs["standard_name"] = (
                np.bytes_(unit),
                np.bytes_(standard),
            )
        flat = np.asarray(values, dtype=np.float32)
        rain = file.create_dataset("rain", data=flat[..., ::-1, :] if south_first else flat)
        rain.attrs["units"], rain.attrs["standard_name"] = np.bytes_(units), np.bytes_(name)
        rain.attrs["_FillValue"] = np.array([-999.0], dtype=np.float32)
        if mapping is not None:
            rain.attrs["grid_mapping"] = np.bytes_("crs")
        for axis, scale in enumerate(("time", names[0], names[1])):
            file[scale].make_scale(scale)
            rain.dims[axis].attach_scale(file[scale])
        if bounds is not None:
            time.attrs["bounds"] = np.bytes_("time_bnds")
            edges = file.create_dataset("time_bnds", data=np.asarray(bounds, dtype=np.float64))
            edges.dims[0].attach_scale(file["time"])
        if more is not None:
            more(file)

    return hdf5(fill)


def knmi(packed) -> bytes:
    """Sums of five minutes in [0.01 mm], from the upper left corner of the images of KNMI on."""
    groups = {
        "geographic": {
            "geo_column_offset": 0.0, "geo_row_offset": 3650.0, "geo_pixel_size_x": 1.0,
            "geo_pixel_size_y": -1.0, "geo_dim_pixel": b"KM,KM", "geo_pixel_def": b"LU",
        },
        "geographic/map_projection": {
            "projection_proj4_params": b"+proj=stere +lat_0=90 +lon_0=0.0 +lat_ts=60.0"
            b" +a=6378.137 +b=6356.752 +x_0=0 +y_0=0",
        },
        "overview": {
            "product_datetime_start": b"30-JUN-2026;23:55:00.000",
            "product_datetime_end": b"01-JUL-2026;00:00:00.000",
        },
        "image1": {"image_geo_parameter": b"ACCUMULATED_PRECIPITATION_[MM]"},
        "image1/calibration": {
            "calibration_formulas": b"GEO=0.01*PV+0.0",
            "calibration_missing_data": np.array([65535], np.int32),
            "calibration_out_of_image": np.array([65535], np.int32),
        },
    }  # fmt: skip

    def fill(file):
        for group, attributes in groups.items():
            at = file.require_group(group).attrs
            for name, value in attributes.items():
                at[name] = np.bytes_(value) if isinstance(value, bytes) else value
        file.create_dataset("image1/image_data", data=np.asarray(packed, dtype=np.uint16))

    return hdf5(fill)
