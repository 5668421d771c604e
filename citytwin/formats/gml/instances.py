"""Implicit geometry: a template in coordinates of its own, set down at a point of the city.

The matrix and the template are in metres along the axes of the CRS of the reference point, towards
true east and north where that counts in degrees, in the plane there; a template may stand in another feature, to which a link leads. A shape in
a file of its own (libraryObject) is never opened.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from citytwin.formats.city.affine import TemplateError, affine
from citytwin.formats.city.faces import RawFace, RingFault
from citytwin.formats.city.placement import OutOfPlaceError
from citytwin.formats.gml.document import GmlFile
from citytwin.formats.gml.rings import inherited, read_ring
from citytwin.formats.gml.surfaces import Walk
from citytwin.formats.xml import Element, local_name
from citytwin.model.crs import axis_order

FloatArray = NDArray[np.float64]

INSTANCE = re.compile(r"^lod([0-4])ImplicitRepresentation$")
"""Local names of properties that hold an instance; the level of detail is the group."""

_SHAPES = ("relativeGMLGeometry", "relativeGeometry")
_IDENTITY = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0)


def unread(holder: Element) -> str | None:
    """Why an instance has no shape that can be read; None where it has one.

    Parameters
    ----------
    holder
        Property that holds the instance.
    """
    parts = _parts(holder)
    name = local_name(holder)
    if any(shape in parts for shape in _SHAPES):
        return None
    library = parts.get("libraryObject")
    if library is not None:
        where = (library.text or "").strip()[:80]
        return f"{name} is an instance of a template in the file {where!r}, which is not opened"
    return f"{name} is an instance without a template"


def gather_instance(holder: Element, file: GmlFile, walk: Walk) -> None:
    """Add the faces of an instance to a gathering.

    Parameters
    ----------
    holder
        Property that holds the instance.
    file
        The file.
    walk
        Receives the faces, in the CRS of the city, and faults of links inside the template.

    Raises
    ------
    TemplateError
        If it cannot be set down.
    """
    if reason := unread(holder):
        raise TemplateError(reason)
    parts = _parts(holder)
    shape = next(parts[name] for name in _SHAPES if name in parts)
    turn, shift = _matrix(parts)
    reference, axes = _reference(parts, file)
    turn, origin = axes @ turn, reference + axes @ shift
    inner = file.walk()
    inner.gather(shape)
    walk.faults.extend(inner.faults)
    file.instances.add(inner.faces)
    walk.faces.extend(_placed(face, turn, origin, file.site.target) for face in inner.faces)


def instance_shift(instance: Element) -> FloatArray:
    """How far the matrix moves the origin of a template from the reference point.

    Parameters
    ----------
    instance
        ImplicitGeometry.

    Returns
    -------
    array
        Shape (3,): along the axes of the CRS of the reference point [m].

    Raises
    ------
    TemplateError
        If the matrix cannot be used.
    """
    return _matrix(_children(instance))[1]


def _reference(parts: dict[str, Element], file: GmlFile) -> tuple[FloatArray, FloatArray]:
    """The reference point in the CRS of the city, shape (3,); how its axes lie there, (3, 3)."""
    reference = parts.get("referencePoint")
    if reference is None:
        raise TemplateError("instance without a referencePoint")
    points = read_ring(reference, file.srs_dimension)
    if isinstance(points, RingFault):
        raise TemplateError(f"referencePoint: {points.message}")
    point = next(iter(reference.iter("{*}Point")), reference)
    try:
        srs_name = inherited(point, "srsName") or ""
        placed = file.site.place(points[:1], srs_name)
    except OutOfPlaceError as error:
        raise TemplateError(f"referencePoint: {error.message}") from error
    if not np.isfinite(placed.xyz).all():
        raise TemplateError("referencePoint has no height, or lies where its CRS is not used")
    x, y = placed.xyz[0, :2].tolist()
    return np.asarray(placed.xyz[0]), file.site.axes_at(x, y, srs_name)


def _parts(holder: Element) -> dict[str, Element]:
    """Children of the instance in a property, the first of each name."""
    for instance in holder:
        if local_name(instance) == "ImplicitGeometry":
            return _children(instance)
    return {}


def _children(instance: Element) -> dict[str, Element]:
    found: dict[str, Element] = {}
    for child in instance:
        found.setdefault(local_name(child), child)
    return found


def _matrix(parts: dict[str, Element]) -> tuple[FloatArray, FloatArray]:
    element = parts.get("transformationMatrix")
    if element is None:
        return affine(_IDENTITY, "")
    text = " ".join((element.text or "").split())
    try:
        numbers = [float(token) for token in text.split()]
    except ValueError:
        numbers = []
    return affine(numbers, text)


def _placed(face: RawFace, turn: FloatArray, origin: FloatArray, target: str) -> RawFace:
    """Face in the CRS of the city, its columns in the order that the authority gives the axes."""
    mirrored = np.linalg.det(turn) < 0.0
    order = axis_order(target)
    rings = []
    faults = list(face.faults)
    for ring in face.rings:
        with np.errstate(over="ignore", invalid="ignore"):
            xyz = ring @ turn.T + origin
        if not np.isfinite(xyz).all():
            fault = RingFault("nan", "vertex of a template is NaN or infinite", fatal=True)
            return replace(face, rings=[], faults=[*faults, fault], broken=True)
        columns = np.empty_like(xyz)
        columns[:, order.east], columns[:, order.north] = xyz[:, 0], xyz[:, 1]
        columns[:, 2] = xyz[:, 2]
        rings.append(columns[::-1] if mirrored else columns)
    return replace(face, rings=rings, srs_name=target, faults=faults)
