"""Coordinate reference systems: reading their many names, axis order, transforms, convergence.

Together with :mod:`citytwin.model.grid` the only place that touches pyproj.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Proj, Transformer, network
from pyproj.exceptions import CRSError

from citytwin.errors import CityTwinError, ConfigError

Float64Array = NDArray[np.float64]

# Grids are not fetched, whatever PROJ_NETWORK says: places would depend on the day's connection.
network.set_network_enabled(active=False)  # type: ignore[attr-defined]

_SRS_FORMS = (
    re.compile(
        r"^https?://(?:www\.)?opengis\.net/def/crs/EPSG/[^/]*/(?P<code>\d{1,9})/?$", re.IGNORECASE
    ),
    re.compile(
        r"^https?://(?:www\.)?opengis\.net/gml/srs/epsg\.xml#(?P<code>\d{1,9})$", re.IGNORECASE
    ),
    re.compile(r"^urn:(?:x-)?ogc:def:crs:EPSG:(?:[^:,]*:)?(?P<code>\d{1,9})$", re.IGNORECASE),
    re.compile(
        r"^urn:(?:x-)?ogc:def:crs,\s*crs:EPSG:[^:,]*:(?P<code>\d{1,9})"
        r"(?:,\s*crs:EPSG:[^:,]*:(?P<heights>\d{1,9}))?$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^https?://(?:www\.)?opengis\.net/def/crs-compound/?\?"
        r"1=https?://(?:www\.)?opengis\.net/def/crs/EPSG/[^/]*/(?P<code>\d{1,9})/?"
        r"&2=https?://(?:www\.)?opengis\.net/def/crs/EPSG/[^/]*/(?P<heights>\d{1,9})/?$",
        re.IGNORECASE,
    ),
    re.compile(
        r"^EPSG:(?P<code>\d{1,9})(?:\s*[+,]\s*(?:EPSG:)?(?P<heights>\d{1,9}))?$", re.IGNORECASE
    ),
)
# Names of the German surveying authorities, with or without the heights behind an asterisk.
_GERMAN_UTM = re.compile(r"^urn:adv:crs:ETRS89_UTM(?P<zone>3[1-3])(?:\*.*)?$", re.IGNORECASE)
_GERMAN_GAUSS = re.compile(
    r"^urn:adv:crs:DE_DHDN_3GK(?P<zone>[2-5])(?:_[^*]*)?(?:\*.*)?$", re.IGNORECASE
)


GIVE_CRS = "give the EPSG code: `crs` of the source in a configuration, else `source_crs`"
"""What to do about a file that names no CRS, or one that is not known."""


class UnknownCrsError(CityTwinError, ValueError):
    """A srsName that names no coordinate reference system we know."""


def epsg_from_srs_name(srs_name: str) -> int:
    """Read the EPSG code out of a srsName in any of the forms in use.

    Parameters
    ----------
    srs_name
        The attribute as written in the file: http(s) URI, urn with or without version, compound
        of two of these (the first, horizontal part counts), ``EPSG:n``, ``EPSG:n+m`` or the
        German ``urn:adv:crs`` forms.

    Returns
    -------
    int
        EPSG code.

    Raises
    ------
    UnknownCrsError
        If the form is not known.
    """
    text = srs_name.strip()
    for form in _SRS_FORMS:
        if match := form.match(text):
            return int(match["code"])
    if match := _GERMAN_UTM.match(text):
        return 25800 + int(match["zone"])
    if match := _GERMAN_GAUSS.match(text):
        return 31464 + int(match["zone"])
    msg = f"srsName {srs_name[:80]!r} names no known coordinate reference system"
    raise UnknownCrsError(msg, hint=GIVE_CRS)


def heights_from_srs_name(srs_name: str) -> str | None:
    """Read the CRS of the heights out of a srsName that names it apart from that of the plane.

    Parameters
    ----------
    srs_name
        As :func:`epsg_from_srs_name` reads it.

    Returns
    -------
    str or None
        Such as ``EPSG:6360``.
    """
    found = (form.match(srs_name.strip()) for form in _SRS_FORMS)
    code = next((m.groupdict().get("heights") for m in found if m), None)
    return None if code is None else f"EPSG:{code}"


@cache
def _crs(code: str) -> CRS:
    try:
        return CRS.from_user_input(code)
    except CRSError as error:
        msg = f"{code!r} is not a coordinate reference system known to PROJ"
        raise UnknownCrsError(msg, hint="use a code such as EPSG:6677") from error


@cache
def horizontal(code: str) -> str:
    """Horizontal part of a CRS as an ``EPSG:n`` code.

    The vertical part of a compound CRS (EPSG:6697: latitude, longitude, height above T.P.) is
    dropped on purpose: heights are copied, never sent through a geoid grid.

    Parameters
    ----------
    code
        Any CRS, such as ``EPSG:6697``.

    Returns
    -------
    str
        Such as ``EPSG:6668``.
    """
    crs = _crs(code)
    part = crs.sub_crs_list[0] if crs.is_compound else crs
    if len(part.axis_info) == 3:
        part = part.to_2d()
    epsg = part.to_epsg()
    if epsg is None:
        msg = f"the horizontal part of {code!r} has no EPSG code"
        raise UnknownCrsError(msg, hint="name the CRS by an EPSG code")
    return f"EPSG:{epsg}"


@dataclass(frozen=True)
class AxisOrder:
    """Which column of a coordinate tuple is what."""

    east: int
    """Column of the easting or longitude."""
    north: int
    """Column of the northing or latitude."""
    geographic: bool
    """Degrees if true, metres otherwise."""


@cache
def axis_order(code: str) -> AxisOrder:
    """Order of the axes as the authority defines it.

    Parameters
    ----------
    code
        Any CRS.

    Returns
    -------
    AxisOrder
        For EPSG:6697 north comes first (latitude), for EPSG:28992 east does.
    """
    crs = _crs(horizontal(code))
    directions = [axis.direction.lower() for axis in crs.axis_info[:2]]
    east = directions.index("east") if "east" in directions else 1 - directions.index("north")
    return AxisOrder(east=east, north=1 - east, geographic=crs.is_geographic)


def require_metric(code: str) -> str:
    """Check that a CRS may carry the analysis grid.

    Parameters
    ----------
    code
        CRS named in the configuration.

    Returns
    -------
    str
        The horizontal CRS as ``EPSG:n``.

    Raises
    ------
    ConfigError
        If it is not known, geographic, Web Mercator, or not in metres.
    """
    try:
        name = horizontal(code)
    except UnknownCrsError as error:
        raise ConfigError(f"crs {error.message}", hint=error.hint) from error
    crs = _crs(name)
    hint = "use a local projected CRS in metres, in Japan the plane zone, such as EPSG:6677"
    if not crs.is_projected:
        msg = f"crs {code!r} is not a projected CRS: cells in degrees have no size in metres"
        raise ConfigError(msg, hint=hint)
    if name == "EPSG:3857":
        msg = f"crs {code!r} is Web Mercator, whose metres are not metres on the ground"
        raise ConfigError(msg, hint=hint)
    if any(abs(axis.unit_conversion_factor - 1.0) > 0 for axis in crs.axis_info[:2]):
        msg = f"crs {code!r} is not in metres"
        raise ConfigError(msg, hint=hint)
    return name


class HeightUnit(NamedTuple):
    """Unit of the heights of a CRS."""

    name: str
    """Such as ``US survey foot``."""
    metres: float


METRE = HeightUnit("metre", 1.0)


@cache
def height_unit(code: str) -> HeightUnit:
    """Return the unit of the heights that stand beside coordinates of a CRS.

    Parameters
    ----------
    code
        Any CRS, such as ``EPSG:2263``; one without heights of its own has the unit of its plane,
        as maps of American cities do, and metres beside degrees.
    """
    crs = _crs(code)
    parts = crs.sub_crs_list if crs.is_compound else [crs]
    lengths = [axis for axis in parts[-1].axis_info if axis.unit_name != "degree"]
    if not lengths:
        return METRE
    return HeightUnit(lengths[-1].unit_name, float(lengths[-1].unit_conversion_factor))


@lru_cache(maxsize=64)
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(_crs(source), _crs(target), always_xy=True)


def transform(
    east: Float64Array, north: Float64Array, source: str, target: str
) -> tuple[Float64Array, Float64Array]:
    """Transform horizontal coordinates between two CRS, east first on both sides.

    Parameters
    ----------
    east, north
        Shape (n,): easting or longitude, northing or latitude, in the units of `source`.
    source, target
        CRS codes; only their horizontal parts are used.

    Returns
    -------
    tuple of arrays
        Shape (n,) each: east, north in the units of `target`.
    """
    a, b = horizontal(source), horizontal(target)
    if a == b:
        return np.asarray(east, dtype=np.float64), np.asarray(north, dtype=np.float64)
    out_east, out_north = _transformer(a, b).transform(east, north)
    return np.asarray(out_east, dtype=np.float64), np.asarray(out_north, dtype=np.float64)


def lonlat(x: float, y: float, code: str) -> tuple[float, float]:
    """Longitude and latitude of a point.

    Parameters
    ----------
    x, y
        Easting and northing [m] in `code`.
    code
        Projected CRS.

    Returns
    -------
    tuple of float
        Longitude, latitude [degrees].
    """
    lon, lat = transform(np.array([x]), np.array([y]), code, "EPSG:4326")
    return float(lon[0]), float(lat[0])


def convergence_deg(x: float, y: float, code: str) -> float:
    """Meridian convergence: grid bearing of true north is minus this.

    Grid azimuth = true azimuth - convergence.

    Parameters
    ----------
    x, y
        Easting and northing [m].
    code
        Projected CRS.

    Returns
    -------
    float
        Convergence [degrees], positive where grid north lies east of true north.
    """
    crs = _crs(horizontal(code))
    lon, lat = _to_own_degrees(x, y, crs)
    return float(Proj(crs).get_factors(lon, lat).meridian_convergence)


_STEP_DEG, _STEP_M = 1e-5, 1.0
"""Far enough for a direction, near enough for a plane."""


def turn_between_deg(x: float, y: float, target: str, source: str) -> float:
    """By how much the azimuths of one CRS are to be raised to be those of another one at a place.

    Parameters
    ----------
    x, y
        Easting and northing of the place [m] in `target`.
    target
        Projected CRS.
    source
        Another one, or a geographic CRS, whose azimuths are true ones.

    Returns
    -------
    float
        Angle [degrees].
    """
    if horizontal(source) == horizontal(target):
        return 0.0
    half = _STEP_DEG if axis_order(source).geographic else _STEP_M
    east, north = transform(np.array([x, x]), np.array([y, y]), target, source)
    to_east, to_north = transform(east, north + [-half, half], source, target)
    return float(np.degrees(np.arctan2(np.diff(to_east), np.diff(to_north))[0]))


def _to_own_degrees(x: float, y: float, crs: CRS) -> tuple[float, float]:
    lon, lat = Proj(crs)(x, y, inverse=True)
    return float(lon), float(lat)


@dataclass(frozen=True)
class Fit:
    """How a CRS suits a place."""

    code: str
    """The CRS, ``EPSG:n``."""
    longitude_deg: float
    latitude_deg: float
    scale: float
    """Metres of the grid per metre on the ground, in the direction in which it is worst; NaN
    where the projection is not defined."""
    outside_deg: float
    """Distance from the area of use that the authority names; 0 inside or where none is named."""
    area: str
    """Name of that area."""


def fit(x: float, y: float, code: str) -> Fit:
    """Say how well a CRS suits a place.

    Parameters
    ----------
    x, y
        Easting and northing of the place [m] in `code`.
    code
        Projected CRS.
    """
    crs = _crs(horizontal(code))
    lon, lat = _to_own_degrees(x, y, crs)
    area = crs.area_of_use
    return Fit(
        code=horizontal(code),
        longitude_deg=lon,
        latitude_deg=lat,
        scale=_worst_scale(crs, lon, lat),
        outside_deg=_degrees_off(lon, lat, area.bounds) if area else 0.0,
        area=area.name if area else "",
    )


def _worst_scale(crs: CRS, lon: float, lat: float) -> float:
    if not (math.isfinite(lon) and math.isfinite(lat)):
        return math.nan
    factors = Proj(crs).get_factors(lon, lat)
    scales = (float(factors.tissot_semimajor), float(factors.tissot_semiminor))
    if not all(math.isfinite(scale) for scale in scales):
        return math.nan
    return max(scales, key=lambda scale: abs(scale - 1.0))


def _degrees_off(lon: float, lat: float, box: tuple[float, float, float, float]) -> float:
    """Distance of a point from a box, which may cross the antimeridian [degrees]."""
    west, south, east, north = box
    # turned so that the box begins at 0: east of its west edge, whichever way the numbers run
    width, place = (east - west) % 360.0 or 360.0, (lon - west) % 360.0
    off_lon = 0.0 if place <= width else min(place - width, 360.0 - place)
    off_lat = max(south - lat, lat - north, 0.0)
    return max(off_lon, off_lat)


_PLANE_ZONES = tuple(f"EPSG:{code}" for code in range(6669, 6688))
"""The nineteen plane zones of Japan (JGD2011)."""
_OLDER_PLANE_ZONES = tuple(f"EPSG:{code}" for code in range(2443, 2462))
"""The same of JGD2000."""
_NEAR_JAPAN_DEG = 0.25


def is_plane_zone(code: str) -> bool:
    """Whether a CRS is one of the nineteen plane zones of Japan.

    Parameters
    ----------
    code
        ``EPSG:n``.
    """
    return code in _PLANE_ZONES or code in _OLDER_PLANE_ZONES


def suited(longitude_deg: float, latitude_deg: float) -> str:
    """Return a CRS whose metres are metres on the ground at a place.

    Parameters
    ----------
    longitude_deg, latitude_deg
        The place.

    Returns
    -------
    str
        In Japan the plane zone, elsewhere the UTM zone.
    """

    def distance(zone: str) -> tuple[float, float]:
        # areas of use are boxes that overlap: of those that hold the place, the nearest origin
        crs = _crs(zone)
        lon, lat = _to_own_degrees(0.0, 0.0, crs)  # no false easting or northing in Japan
        east = (lon - longitude_deg) * math.cos(math.radians(latitude_deg))
        area = crs.area_of_use
        off = _degrees_off(longitude_deg, latitude_deg, area.bounds) if area else math.inf
        return off, math.hypot(lat - latitude_deg, east)

    zone = min(_PLANE_ZONES, key=distance)
    if distance(zone)[0] <= _NEAR_JAPAN_DEG:
        return zone
    utm = int((longitude_deg + 180.0) // 6.0) % 60 + 1
    return f"EPSG:{(32600 if latitude_deg >= 0 else 32700) + utm}"
