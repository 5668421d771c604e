"""State, numbers and work space of the full shallow-water solver."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.kernels.face_discharge import Row
from citytwin.kernels.muscl import HalfSlopes
from citytwin.kernels.riemann import FaceFlux


class FullState(NamedTuple):
    """Water at the centres of the cells; every array is changed in place.

    Parameters
    ----------
    depth_m
        Water depth, shape (ny, nx), float32 [m], >= 0.
    residual_m
        What rounding has left out of `depth_m`, shape (ny, nx), float32 [m].
    row_depth_m
        Largest depth of each row, shape (ny,), float32 [m].
    x_speed
        Velocity to the east, shape (ny, nx), float32 [m/s]; zero where the ground is dry.
    y_speed
        Velocity to the south, shape (ny, nx), float32 [m/s].
    row_wave_m_s
        Largest speed of any wave along x or y in each row, shape (ny,), float32 [m/s].
    """

    depth_m: NDArray[np.float32]
    residual_m: NDArray[np.float32]
    row_depth_m: Row
    x_speed: NDArray[np.float32]
    y_speed: NDArray[np.float32]
    row_wave_m_s: Row


class FullNumbers(NamedTuple):
    """The scalars of one time step, all float32.

    Parameters
    ----------
    gravity_dt
        Gravity times time step [m/s], > 0.
    gravity_dt_per_cell
        Gravity times time step over cell size [1/s], > 0.
    dt_per_cell
        Time step over cell size [s/m], > 0.
    dry_depth_m
        Depth at and below which water has no velocity [m], > 0.
    rain_m
        Rain that falls during the step [m], >= 0.
    loss_m
        Depth that drains take during the step where there is water [m], >= 0.
    """

    gravity_dt: np.float32
    gravity_dt_per_cell: np.float32
    dt_per_cell: np.float32
    dry_depth_m: np.float32
    rain_m: np.float32
    loss_m: np.float32


class EdgeFlow(NamedTuple):
    """Discharge through the edges of the grid, mean of a time step.

    Parameters
    ----------
    north, south
        Shape (nx,), float64 [m2/s], positive to the south.
    west, east
        Shape (ny,), float64 [m2/s], positive to the east.
    """

    north: NDArray[np.float64]
    south: NDArray[np.float64]
    west: NDArray[np.float64]
    east: NDArray[np.float64]


class FullWork(NamedTuple):
    """Work space of a step; rows of the grid take turns in the first axis.

    Parameters
    ----------
    x_flux
        Fluxes through the west and east faces of two rows, shape (2, 4, nx + 1), float32.
    y_flux
        Fluxes through the faces above three rows, shape (3, 4, nx).
    x_slope, y_slope
        Half slopes of three rows of cells, shape (3, 4, nx).
    share
        Limits of the outflow of two rows, shape (2, nx).
    north, south
        Fluxes through the edges, shape (1, 4, nx).
    west, east
        The same, shape (1, 4, ny).
    scratch
        A row of any use, shape (1, nx).
    """

    x_flux: NDArray[np.float32]
    y_flux: NDArray[np.float32]
    x_slope: NDArray[np.float32]
    y_slope: NDArray[np.float32]
    share: NDArray[np.float32]
    north: NDArray[np.float32]
    south: NDArray[np.float32]
    west: NDArray[np.float32]
    east: NDArray[np.float32]
    scratch: NDArray[np.float32]


def full_work(ny: int, nx: int) -> FullWork:
    """Allocate the work space of a step.

    Parameters
    ----------
    ny, nx
        Size of the grid.

    Returns
    -------
    FullWork
        Arrays of zeros, float32.
    """

    def zeros(*shape: int) -> NDArray[np.float32]:
        return np.zeros(shape, dtype=np.float32)

    return FullWork(
        x_flux=zeros(2, 4, nx + 1),
        y_flux=zeros(3, 4, nx),
        x_slope=zeros(3, 4, nx),
        y_slope=zeros(3, 4, nx),
        share=zeros(2, nx),
        north=zeros(1, 4, nx),
        south=zeros(1, 4, nx),
        west=zeros(1, 4, ny),
        east=zeros(1, 4, ny),
        scratch=zeros(1, nx),
    )


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def flux_at(rows: NDArray[np.float32], k: int, i: int) -> FaceFlux:
    """Return a flux of a block.

    Parameters
    ----------
    rows
        Blocks, shape (m, 4, n), float32 [units of `FaceFlux`].
    k, i
        The block and the face.

    Returns
    -------
    FaceFlux
        What passes it.
    """
    return FaceFlux(rows[k, 0, i], rows[k, 1, i], rows[k, 2, i], rows[k, 3, i])


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def put_flux(rows: NDArray[np.float32], k: int, i: int, flux: FaceFlux) -> None:
    """Keep a flux in a block.

    Parameters
    ----------
    rows
        Blocks, shape (m, 4, n), float32 [units of `FaceFlux`], changed in place.
    k, i
        The block and the face.
    flux
        What passes it.
    """
    rows[k, 0, i], rows[k, 1, i] = flux.mass, flux.on_first
    rows[k, 2, i], rows[k, 3, i] = flux.on_second, flux.carried


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def slopes_at(rows: NDArray[np.float32], k: int, i: int) -> HalfSlopes:
    """Return the slopes of a cell in a block.

    Parameters
    ----------
    rows
        Blocks, shape (m, 4, n), float32 [units of `HalfSlopes`].
    k, i
        The block and the cell.

    Returns
    -------
    HalfSlopes
        The slopes.
    """
    return HalfSlopes(rows[k, 0, i], rows[k, 1, i], rows[k, 2, i], rows[k, 3, i])


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def put_slopes(rows: NDArray[np.float32], k: int, i: int, slopes: HalfSlopes) -> None:
    """Keep the slopes of a cell in a block.

    Parameters
    ----------
    rows
        Blocks, shape (m, 4, n), float32 [units of `HalfSlopes`], changed in place.
    k, i
        The block and the cell.
    slopes
        The slopes.
    """
    rows[k, 0, i], rows[k, 1, i] = slopes.depth, slopes.level
    rows[k, 2, i], rows[k, 3, i] = slopes.along, slopes.across
