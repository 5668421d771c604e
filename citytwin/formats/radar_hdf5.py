"""Radar composites in HDF5: ODIM (OPERA, 2.x) and the older form of KNMI -> rain over time.

ODIM: quantities RATE and ACRR; reflectivity (DBZH, TH) only by a Z-R relation that the configuration
gives. ``undetect`` is no rain, ``nodata`` is unknown. Polar volumes and scans are refused. KNMI (HDF5
format of 2003): accumulations by its calibration formula, 65535 = unknown.
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import h5py
import numpy as np
from pydantic import Field
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from citytwin.errors import SourceError
from citytwin.formats.feed_file import raw_ref
from citytwin.formats.feed_times import TimeStampError, checked
from citytwin.formats.measures import measure
from citytwin.formats.observations import Batch, says_synthetic, seconds_of
from citytwin.formats.rain.batches import image_batch
from citytwin.formats.rain.hdf5 import number_of, numbers, opened, text_of
from citytwin.formats.rain.image import FloatArray, RainImage, projection, rates, unit_fault
from citytwin.formats.rain.lattice import RainParams
from citytwin.formats.rain.tables import read_images
from citytwin.formats.units import Conversion, UnitError
from citytwin.model import properties as p
from citytwin.model.steps import Dataset, Decoded, Format
from citytwin.model.tables import RAIN_FRAMES
from citytwin.model.text import text

_UNITS = {"RATE": "mm/h", "ACRR": "mm"}
_REFLECTIVITY = ("DBZH", "TH")
_IMAGES = ("COMP", "IMAGE")
_FORMULA = re.compile(
    r"GEO\s*=\s*([+-]?[\d.]+(?:[eE][+-]?\d+)?)\s*\*\s*PV\s*(?:([+-]\s*[\d.]+(?:[eE][+-]?\d+)?))?",
    re.ASCII,
)
_KILOMETRES = re.compile(r"(\+[ab]=)(\d{4}(?:\.\d{1,6})?)(?=\s|$)", re.ASCII)
_MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
_KNMI_TIME = re.compile(r"(\d{2})-([A-Z]{3})-(\d{4});(\d{2}):(\d{2}):(\d{2})", re.ASCII)


class RadarParams(RainParams):
    """Which part of the images is read, and what reflectivity means."""

    z_r_a: float | None = Field(default=None, gt=0, le=10_000)
    """Coefficient of Z = a R^b, with Z in mm6/m3 and R in mm/h (Marshall and Palmer, 1948: 200); the ratio
    that turns reflectivity into rain."""
    z_r_b: float = Field(default=1.6, gt=0.5, le=5)
    """Exponent of Z = a R^b, a plain ratio (Marshall and Palmer, 1948: 1.6)."""


def decode_radar_hdf5(raw: bytes, file: str, params: RadarParams) -> list[RainImage]:
    """Decode one file.

    Parameters
    ----------
    raw
        HDF5.
    file
        Name of the file, for messages.
    params
        What reflectivity means.

    Raises
    ------
    SourceError
        If it is damaged, no composite, or holds no rain.
    """
    with opened(raw, file) as opening:
        if "what" in opening:
            images = list(_odim(opening, file, raw_ref(raw), params))
        elif "image1" in opening and "geographic" in opening:
            images = [_knmi(opening, file, raw_ref(raw))]
        else:
            raise SourceError("neither ODIM nor an image of KNMI", source=file)
    if not images:
        raise SourceError("holds no image of rain", source=file)
    return images


def _attributes(file: h5py.File, path: str) -> dict[str, object]:
    found = file.get(path)
    return {} if found is None else {str(name): value for name, value in found.attrs.items()}


# --- ODIM ----------------------------------------------------------------------------------------
def _odim(file: h5py.File, source: str, ref: str, params: RadarParams) -> Iterator[RainImage]:
    what = _attributes(file, "what")
    kind = text_of(what.get("object"))
    if kind not in _IMAGES:
        hint = "a composite (COMP) or image is expected"
        raise SourceError(f"an ODIM object {kind[:20]!r}", source=source, hint=hint)
    crs, west, north, dx, dy = _odim_place(file, source)
    names = (text_of(what.get("source")), *_comments(file))
    for path in _data_of(file):
        about = _attributes(file, f"{path.rpartition('/')[0]}/what") | _attributes(
            file, f"{path}/what"
        )
        quantity = text_of(about.get("quantity"))
        if quantity not in (*_UNITS, *_REFLECTIVITY):
            continue
        start_s, end_s = _odim_time(about, what, source)
        packed = numbers(file[f"{path}/data"], source)
        if packed.ndim != 2:
            raise SourceError(f"{path} has no rows and columns", source=source)
        values = _unpacked(packed, about)
        rate, wild = _odim_rates(values, quantity, end_s - start_s, params, source)
        instant = quantity != "ACRR"
        yield RainImage(
            rate=rate, crs=crs, west=west, north=north, dx=dx, dy=dy,
            start_s=end_s if instant else start_s, end_s=end_s, issued_s=None, file=source,
            raw_ref=ref, synthetic=says_synthetic(names), wild=wild,
        )  # fmt: skip
        return


def _comments(file: h5py.File) -> list[str]:
    return [text_of(value) for value in _attributes(file, "how").values()]


def _data_of(file: h5py.File) -> list[str]:
    """Paths of the data of a file, such as ``dataset1/data1``, in their order."""
    found = []
    for name in sorted(file, key=lambda n: (len(n), n)):
        if re.fullmatch(r"dataset\d{1,4}", name) and isinstance(file[name], h5py.Group):
            inner = sorted(file[name], key=lambda n: (len(n), n))
            found += [f"{name}/{data}" for data in inner if re.fullmatch(r"data\d{1,4}", data)]
    return [path for path in found if f"{path}/data" in file]


def _odim_place(file: h5py.File, source: str) -> tuple[CRS, float, float, float, float]:
    where = _attributes(file, "where")
    crs = projection(text_of(where.get("projdef")), source)
    dx, dy = number_of(where.get("xscale")), number_of(where.get("yscale"))
    corner = number_of(where.get("UL_lon")), number_of(where.get("UL_lat"))
    if not (0 < dx < math.inf and 0 < dy < math.inf and all(map(math.isfinite, corner))):
        raise SourceError("says not where it lies (xscale, yscale, UL_lon, UL_lat)", source=source)
    try:
        transformer = Transformer.from_crs(CRS.from_epsg(4326), crs, always_xy=True)
        west, north = transformer.transform(*corner)
    except ProjError as error:
        raise SourceError("its corner has no place in its projection", source=source) from error
    if not (math.isfinite(west) and math.isfinite(north)):
        raise SourceError("its corner has no place in its projection", source=source)
    return crs, west, north, dx, dy


def _odim_time(about: dict[str, object], what: dict[str, object], source: str) -> tuple[int, int]:
    """Beginning and end; files of an instant give only the time of the whole file."""
    end_s = _stamp(about.get("enddate"), about.get("endtime"), source)
    end_s = _stamp(what.get("date"), what.get("time"), source) if end_s is None else end_s
    if end_s is None:
        raise SourceError("says not when it was observed", source=source)
    start_s = _stamp(about.get("startdate"), about.get("starttime"), source)
    start_s = end_s if start_s is None else start_s
    if start_s > end_s:
        raise SourceError("ends before it begins", source=source)
    return start_s, end_s


def _stamp(day: object, clock: object, source: str) -> int | None:
    said = f"{text_of(day)}{text_of(clock)}"
    if not said:
        return None
    try:
        return checked(seconds_of(datetime.strptime(said, "%Y%m%d%H%M%S").replace(tzinfo=UTC)))
    except (ValueError, TimeStampError) as error:
        raise SourceError(f"{ascii(said)[:30]} is no day and time", source=source) from error


def _unpacked(packed: FloatArray, about: dict[str, object]) -> FloatArray:
    """Values by gain and offset; no rain where none was detected, NaN where there are no data."""
    gain, offset = number_of(about.get("gain", 1.0)), number_of(about.get("offset", 0.0))
    with np.errstate(over="ignore", invalid="ignore"):
        values = packed * gain + offset
    values[packed == number_of(about.get("undetect"))] = -np.inf
    values[packed == number_of(about.get("nodata"))] = np.nan
    return values


def _odim_rates(
    values: FloatArray, quantity: str, duration_s: int, params: RadarParams, source: str
) -> tuple[np.ndarray, int]:
    none = np.isneginf(values)
    if quantity in _REFLECTIVITY:
        if params.z_r_a is None:
            hint = "say `z_r_a`, such as 200"
            raise SourceError(f"holds reflectivity ({quantity}) alone", source=source, hint=hint)
        with np.errstate(over="ignore", invalid="ignore"):
            values = (10.0 ** (values / 10.0) / params.z_r_a) ** (1.0 / params.z_r_b)
    values[none] = 0.0
    unit = _UNITS.get(quantity, "mm/h")
    try:
        return rates(values, measure(unit, p.RAINFALL_RATE), duration_s)
    except UnitError as error:
        raise unit_fault(error, source, quantity) from error


# --- KNMI ----------------------------------------------------------------------------------------
def _knmi(file: h5py.File, source: str, ref: str) -> RainImage:
    crs, west, north, dx, dy = _knmi_place(file, source)
    about = _attributes(file, "overview")
    start_s = _knmi_time(about.get("product_datetime_start"), source)
    end_s = _knmi_time(about.get("product_datetime_end"), source)
    if start_s >= end_s:
        raise SourceError("ends before it begins", source=source)
    kind = text_of(_attributes(file, "image1").get("image_geo_parameter"))
    if kind != "ACCUMULATED_PRECIPITATION_[MM]":
        raise SourceError(f"holds {ascii(kind)[:60]}, no accumulated rain", source=source)
    change, unknown = _knmi_calibration(file, source)
    packed = numbers(file["image1/image_data"], source)
    if packed.ndim != 2:
        raise SourceError("its image has no rows and columns", source=source)
    values = np.where(np.isin(packed, unknown), np.nan, change.factor * packed + change.offset)
    rate, wild = rates(values, measure("mm", p.RAINFALL_RATE), end_s - start_s)
    return RainImage(
        rate=rate,
        crs=crs,
        west=west,
        north=north,
        dx=dx,
        dy=dy,
        start_s=start_s,
        end_s=end_s,
        issued_s=None,
        file=source,
        raw_ref=ref,
        wild=wild,
    )


def _knmi_place(file: h5py.File, source: str) -> tuple[CRS, float, float, float, float]:
    """Projection and edges in metres; the file gives all its lengths in kilometres."""
    place = _attributes(file, "geographic")
    said = text_of(_attributes(file, "geographic/map_projection").get("projection_proj4_params"))
    crs = projection(
        _KILOMETRES.sub(lambda found: f"{found[1]}{float(found[2]) * 1e3!r}", said), source
    )
    names = ("geo_pixel_size_x", "geo_pixel_size_y", "geo_column_offset", "geo_row_offset")
    dx, dy, column, row = (number_of(place.get(name)) for name in names)
    if (text_of(place.get("geo_dim_pixel")), text_of(place.get("geo_pixel_def"))) != (
        "KM,KM",
        "LU",
    ):
        raise SourceError("pixels in other units than km from the upper left", source=source)
    if not (0 < dx < math.inf and -math.inf < dy < 0 and math.isfinite(column + row)):
        raise SourceError("says not where it lies", source=source)
    # Offsets count pixels from the origin of the projection.
    return crs, 1e3 * column * dx, 1e3 * row * dy, 1e3 * dx, -1e3 * dy


def _knmi_calibration(file: h5py.File, source: str) -> tuple[Conversion, list[float]]:
    calibration = _attributes(file, "image1/calibration")
    formula = _FORMULA.fullmatch(text_of(calibration.get("calibration_formulas")))
    if formula is None:
        raise SourceError("has no calibration formula such as GEO=0.01*PV+0.0", source=source)
    try:
        change = Conversion(float(formula[1]), float((formula[2] or "0").replace(" ", "")))
    except ValueError as error:
        raise SourceError("its calibration formula is no sum", source=source) from error
    names = ("calibration_missing_data", "calibration_out_of_image")
    return change, [number_of(calibration.get(name)) for name in names]


def _knmi_time(value: object, source: str) -> int:
    said = text_of(value)
    found = _KNMI_TIME.match(said)
    if found is None or found[2] not in _MONTHS:
        raise SourceError(f"{ascii(said)[:40]} is no day and time", source=source)
    day, year, hour, minute, second = (int(found[group]) for group in (1, 3, 4, 5, 6))
    try:
        moment = datetime(year, _MONTHS.index(found[2]) + 1, day, hour, minute, second, tzinfo=UTC)
        return checked(seconds_of(moment))
    except (ValueError, TimeStampError) as error:
        raise SourceError(f"{ascii(said)[:40]} is no day and time", source=source) from error


def _decode(raw: bytes, file: str, fetched_s: int, params: RadarParams) -> Batch:  # noqa: ARG001
    return image_batch(decode_radar_hdf5(raw, file, params), raw, file, params)


def read(dataset: Dataset, params: RadarParams) -> Decoded:
    """Read all images of a source.

    Parameters
    ----------
    dataset
        HDF5 files.
    params
        What is read of them.
    """
    return read_images(dataset, params, functools.partial(decode_radar_hdf5, params=params))


FORMAT = Format(
    name="radar_hdf5",
    title=text("レーダー雨量（ODIM・KNMI HDF5）", "Radar rain (ODIM and KNMI HDF5)"),
    patterns=("*.h5", "*.hdf", "*.hdf5"),
    produces=(RAIN_FRAMES,),
    params=RadarParams,
    read=read,
    observes=(),
    decode=_decode,
)
