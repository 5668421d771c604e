"""Border of the flow: the approach profile where air enters, what comes by where it leaves.

No gradient across open sides, as Franke et al. (2007, COST 732) advise for outflows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from citytwin.kernels.flow_approach import Balance
from citytwin.kernels.flow_grid import BEHIND, PAD, Cube, Flags, FlowGrid
from citytwin.kernels.flow_walls import Sides


class Edges(NamedTuple):
    """What enters the grid, shape (nz + 5,) each: velocity along x and y [m/s], energy [m2/s2]."""

    u: Cube
    v: Cube
    k: Cube


def entering(grid: FlowGrid, arriving: Balance, toward: tuple[float, float]) -> Edges:
    """Profiles on the levels with their border.

    Parameters
    ----------
    grid
        The grid.
    arriving
        The approach flow on its levels.
    toward
        Where the wind blows to along x and y, a unit vector (a factor each).
    """
    level = np.clip(np.arange(-PAD, grid.nz + BEHIND), 0, grid.nz - 1)
    speed, energy = arriving.speed[level], arriving.energy[level]
    return Edges(speed * np.float32(toward[0]), speed * np.float32(toward[1]), energy)


def fill_border(
    velocity: tuple[Cube, Cube, Cube], k: Cube, air: Flags, edges: Edges, sides: Sides
) -> None:
    """Fill the border of velocity and energy.

    At open sides air that leaves takes its own values along (no gradient), air that comes back in
    is that of the approach flow, as it is at sides where the wind enters.

    Parameters
    ----------
    velocity
        Along x, y and z, shape (nz + 5, ny + 5, nx + 5) each [m/s].
    k
        Turbulence energy, of the same shape [m2/s2].
    air
        1 in cells of air, of the same shape.
    edges
        What enters.
    sides
        Which sides are open.
    """
    u, v, w = velocity
    calm = np.zeros_like(edges.u)
    for q, profile, stands in ((u, edges.u, 2), (v, edges.v, 1), (w, calm, 0), (k, edges.k, 3)):
        for axis, through, low, high in (
            (2, u, sides.west, sides.east),
            (1, v, sides.north, sides.south),
        ):
            values, speed = np.moveaxis(q, axis, 0), np.moveaxis(through, axis, 0)
            cells, last = np.moveaxis(air, axis, 0), len(values) - BEHIND
            first_edge, last_edge = PAD, last if stands == axis else last - 1
            before = _beyond(values[first_edge], -speed[PAD], profile, low) * cells[PAD]
            behind = _beyond(values[last_edge], speed[last], profile, high) * cells[last - 1]
            values[:PAD] = before
            values[last_edge + 1 :] = behind
        top = len(q) - BEHIND - (0 if stands == 0 else 1)
        q[top + 1 :] = q[top] if stands == 0 else profile[-1]
        q[:PAD] = 0


def _beyond(edge: Cube, outwards: Cube, profile: Cube, is_open: bool) -> Cube:
    """Values beyond one side."""
    enters = np.broadcast_to(profile[:, None], edge.shape)
    return np.where(outwards > 0, edge, enters) if is_open else enters


def extend(cube: Cube) -> None:
    """Repeat the cells at the sides and the top beyond them.

    Parameters
    ----------
    cube
        Shape (nz + 5, ny + 5, nx + 5), any unit.
    """
    for axis in (1, 2):
        along = np.moveaxis(cube, axis, 0)
        along[:PAD] = along[PAD]
        along[-BEHIND:] = along[-BEHIND - 1]
    cube[-BEHIND:] = cube[-BEHIND - 1]
