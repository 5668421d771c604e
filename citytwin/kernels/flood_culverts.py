"""Culverts of a flood: water that passes below the ground from cell to cell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.errors import ConfigError
from citytwin.kernels.culvert import Barrel, culvert_discharge
from citytwin.kernels.culvert_inlets import INLETS
from citytwin.kernels.depth_rows import StoredWater, changed_depth
from citytwin.kernels.exact_sums import as_array, from_array, metres, units
from citytwin.kernels.face_discharge import Row
from citytwin.kernels.flood_part import Cells, FloodPart
from citytwin.kernels.named_arrays import put_back
from citytwin.kernels.water_storage import WaterStorage
from citytwin.model.checkpoints import NamedArrays

_KEEPS = 0.99999


@dataclass(frozen=True, eq=False)
class Culverts:
    """Culverts, pipes or boxes, each between two cells.

    Parameters
    ----------
    rows, cols
        Cells at the first and second end, shape (n, 2), int.
    level_m
        Inverts at both ends, none below the ground of its cell, shape (n, 2) [m].
    width_m, height_m, length_m
        Of the barrels, shape (n,) [m], > 0; of pipes the height is the diameter.
    inlet
        Places of their inlets in `INLETS`, shape (n,), int; None for the first.
    """

    rows: NDArray[np.int64]
    cols: NDArray[np.int64]
    level_m: NDArray[np.float64]
    width_m: NDArray[np.float64]
    height_m: NDArray[np.float64]
    length_m: NDArray[np.float64]
    inlet: NDArray[np.int64] | None = None

    def __post_init__(self) -> None:
        ends = {np.shape(a) for a in (self.rows, self.cols, self.level_m)}
        sizes = (self.width_m, self.height_m, self.length_m)
        each = {np.shape(a) for a in (*sizes, self.inlets)}
        if ends != {(len(self.rows), 2)} or each != {(len(self.rows),)}:
            raise ConfigError(
                f"culverts: arrays of the shapes {sorted(ends)} and {sorted(each)}",
                hint="give two cells and inverts, and one width, height, length and inlet, per culvert",
            )
        if not (np.isfinite(self.level_m).all() and all(np.greater(a, 0).all() for a in sizes)):
            raise ConfigError(
                "culverts: an invert is not a number, or a size is not above 0",
                hint="give inverts and sizes in metres",
            )
        same = (self.rows[:, 0] == self.rows[:, 1]) & (self.cols[:, 0] == self.cols[:, 1])
        if same.any():
            raise ConfigError(
                f"culvert {int(np.flatnonzero(same)[0])}: both ends lie in one cell",
                hint="leave it out, or use smaller cells",
            )

    def on_coarse(self, cells: int) -> Culverts | None:
        """Return them on coarse cells.

        Parameters
        ----------
        cells
            Cells along a side of a coarse one.

        Returns
        -------
        Culverts or None
            Those that join two coarse cells.
        """
        rows, cols = self.rows // cells, self.cols // cells
        joins = (rows[:, 0] != rows[:, 1]) | (cols[:, 0] != cols[:, 1])
        if not joins.any():
            return None
        sizes = (self.width_m[joins], self.height_m[joins], self.length_m[joins])
        return Culverts(rows[joins], cols[joins], self.level_m[joins], *sizes, self.inlets[joins])

    @property
    def inlets(self) -> NDArray[np.int64]:
        """Places of their inlets in `INLETS`, shape (n,)."""
        if self.inlet is None:
            return np.zeros(len(self.rows), dtype=np.int64)
        return self.inlet

    @property
    def manning(self) -> NDArray[np.float64]:
        """Manning's n of the barrels, shape (n,) [s/m^(1/3)]."""
        return np.array([inlet.manning for inlet in INLETS])[self.inlets]

    @property
    def cells(self) -> Cells:
        """Cells of all ends, first and second of each culvert in turn, shape (2 n,) each."""
        return self.rows.ravel(), self.cols.ravel()


class CulvertFlow:
    """What passes the culverts of a grid, and what has passed.

    Parameters
    ----------
    culverts
        With cells of the grid.
    storage
        Of the cells of the grid.
    area_m2
        Area of a cell [m2], > 0.
    """

    def __init__(self, culverts: Culverts, storage: WaterStorage, area_m2: float) -> None:
        self._culverts, self._storage, self._area_m2 = culverts, storage, area_m2
        rows, cols = culverts.cells
        _, place = np.unique(np.column_stack([rows, cols]), axis=0, return_inverse=True)
        # Culverts that end in one cell share its water.
        self._place = place.reshape(-1).astype(np.int64)
        self._passed = 0  # in both directions [2^-46 m]

    def moves(self, depth_m: NDArray[np.float32], dt_s: float) -> NDArray[np.float32]:
        """Depths that move in a step.

        Parameters
        ----------
        depth_m
            Water depth, shape (ny, nx), float32 [m].
        dt_s
            Length of the step [s].

        Returns
        -------
        numpy.ndarray
            Shape (n,), float32 [m]: from the cell of the first end to that of the second.
        """
        given, moves = self._culverts, np.zeros(len(self._culverts.rows), dtype=np.float32)
        cells, depth = given.cells, np.zeros(int(self._place.max()) + 1)
        depth[self._place] = depth_m[cells]
        standing = self._storage.beds(depth_m, cells)
        sizes = np.column_stack([given.width_m, given.height_m, given.length_m, given.manning])
        per_area = dt_s / self._area_m2
        find_moves(
            depth, self._place, standing, given.level_m, sizes, given.inlets, per_area, moves
        )
        return moves

    def largest_gain_m(self, depth_m: NDArray[np.float32], dt_s: float) -> float:
        """Largest depth that a cell gains in a step.

        Parameters
        ----------
        depth_m
            As for `moves`.
        dt_s
            Length of the step [s].

        Returns
        -------
        float
            Depth [m], >= 0.
        """
        moves = self.moves(depth_m, dt_s).astype(np.float64)
        gain = np.zeros(int(self._place.max()) + 1)
        np.add.at(gain, self._place, np.column_stack([-moves, moves]).ravel())
        return float(gain.max(initial=0.0))

    def pass_on(self, depth_m: NDArray[np.float32], dt_s: float) -> NDArray[np.float32]:
        """Find what moves in a step, and take note of it.

        Parameters
        ----------
        depth_m, dt_s
            As for `moves`.

        Returns
        -------
        numpy.ndarray
            As of `moves`.
        """
        moves = self.moves(depth_m, dt_s)
        self._passed += sum(units(abs(moved)) for moved in moves.tolist())
        return moves

    @property
    def passed_m3(self) -> float:
        """Volume that has passed the culverts, in both directions [m3]."""
        return metres(self._passed) * self._area_m2

    def state(self) -> NamedArrays:
        """Return what has passed.

        Returns
        -------
        mapping
            Array of shape (1, 2).
        """
        return {"passed": as_array([self._passed])}

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state.

        Parameters
        ----------
        state
            What `state` returned.
        """
        passed = as_array([self._passed])
        put_back(passed, state, "passed")
        self._passed = from_array(passed)[0]


class CulvertEnds:
    """Ends of culverts that lie in a part of a grid.

    Parameters
    ----------
    culverts
        With the cells of the whole grid.
    part
        Which cells of the grid are computed.
    """

    def __init__(self, culverts: Culverts, part: FloodPart) -> None:
        placed = part.placed(culverts.cells)
        self._ends = np.sort(np.concatenate([placed.booked, placed.beside]))
        self._cells = part.local(culverts.cells, self._ends)

    def apply(self, water: StoredWater, moves: NDArray[np.float32]) -> None:
        """Take from the cells of some ends and give to those of others.

        Parameters
        ----------
        water
            Water on the ground, arrays of shape (ny, nx), changed in place.
        moves
            What passes each culvert of the grid, shape (n,), float32 [m].
        """
        both = np.column_stack([-moves, moves]).ravel()[self._ends]
        change_cells(water.depth_m, water.residual_m, water.row_depth_m, self._cells, both)


@njit(cache=True, nogil=True, error_model="numpy")
def find_moves(
    depth_m: NDArray[np.float64],
    place: NDArray[np.int64],
    standing: tuple[NDArray[np.float64], NDArray[np.float64]],
    level_m: NDArray[np.float64],
    size_m: NDArray[np.float64],
    inlet: NDArray[np.int64],
    dt_per_area: float,
    moves: NDArray[np.float32],
) -> None:
    """Find what passes each culvert in a step, one after the other.

    Parameters
    ----------
    depth_m
        Depth in each cell that has an end, shape (m,), float64 [m]; changed in place by what
        passes.
    place
        Cell of each end, first and second of each culvert in turn, shape (2 n,), int64.
    standing
        Water level less depth at each end [m], and the share of the cell by whose area its volume
        changes with the level [-], shape (2 n,), float64, see `WaterStorage.beds`.
    level_m
        Inverts, shape (n, 2), float64 [m].
    size_m
        Width, height and length of each culvert [m], and its Manning's n [s/m^(1/3)], shape (n, 4),
        float64.
    inlet
        Places of their inlets in `INLETS`, shape (n,), int64.
    dt_per_area
        Time step over the area of a cell [s/m2], > 0.
    moves
        Receives the depths from first to second ends, shape (n,), float32 [m].

    Notes
    -----
    `culvert_discharge` (Schall et al. 2012), but no more than the donor holds above the invert, and no more than half
    of what parts the two levels (of the lesser wet area): near to level water the formula is steeper than any explicit step
    can follow.
    """
    bed_m, share = standing
    for k in range(moves.shape[0]):
        one, other = place[2 * k], place[2 * k + 1]
        first, second = bed_m[2 * k] + depth_m[one], bed_m[2 * k + 1] + depth_m[other]
        barrel = Barrel(size_m[k, 0], size_m[k, 1], size_m[k, 2], size_m[k, 3], inlet[k])
        flow = culvert_discharge(first, second, level_m[k, 0], level_m[k, 1], barrel)
        if flow == 0.0:
            continue
        donor = one if flow > 0.0 else other
        above = first - level_m[k, 0] if flow > 0.0 else second - level_m[k, 1]
        wet, lesser = share[2 * k if flow > 0.0 else 2 * k + 1], min(share[2 * k], share[2 * k + 1])
        most = min(0.5 * abs(first - second) * lesser, above * wet, _KEEPS * depth_m[donor])
        moved = np.float32(min(abs(flow) * dt_per_area, max(most, 0.0)))
        moves[k] = moved if flow > 0.0 else -moved
        depth_m[one] -= np.float64(moves[k])
        depth_m[other] += np.float64(moves[k])


@njit(cache=True, nogil=True, error_model="numpy")
def change_cells(
    depth_m: NDArray[np.float32],
    residual_m: NDArray[np.float32],
    row_depth_m: Row,
    cells: Cells,
    change_m: NDArray[np.float32],
) -> None:
    """Change the depth of some cells, one after the other.

    Parameters
    ----------
    depth_m, residual_m
        Water depth and what rounding left out of it, shape (ny, nx), float32 [m], changed in
        place.
    row_depth_m
        Largest depth of each row, shape (ny,), float32 [m], raised where it grows.
    cells
        Rows and columns, shape (n,) each, int64; a cell may come again.
    change_m
        Depth to add to each, shape (n,), float32 [m].
    """
    rows, cols = cells
    for k in range(rows.shape[0]):
        j, i = rows[k], cols[k]
        depth_m[j, i], residual_m[j, i] = changed_depth(
            depth_m[j, i], residual_m[j, i], change_m[k]
        )
        row_depth_m[j] = max(row_depth_m[j], depth_m[j, i])
