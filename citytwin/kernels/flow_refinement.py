"""A flow on larger cells brought onto a finer grid: the prolongation of nested grids (Brandt 1977)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.flow_grid import PAD, Cube, FlowGrid


def refine(
    out: Cube,
    coarse: Cube,
    fine_grid: FlowGrid,
    coarse_grid: FlowGrid,
    stands: int,
    at: tuple[float, float] = (0.0, 0.0),
) -> None:
    """Bring a quantity of a grid of larger cells onto a fine one, linear along each axis.

    Parameters
    ----------
    out, coarse
        Shape (nz + 5, ny + 5, nx + 5) of either grid, any unit; the border of the coarse is filled,
        beside `out` too.
    fine_grid, coarse_grid
        The grids.
    stands
        0, 1, 2 where the quantity stands on faces across x, y, z; 3 in cells.
    at
        Row and column of the coarse grid at which the fine one begins [cells of the fine].
    """
    per_cell, rows = fine_grid.cell_m / coarse_grid.cell_m, []
    for axis, begin in ((1, at[0]), (2, at[1])):
        cells = begin - PAD + np.arange(out.shape[axis])
        on_face = stands == (1 if axis == 1 else 0)
        places = per_cell * cells if on_face else per_cell * (cells + 0.5) - 0.5
        rows.append(np.clip(places + PAD, 0.0, coarse.shape[axis] - 1.001))
    if stands == 2:
        z, known = fine_grid.z_faces_m, coarse_grid.z_faces_m
    else:
        z, known = fine_grid.z_m, coarse_grid.z_m
    south, east = (_between(place) for place in rows)
    levels = _between(np.interp(z, known, np.arange(len(known)) + float(PAD)))
    # Level by level: whole arrays on the way would take as much memory as the flow itself.
    for k, (low, share) in enumerate(zip(*levels, strict=True)):
        plane = coarse[low] * (1 - share) + coarse[low + 1] * share
        plane = _along(plane, south, 0)
        out[PAD + k] = _along(plane, east, 1)


def _between(
    places: NDArray[np.float64],
) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Index before each place, and how far it is on the way to the next."""
    low = np.floor(places).astype(np.intp)
    return low, (places - low).astype(np.float32)


def _along(
    plane: NDArray[np.float32], places: tuple[NDArray[np.intp], NDArray[np.float32]], axis: int
) -> NDArray[np.float32]:
    """Values of a plane at places along an axis, linear between two."""
    low, share = places[0], places[1].reshape((-1, 1) if axis == 0 else (1, -1))
    values: NDArray[np.float32] = plane.take(low, axis) * (1 - share)
    values += plane.take(low + 1, axis) * share
    return values
