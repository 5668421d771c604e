"""What larger cells know of the error of a flow: corrections of a grid by a coarser one.

The full approximation scheme (Brandt 1977): the coarse grid begins with the mean of the fine flow, and
is driven besides by what drives the fine one less what drives itself. A fine flow at rest is thus at
rest on it too, however large its cells are; one that is not sends what is still to come, wide and
slow, over cells on which a step costs an eighth and goes twice as far. The coarse flow is corrected in
its turn by a coarser one, down to the coarsest grid (a V-cycle). How far it has
gone is added to the fine one, whose own steps do away with what only they can see.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray

from citytwin.kernels.flow_grid import BEHIND, PAD, Cube, Flags, FlowGrid
from citytwin.kernels.flow_poisson import ADDED, inflow
from citytwin.kernels.flow_refinement import refine
from citytwin.kernels.flow_solver import FlowSolver
from citytwin.kernels.flow_walls import ACROSS, IN_AIR

CORRECTION_STEPS = 45
"""Steps on the coarsest grid in a correction."""
SMOOTHING_STEPS = 6
"""Steps on a grid between, before and after it is corrected by the next."""
_ITERATIONS = 1
"""For the pressure once the fine flow is corrected."""
_LEAST_SHARE = np.float32(0.3)
"""Of the turbulence energy, which a correction leaves at least."""
_LEAST_ENERGY = np.float32(1e-7)
_DRIVEN = 4
"""Velocity along x, y and z, and energy."""


class Pairs(NamedTuple):
    """Fine cells or faces of a coarse one along an axis: two, or one twice; shares of each."""

    low: NDArray[np.int64]
    high: NDArray[np.int64]
    share: NDArray[np.float32]


class Correction:
    """Corrects the flow on a grid by one of cells twice as large.

    Parameters
    ----------
    fine
        The flow to correct.
    coarse
        Of the same place on `fine.grid.coarser()`. Its state is overwritten, and lies in what the
        fine one needs only within a step.
    deeper
        Corrects `coarse`; None for the coarsest grid.
    """

    def __init__(
        self, fine: FlowSolver, coarse: FlowSolver, deeper: Correction | None = None
    ) -> None:
        self._fine, self._coarse, self._deeper = fine, coarse, deeper
        self.pairs = [_pairs(fine.grid, coarse.grid, stands) for stands in range(_DRIVEN)]
        """What is taken together for each quantity, along z, y and x."""
        self._lend()

    def _lend(self) -> None:
        """Let go of what the coarse flows have found, which is known by now, before the steps begin."""
        self._coarse.move(_arrays(self._fine.lent()[1:], self._coarse.grid)[1][1:])
        if self._deeper is not None:
            self._deeper._lend()  # noqa: SLF001 - of its own class

    def apply(self) -> None:
        """Let the coarse flow go on from the fine one, and add how far it has gone."""
        fine, coarse = self._fine, self._coarse
        work, *room = fine.lent()
        parts = _arrays(room, coarse.grid)
        also, kept = parts[0], parts[1][0]
        coarse.move(parts[1][1:])
        for number in range(_DRIVEN):
            fine.drives(work, number)
            self._mean(also[number], work, number)
        for number, cube in enumerate(fine.state):
            self._mean(coarse.state[number], cube, number)
        self._mean(coarse.pressure, fine.pressure, 3)
        energy = coarse.energy
        np.maximum(energy, _LEAST_ENERGY, out=energy)
        energy *= coarse.air
        coarse.fill_borders()
        here = kept  # for a moment: what drives the coarse flow by itself
        for number in range(_DRIVEN):
            coarse.drives(here, number)
            also[number] -= here
        grid = coarse.grid
        wanted = kept.reshape(-1)[: int(np.prod(grid.shape))].reshape(grid.shape)
        inflow(wanted, *coarse.velocity, coarse.air, grid.dz, grid.cell)
        coarse.drive(also, wanted)
        if self._deeper is None:
            _go_on(coarse, CORRECTION_STEPS)
        else:
            _go_on(coarse, SMOOTHING_STEPS)
            self._deeper.apply()
            _go_on(coarse, SMOOTHING_STEPS)
        self._add(work)

    def _mean(self, out: Cube, cube: Cube, stands: int, kept: int = 0) -> None:
        """Mean of the fine cells or faces of each coarse one."""
        take_mean(out, cube, self._fine.air, *self.pairs[stands], (stands, kept))

    def _add(self, work: Cube) -> None:
        """Add what the steps on the coarse grid have changed."""
        fine, coarse = self._fine, self._coarse
        for number, (mine, theirs) in enumerate(zip(fine.state, coarse.state, strict=True)):
            self._change(work, theirs, mine, number)
            if number < _DRIVEN - 1:
                add_free(mine, work, fine.faces, ACROSS[number], np.float32(0.0))
            else:
                add_free(mine, work, fine.air, IN_AIR, _LEAST_SHARE)
        self._change(work, coarse.pressure, fine.pressure, 3)
        add_free(fine.pressure, work, fine.air, IN_AIR, np.float32(0.0))
        fine.equation.mirror(fine.pressure)
        fine.project(1e-4, _ITERATIONS)
        fine.fill_borders()

    def _change(self, out: Cube, coarse: Cube, fine: Cube, stands: int) -> None:
        """How far the coarse flow has gone on from the mean of the fine one, on fine cells."""
        self._mean(coarse, fine, stands, 1)
        if stands == _DRIVEN - 1:
            coarse *= self._coarse.air
        # Nothing is known beyond the sides.
        coarse[:PAD], coarse[-BEHIND + (stands == 2) :] = 0, 0
        coarse[:, :PAD], coarse[:, coarse.shape[1] - BEHIND + (stands == 1) :] = 0, 0
        coarse[:, :, :PAD], coarse[:, :, coarse.shape[2] - BEHIND + (stands == 0) :] = 0, 0
        mine, theirs = self._fine.grid, self._coarse.grid
        if stands == _DRIVEN - 1:
            refine(out, coarse, mine, theirs, stands, counts=self._coarse.air)
        else:
            refine(out, coarse, mine, theirs, stands, counts=self._coarse.faces, bit=ACROSS[stands])


def _go_on(flow: FlowSolver, steps: int) -> None:
    """Take steps."""
    for _ in range(steps):
        flow.step()


def _arrays(room: Sequence[Cube], grid: FlowGrid) -> tuple[Cube, list[Cube]]:
    """Four arrays in one, and twelve more, all 0, for a grid: in that room, where it is large enough."""
    shape = grid.cube_shape
    size, number = int(np.prod(shape)), _DRIVEN + 12
    per = room[0].size // size
    if per < _DRIVEN or per * len(room) < number:
        made = np.zeros((number, *shape), dtype=np.float32)
        return made[:_DRIVEN], list(made[_DRIVEN:])
    blocks = [cube.reshape(-1)[: per * size].reshape(per, *shape) for cube in room]
    for block in blocks:
        block.fill(0)
    rest = [block[n] for block in blocks for n in range(per)][_DRIVEN:number]
    return blocks[0][:_DRIVEN], rest


def _pairs(fine: FlowGrid, coarse: FlowGrid, stands: int) -> tuple[Pairs, Pairs, Pairs]:
    """Along z, y and x, where a quantity stands on faces across x, y, z (0, 1, 2) or in cells (3)."""
    made = []
    for axis, (many, fewer) in enumerate(zip(fine.shape, coarse.shape, strict=True)):
        if stands == 2 - axis:
            low = np.minimum(2 * np.arange(fewer + 1), many)
            made.append(Pairs(low, low, np.full(len(low), 0.5, np.float32)))
            continue
        low = 2 * np.arange(fewer)
        high = np.minimum(low + 1, many - 1)
        share = np.full(fewer, 0.5, np.float32)
        if axis == 0:
            share = fine.dz[low] / (fine.dz[low] + fine.dz[high])
        made.append(Pairs(low, high, share))
    return made[0], made[1], made[2]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=ADDED, parallel=True)
def take_mean(
    out: Cube,
    q: Cube,
    air: Flags,
    z: Pairs,
    y: Pairs,
    x: Pairs,
    how: tuple[int, int],
) -> None:
    """Mean of a quantity over the fine cells or faces of each coarse one, the border left alone.

    Over faces all count, so that as much air passes; over cells those of air.

    Parameters
    ----------
    out
        Shape (nz + 5, ny + 5, nx + 5) of the coarse grid, unit of q.
    q
        The quantity on the fine grid, with border, any unit.
    air
        1 in cells of air of the fine grid.
    z, y, x
        Which, along each axis.
    how
        0 to 2 for faces, 3 for cells; and 1 to take the mean off `out` rather than to write it.
    """
    stands, off = how
    for level in prange(z.low.shape[0]):
        k = np.int64(level)
        for j in range(y.low.shape[0]):
            row = out[k + PAD, j + PAD]
            for i in range(x.low.shape[0]):
                a, b = x.low[i] + PAD, x.high[i] + PAD
                total, weight = np.float32(0.0), np.float32(0.0)
                for side_z in range(2):
                    kk = (z.low[k] if side_z == 0 else z.high[k]) + PAD
                    share = z.share[k] if side_z == 0 else np.float32(1.0) - z.share[k]
                    for side_y in range(2):
                        jj = (y.low[j] if side_y == 0 else y.high[j]) + PAD
                        if stands == 3:
                            one, other = share * air[kk, jj, a], share * air[kk, jj, b]
                            total += one * q[kk, jj, a] + other * q[kk, jj, b]
                            weight += one + other
                        else:
                            total += share * (q[kk, jj, a] + q[kk, jj, b])
                            weight += np.float32(2.0) * share
                mean = total / max(weight, np.float32(1e-6))
                row[i + PAD] = row[i + PAD] - mean if off else mean


@njit(cache=True, nogil=True, error_model="numpy", fastmath=ADDED, parallel=True)
def add_free(q: Cube, more: Cube, free: Flags, bit: np.uint8, least: np.float32) -> None:
    """Add to a quantity where it is free to change.

    Parameters
    ----------
    q
        Shape (nz + 5, ny + 5, nx + 5), any unit.
    more
        What to add, of the same shape and unit.
    free, bit
        Where: that bit of the flags, of the same shape.
    least
        Share of q that is left at least, where it is > 0; 0: what is added may be any [-].
    """
    for level in prange(q.shape[0] - 2 * PAD):
        k = np.int64(level) + PAD
        for j in range(PAD, q.shape[1] - PAD):
            own, change, may = q[k, j], more[k, j], free[k, j]
            for i in range(PAD, q.shape[2] - PAD):
                new = own[i] + (change[i] if may[i] & bit else np.float32(0.0))
                own[i] = max(new, least * own[i]) if least > np.float32(0.0) else new
