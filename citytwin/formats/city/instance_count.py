"""How many vertices the instances of templates in a file have."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from citytwin.formats.city.affine import TemplateError
from citytwin.formats.city.faces import RawFace

MOST_VERTICES = 20_000_000
"""A few bytes could otherwise ask for any number of faces."""


@dataclass
class InstanceCount:
    """Counts the vertices of the instances of one file."""

    vertices: int = 0
    """Of the instances so far."""

    def add(self, faces: Iterable[RawFace]) -> None:
        """Count one more instance.

        Parameters
        ----------
        faces
            Those of its template.

        Raises
        ------
        TemplateError
            If there are more than can be wanted.
        """
        self.vertices += sum(len(ring) for face in faces for ring in face.rings)
        if self.vertices > MOST_VERTICES:
            raise TemplateError(f"instances have over {MOST_VERTICES} vertices in this file")
