"""Messages of a GRIB file in memory, as GDAL tells them: quantity, level, unit, times, raster."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.windows import Window

from citytwin.errors import SourceError
from citytwin.formats.feed_times import TimeStampError, checked
from citytwin.formats.rain.image import MOST_CELLS

_SECONDS = {"0": 60, "1": 3600, "2": 86_400, "10": 10_800, "11": 21_600, "12": 43_200, "13": 1}
"""Of the units of a time range (GRIB 2, code table 4.4)."""
_RANGES_AT = {"8": 21, "11": 24}
"""Where the number of time ranges stands in the product definitions 4.8 and 4.11."""
_NUMBER = re.compile(r"-?\d{1,12}", re.ASCII)
_MEAN, _SUM = "0", "1"
"""Statistical processes (code table 4.10)."""


@dataclass(frozen=True)
class Message:
    """One message of a file."""

    index: int
    """From 1."""
    tags: Mapping[str, str]
    file: str

    @property
    def element(self) -> str:
        """Quantity as GDAL calls it, without the hours that it puts behind that of a sum."""
        name = self.tags.get("GRIB_ELEMENT", "")
        return name if name[:1].isdigit() else name.rstrip("0123456789")

    @property
    def level(self) -> str:
        """Such as ``2-HTGL`` for 2 m above the ground."""
        return self.tags.get("GRIB_SHORT_NAME", "")

    @property
    def unit(self) -> str:
        """Unit of the values."""
        return self.tags.get("GRIB_UNIT", "").strip("[] ")

    @property
    def reference_s(self) -> int:
        """When the forecast, or the observation, was made [s since 1970-01-01T00:00Z]."""
        return self._stamp("GRIB_REF_TIME")

    @property
    def end_s(self) -> int:
        """Time that it is valid at, or the end of the interval [s since 1970-01-01T00:00Z]."""
        return self._stamp("GRIB_VALID_TIME")

    @property
    def length_s(self) -> int:
        """Length of the interval of a mean or sum [s]; 0 for an instant, and where none is told."""
        first = _RANGES_AT.get(self.tags.get("GRIB_PDS_PDTN", ""))
        if first is None:
            return 0
        ranges = self.tags.get("GRIB_PDS_TEMPLATE_ASSEMBLED_VALUES", "").split()[first : first + 6]
        if len(ranges) < 6 or ranges[0] != "1" or ranges[2] not in (_MEAN, _SUM):
            return 0
        known = ranges[4] in _SECONDS and ranges[5].isdigit() and len(ranges[5]) < 8
        return int(ranges[5]) * _SECONDS[ranges[4]] if known else 0

    @property
    def is_observed(self) -> bool:
        """Whether it says what was, rather than what a model expects."""
        return self.end_s <= self.reference_s or "Observation_time" in self.tags.get("GRIB_IDS", "")

    def error(self, message: str, *, hint: str = "") -> SourceError:
        """Return an error that names the file and the message."""
        return SourceError(message, source=self.file, record=f"message {self.index}", hint=hint)

    def _stamp(self, name: str) -> int:
        found = _NUMBER.match(self.tags.get(name, "").strip())
        if found is None:
            raise self.error(f"has no {name}")
        try:
            return checked(int(found[0]))
        except TimeStampError as error:
            raise self.error(f"{name}: {error.message}") from error


@dataclass(frozen=True, eq=False)
class GribFile:
    """An opened file, all messages of which lie on one raster with rows from west to east."""

    messages: tuple[Message, ...]
    crs: CRS
    west: float
    north: float
    dx: float
    dy: float
    """Edges and cells, in units of the CRS."""
    reader: rasterio.DatasetReader

    def values(self, message: Message, window: Window | None = None) -> NDArray[np.float64]:
        """Return the values of a message, NaN where it has none.

        Parameters
        ----------
        message
            One of the file.
        window
            Part of the raster; None for all of it.
        """
        found = self.reader.read(message.index, window=window, masked=True)
        return np.asarray(found.astype(np.float64).filled(np.nan))


@contextmanager
def opened(raw: bytes, file: str) -> Iterator[GribFile]:
    """Open a file in memory; only GDAL's own driver of GRIB sees it.

    Parameters
    ----------
    raw
        GRIB 1 or 2.
    file
        Name of the file, for messages.

    Raises
    ------
    SourceError
        If it is damaged, packed in a way that GDAL cannot read, too large, or on a turned raster.
    """
    if not raw.startswith(b"GRIB"):
        raise SourceError("no GRIB file", source=file)
    try:
        # Else GDAL calls the kelvins of GRIB 1 degrees Celsius, and leaves the values as they are.
        units = rasterio.Env(GRIB_NORMALIZE_UNITS="NO")
        with units, MemoryFile(raw) as memory, memory.open(driver="GRIB") as reader:
            yield _looked_at(reader, file)
    except SourceError:
        raise
    except (RasterioError, OSError, ValueError, IndexError, KeyError, TypeError) as error:
        hint = "the file may be cut short, or packed in a way that GDAL does not know"
        message = f"cannot be read as GRIB: {ascii(str(error))[:120]}"
        raise SourceError(message, source=file, hint=hint) from error


def _looked_at(reader: rasterio.DatasetReader, file: str) -> GribFile:
    if reader.width * reader.height > MOST_CELLS:
        raise SourceError(f"{reader.height} x {reader.width} cells are too many", source=file)
    a, b, west, d, e, north = tuple(reader.transform)[:6]
    if b != 0 or d != 0 or a <= 0 or e >= 0 or reader.crs is None:
        raise SourceError("lies on no raster with rows from west to east", source=file)
    try:
        crs = CRS.from_wkt(reader.crs.to_wkt())
    except CRSError as error:
        raise SourceError("its CRS cannot be read", source=file) from error
    messages = tuple(Message(index, reader.tags(index), file) for index in reader.indexes)
    return GribFile(messages, crs, west, north, a, -e, reader)
