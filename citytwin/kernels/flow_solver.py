"""The flow on one grid: mass-consistent start, then momentum steps to a steady state.

Each step predicts the velocity with the pressure so far and then projects it (Chorin 1968, Goda
1979), so that the steady state depends on no length of step.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numba import njit, prange
from numpy.typing import NDArray
from scipy import ndimage

from citytwin.errors import ConfigError
from citytwin.kernels.flow_approach import ApproachFlow, balance
from citytwin.kernels.flow_edges import HeldBorder, entering, extend, fill_border
from citytwin.kernels.flow_grid import BEHIND, PAD, Cube, FlowGrid, inner
from citytwin.kernels.flow_momentum import Flow, Setting, advance_momentum
from citytwin.kernels.flow_pressure import PressureEquation, Solved, WorkSpace
from citytwin.kernels.flow_refinement import refine
from citytwin.kernels.flow_rows import FAST
from citytwin.kernels.flow_setup import (
    WALL_ROUGHNESS_M,
    Town,
    floor_rates,
    leaf_rates,
    mixing_lengths,
    wall_rate,
)
from citytwin.kernels.flow_turbulence import advance_energy, eddy_viscosity
from citytwin.kernels.flow_walls import NO_SIDES, Sides, air_cells, free_faces, sides_of

COURANT = 5.0
"""Length of a step: air as fast as the fastest would cross so many cells (sums over the axes).

Each velocity takes as much of the step as the air that enters its volume lets it, less than one
crossing: slow air near the ground goes on several times as far as one length for all would let it."""
ROUND_STEPS = 8
"""Steps between corrections by a coarser grid: as many as smooth what that cannot see."""
LEAST_ROUNDS = 4
"""Rounds before a corrected flow counts as at rest: what is slow in the wakes of single blocks hardly shows
in the change of the first ones."""
STEP_ITERATIONS = 1
"""Iterations for the pressure in a step: it adds up over the steps."""
_NOTHING: Cube = np.zeros((1, 1, 1, 1), dtype=np.float32)
_WATCHED_M = 2.0
_WATCHED_HEIGHTS = 3.0
"""Mean building heights from walls up to which ground is watched: where the flow is still slow to
come to rest. Open ground far from them has its wind from the start, and would only water the change
down, the more of it there is [-]."""


class Progress(NamedTuple):
    """How far a run to steady state came."""

    steps: int
    turnovers: float
    """How far the air 2 m above ground has gone on, in units of the time in which the wind at the
    mean height of buildings crosses it."""
    change: float
    """Root mean square change of the speed 2 m above ground near walls in the last turnover, or the
    last round where a coarser grid corrects, over its own."""
    steady: bool


class CoarseFlow(NamedTuple):
    """A flow from which one on finer cells begins; arrays with border."""

    grid: FlowGrid
    cubes: tuple[Cube, ...]
    """Velocity along x, y and z [m/s], turbulence energy [m2/s2]."""
    pressure: Cube
    """Over density [m2/s2]."""


class FlowSolver:
    """State and steps of the flow.

    Parameters
    ----------
    grid
        The grid.
    town
        The place, arrays of shape (ny, nx).
    approach
        The wind that arrives.
    toward
        Where it blows to along x and towards the south, a unit vector.
    held
        Sides beyond which the flow is that of a coarse grid from which this begins.
    """

    def __init__(
        self,
        grid: FlowGrid,
        town: Town,
        approach: ApproachFlow,
        toward: tuple[float, float],
        held: Sides = NO_SIDES,
    ) -> None:
        self.grid, self._town = grid, town
        self.arriving = balance(grid, approach)
        self._sides, self._held = sides_of(toward, held), held
        self._beyond: HeldBorder | None = None
        self.air = air_cells(grid, town.top_m)
        self.faces = free_faces(grid, self.air, self._sides)
        self.equation = PressureEquation(grid, self.air, self.faces, self._sides)
        self._edges = entering(grid, self.arriving, toward)
        self._lengths = mixing_lengths(grid, self.air, town, self.arriving.length)
        self._setting = self._settings(toward)
        self.top_speed = float(self.arriving.speed.max())
        size = town.mean_height_m or 10.0 * grid.cell_m
        self._turnover_s = size / float(approach.at(size)[0])
        self._watched = _watched(grid, town)
        self._now = [grid.cube() for _ in range(4)]
        self._next = [grid.cube() for _ in range(4)]
        self.pressure, self._upright, self._sideways = (grid.cube() for _ in range(3))
        self._wanted: Cube | None = None
        self.time_s = 0.0
        """How far the air 2 m above ground near walls has gone on, in the mean [s]."""

    @property
    def velocity(self) -> tuple[Cube, Cube, Cube]:
        """Along x, y (southwards) and z on faces, with border [m/s]."""
        return self._now[0], self._now[1], self._now[2]

    @property
    def state(self) -> tuple[Cube, ...]:
        """Velocity along x, y and z [m/s] and turbulence energy [m2/s2], with border."""
        return tuple(self._now)

    @property
    def energy(self) -> Cube:
        """Turbulence energy in cells, with border [m2/s2]."""
        return self._now[3]

    @property
    def roughness_m(self) -> float:
        """Roughness length of the ground that the approach flow tells [m]."""
        return self.arriving.roughness_m

    def start(self) -> Solved:
        """Begin with the approach flow everywhere, made to go around what stands there."""
        levels = slice(PAD, PAD + self.grid.nz)
        for cube, profile in zip(
            (self._now[0], self._now[1], self._now[3]), self._edges, strict=True
        ):
            cube[levels] = profile[levels, None, None]
        self._now[2].fill(0)
        self.pressure.fill(0)
        self._blank()
        return self._settle()

    def start_from(self, coarse: CoarseFlow, at: tuple[float, float] = (0.0, 0.0)) -> Solved:
        """Begin with the flow on a coarser grid.

        Parameters
        ----------
        coarse
            That flow, of the same place or of a larger one around it.
        at
            Row and column in that place at which this grid begins [own cells].
        """
        for i, (mine, theirs) in enumerate(zip(self._now, coarse.cubes, strict=True)):
            refine(mine, theirs, self.grid, coarse.grid, i, at)
        refine(self.pressure, coarse.pressure, self.grid, coarse.grid, 3, at)
        np.maximum(self._now[3], 1e-7, out=self._now[3])
        # Where air enters it is the approach flow.
        levels, (sides, held) = slice(PAD, PAD + self.grid.nz), (self._sides, self._held)
        u, v, edges = self._now[0], self._now[1], self._edges
        for k, fixed in (
            (PAD, not (sides.west or held.west)),
            (-BEHIND, not (sides.east or held.east)),
        ):
            if fixed:
                u[levels, :, k] = edges.u[levels, None]
        for k, fixed in (
            (PAD, not (sides.north or held.north)),
            (-BEHIND, not (sides.south or held.south)),
        ):
            if fixed:
                v[levels, k] = edges.v[levels, None]
        self._blank()
        self._beyond = HeldBorder(self._now, held)
        return self._settle()

    def coarse(self) -> CoarseFlow:
        """Return the state, for finer grids to begin with."""
        return CoarseFlow(self.grid, tuple(self._now), self.pressure)

    def lent(self) -> list[Cube]:
        """Return arrays that hold nothing between steps: four, with border."""
        return self._next

    def move(self, cubes: Sequence[Cube]) -> None:
        """Keep the state elsewhere from now on; what it was is not taken along.

        Parameters
        ----------
        cubes
            Eleven arrays of zeros, shape (nz + 5, ny + 5, nx + 5).
        """
        self._now, self._next = list(cubes[:4]), list(cubes[4:8])
        self.pressure, self._upright, self._sideways = cubes[8:11]
        self.drive(_NOTHING, None)

    def drive(self, also: Cube, wanted: Cube | None) -> None:
        """Drive the flow besides, from now on.

        Parameters
        ----------
        also
            Velocities [m/s2] and energy [m2/s3], shape (4, nz + 5, ny + 5, nx + 5), or (1, 1, 1, 1)
            for nothing.
        wanted
            What enters each cell and does not leave it, shape (nz, ny, nx) [m/s per ground area];
            None for nothing.
        """
        self._setting = self._setting._replace(also=also)
        self._wanted = wanted

    def drives(self, out: Cube, number: int) -> None:
        """Write what drives the flow as it is, in the faces or cells in which it may change.

        Parameters
        ----------
        out
            Shape (nz + 5, ny + 5, nx + 5); its border is left alone [m/s2 or m2/s3].
        number
            0, 1, 2 for velocities along x, y, z; 3 for the energy.
        """
        setting = self._setting._replace(dt=np.float32(0.0))
        if number == len(self._now) - 1:
            advance_energy(out, self._flow(), setting)
        else:
            advance_momentum(out, number, self._flow(), setting)

    def _flow(self) -> Flow:
        """The state, for kernels."""
        u, v, w, k = self._now
        return Flow(u, v, w, k, self.pressure, self._upright, self._sideways)

    def _blank(self) -> None:
        """No wind in solids."""
        air, (u, v, w, k) = self.air, self._now
        u[:, :, 1:] *= air[:, :, 1:] & air[:, :, :-1]
        v[:, 1:] *= air[:, 1:] & air[:, :-1]
        w[1:] *= air[1:] & air[:-1]
        k *= air

    def _settle(self) -> Solved:
        """No divergence, borders filled."""
        solved = self.project(1e-4, 200)
        self.fill_borders()
        return solved

    def project(self, tolerance: float, most: int) -> Solved:
        """Free the velocity of divergence.

        Parameters
        ----------
        tolerance
            Largest divergence to leave, times the cell over the highest speed that arrives [-].
        most
            Iterations at most.
        """
        scale = self.top_speed * min(1.0, float(self.grid.dz.min()) / self.grid.cell_m)
        solved = self.equation.project(
            self.velocity, WorkSpace(*self._next), tolerance * scale, most, self._wanted
        )
        return Solved(solved.iterations, solved.before / scale, solved.after / scale)

    def step(self) -> Solved:
        """Take one step, in which every velocity goes as far as it stably can.

        Raises
        ------
        ConfigError
            If speeds are no longer numbers.
        """
        flow = self._flow()
        rate = fastest_crossing(flow.u, flow.v, flow.w, self.grid.dz, self.grid.cell)
        if not 0.0 < rate < np.inf:
            msg = "the flow grew without bound"
            raise ConfigError(msg, hint="look for heights that cannot be; else report it")
        dt = COURANT / rate
        setting = self._setting._replace(dt=np.float32(dt))
        for axis in range(3):
            advance_momentum(self._next[axis], axis, flow, setting)
        advance_energy(self._next[3], flow, setting)
        self._now, self._next = self._next, self._now
        solved = self.project(1e-4, STEP_ITERATIONS)
        # The potential is a velocity times a length; over the step it is a pressure.
        self._next[3] *= np.float32(1.0 / dt)
        self.pressure += self._next[3]
        self.fill_borders()
        self.time_s += float(np.mean(dt / (1.0 + dt / self.grid.cell_m * self._watch())))
        return solved

    def run(
        self,
        tolerance: float,
        most_turnovers: float,
        most_steps: int,
        told: Callable[[float], None] | None = None,
        exactly: int | None = None,
        correct: Callable[[], None] | None = None,
    ) -> Progress:
        """Take steps until the speed near the ground changes no more.

        Parameters
        ----------
        tolerance
            Change of the speed 2 m above ground near walls that counts as none: within a turnover, or
            within a round where the flow is corrected [-].
        most_turnovers
            Turnovers at most.
        most_steps
            Steps at most.
        told
            Called after each turnover or round with the share done, 0 to 1: how far the change has
            come down from its first value to the tolerance, by the order of its size.
        exactly
            Steps to take instead, whatever the change; >= 1.
        correct
            Corrects the flow by a coarser grid; called between rounds of `ROUND_STEPS`, of which there are
            `LEAST_ROUNDS` at least.
        """
        begin, steps, before, change = self.time_s, 0, self._watch(), np.inf
        looked, first, share, steady = begin, 0.0, 0.0, False
        limit = most_steps if exactly is None else exactly
        while steps < limit:
            self.step()
            steps += 1
            passed = (self.time_s - looked) / self._turnover_s
            if correct is None:
                is_due = passed >= 1.0
            else:
                is_due, passed = steps % ROUND_STEPS == 0 or steps == limit, 1.0
            if not is_due:
                continue
            speed = self._watch()
            scale = float(np.sqrt(np.mean(speed**2))) or 1.0
            change = float(np.sqrt(np.mean((speed - before) ** 2))) / scale / passed
            before, looked = speed, self.time_s
            first = first or max(change, 2 * tolerance)
            down = math.log(first / max(change, tolerance)) / math.log(first / tolerance)
            share = max(share, down)
            if told is not None:
                told(share)
            enough = correct is None or steps >= LEAST_ROUNDS * ROUND_STEPS
            steady = change <= tolerance and enough
            late = (self.time_s - begin) / self._turnover_s >= most_turnovers
            if exactly is None and (steady or late):
                break
            if correct is not None and steps < limit:
                correct()
        turnovers = (self.time_s - begin) / self._turnover_s
        return Progress(steps, turnovers, change, steady)

    def centred(self) -> tuple[Cube, Cube, Cube, Cube]:
        """Velocity along x, y (southwards) and z, and energy, in cells, (nz, ny, nx)."""
        u, v, w, k = self._now
        middle = slice(PAD, -BEHIND)
        after = slice(PAD + 1, -BEHIND + 1)
        half = np.float32(0.5)
        return (
            half * (inner(u) + u[middle, middle, after]),
            half * (inner(v) + v[middle, after, middle]),
            half * (inner(w) + w[after, middle, middle]),
            inner(k).copy(),
        )

    def at(
        self, k: NDArray[np.intp], j: NDArray[np.intp], i: NDArray[np.intp]
    ) -> tuple[NDArray[np.float32], ...]:
        """Velocity along x, y (southwards) and z, and energy, in some cells, shape (n,) each.

        Parameters
        ----------
        k, j, i
            Level, row and column, without the border, shape (n,).
        """
        (u, v, w, energy), half = self._now, np.float32(0.5)
        k, j, i = k + PAD, j + PAD, i + PAD
        return (
            half * (u[k, j, i] + u[k, j, i + 1]),
            half * (v[k, j, i] + v[k, j + 1, i]),
            half * (w[k, j, i] + w[k + 1, j, i]),
            energy[k, j, i],
        )

    def _watch(self) -> NDArray[np.float32]:
        """Speed of the cells watched, shape (n,) [m/s]."""
        k, j, i = self._watched
        u, v, _, _ = self._now
        half = np.float32(0.5)
        along, across = u[k, j, i] + u[k, j, i + 1], v[k, j, i] + v[k, j + 1, i]
        speed: NDArray[np.float32] = half * np.sqrt(along**2 + across**2)
        return speed

    def fill_borders(self) -> None:
        """Fill the border of the state, and the viscosities that follow from it.

        The pressure is left alone.
        """
        fill_border(self.velocity, self.energy, self.air, self._edges, self._sides)
        if self._beyond is not None:
            self._beyond.restore(self._now)
        lengths = self._lengths
        eddy_viscosity(self._upright, self.energy, lengths.upright, lengths.unit_m)
        eddy_viscosity(self._sideways, self.energy, lengths.sideways, lengths.unit_m)
        extend(self._upright)
        extend(self._sideways)

    def _settings(self, toward: tuple[float, float]) -> Setting:
        grid, arriving, town = self.grid, self.arriving, self._town
        built = np.zeros((grid.ny + PAD + BEHIND, grid.nx + PAD + BEHIND), dtype=np.float32)
        built[PAD:-BEHIND, PAD:-BEHIND] = town.built
        force = np.outer(np.array(toward), arriving.force).astype(np.float32)
        wall = wall_rate(0.5 * grid.cell_m, WALL_ROUGHNESS_M) / grid.cell_m
        return Setting(
            self.air,
            self.faces,
            built.ravel(),
            leaf_rates(grid, town),
            grid.dz,
            grid.per_rise,
            force,
            arriving.k_gain,
            floor_rates(grid, arriving),
            np.float32(wall),
            grid.cell,
            int(np.flatnonzero((self.air[PAD:] == 0).any(axis=(1, 2)))[-1:].sum()) + 1,
            np.float32(0.0),
            _NOTHING,
        )


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST, parallel=True)
def fastest_crossing(u: Cube, v: Cube, w: Cube, dz: NDArray[np.float32], cell: np.float32) -> float:
    """Largest sum over the axes of speed over cell [1/s].

    Parameters
    ----------
    u, v, w
        Velocities on faces, shape (nz + 5, ny + 5, nx + 5) [m/s].
    dz
        Thickness of the levels, shape (nz,) [m].
    cell
        Edge of a cell [m].
    """
    most = np.zeros(len(dz))
    for level in prange(len(dz)):
        k = np.int64(level)
        kk, share, largest = k + PAD, cell / dz[k], np.float32(0.0)
        for jj in range(PAD, u.shape[1] - 3):
            a, north, south = u[kk, jj], v[kk, jj], v[kk, jj + 1]
            low, high = w[kk, jj], w[kk + 1, jj]
            for i in range(PAD, u.shape[2] - 3):
                along = max(abs(a[i]), abs(a[i + 1])) + max(abs(north[i]), abs(south[i]))
                largest = max(largest, along + share * max(abs(low[i]), abs(high[i])))
        most[k] = largest
    return float(most.max() / cell)


def _watched(
    grid: FlowGrid, town: Town
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Cells 2 m above open ground near walls, as indices into arrays with border."""
    watched = ~town.built
    if not watched.all():
        far_m = max(_WATCHED_HEIGHTS * town.mean_height_m, 2.0 * grid.cell_m)
        watched &= ndimage.distance_transform_edt(watched) * grid.cell_m <= far_m
    j, i = np.nonzero(watched)
    k = np.searchsorted(grid.z_faces_m, town.ground_m[j, i] + _WATCHED_M, side="right") - 1
    # Ground that fills half of the cell below it has a cell of air above.
    k = np.maximum(k, np.searchsorted(grid.z_m, town.ground_m[j, i], side="right"))
    return np.minimum(k, grid.nz - 1) + PAD, j + PAD, i + PAD
