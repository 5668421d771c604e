"""Solid cells of the flow, the faces between them, and the distance to walls."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from citytwin.kernels.flow_grid import BEHIND, PAD, Cube, Flags, FlowGrid, inner

_FAR = 1e12


class Sides(NamedTuple):
    """Which vertical sides are open (pressure given) rather than inflow (velocity given)."""

    west: bool
    east: bool
    north: bool
    south: bool


ACROSS_X, ACROSS_Y, ACROSS_Z = np.uint8(1), np.uint8(2), np.uint8(4)
"""Bits of the three faces of a cell in one flag: west, north and lower, see `free_faces`."""
ACROSS = (ACROSS_X, ACROSS_Y, ACROSS_Z)
IN_AIR = np.uint8(1)
"""The bit of cells of air, see `air_cells`."""


NO_SIDES = Sides(west=False, east=False, north=False, south=False)


def sides_of(toward: tuple[float, float], held: Sides = NO_SIDES) -> Sides:
    """Sides for a wind: air enters where it blows inwards.

    Parameters
    ----------
    toward
        Where the wind blows to along x and towards the south, a unit vector (a factor each).
    held
        Sides beyond which the flow is known: they are not open.
    """
    x, y = (round(part, 9) for part in toward)
    return Sides(
        west=x <= 0 and not held.west,
        east=x >= 0 and not held.east,
        north=y <= 0 and not held.north,
        south=y >= 0 and not held.south,
    )


def air_cells(grid: FlowGrid, top_m: NDArray[np.float32]) -> Flags:
    """1 where the centre of a cell lies above the top of its column (stairs, not slopes).

    Parameters
    ----------
    grid
        The grid.
    top_m
        Top of ground or building in each column, shape (ny, nx) [m above the lowest ground].
    """
    air = grid.flags()
    air[PAD:] = 1
    air[PAD:-BEHIND, PAD:-BEHIND, PAD:-BEHIND] = grid.z_m[:, None, None] > top_m[None]
    # What stands in the edge goes on beyond it.
    for axis in (1, 2):
        along = np.moveaxis(air, axis, 0)
        along[:PAD] = along[PAD]
        along[-BEHIND:] = along[-BEHIND - 1]
    return air


def free_faces(grid: FlowGrid, air: Flags, sides: Sides) -> Flags:
    """Faces whose velocity the flow decides: between cells of air, and at open sides.

    Parameters
    ----------
    grid
        The grid.
    air
        1 in cells of air.
    sides
        Which sides are open; the top always is.

    Returns
    -------
    numpy.ndarray
        Shape (nz + 5, ny + 5, nx + 5), bits `ACROSS_X`, `ACROSS_Y` and `ACROSS_Z`.
    """
    free = grid.flags()
    opens = ((False, True), (sides.north, sides.south), (sides.west, sides.east))
    for axis, (low, high) in enumerate(opens):
        n, bit = grid.shape[axis], ACROSS[2 - axis]
        cells = [slice(PAD, PAD + m) for m in grid.shape]
        cells[axis] = slice(None)
        along = np.moveaxis(free[tuple(cells)], axis, 0)
        solid_or_air = np.moveaxis(air[tuple(cells)], axis, 0)
        last = PAD + n
        along[PAD + 1 : last] |= bit * (solid_or_air[PAD + 1 : last] & solid_or_air[PAD : last - 1])
        if low:
            along[PAD] |= bit * solid_or_air[PAD]
        if high:
            along[last] |= bit * solid_or_air[last - 1]
    return free


@njit(cache=True, nogil=True, error_model="numpy")
def _nearest(
    square: NDArray[np.float64],
    place: NDArray[np.float64],
    out: NDArray[np.float64],
    kept: NDArray[np.int64],
    begins: NDArray[np.float64],
) -> None:
    """Least of `square` plus the squared distance along a line (lower envelope of parabolas)."""
    n, last = len(square), -1
    for q in range(n):
        if square[q] >= _FAR:
            continue
        begin = -np.inf
        while last >= 0:
            p = kept[last]
            rise = square[q] + place[q] ** 2 - square[p] - place[p] ** 2
            begin = rise / (2.0 * (place[q] - place[p]))
            if begin > begins[last]:
                break
            last -= 1
        if last < 0:
            begin = -np.inf
        last += 1
        kept[last], begins[last] = q, begin
    if last < 0:
        out[:] = _FAR
        return
    at = 0
    for q in range(n):
        while at < last and begins[at + 1] < place[q]:
            at += 1
        out[q] = (place[q] - place[kept[at]]) ** 2 + square[kept[at]]


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def _across(out: Cube, air: Flags, cell: float) -> None:
    """Squared distance to solids of the same level."""
    nz, ny, nx = out.shape[0] - 5, out.shape[1] - 5, out.shape[2] - 5
    xs, ys = np.arange(nx) * cell, np.arange(ny) * cell
    for level in prange(nz):
        kk = np.int64(level) + PAD
        kept, begins = np.empty(max(nx, ny), np.int64), np.empty(max(nx, ny))
        plane, line = np.empty((ny, nx)), np.empty(max(nx, ny))
        for j in range(ny):
            for i in range(nx):
                line[i] = _FAR if air[kk, j + PAD, i + PAD] else 0.0
            _nearest(line[:nx], xs, plane[j], kept, begins)
        column, found = np.empty(ny), np.empty(ny)
        for i in range(nx):
            column[:] = plane[:, i]
            _nearest(column, ys, found, kept, begins)
            for j in range(ny):
                # Walls stand on faces, half a cell before the centres of solids.
                out[kk, j + PAD, i + PAD] = max(np.sqrt(found[j]) - 0.5 * cell, 0.0) ** 2


@njit(cache=True, nogil=True, error_model="numpy", parallel=True)
def _up(out: Cube, z_m: NDArray[np.float64]) -> None:
    """From squared distances within levels to distances."""
    nz, ny, nx = out.shape[0] - 5, out.shape[1] - 5, out.shape[2] - 5
    for row in prange(ny):
        jj = np.int64(row) + PAD
        kept, begins = np.empty(nz, np.int64), np.empty(nz)
        line, found = np.empty(nz), np.empty(nz)
        for i in range(nx):
            for k in range(nz):
                line[k] = out[k + PAD, jj, i + PAD]
            _nearest(line, z_m, found, kept, begins)
            for k in range(nz):
                out[k + PAD, jj, i + PAD] = np.sqrt(found[k])


def wall_distance(grid: FlowGrid, air: Flags) -> NDArray[np.float32]:
    """Distance of the centres of cells to the nearest solid cell (exact, Felzenszwalb 2012).

    Parameters
    ----------
    grid
        The grid.
    air
        1 in cells of air, shape (nz + 5, ny + 5, nx + 5).

    Returns
    -------
    numpy.ndarray
        Shape (nz, ny, nx) [m], 0 in solids, 1e6 where there is none.
    """
    out = grid.cube()
    _across(out, air, grid.cell_m)
    _up(out, grid.z_m)
    return inner(out)
