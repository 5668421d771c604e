"""Grid of the flow: square cells of one size, levels of any thickness, arrays with a border."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from citytwin.errors import ConfigError

Cube: TypeAlias = NDArray[np.float32]
"""One value per cell or face, shape (nz + 5, ny + 5, nx + 5)."""
Flags: TypeAlias = NDArray[np.uint8]
"""0 or 1 per cell or face, shape (nz + 5, ny + 5, nx + 5)."""
Levels: TypeAlias = NDArray[np.float32]
"""One value per level, shape (nz,), or per face between levels, shape (nz + 1,)."""

T = TypeVar("T", bound=np.generic)

PAD = 2
"""Cells of the border before the first cell; behind the last there are three, for its far face."""
BEHIND = 3


@dataclass(frozen=True)
class FlowGrid:
    """Where the cells lie (staggered grid of Harlow & Welch 1965).

    Velocities stand on faces: that along x of index i (border included) on the west face of cell i,
    that along y (towards the south) on its north face, that along z on its lower face.

    Parameters
    ----------
    ny, nx
        Number of cells along y (rows, from the north) and x.
    cell_m
        Edge of a cell [m], > 0.
    z_faces_m
        Faces of the levels from the ground up, shape (nz + 1,) [m], ascending from 0.
    """

    ny: int
    nx: int
    cell_m: float
    z_faces_m: NDArray[np.float64]

    def __post_init__(self) -> None:
        if not (self.cell_m > 0 and bool((np.diff(self.z_faces_m) > 0).all())):
            msg = f"a grid of cells of {self.cell_m:g} m with levels at {self.z_faces_m}"
            raise ConfigError(msg, hint="cells larger than 0, levels that rise from 0")
        if min(self.shape) < 4:
            msg = f"a flow on {self.nx} x {self.ny} cells and {self.nz} levels"
            raise ConfigError(msg, hint="give at least 4 cells along each axis")

    @property
    def nz(self) -> int:
        """Number of levels."""
        return len(self.z_faces_m) - 1

    @property
    def shape(self) -> tuple[int, int, int]:
        """Cells along z, y and x, without the border."""
        return self.nz, self.ny, self.nx

    @cached_property
    def z_m(self) -> NDArray[np.float64]:
        """Heights of the centres of the cells, shape (nz,) [m]."""
        middle: NDArray[np.float64] = 0.5 * (self.z_faces_m[1:] + self.z_faces_m[:-1])
        return middle

    @cached_property
    def dz(self) -> Levels:
        """Thickness of the levels, shape (nz,) [m]."""
        return np.diff(self.z_faces_m).astype(np.float32)

    @cached_property
    def per_rise(self) -> Levels:
        """Inverse distance of the centres beside each face between levels, shape (nz + 1,) [1/m]."""
        thick = np.diff(self.z_faces_m)
        apart = np.concatenate([thick[:1], 0.5 * (thick[1:] + thick[:-1]), thick[-1:]])
        return (1.0 / apart).astype(np.float32)

    @property
    def cell(self) -> np.float32:
        """Edge of a cell, for kernels [m]."""
        return np.float32(self.cell_m)

    @property
    def cube_shape(self) -> tuple[int, int, int]:
        """Cells along z, y and x, with the border."""
        return self.nz + PAD + BEHIND, self.ny + PAD + BEHIND, self.nx + PAD + BEHIND

    def cube(self) -> Cube:
        """Zeros, one per cell, with the border."""
        return np.zeros(self.cube_shape, dtype=np.float32)

    def flags(self) -> Flags:
        """Zeros as flags, with the border."""
        return np.zeros(self.cube_shape, dtype=np.uint8)

    def coarser(self) -> FlowGrid:
        """Grid of cells twice as large; where their number is odd, the last one is cut short.

        Of levels every second face stays, and the top.
        """
        faces = self.z_faces_m[::2]
        if self.nz % 2:
            faces = np.append(faces, self.z_faces_m[-1] + self.z_faces_m[-1] - self.z_faces_m[-2])
        return FlowGrid(-(-self.ny // 2), -(-self.nx // 2), 2 * self.cell_m, faces)


def inner(cube: NDArray[T]) -> NDArray[T]:
    """Cells without the border, as a view of shape (nz, ny, nx).

    Parameters
    ----------
    cube
        Shape (nz + 5, ny + 5, nx + 5), any unit.
    """
    return cube[PAD:-BEHIND, PAD:-BEHIND, PAD:-BEHIND]


def flow_levels(
    first_m: float, even_to_m: float, top_m: float, growth: float
) -> NDArray[np.float64]:
    """Faces of levels that are even up to a height and grow above it, (nz + 1,) [m].

    Parameters
    ----------
    first_m
        Thickness of the even levels [m], > 0.
    even_to_m
        Height up to which they are even [m].
    top_m
        Height that the last one reaches at least [m].
    growth
        Factor from one level to the next above [-], >= 1.
    """
    faces = list(first_m * np.arange(max(int(np.ceil(even_to_m / first_m)), 3) + 1))
    thick = first_m
    while faces[-1] < top_m:
        thick *= growth
        faces.append(faces[-1] + thick)
    return np.array(faces)
