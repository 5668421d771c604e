"""Border of the flow: the approach profile where air enters, what comes by where it leaves.

No gradient across open sides, as Franke et al. (2007, COST 732) advise for outflows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.flow_approach import Balance
from citytwin.kernels.flow_grid import BEHIND, PAD, Cube, Flags, FlowGrid
from citytwin.kernels.flow_walls import Sides

_COMES_BACK = np.float32(0.1)
"""Of the approach speed at a height: air that comes back in as fast has the values of the approach flow, a
slower one a share of them [-]."""


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
    is that of the approach flow, as it is at sides where the wind enters. From one to the other it goes
    step by step, with how fast the air comes back: a switch would be thrown to and fro in wakes that
    reach the side, and nothing behind a town come to rest.

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
    # Found before anything changes, so that no side is ahead of another in a corner.
    ways = [
        (axis, _leaves(through, axis, is_open, is_low, edges), is_low)
        for axis, through, low, high in (
            (2, u, sides.west, sides.east),
            (1, v, sides.north, sides.south),
        )
        for is_low, is_open in ((True, low), (False, high))
    ]
    for q, profile, stands in ((u, edges.u, 2), (v, edges.v, 1), (w, calm, 0), (k, edges.k, 3)):
        enters = profile[:, None]
        for axis, leaves, is_low in ways:
            values, cells = np.moveaxis(q, axis, 0), np.moveaxis(air, axis, 0)
            last = len(values) - BEHIND
            edge = PAD if is_low else (last if stands == axis else last - 1)
            beyond = enters
            if leaves is not None:
                beyond = leaves * values[edge] + (1 - leaves) * enters
            beyond = beyond * cells[PAD if is_low else last - 1]
            if is_low:
                values[:PAD] = beyond
            else:
                values[edge + 1 :] = beyond
        top = len(q) - BEHIND - (0 if stands == 0 else 1)
        q[top + 1 :] = q[top] if stands == 0 else profile[-1]
        q[:PAD] = 0


def _leaves(
    through: Cube, axis: int, is_open: bool, is_low: bool, edges: Edges
) -> NDArray[np.float32] | None:
    """Share of own values beyond a side, corners as the cells beside them; None where no air leaves."""
    if not is_open:
        return None
    speed, slow = np.moveaxis(through, axis, 0), _COMES_BACK * np.hypot(edges.u, edges.v)[:, None]
    outward = -speed[PAD] if is_low else speed[len(speed) - BEHIND]
    share: NDArray[np.float32] = np.clip(1 + outward / slow, 0, 1)
    share[:, :PAD] = share[:, PAD : PAD + 1]
    share[:, -BEHIND:] = share[:, -BEHIND - 1 : -BEHIND]
    return share


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


class HeldBorder:
    """What lies beyond sides at which the flow is known, kept over the steps.

    Parameters
    ----------
    cubes
        Velocity along x, y and z [m/s] and energy [m2/s2], shape (nz + 5, ny + 5, nx + 5) each.
    held
        Which sides.
    """

    def __init__(self, cubes: Sequence[Cube], held: Sides) -> None:
        self._strips: list[tuple[int, tuple[slice, ...], Cube]] = []
        every = slice(None)
        for number, cube in enumerate(cubes):
            for axis, low, high in ((2, held.west, held.east), (1, held.north, held.south)):
                # A velocity stands on the last face of its axis too.
                last = cube.shape[axis] - BEHIND + (1 if number == 2 - axis else 0)
                for is_held, beyond in ((low, slice(0, PAD)), (high, slice(last, None))):
                    if is_held:
                        at = tuple(beyond if a == axis else every for a in range(3))
                        self._strips.append((number, at, cube[at].copy()))

    def restore(self, cubes: Sequence[Cube]) -> None:
        """Bring it back.

        Parameters
        ----------
        cubes
            As at the begin, changed.
        """
        for number, at, strip in self._strips:
            cubes[number][at] = strip
