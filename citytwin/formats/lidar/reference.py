"""Where and in which units the points of a file lie: its CRS, plane and vertical."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Literal

from pyproj import CRS
from pyproj.exceptions import CRSError

from citytwin.errors import SourceError
from citytwin.formats.city.placement import source_crs
from citytwin.formats.lidar.header import Header
from citytwin.model.crs import GIVE_CRS

HeightUnit = Literal["m", "ft", "us_ft"]
METRES: dict[HeightUnit, float] = {"m": 1.0, "ft": 0.3048, "us_ft": 1200.0 / 3937.0}

_WKT, _GEO_KEYS = ("LASF_Projection", 2112), ("LASF_Projection", 34735)
_GEOGRAPHIC, _PROJECTED, _VERTICAL, _VERTICAL_UNIT = 2048, 3072, 4096, 4099
_UNITS: dict[int, HeightUnit] = {9001: "m", 9002: "ft", 9003: "us_ft"}
_EPSG = range(1024, 32767)


@dataclass(frozen=True)
class Reference:
    """CRS and unit of height of a file."""

    crs: str
    """Horizontal CRS, ``EPSG:n``."""
    metres_per_unit: float
    """Factor from the heights of the file to metres."""


def reference_of(
    header: Header, given: str | None, unit: HeightUnit | None, source: str
) -> Reference:
    """Find the CRS of a file and the unit of its heights.

    Parameters
    ----------
    header
        Header of the file.
    given
        CRS that the user gave for files that name none.
    unit
        Unit that the user gave for heights of files that name none.
    source
        File name, for messages.

    Raises
    ------
    SourceError
        If there is no CRS, or the heights are above the ellipsoid or of unknown unit.
    """
    plane, factor = _recorded(header, source)
    if plane is not None and len(plane.axis_info) == 3:
        raise SourceError(
            f"has heights above the ellipsoid ({plane.name})",
            source=source,
            hint="convert them to the vertical datum of the city, for instance with PDAL",
        )
    code = plane.to_epsg(min_confidence=70) if plane is not None else None
    if plane is not None and code is None and given is None:
        raise SourceError(
            f"is in {plane.name[:80]!r}, which has no EPSG code",
            source=source,
            hint=GIVE_CRS,
        )
    name = source_crs(f"EPSG:{code}" if code is not None else None, given, source)
    if factor is None and unit is not None:
        factor = METRES[unit]
    if factor is None:
        axis = CRS.from_user_input(name).axis_info[0]
        if axis.unit_name != "degree" and axis.unit_conversion_factor != 1.0:
            raise SourceError(
                f"lies in {axis.unit_name}, and does not say in which unit its heights are",
                source=source,
                hint="give `height_unit`: m, ft or us_ft",
            )
        factor = 1.0
    return Reference(name, factor)


def _recorded(header: Header, source: str) -> tuple[CRS | None, float | None]:
    """Plane CRS and factor of heights that the file names, as far as it does."""
    try:
        if _WKT in header.records:
            wkt = header.records[_WKT].split(b"\0")[0].decode("utf-8")
            return _split(CRS.from_wkt(wkt)) if wkt.strip() else (None, None)
        return _of_keys(_keys(header.records.get(_GEO_KEYS, b"")))
    except (CRSError, UnicodeDecodeError) as error:
        raise SourceError(
            f"has an unreadable CRS: {str(error)[:120]}",
            source=source,
            hint="write the CRS of the file again",
        ) from error


def _split(crs: CRS) -> tuple[CRS, float | None]:
    if crs.is_bound and crs.source_crs is not None:
        crs = crs.source_crs
    if not crs.is_compound:
        return crs, None
    plane, vertical = crs.sub_crs_list[:2]
    return plane, float(vertical.axis_info[0].unit_conversion_factor)


def _keys(record: bytes) -> dict[int, int]:
    """GeoTIFF keys that hold a number themselves."""
    entries = struct.iter_unpack("<4H", record[8 : len(record) // 8 * 8])
    return {key: value for key, place, _, value in entries if place == 0}


def _of_keys(keys: dict[int, int]) -> tuple[CRS | None, float | None]:
    codes = [keys[key] for key in (_PROJECTED, _GEOGRAPHIC) if keys.get(key) in _EPSG]
    plane = CRS.from_epsg(codes[0]) if codes else None
    unit = _UNITS.get(keys.get(_VERTICAL_UNIT, 0))
    if unit is not None:
        return plane, METRES[unit]
    if keys.get(_VERTICAL) in _EPSG:
        vertical = CRS.from_epsg(keys[_VERTICAL])
        if vertical.is_vertical:
            return plane, float(vertical.axis_info[0].unit_conversion_factor)
    return plane, None
