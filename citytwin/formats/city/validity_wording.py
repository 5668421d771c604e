"""What is said of a defect of geometry, with the value met."""

from __future__ import annotations

from citytwin.formats.city.validity import FEWEST_FACES, FLAT_M, FOLD_DEG, SNAP_M
from citytwin.model.defect_codes import kind_of

_WITH_VALUE = {
    "203": f"vertex {{0:.3f}} m off the plane of its polygon, allowed are {FLAT_M:g} m",
    "204": f"triangles of a polygon at {{0:.0f}} degrees, allowed are {FOLD_DEG:g}",
    "301": f"solid of {{0:.0f}} polygons, the least are {FEWEST_FACES}",
    "302": "solid is not closed: {0:.0f} edges have one polygon only",
    "303": "solid is no manifold at {0:.0f} edges or vertices",
    "305": "solid consists of {0:.0f} pieces",
    "306": "solid passes through {0:.0f} of its own polygons",
    "601": "part stands in another part of its building, footprints overlap by {0:.2f} m2",
    "307": "solid has {0:.0f} polygons that face inwards",
}
_PLAIN = {
    "102": f"two points in a row nearer than {SNAP_M:g} m",
    "104": "ring crosses, touches or folds back onto itself",
    "201": "rings of a polygon intersect",
    "202": "ring of a polygon is given twice",
    "205": "inner rings divide the inside of a polygon",
    "206": "inner ring lies outside the outer one",
    "207": "inner ring lies inside another one",
    "208": "inner ring turns the same way as the outer one",
    "405": "all polygons of the solid face inwards",
    "unchecked": "ring is too long and winding to be checked",
}


def said(code: str, value: float, count: int) -> str:
    """Return the wording of a finding.

    Parameters
    ----------
    code
        Of val3dity, or ``unchecked``.
    value
        Worst value met; NaN where there is none.
    count
        Surfaces concerned.
    """
    plain = _PLAIN.get(code) or kind_of(code).meaning.en
    words = _WITH_VALUE[code].format(value) if code in _WITH_VALUE else plain
    return words if count == 1 else f"{words} ({count} surfaces, this is the worst)"
