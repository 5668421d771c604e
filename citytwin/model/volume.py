"""A result in three dimensions: too large for every night, so made on demand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citytwin.model.notes import Fact, Note
from citytwin.model.text import Text


@dataclass(frozen=True)
class Quantity:
    """What has a value in every cell of the air."""

    name: str
    unit: str
    """UCUM unit; ``1`` when there is none."""
    title: Text


@dataclass(frozen=True, eq=False)
class Volume:
    """Values in cells, with where these lie."""

    values: Mapping[Quantity, NDArray[np.float32]]
    """Shape (nz, ny, nx) each, from the ground up and from the north; NaN in solids."""
    x_m: NDArray[np.float64]
    """Centres of the columns in the CRS of the city, shape (nx,)."""
    y_m: NDArray[np.float64]
    """Centres of the rows, shape (ny,), descending."""
    z_faces_m: NDArray[np.float64]
    """Faces of the levels, shape (nz + 1,), ascending."""
    ground_m: NDArray[np.float32]
    """Ground, shape (ny, nx), from where z is counted [m]."""
    above_datum: bool
    """Whether z is counted from the vertical datum of the city; else from the ground, which is level."""
    facts: tuple[Fact, ...]
    notes: tuple[Note, ...]

    @property
    def z_m(self) -> NDArray[np.float64]:
        """Centres of the levels, shape (nz,)."""
        middle: NDArray[np.float64] = 0.5 * (self.z_faces_m[1:] + self.z_faces_m[:-1])
        return middle
