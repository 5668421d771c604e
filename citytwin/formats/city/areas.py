"""Plane areas of roads and parcels from faces that may be anything."""

from __future__ import annotations

from collections.abc import Sequence

import shapely

from citytwin.formats.city import footprint
from citytwin.formats.city.faces import RawFace
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.placement import OutOfPlaceError
from citytwin.formats.city.site import FileSite, settle


def area_of(
    faces: Sequence[RawFace], record: str, site: FileSite, ledger: Ledger
) -> shapely.MultiPolygon | None:
    """Area that the faces of a feature cover, seen from above; their heights are not used.

    Parameters
    ----------
    faces
        As read.
    record
        Identifier of the feature.
    site
        The file.
    ledger
        Receives dropped rings, and the feature when nothing of it can be used.

    Returns
    -------
    MultiPolygon or None
        In the CRS of the city.
    """
    try:
        settled = settle(faces, site)
    except OutOfPlaceError as error:
        site.count(record, ledger, error, swap=False)
        return None
    for surface, fault in settled.faults:
        if fault.fatal:
            ledger.reject(site.source, f"{record} {surface}", fault.code, fault.message)
    area = footprint.union_of_rings([face.rings for face in settled.faces])
    if area.is_empty:
        ledger.reject(site.source, record, "no-geometry", "no usable surface")
        return None
    site.count(record, ledger, None, settled.swapped)
    return area
