"""Plane areas of roads, parcels, water and decks from faces that may be anything."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from citytwin.formats.city import footprint
from citytwin.formats.city.faces import RawFace
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.placement import OutOfPlaceError
from citytwin.formats.city.settling import settle
from citytwin.formats.city.site import FileSite


@dataclass(frozen=True, eq=False)
class Outline:
    """Area of a feature with its lowest and highest point."""

    area: shapely.MultiPolygon
    """In the CRS of the city."""
    bottom_m: float | None
    """None where the geometry is plane: without heights, or all at zero, as LOD0 and the LOD1 of
    many plane features are."""
    top_m: float | None


def area_of(
    faces: Sequence[RawFace], record: str, site: FileSite, ledger: Ledger
) -> shapely.MultiPolygon | None:
    """Area that the faces of a feature cover, seen from above; their heights are not used.

    Parameters
    ----------
    faces, record, site, ledger
        As for :func:`outline_of`.

    Returns
    -------
    MultiPolygon or None
        In the CRS of the city.
    """
    outline = outline_of(faces, record, site, ledger)
    return None if outline is None else outline.area


def outline_of(
    faces: Sequence[RawFace], record: str, site: FileSite, ledger: Ledger
) -> Outline | None:
    """Area that the faces of a feature cover, seen from above, and between which heights.

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
    Outline or None
        None when there is no usable surface.
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
    heights = np.concatenate([ring[:, 2] for face in settled.faces for ring in face.rings])
    if np.isnan(heights).any() or not heights.any():
        return Outline(area, None, None)
    return Outline(area, float(heights.min()), float(heights.max()))
