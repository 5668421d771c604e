"""Geometry templates of CityJSON: a shape given once, set down in many places."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from citytwin.formats.city.affine import TemplateError, affine
from citytwin.formats.city.faces import RawFace, RingFault
from citytwin.formats.city.instance_count import InstanceCount
from citytwin.formats.cityjson.document import Templates
from citytwin.formats.cityjson.geometry import Geometry, faces_of, plain_geometry
from citytwin.formats.cityjson.parsing import Json

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Instance:
    """A template set down in one place."""

    number: int
    """Position of the template."""
    shape: Geometry
    turn: FloatArray
    """Shape (3, 3): how the template is turned and stretched."""
    shift: FloatArray
    """Shape (3,): where its origin lies, in the CRS of the file."""

    @property
    def lod(self) -> str:
        """Level of detail of the template."""
        return self.shape.lod

    @property
    def level(self) -> float:
        """Level of detail as a number."""
        return self.shape.level


@dataclass(eq=False)
class TemplateLibrary:
    """The templates of a file; their faces are read once each."""

    given: Templates
    degrees: bool = False
    """Whether the file counts in degrees, so that metres of a template have no meaning in it."""
    _faces: dict[int, list[RawFace]] = field(default_factory=dict)
    _count: InstanceCount = field(default_factory=InstanceCount)

    def instance(self, entry: dict[str, Json], vertices: FloatArray) -> Instance:
        """Read a ``GeometryInstance``.

        Parameters
        ----------
        entry
            As in the file.
        vertices
            Shape (n, 3): of the batch.

        Raises
        ------
        TemplateError
            If it cannot be used.
        """
        if self.degrees:
            raise TemplateError(
                "an instance of a template in metres, but the file counts in degrees"
            )
        number, shape = self._shape(entry.get("template"))
        anchor = _anchor(entry.get("boundaries"), vertices)
        turn, shift = _matrix(entry.get("transformationMatrix"))
        with np.errstate(over="ignore", invalid="ignore"):
            return Instance(number, shape, turn, shift + anchor)

    def _shape(self, index: Json) -> tuple[int, Geometry]:
        shapes = self.given.shapes
        if self.given.fault:
            raise TemplateError(f"the templates of the file cannot be read: {self.given.fault}")
        if not isinstance(index, int) or isinstance(index, bool):
            raise TemplateError(f"template {str(index)[:40]!r} is no number")
        if not 0 <= index < len(shapes):
            raise TemplateError(f"template {index} is not one of the {len(shapes)} of the file")
        shape = plain_geometry(shapes[index])
        if shape is None:
            raise TemplateError(f"template {index} is no surface or solid")
        return index, shape

    def faces(self, instance: Instance, number: int) -> list[RawFace]:
        """Faces of an instance, in the CRS of the file.

        Parameters
        ----------
        instance
            As read.
        number
            Position of the geometry in its object, for messages.
        """
        if instance.number not in self._faces:
            shape = instance.shape
            self._faces[instance.number] = faces_of(shape, self.given.vertices, 0)
        faces = self._faces[instance.number]
        try:
            self._count.add(faces)
        except TemplateError as error:
            fault = RingFault("template", f"geometry[{number}]: {error.message}", fatal=True)
            return [RawFace("", "other", [], faults=[fault], broken=True)]
        return [_placed(face, instance, number) for face in faces]


def _placed(face: RawFace, instance: Instance, number: int) -> RawFace:
    with np.errstate(over="ignore", invalid="ignore"):
        rings = [ring @ instance.turn.T + instance.shift for ring in face.rings]
    where = f"geometry[{number}] template {instance.number}"
    faults = [RingFault(f.code, f"{where} {f.message}", f.fatal) for f in face.faults]
    if all(np.isfinite(ring).all() for ring in rings):
        return replace(face, rings=rings, faults=faults)
    faults.append(RingFault("nan", f"{where}: vertex is NaN or infinite", fatal=True))
    return replace(face, rings=[], faults=faults, broken=True)


def _anchor(boundaries: Json, vertices: FloatArray) -> FloatArray:
    index = boundaries[0] if isinstance(boundaries, list) and len(boundaries) == 1 else None
    if not isinstance(index, int) or isinstance(index, bool):
        raise TemplateError(f"boundaries {str(boundaries)[:60]} are not the index of one vertex")
    if not 0 <= index < len(vertices):
        raise TemplateError(f"vertex index {index} is not one of 0 to {len(vertices) - 1}")
    return np.asarray(vertices[index])


def _matrix(value: Json) -> tuple[FloatArray, FloatArray]:
    """Turn and shift of a 4 x 4 matrix, given row by row."""
    rows = value if isinstance(value, list) else []
    try:
        numbers = [float(v) for v in rows if isinstance(v, int | float)]
    except OverflowError:
        numbers = []
    return affine(numbers if len(numbers) == len(rows) else [], str(value))
