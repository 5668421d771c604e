"""Features that are points, such as single trees."""

from __future__ import annotations

import numpy as np
import shapely

from citytwin.formats.city.affine import TemplateError
from citytwin.formats.city.faces import RingFault
from citytwin.formats.city.ledger import Ledger
from citytwin.formats.city.placement import OutOfPlaceError
from citytwin.formats.gml.areas import feature_outline
from citytwin.formats.gml.document import GmlFile
from citytwin.formats.gml.instances import instance_shift
from citytwin.formats.gml.rings import inherited, read_ring
from citytwin.formats.xml import Element


def feature_point(
    feature: Element, record: str, file: GmlFile, ledger: Ledger
) -> shapely.Point | None:
    """Place of a feature seen from above.

    Where its template stands, else a point that it has, else the middle of its surfaces.

    Parameters
    ----------
    feature
        Such as a SolitaryVegetationObject.
    record
        Identifier of the feature.
    file
        The file.
    ledger
        Receives what could not be used.

    Returns
    -------
    Point or None
        In the CRS of the city; None when nothing says where the feature is.
    """
    for instance in feature.iter("{*}ImplicitGeometry"):
        for element in instance.iter("{*}referencePoint"):
            place = _placed(element, record, file, ledger)
            if place is None:
                return None
            try:
                shift = instance_shift(instance)
            except TemplateError as error:
                ledger.reject(file.path.name, record, "template", error.message)
                return place
            x, y, _ = file.site.axes_at(place.x, place.y, _srs_name(element)) @ shift
            return shapely.Point(place.x + x, place.y + y)
    for element in feature.iter("{*}Point"):
        return _placed(element, record, file, ledger)
    outline = feature_outline(feature, record, file, ledger)
    return None if outline is None else outline.area.centroid


def _placed(element: Element, record: str, file: GmlFile, ledger: Ledger) -> shapely.Point | None:
    points = read_ring(element, file.srs_dimension)
    if isinstance(points, RingFault):
        ledger.reject(file.path.name, record, points.code, points.message)
        return None
    try:
        placed = file.site.place(points[:1], _srs_name(element))
    except OutOfPlaceError as error:
        file.site.count(record, ledger, error, swap=False)
        return None
    file.site.count(record, ledger, None, placed.swapped)
    x, y = placed.xyz[0, :2]
    return shapely.Point(x, y) if np.isfinite([x, y]).all() else None


def _srs_name(element: Element) -> str:
    """CRS of the point inside a property, or of the property itself."""
    for point in element.iter("{*}Point"):
        return inherited(point, "srsName") or ""
    return inherited(element, "srsName") or ""
