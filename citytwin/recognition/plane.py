"""The one plane CRS for all files: metres on the ground, in Japan the plane zone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from citytwin.errors import CityTwinError
from citytwin.model.crs import fit, is_plane_zone, require_metric, suited, transform
from citytwin.recognition.look import Look

_DEGREES = "EPSG:4326"
_MOST_OFF = 0.001
"""Beyond that a file's own CRS is no measure of lengths at the place."""


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
    best = suited(lon, lat)
    if own is None or (is_plane_zone(best) and not is_plane_zone(own)):
        return best
    x, y = transform(np.array([lon]), np.array([lat]), _DEGREES, own)
    found = fit(float(x[0]), float(y[0]), own)
    return own if abs(found.scale - 1.0) <= _MOST_OFF else best


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
