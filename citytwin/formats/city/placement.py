"""Brings coordinates of a source into the CRS of the city, and notices swapped axes.

Only the horizontal part is transformed. Heights are copied: EPSG:6697 carries heights above
T.P., and a geoid grid that happens to be installed must not move them. Feet become metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from citytwin.errors import CityTwinError, SourceError
from citytwin.model import crs as crs_of

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_MARGIN_DEG = 2.0
_MARGIN_M = 200_000.0
_DEGREE_BOX = (-180.0, -90.0, 180.0, 90.0)


class OutOfPlaceError(CityTwinError, ValueError):
    """Coordinates that lie outside the area where their CRS is used, in either axis order."""


@dataclass(frozen=True)
class Placed:
    """Points in the CRS of the city."""

    xyz: FloatArray
    """Shape (n, 3) [m]: east, north, height; NaN rows where `inside` is false."""
    inside: BoolArray
    """Shape (n,): whether the point lies in the area where the CRS is used."""
    swapped: bool
    """Whether the file had the two horizontal axes the wrong way round."""


def source_crs(srs_name: str | None, given: str | None, source: str) -> str:
    """Return the CRS of a file or geometry as a code.

    Parameters
    ----------
    srs_name
        As written in the file; None or empty when it names none.
    given
        CRS that the user gave for files that name none.
    source
        File name, for the message.

    Raises
    ------
    SourceError
        If neither names a CRS that is known.
    """
    unknown = "names no coordinate reference system"
    if srs_name:
        try:
            code = f"EPSG:{crs_of.epsg_from_srs_name(srs_name)}"
            _check_plane(code)
            return code
        except crs_of.UnknownCrsError as error:
            unknown = error.message
    if given is None:
        raise SourceError(unknown, source=source, hint=crs_of.GIVE_CRS)
    try:
        _check_plane(given)
    except crs_of.UnknownCrsError as error:
        raise SourceError(error.message, source=source, hint=crs_of.GIVE_CRS) from error
    return given


def _check_plane(code: str) -> None:
    """Raise UnknownCrsError unless the code has a horizontal part with an east and a north axis."""
    try:
        crs_of.axis_order(code)
    except crs_of.UnknownCrsError:
        raise
    except (ValueError, CRSError) as error:  # heights only, geocentric, polar, local
        msg = f"{code!r} is no CRS with an easting and a northing"
        raise crs_of.UnknownCrsError(msg) from error


@lru_cache(maxsize=64)
def _box(code: str) -> tuple[float, float, float, float]:
    """West, south, east, north of the area of use, in the units of the CRS, with a margin."""
    name = crs_of.horizontal(code)
    crs = CRS.from_user_input(name)
    area = crs.area_of_use
    geographic = crs_of.axis_order(code).geographic
    if area is None:
        return _DEGREE_BOX if geographic else (-np.inf, -np.inf, np.inf, np.inf)
    west, south, east, north = area.bounds
    if west > east:  # the area crosses the 180th meridian
        west, east = -180.0, 180.0
    if geographic:
        return west - _MARGIN_DEG, south - _MARGIN_DEG, east + _MARGIN_DEG, north + _MARGIN_DEG
    to_plane = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    box = to_plane.transform_bounds(west, south, east, north, densify_pts=21)
    if not np.isfinite(box).all():
        return -np.inf, -np.inf, np.inf, np.inf
    return box[0] - _MARGIN_M, box[1] - _MARGIN_M, box[2] + _MARGIN_M, box[3] + _MARGIN_M


def inside_area_of_use(east: FloatArray, north: FloatArray, code: str) -> BoolArray:
    """Whether points lie in the area where a CRS is used, or near it.

    Parameters
    ----------
    east, north
        Shape (n,): in the units of the CRS.
    code
        The CRS.

    Returns
    -------
    array
        Shape (n,).
    """
    west, south, e, n = _box(code)
    return np.asarray((east >= west) & (east <= e) & (north >= south) & (north <= n))


def place(
    raw: FloatArray,
    source: str,
    target: str,
    *,
    east_first: bool = False,
    height_unit_m: float = 1.0,
) -> Placed:
    """Transform points of one feature.

    The order of the axes is the authority's (latitude first for EPSG:6697). If most points fit
    the area of use only with the axes exchanged, they are exchanged, and the result says so.

    Parameters
    ----------
    raw
        Shape (n, 3): as in the file, with the height in the third column.
    source
        CRS of the file.
    target
        Metric CRS of the city.
    east_first
        For formats that write easting or longitude first whatever the authority says.
    height_unit_m
        Metres in the unit of the heights.

    Raises
    ------
    OutOfPlaceError
        If the points fit in neither order; UnknownCrsError if PROJ does not know a code.
    """
    order = crs_of.axis_order(source)
    first, second = (0, 1) if east_first else (order.east, order.north)
    east, north = raw[:, first], raw[:, second]
    inside = inside_area_of_use(east, north, source)
    swapped = False
    if 2 * int(inside.sum()) < len(raw) or not len(raw):
        other = inside_area_of_use(north, east, source)
        swapped = 2 * int(other.sum()) >= len(raw) and bool(len(raw))
        if not swapped:
            msg = _where(raw, source)
            raise OutOfPlaceError(msg, hint="check the srsName of the file")
        east, north, inside = north, east, other
    xyz = np.full((len(raw), 3), np.nan)
    x, y = crs_of.transform(east[inside], north[inside], source, target)
    xyz[inside, 0], xyz[inside, 1], xyz[inside, 2] = x, y, raw[inside, 2] * height_unit_m
    inside &= np.isfinite(xyz[:, 0]) & np.isfinite(xyz[:, 1])
    return Placed(xyz, inside, swapped)


def _where(raw: FloatArray, source: str) -> str:
    if not len(raw):
        return "no coordinates"
    first = ", ".join(f"{value:g}" for value in raw[0, :2])
    return f"coordinates such as ({first}) lie outside the area where {source} is used"
