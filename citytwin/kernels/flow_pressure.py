"""Pressure that frees a velocity field of divergence, on a grid with solid cells.

Conjugate gradients, preconditioned with the exact solution of the same equation without solids:
fast sine or cosine transforms along x and y, whose kind follows from the sides (Schumann & Sweet
1988), and a tridiagonal system per mode along z, so that levels may be of any thickness. Arrays are
of single precision, their products are added up in double.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numba
import numpy as np
from numpy.typing import NDArray
from scipy import fft

from citytwin.kernels.flow_grid import BEHIND, PAD, Cube, Flags, FlowGrid, Levels
from citytwin.kernels.flow_poisson import (
    go_along,
    inflow,
    laplacian,
    product_in_air,
    solve_columns,
    take_gradient,
    turn,
)
from citytwin.kernels.flow_walls import Sides


class Solved(NamedTuple):
    """How a velocity field was freed of divergence."""

    iterations: int
    before: float
    """Largest divergence of a cell before [m/s per ground area]."""
    after: float
    """The same after, by the residual of the iterations."""


class WorkSpace(NamedTuple):
    """Arrays that the solver may overwrite; the last holds the solution afterwards."""

    residual: Cube
    change: Cube
    direction: Cube
    solution: Cube


class _Transform(NamedTuple):
    forth: Callable[..., Cube]
    back: Callable[..., Cube]
    kind: int
    waves: Levels

    def take(self, way: Callable[..., Cube], z: Cube, axis: int) -> Cube:
        """One way, within `z`."""
        many = numba.get_num_threads()
        return way(z, type=self.kind, axis=axis, norm="ortho", overwrite_x=True, workers=many)


class PressureEquation:
    """The equation of one grid, its solids and its sides.

    Parameters
    ----------
    grid
        The grid.
    fluid
        1 in cells of air, shape (nz + 5, ny + 5, nx + 5).
    faces
        Faces whose velocity is free, bits of `free_faces`.
    sides
        Which sides are open: pressure 0 there, as at the top.
    """

    def __init__(self, grid: FlowGrid, fluid: Flags, faces: Flags, sides: Sides) -> None:
        self._grid, self._fluid, self._faces, self._sides = grid, fluid, faces, sides
        _, ny, nx = grid.shape
        self._x = _transform(nx, sides.west, sides.east)
        self._y = _transform(ny, sides.north, sides.south)

    def project(
        self,
        velocity: tuple[Cube, Cube, Cube],
        work: WorkSpace,
        tolerance: float,
        most: int,
        wanted: Cube | None = None,
    ) -> Solved:
        """Take the divergence out of a velocity field.

        Parameters
        ----------
        velocity
            Along x, y and z, shape (nz + 5, ny + 5, nx + 5) each [m/s], changed on free faces.
        work
            Arrays of that shape; the potential [m2/s] whose gradient was taken off is the last.
        tolerance
            Largest divergence to leave [m/s per ground area], > 0.
        most
            Iterations at most.
        wanted
            Divergence to leave, as `inflow` gives it, shape (nz, ny, nx) [m/s per ground area]; none
            if None.
        """
        grid = self._grid
        residual = _compact(work.residual, grid)
        before = inflow(residual, *velocity, self._fluid, grid.dz, grid.cell)
        if wanted is not None:
            residual -= wanted
            before = float(max(residual.max(), -residual.min()))
        iterations, after = self.solve(work, before, tolerance, most)
        take_gradient(*velocity, work.solution, self._faces, grid.per_rise, grid.cell)
        return Solved(iterations, before, after)

    def solve(
        self, work: WorkSpace, largest: float, tolerance: float, most: int
    ) -> tuple[int, float]:
        """Solve for a right side that lies in the residual; returns iterations and what is left.

        Parameters
        ----------
        work
            Arrays, shape (nz + 5, ny + 5, nx + 5), any unit; the right side is at the begin of the
            first, packed as (nz, ny, nx).
        largest
            Largest value of the right side, in its unit.
        tolerance
            Largest value to leave, in its unit.
        most
            Iterations at most.
        """
        grid, faces = self._grid, self._faces
        r, q = _compact(work.residual, grid), _compact(work.change, grid)
        d, x = work.direction, work.solution
        d.fill(0)
        x.fill(0)
        rz_before, count = 1.0, 0
        while count < most and largest > tolerance:
            z = self._smooth(q, r)
            rz = product_in_air(r, z, self._fluid)
            turn(d, z, np.float32(rz / rz_before if count else 0.0))
            rz_before = rz
            self.mirror(d)
            dq = laplacian(q, d, faces, grid.dz, grid.per_rise, grid.cell)
            if not dq > 0:  # below the rounding of single precision
                break
            largest = go_along(x, r, d, q, np.float32(rz / dq))
            count += 1
        self.mirror(x)
        return count, largest

    def _smooth(self, out: Cube, r: Cube) -> Cube:
        """Solve without solids, within `out`: no array of that size comes and goes."""
        x, y, grid = self._x, self._y, self._grid
        out[:] = r
        z = y.take(y.forth, x.take(x.forth, out, 2), 1)
        solve_columns(z, (y.waves, x.waves), grid.dz, grid.per_rise, grid.cell)
        return x.take(x.back, y.take(y.back, z, 1), 2)

    def mirror(self, p: Cube) -> None:
        """Fill the border: the opposite sign beyond open sides, the same beyond the others.

        Parameters
        ----------
        p
            Pressure or potential, shape (nz + 5, ny + 5, nx + 5), any unit.
        """
        first, last = PAD, -BEHIND - 1
        sides = self._sides
        for axis, low, high in (
            (2, sides.west, sides.east),
            (1, sides.north, sides.south),
            (0, False, True),
        ):
            along = np.moveaxis(p, axis, 0)
            along[first - 1] = -along[first] if low else along[first]
            along[last + 1] = -along[last] if high else along[last]


def _compact(cube: Cube, grid: FlowGrid) -> Cube:
    """Use the begin of an array with border as one without."""
    nz, ny, nx = grid.shape
    return cube.reshape(-1)[: nz * ny * nx].reshape(grid.shape)


def _transform(n: int, open_low: bool, open_high: bool) -> _Transform:
    """Transform whose modes meet the conditions at both ends of a line of cells."""
    if open_low == open_high:
        kind, shift = 2, 1.0 if open_low else 0.0
    else:
        kind, shift = 4, 0.5
    sines = open_low
    angle = np.pi * (np.arange(n) + shift) / n
    waves: NDArray[np.float32] = (2.0 - 2.0 * np.cos(angle)).astype(np.float32)
    return _Transform(fft.dst if sines else fft.dct, fft.idst if sines else fft.idct, kind, waves)
