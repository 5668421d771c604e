"""Coarse cells with tables of the fine ground as a scheme of the time loop."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from citytwin.kernels.depth_rows import StoredWater
from citytwin.kernels.exact_sums import total_units
from citytwin.kernels.face_discharge import Row
from citytwin.kernels.flood_maxima import FloodMaxima, track_cell_maxima
from citytwin.kernels.flood_options import SolverOptions
from citytwin.kernels.flood_setup import written_zeros
from citytwin.kernels.full_state import FullState
from citytwin.kernels.inertial_state import FlowState, Ground
from citytwin.kernels.named_arrays import put_back
from citytwin.kernels.row_bands import RowBands
from citytwin.kernels.shallow_water import Field
from citytwin.kernels.step_limit import longest_step_s
from citytwin.kernels.step_numbers import step_numbers
from citytwin.kernels.subgrid_sections import FaceSections
from citytwin.kernels.subgrid_step import (
    Sections,
    Surfaces,
    effective_depth,
    find_discharge,
    find_sections,
    find_surfaces,
    move_water,
)
from citytwin.kernels.subgrid_storage import CellStorage
from citytwin.kernels.subgrid_view import CoarseWater, show_water
from citytwin.kernels.window import Window
from citytwin.model.checkpoints import NamedArrays

_LEAST_SHARE = np.float32(1e-6)


class SubgridGround(NamedTuple):
    """Fine ground and what coarse cells know of it.

    Parameters
    ----------
    bed_m, manning
        Fine ground level [m], CLOSED_BED_M where no water can be, and Manning's n [s/m^(1/3)],
        shape (m, n), float32.
    cells
        Fine cells along a side of a coarse one.
    storage, x_faces, y_faces
        Tables of the coarse cells and of their faces.
    ground
        Of the coarse cells: lowest ground, shares of rain, and at the edges slope outwards over the
        root of the whole slope.
    """

    bed_m: Field
    manning: Field
    cells: int
    storage: CellStorage
    x_faces: FaceSections
    y_faces: FaceSections
    ground: Ground


class SubgridScheme:
    """Volume in coarse cells and discharge through their faces; results on the fine ground.

    After van Ormondt, Leijnse, de Goede, Nederhoff and van Dongeren (2025), Geoscientific Model
    Development 18, 843-861, with cross sections in series, see `face_sections`.

    Parameters
    ----------
    laid
        What does not change.
    depth_m
        Volume of the water at rest over the area of the cell, shape (ny, nx), float32 [m]; changed
        in place.
    cell_m
        Size of the coarse cells [m], > 0.
    options
        Numbers of the scheme.

    Attributes
    ----------
    fallen_m
        Rain since somebody has set it to 0, volume over the area of the cell, shape (ny, nx), float32 [m].
    """

    def __init__(
        self, laid: SubgridGround, depth_m: Field, cell_m: float, options: SolverOptions
    ) -> None:
        ny, nx = depth_m.shape
        x, y = (ny, nx + 1), (ny + 1, nx)
        self.water = FlowState(
            depth_m=depth_m,
            residual_m=written_zeros(ny, nx),
            row_depth_m=depth_m.max(axis=1),
            x_discharge=written_zeros(*x),
            y_discharge=written_zeros(*y),
        )
        self._laid, self._cell_m, self._options = laid, cell_m, options
        self._surfaces = Surfaces(*(written_zeros(ny, nx) for _ in range(5)))
        self._sections = _no_water(x), _no_water(y)
        self._new = written_zeros(*x), written_zeros(*y)
        self._share = written_zeros(ny, nx)
        self.fallen_m = written_zeros(ny, nx)
        fine = laid.bed_m.shape
        self.shown = FullState(
            written_zeros(*fine),
            np.empty(fine, dtype=np.float32),  # nobody asks for it
            written_zeros(fine[0]),
            written_zeros(*fine),
            written_zeros(*fine),
            written_zeros(fine[0]),
        )
        self.bands = RowBands(fine, 1)
        self._work = written_zeros(1, fine[1])
        self._looked, self._deepest_m, self._dt_per_cell = False, 0.0, 0.0

    def _look(self) -> None:
        """Find surfaces and sections of the water now, where they are not known."""
        if self._looked:
            return
        laid, surfaces, depth = self._laid, self._surfaces, self.water.depth_m
        dry = np.float32(self._options.dry_depth_m)
        find_surfaces(laid.storage, depth, surfaces)
        x_now, y_now = self._sections
        find_sections(laid.storage, surfaces, depth, laid.x_faces, x_now, 0, dry)
        find_sections(laid.storage, surfaces, depth, laid.y_faces, y_now, 1, dry)
        self._deepest_m = float(effective_depth(surfaces))
        self._looked = True

    def longest_step_s(self, gain_m: float) -> float:
        """Longest stable step; see `FloodScheme`.

        Notes
        -----
        That of level beds for the depth of `effective_depth`.
        """
        self._look()
        return longest_step_s(self._options, self._cell_m, self._deepest_m, 0.0, gain_m)

    def water_with(self, row_depth_m: Row) -> StoredWater:
        """The water now with other largest depths of the rows; see `FloodScheme`."""
        return self.water._replace(row_depth_m=row_depth_m)

    @property
    def wave_m_s(self) -> float:
        """No wave is faster than those of `longest_step_s`; see `FloodScheme`."""
        return 0.0

    def wave_within(self, _window: Window) -> float:
        """No wave is faster than those of `longest_step_s`; see `FloodScheme`."""
        return 0.0

    def advance(self, dt_s: float, rain_m: np.float32, loss_m: np.float32) -> int:
        """Take a time step; see `FloodScheme`."""
        self._look()
        numbers = step_numbers(self._options, self._cell_m, dt_s, rain_m)
        ground, surfaces = self._laid.ground, self._surfaces
        find_discharge(self.water, ground, surfaces, self._sections, self._new, numbers)
        drains = self._drained_share(rain_m, loss_m)
        drained = move_water(self.water, ground, drains, self._new, self._share, numbers, loss_m)
        self.fallen_m += rain_m * ground.rain_weight
        self._dt_per_cell = float(numbers.dt_per_cell)
        self._looked = False
        return int(drained)

    def _drained_share(self, rain_m: np.float32, loss_m: np.float32) -> Field:
        """Part of each cell by which drains take their loss.

        That which is wet; where the ground is dry they take of the rain of the step, before it runs down.
        """
        wet, ground = self._surfaces.wet_share, self._laid.ground
        if not (rain_m > 0 and loss_m > 0):
            return wet
        open_share = self._laid.storage.open_share
        film_m = rain_m * ground.rain_weight / np.maximum(open_share, _LEAST_SHARE)
        dry = np.maximum(open_share - wet, np.float32(0.0))
        share: Field = wet + dry * np.minimum(film_m / loss_m, np.float32(1.0))
        return share

    def outflow(self) -> tuple[int, int, int, int]:
        """Depths that left during the last step; see `FloodScheme`."""
        x, y = self.water.x_discharge, self.water.y_discharge
        north, south, west, east = (
            abs(total_units(side.astype(np.float64) * self._dt_per_cell))
            for side in (y[0], y[-1], x[:, 0], x[:, -1])
        )
        return north, south, west, east

    def track(self, maxima: FloodMaxima, time_s: float) -> None:
        """Bring the running maxima up to now; see `FloodScheme`."""
        self._look()
        numbers = step_numbers(self._options, self._cell_m, 1.0)
        laid = self._laid
        discharge = self.water.x_discharge, self.water.y_discharge
        coarse = CoarseWater(laid.storage.bed_m, self._surfaces, discharge, self._sections)
        ground = laid.bed_m, laid.manning
        show_water(self.shown, maxima.depth_m, ground, coarse, laid.cells, numbers)
        track_cell_maxima(maxima, self.shown, self._work, numbers.dry_depth_m, np.float32(time_s))

    def state(self) -> NamedArrays:
        """All that the next steps depend on; see `FloodScheme`."""
        own = {"highest_m": self._surfaces.highest_m, "fallen_m": self.fallen_m}
        return {**self.water._asdict(), **own}

    def restore(self, state: NamedArrays) -> None:
        """Go on from a state; see `FloodScheme`."""
        for name, array in self.water._asdict().items():
            put_back(array, state, name)
        put_back(self._surfaces.highest_m, state, "highest_m")
        put_back(self.fallen_m, state, "fallen_m")
        self._looked = False


def _no_water(shape: tuple[int, int]) -> Sections:
    return Sections(*(written_zeros(*shape) for _ in range(4)))
