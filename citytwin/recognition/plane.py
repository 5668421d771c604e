"""The one plane CRS for all files: metres on the ground, in Japan the plane zone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from citytwin.errors import CityTwinError
from citytwin.model.crs import fit, is_plane_zone, require_metric, suited, transform
from citytwin.model.plane_zones import plane_zone_of
from citytwin.recognition.look import Look

_DEGREES = "EPSG:4326"
_MOST_OFF = 0.001
"""Beyond that a file's own CRS is no measure of lengths at the place."""
_MARGIN_DEG = 1.0
"""Cities at the edge of an area of use may lie outside it."""


def plane_crs(looks: Sequence[Look]) -> str | None:
    """Choose the CRS in which the tables of some files are made.

    In Japan that is the plane zone of the place, elsewhere the projected CRS that most files are
    in, else the UTM zone.

    Parameters
    ----------
    looks
        What the files say of themselves.

    Returns
    -------
    str or None
        ``EPSG:n``; None when no file says where it lies.
    """
    places = [look.lonlat for look in looks if look.lonlat is not None]
    own = _own_plane(looks)
    if not places:
        return own
    lon, lat = (float(value) for value in np.median(np.array(places), axis=0))
    best = _zone(looks, lon, lat) or suited(lon, lat)
    if own is None or (is_plane_zone(best) and not is_plane_zone(own)):
        return best
    return best if _is_off(lon, lat, own) else own


def lies_off(look: Look, crs: str) -> bool:
    """Whether a file lies far from where a CRS is used, so that a metre of it is no metre.

    Parameters
    ----------
    look
        What the file says of itself.
    crs
        Projected CRS.
    """
    return look.lonlat is not None and _is_off(*look.lonlat, crs)


def _is_off(lon: float, lat: float, crs: str) -> bool:
    x, y = transform(np.array([lon]), np.array([lat]), _DEGREES, crs)
    found = fit(float(x[0]), float(y[0]), crs)
    return not abs(found.scale - 1.0) <= _MOST_OFF or found.outside_deg > _MARGIN_DEG


def _zone(looks: Sequence[Look], lon: float, lat: float) -> str | None:
    """Plane zone of the municipality that most files of Japan belong to."""
    near = [
        look for look in looks if look.lonlat is not None and is_plane_zone(suited(*look.lonlat))
    ]
    counts = Counter(look.municipality for look in near if look.municipality)
    if not counts:
        return None
    return plane_zone_of(min(counts, key=lambda code: (-counts[code], code)), lon, lat)


def _own_plane(looks: Sequence[Look]) -> str | None:
    counts: Counter[str] = Counter()
    for look in looks:
        if look.crs is None:
            continue
        try:
            counts[require_metric(look.crs)] += 1
        except CityTwinError:
            continue
    return min(counts, key=lambda code: (-counts[code], code)) if counts else None
