"""The 4 x 4 matrix by which a template is turned, stretched and shifted before it is set down."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import CityTwinError

FloatArray = NDArray[np.float64]

_FLAT = 1e-12
"""Volume between the axes of a template once each has the length 1."""


class TemplateError(CityTwinError, ValueError):
    """An instance that names no template, no place or no matrix that can be used."""


def affine(numbers: Sequence[float], written: str) -> tuple[FloatArray, FloatArray]:
    """Return turn and shift of a matrix.

    Parameters
    ----------
    numbers
        Row by row, as the 16 numbers of a homogeneous matrix.
    written
        The matrix as the file has it, for messages.

    Returns
    -------
    tuple
        Shape (3, 3): how the template is turned and stretched; shape (3,): where its origin goes
        from the reference point [m].

    Raises
    ------
    TemplateError
        If it is not 16 finite numbers, is not affine, or makes a plane of every body.
    """
    if len(numbers) != 16 or not np.isfinite(numbers).all():
        raise TemplateError(f"transformationMatrix {written[:60]} is not 16 numbers")
    matrix = np.array(numbers, dtype=np.float64).reshape(4, 4)
    if matrix[3, :3].any() or matrix[3, 3] == 0.0:
        raise TemplateError(f"transformationMatrix ends in {list(numbers[12:])} instead of 0 0 0 1")
    with np.errstate(over="ignore", invalid="ignore"):
        matrix = matrix / matrix[3, 3]
        turn, shift = matrix[:3, :3], matrix[:3, 3]
        longest = np.abs(turn).max(axis=0)
        axes = turn / np.where(longest > 0.0, longest, 1.0)
        lengths = np.linalg.norm(axes, axis=0)
        volume = abs(float(np.linalg.det(axes / np.where(lengths > 0.0, lengths, 1.0))))
    if not volume > _FLAT:
        raise TemplateError(f"transformationMatrix {written[:60]} is singular")
    return turn, shift
