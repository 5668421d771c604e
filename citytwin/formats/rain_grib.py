"""Rain in GRIB 1 and 2, through GDAL -> rain over time: radar composites and forecasts of models.

Negative codes for no value (MRMS: -3 no coverage, -1 missing) are unknown, not rain. Sums of GRIB 2 take
their interval from the product definition (template 4.8); those that run on from the beginning of a forecast
overlap, and only the first is used.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import rasterio
from pydantic import Field
from pyproj import CRS
from pyproj.exceptions import CRSError
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile

from citytwin.errors import SourceError
from citytwin.formats.feed_file import raw_ref
from citytwin.formats.feed_times import TimeStampError, checked
from citytwin.formats.measures import Measure, measure
from citytwin.formats.rain.image import MOST_CELLS, RainImage, rates, unit_fault
from citytwin.formats.rain.lattice import RainParams
from citytwin.formats.rain.tables import read_images
from citytwin.formats.units import UnitError
from citytwin.model import properties as p
from citytwin.model.steps import Dataset, Decoded, Format
from citytwin.model.tables import RAIN_FRAMES
from citytwin.model.text import text

_ELEMENTS = ("PrecipRate", "PRATE", "RPRATE", "RAINRATE", "TPRATE", "APCP")
_ENDS = {"0": 60, "1": 3600, "2": 86_400, "10": 3 * 3600, "11": 6 * 3600, "12": 12 * 3600, "13": 1}
"""Seconds of the units of a time range (GRIB 2, code table 4.4)."""
_SUMMED_TEMPLATES = ("8", "11")
_SUM = "1"
"""Statistical process: accumulation (code table 4.10)."""
_NUMBER = re.compile(r"-?\d{1,12}", re.ASCII)


class GribRainParams(RainParams):
    """Which messages of a file are read."""

    element: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_]{0,19}[A-Za-z_]$")
    """As GDAL calls it, without hours, such as ``APCP``; by default the first known one of rain that the file has."""


@dataclass(frozen=True)
class _Band:
    """One message of a file."""

    index: int
    tags: Mapping[str, str]

    @property
    def element(self) -> str:
        """Name of the element, without the hours that GDAL puts behind that of a sum."""
        return self.tags.get("GRIB_ELEMENT", "").rstrip("0123456789")


def decode_rain_grib(raw: bytes, file: str, params: GribRainParams) -> list[RainImage]:
    """Decode one file.

    Parameters
    ----------
    raw
        GRIB 1 or 2.
    file
        Name of the file, for messages.
    params
        Which messages are read.

    Raises
    ------
    SourceError
        If it is damaged, packed in a way that GDAL cannot read, or holds no rain.
    """
    if not raw.startswith(b"GRIB"):
        raise SourceError("no GRIB file", source=file)
    try:
        with MemoryFile(raw) as memory, memory.open(driver="GRIB") as opened:
            return _images(opened, file, raw_ref(raw), params)
    except (RasterioError, OSError, ValueError, IndexError, KeyError, TypeError) as error:
        if isinstance(error, SourceError):
            raise
        hint = "the file may be cut short, or packed in a way of its own (JMA's 5.200)"
        message = f"cannot be read as GRIB: {ascii(str(error))[:120]}"
        raise SourceError(message, source=file, hint=hint) from error


def _images(
    opened: rasterio.DatasetReader, file: str, ref: str, params: GribRainParams
) -> list[RainImage]:
    if opened.width * opened.height > MOST_CELLS:
        raise SourceError(f"{opened.height} x {opened.width} cells are too many", source=file)
    a, b, west, d, e, north = tuple(opened.transform)[:6]
    if b != 0 or d != 0 or a <= 0 or e >= 0 or opened.crs is None:
        raise SourceError("lies on no raster with rows from west to east", source=file)
    try:
        crs = CRS.from_wkt(opened.crs.to_wkt())
    except CRSError as error:
        raise SourceError("its CRS cannot be read", source=file) from error
    images = []
    for band in _bands(opened, file, params):
        record = f"message {band.index}"
        change = _measure(band.tags, file, record)
        start_s, end_s, issued_s = _times(band.tags, change, file, record)
        values = opened.read(band.index, masked=True).astype(np.float64).filled(np.nan)
        try:
            rate, _ = rates(values, change, end_s - start_s)
        except UnitError as error:
            raise unit_fault(error, file, record) from error
        images.append(
            RainImage(
                rate=rate, crs=crs, west=west, north=north, dx=a, dy=-e, start_s=start_s,
                end_s=end_s, issued_s=issued_s, file=file, raw_ref=ref,
            )
        )  # fmt: skip
    return images


def _bands(opened: rasterio.DatasetReader, file: str, params: GribRainParams) -> list[_Band]:
    found = [_Band(index, opened.tags(index)) for index in opened.indexes]
    elements = {band.element for band in found}
    wanted = params.element or next((name for name in _ELEMENTS if name in elements), "")
    bands = [band for band in found if wanted and band.element == wanted]
    if not bands:
        shown = ", ".join(sorted(elements)[:12])
        raise SourceError("holds no rain", source=file, hint=f"say its `element` of {shown}")
    return bands


def _measure(tags: Mapping[str, str], file: str, record: str) -> Measure:
    try:
        return measure(tags.get("GRIB_UNIT", "").strip("[] "), p.RAINFALL_RATE)
    except UnitError as error:
        raise unit_fault(error, file, record) from error


def _times(
    tags: Mapping[str, str], change: Measure, file: str, record: str
) -> tuple[int, int, int | None]:
    """Beginning and end, and when a forecast was issued."""
    end_s = _stamp(tags, "GRIB_VALID_TIME", file, record)
    issued_s = _stamp(tags, "GRIB_REF_TIME", file, record)
    length_s = _length_s(tags) if change.summed else 0
    if change.summed and length_s == 0:
        message = "is a sum over no time (analysis, or of a template without interval)"
        raise SourceError(message, source=file, record=record)
    # GDAL's valid time of a sum is the end of its interval.
    observed = end_s <= issued_s or "Observation_time" in tags.get("GRIB_IDS", "")
    return end_s - length_s, end_s, None if observed else issued_s


def _stamp(tags: Mapping[str, str], name: str, file: str, record: str) -> int:
    found = _NUMBER.match(tags.get(name, "").strip())
    if found is None:
        raise SourceError(f"has no {name}", source=file, record=record)
    try:
        return checked(int(found[0]))
    except TimeStampError as error:
        raise SourceError(f"{name}: {error.message}", source=file, record=record) from error


def _length_s(tags: Mapping[str, str]) -> int:
    """Length of the interval of a sum: behind the number of time ranges of template 4.8 or 4.11."""
    values = tags.get("GRIB_PDS_TEMPLATE_ASSEMBLED_VALUES", "").split()
    number = tags.get("GRIB_PDS_PDTN", "")
    if number not in _SUMMED_TEMPLATES:
        return 0
    first = 21 if number == "8" else 24
    ranges = values[first : first + 6]
    if len(ranges) < 6 or ranges[0] != "1" or ranges[2] != _SUM or ranges[4] not in _ENDS:
        return 0
    return int(ranges[5]) * _ENDS[ranges[4]] if ranges[5].isdigit() else 0


def read(dataset: Dataset, params: GribRainParams) -> Decoded:
    """Read all images of a source.

    Parameters
    ----------
    dataset
        GRIB files.
    params
        What is read of them.
    """
    return read_images(dataset, params, functools.partial(decode_rain_grib, params=params))


FORMAT = Format(
    name="rain_grib",
    title=text("雨量（GRIB）", "Rain (GRIB)"),
    patterns=("*.grib", "*.grib2", "*.grb", "*.grb2"),
    produces=(RAIN_FRAMES,),
    params=GribRainParams,
    read=read,
    observes=(),
)
