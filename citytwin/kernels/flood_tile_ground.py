"""The ground of a tile: what a part of a grid needs to flood like the whole, bit for bit."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.flood_options import EdgeKind, Edges, Scheme, SolverOptions
from citytwin.kernels.flood_part import FloodPart
from citytwin.kernels.flood_setup import Cells, check_cells, lay_ground
from citytwin.kernels.inertial_state import Ground
from citytwin.kernels.rain_layout import RoofLinks, links_within
from citytwin.kernels.roof_runoff import RunoffMap, roof_runoff_map
from citytwin.kernels.window import Window

# Cells that each step carries a disturbance; with the maxima of `inertial`, which look at faces,
# one more in all.
_CELLS_PER_STEP = {
    (Scheme.INERTIAL, 1): 2,
    (Scheme.INERTIAL, 2): 2,
    (Scheme.FULL, 1): 2,
    (Scheme.FULL, 2): 6,
}


def halo_cells(options: SolverOptions) -> int:
    """Cells around a tile that it computes as well, so that it need not ask for so many steps.

    Parameters
    ----------
    options
        Scheme, order, and the number of steps that are taken at once.

    Returns
    -------
    int
        Cells on every side.

    Notes
    -----
    A depth of the local inertial scheme depends on the limiters of the neighbouring cells and these
    on the faces of the next ones, whose discharge depends on the faces beyond: two cells in a step
    (de Almeida et al. 2012, with the limiter of `donor_limiter`). The full scheme reaches two cells
    in a stage, three with slopes.
    """
    return _CELLS_PER_STEP[options.scheme, options.order] * options.steps_kept + 1


def reach_of(core: Window, halo: int, shape: tuple[int, int]) -> FloodPart:
    """Return a tile with the cells around it.

    Parameters
    ----------
    core
        The tile.
    halo
        Cells on every side.
    shape
        Rows and columns of the grid.

    Returns
    -------
    FloodPart
        Cut at the edges of the grid.
    """
    return FloodPart(grown(core, halo, shape), core)


def grown(window: Window, cells: int, shape: tuple[int, int]) -> Window:
    """Grow a window on every side, up to the edges of the grid.

    Parameters
    ----------
    window
        The window.
    cells
        By how many cells.
    shape
        Rows and columns of the grid.

    Returns
    -------
    Window
        The larger one.
    """
    return Window(
        max(0, window.row0 - cells),
        min(shape[0], window.row1 + cells),
        max(0, window.col0 - cells),
        min(shape[1], window.col1 + cells),
    )


@dataclass(frozen=True, eq=False)
class TileGround:
    """Ground of a tile and of the cells around it.

    Parameters
    ----------
    ground
        Arrays of shape (ny, nx), (nx,) and (ny,); sides that are no edge of the grid are closed.
    cells
        Masks of shape (ny, nx).
    part
        Where the tile lies.
    roofs
        Roofs that drain to it, those around it among them.
    """

    ground: Ground
    cells: Cells
    part: FloodPart
    roofs: RoofLinks

    @property
    def largest_weight(self) -> float:
        """Largest share of rain that a cell of the tile receives [-]."""
        booked = self.part.booked
        weight = self.ground.rain_weight[booked.row0 : booked.row1, booked.col0 : booked.col1]
        return float(weight.max())

    @property
    def own_cells(self) -> Cells:
        """Masks of the tile without the cells around it."""
        booked = self.part.booked
        rows, cols = slice(booked.row0, booked.row1), slice(booked.col0, booked.col1)
        is_open, is_roof = self.cells
        return Cells(is_open[rows, cols], is_roof[rows, cols])


def lay_tile(
    around: Window,
    arrays: tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.float32]],
    part: FloodPart,
    shape: tuple[int, int],
    cell_m: float,
    options: SolverOptions,
) -> TileGround | None:
    """Prepare the ground of a tile from the rasters around it.

    Parameters
    ----------
    around
        Window of the rasters, beyond the reach of the tile, or up to the edges of the grid.
    arrays
        Terrain [m], building cells and Manning's n [s/m^(1/3)] of that window, shape (ny, nx)
        each.
    part
        The tile.
    shape
        Rows and columns of the grid.
    cell_m
        Cell size [m], > 0.
    options
        With the sides of the grid, and where the rain of roofs goes.

    Returns
    -------
    TileGround or None
        None where a roof may drain to a cell outside the window, or one outside into the tile: the
        window must be larger.
    """
    terrain, blocked, manning = arrays
    is_whole = around == Window(0, shape[0], 0, shape[1])
    cells = check_cells(
        terrain, blocked, manning, roofs_run_off=options.roofs_run_off, is_part=not is_whole
    )
    margin = _margin(around, part.reach, shape)
    if cells.is_roof.any() and not cells.is_open.any():
        return None
    runoff = roof_runoff_map(cells.is_open, cells.is_roof)
    if not is_whole and _runoff_reach(runoff, cells.is_open.shape[1]) > 0.5 * margin:
        return None
    at = (around.row0 == 0, around.row1 == shape[0], around.col0 == 0, around.col1 == shape[1])
    edges = options.edges
    north, south, west, east = (
        kind if is_edge else EdgeKind.CLOSED for kind, is_edge in zip(edges.kinds, at, strict=True)
    )
    own = Edges(north, south, west, east, edges.min_slope)
    laid = lay_ground(terrain, manning, cells, cell_m, own)
    row, col = part.reach.row0 - around.row0, part.reach.col0 - around.col0
    ny, nx = part.reach.row1 - part.reach.row0, part.reach.col1 - part.reach.col0
    rows, cols = slice(row, row + ny), slice(col, col + nx)

    def cut(array: NDArray[Any]) -> NDArray[Any]:
        return np.ascontiguousarray(array[rows, cols])

    def side(along: NDArray[np.float32], is_edge: bool) -> NDArray[np.float32]:
        return along.copy() if is_edge else np.zeros_like(along)

    reach = part.reach
    ground = Ground(
        cut(laid.bed_m),
        cut(laid.manning),
        cut(laid.rain_weight),
        north=side(laid.north[cols], reach.row0 == 0),
        south=side(laid.south[cols], reach.row1 == shape[0]),
        west=side(laid.west[rows], reach.col0 == 0),
        east=side(laid.east[rows], reach.col1 == shape[1]),
        booked=part.booked,
    )
    roofs = links_within(runoff, around, reach)
    return TileGround(ground, Cells(cut(cells.is_open), cut(cells.is_roof)), part, roofs)


def _margin(around: Window, reach: Window, shape: tuple[int, int]) -> float:
    """Least distance from the reach to a side of the window that is no edge of the grid."""
    sides = (
        (around.row0 == 0, reach.row0 - around.row0),
        (around.row1 == shape[0], around.row1 - reach.row1),
        (around.col0 == 0, reach.col0 - around.col0),
        (around.col1 == shape[1], around.col1 - reach.col1),
    )
    return min((cells for is_edge, cells in sides if not is_edge), default=math.inf)


def _runoff_reach(links: RunoffMap, nx: int) -> float:
    """Largest distance from a roof to the open cells nearest to it [cells]."""
    if not links.source.size:
        return 0.0
    down = links.source // nx - links.target // nx
    right = links.source % nx - links.target % nx
    return float(np.hypot(down, right).max())
