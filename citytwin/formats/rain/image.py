"""An image of rain as its file has it: rates on a regular raster in a CRS of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError

from citytwin.errors import SourceError
from citytwin.formats.measures import Measure
from citytwin.formats.units import UnitError
from citytwin.model import properties as p

FloatArray = NDArray[np.float64]

MOST_CELLS = 64_000_000
"""Largest image that is read."""
_ALMOST_NONE = -0.01
"""Packing turns zeros into small negative numbers; codes for no value lie below [mm/h]."""
_WORD = re.compile(r"\+?([a-z_0-9]{1,12})(?:=([A-Za-z0-9.+-]{1,40}))?", re.ASCII)
_KNOWN = frozenset(
    [
        "proj",
        "lat_0",
        "lon_0",
        "lat_ts",
        "lat_1",
        "lat_2",
        "k",
        "k_0",
        "a",
        "b",
        "rf",
        "f",
        "R",
        "ellps",
        "x_0",
        "y_0",
        "units",
        "to_meter",
        "no_defs",
        "type",
        "datum",
        "lonc",
        "alpha",
        "gamma",
        "over",
        "wktext",
    ]
)
"""Keys of a projection that lead to no file: no grids, pipelines or initial files."""
_FILES = re.compile(
    r"PARAMETERFILE|nadgrids|geoidgrids|\+init|EXTENSION|\.tif|\.gsb", re.IGNORECASE
)
_DATUMS = frozenset({"WGS84", "NAD83"})


@dataclass(frozen=True, eq=False)
class RainImage:
    """Rates of rain on a regular raster, over an interval of time."""

    rate: NDArray[np.float32]
    """Shape (ny, nx), row 0 in the north [mm/h]; NaN where nothing is known."""
    crs: CRS
    west: float
    """West edge, in units of the CRS."""
    north: float
    """North edge, in units of the CRS."""
    dx: float
    """Width of a cell, > 0, in units of the CRS."""
    dy: float
    """Height of a cell, > 0, in units of the CRS."""
    start_s: int
    end_s: int
    """Seconds since 1970-01-01T00:00Z; equal for an image of an instant."""
    issued_s: int | None
    """When a forecast was made; None for what was observed."""
    file: str
    raw_ref: str
    synthetic: bool = False
    wild: int = 0
    """Cells above what rain can be, which are unknown therefore."""

    @property
    def geometry(self) -> tuple[object, ...]:
        """What two images of the same raster have in common."""
        return (self.rate.shape, self.crs, self.west, self.north, self.dx, self.dy)


def rates(
    values: FloatArray, measure: Measure, duration_s: float
) -> tuple[NDArray[np.float32], int]:
    """Return values as rates, without what no rain can be.

    Parameters
    ----------
    values
        Shape (ny, nx): as unpacked; NaN or a negative code where nothing is known.
    measure
        How they become rates.
    duration_s
        Length of the interval of sums [s].

    Returns
    -------
    tuple
        Rates [mm/h], and the number of cells above what rain can be, which are unknown as well.

    Raises
    ------
    UnitError
        If they are sums over no interval.
    """
    factor = measure.of(1.0, duration_s)
    with np.errstate(over="ignore", invalid="ignore"):
        rate = values * factor
        unknown = ~(rate >= _ALMOST_NONE)
        wild = rate > p.RAINFALL_RATE.valid_max
    rate = np.where(unknown | wild, np.nan, np.maximum(rate, 0.0))
    return rate.astype(np.float32), int(wild.sum())


def projection(said: str, source: str) -> CRS:
    """Return the CRS of a PROJ string, of which nothing may name a file.

    Parameters
    ----------
    said
        Such as ``+proj=stere +lat_0=90 +lon_0=0``.
    source
        Name of the file, for messages.

    Raises
    ------
    SourceError
        If it is none, or asks for grids, pipelines or files.
    """
    kept = []
    for word in said.split():
        found = _WORD.fullmatch(word)
        if found is None or found[1] not in _KNOWN:
            raise SourceError(f"projection with {ascii(word)[:40]}", source=source)
        if found[1] == "datum" and found[2] not in _DATUMS:
            raise SourceError(f"projection with {ascii(word)[:40]}", source=source)
        kept.append(f"+{found[1]}" + (f"={found[2]}" if found[2] is not None else ""))
    try:
        return CRS.from_proj4(" ".join(kept))
    except CRSError as error:
        raise SourceError(f"no projection: {ascii(said)[:80]}", source=source) from error


def grid_mapping(attributes: Mapping[str, object], source: str) -> CRS:
    """Return the CRS of a grid mapping of the CF conventions.

    Parameters
    ----------
    attributes
        Of the variable that ``grid_mapping`` names.
    source
        Name of the file, for messages.

    Raises
    ------
    SourceError
        If it is none, or names files.
    """
    wkt = str(attributes.get("crs_wkt", "") or attributes.get("spatial_ref", ""))
    if len(wkt) > 20_000 or _FILES.search(wkt):
        raise SourceError("its CRS names files", source=source)
    if any(isinstance(value, str) and _FILES.search(value) for value in attributes.values()):
        raise SourceError("its CRS names files", source=source)
    try:
        return CRS.from_cf(dict(attributes))
    except (CRSError, KeyError, ValueError, TypeError, AttributeError, IndexError) as error:
        name = str(attributes.get("grid_mapping_name", "none"))[:60]
        raise SourceError(
            f"no projection is made of grid mapping {name!r}", source=source
        ) from error


def unit_fault(error: UnitError, source: str, record: str) -> SourceError:
    """Return the error about a unit as one about a file.

    Parameters
    ----------
    error
        From :mod:`citytwin.formats.measures`.
    source, record
        File, and the variable or band in it.
    """
    return SourceError(error.message, source=source, record=record, hint=error.hint)
