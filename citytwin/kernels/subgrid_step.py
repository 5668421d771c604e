"""One time step of the local inertial equations on coarse cells with tables of the fine ground.

The scheme of de Almeida, Bates, Freer and Souvignet (2012) with volumes in the place of depths, and
area of flow and conveyance in the place of flow depth and roughness.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.depth_rows import changed_depth, largest
from citytwin.kernels.donor_limiter import CellFaces, donor_share, limit_discharge
from citytwin.kernels.exact_sums import units
from citytwin.kernels.face_discharge import (
    GRAVITY_M_S2,
    FlowSection,
    NearbyDischarge,
    StepNumbers,
    inverse_cube_root,
    moved_discharge,
)
from citytwin.kernels.inertial_state import FlowState, Ground
from citytwin.kernels.shallow_water import Field, balance_row
from citytwin.kernels.subgrid_sections import FaceSections, section_at
from citytwin.kernels.subgrid_storage import CellStorage, held_m, surface_m

_ZERO = np.float32(0.0)
_QUARTER = np.float32(0.25)
_FOUR = np.float32(4.0)
_NO_LIMIT = np.float32(np.inf)
_KEEPS = np.float32(0.99999)
_CRITICAL_SPEED = np.float32(np.sqrt(GRAVITY_M_S2))
# Where levels differ by less the share of a cell between them is that at its own level.
_LEVEL_M = np.float32(1e-3)


class Surfaces(NamedTuple):
    """Water surface of the coarse cells now.

    Parameters
    ----------
    above_bed_m
        Above the lowest open ground, shape (ny, nx), float32 [m].
    highest_m
        Highest so far, the same.
    wet_share
        By which area the volume changes with the level, shape (ny, nx), float32 [-].
    face_area_m
        Sum of the areas of flow of the faces within the grid, shape (ny, nx), float32 [m].
    least_share
        Smallest share of the cell that its faces fill or empty, shape (ny, nx), float32 [-].
    """

    above_bed_m: Field
    highest_m: Field
    wet_share: Field
    face_area_m: Field
    least_share: Field


class Sections(NamedTuple):
    """Water in the faces across one direction now, see `FlowSection`; arrays of float32.

    Parameters
    ----------
    depth_m, area_m, wave, rough
        Of each face, shape (n, m); a dry one has the dry depth and no area.
    """

    depth_m: Field
    area_m: Field
    wave: Field
    rough: Field


@njit(cache=True, nogil=True, error_model="numpy")
def find_surfaces(storage: CellStorage, depth_m: Field, surfaces: Surfaces) -> None:
    """Find the water surface of every cell.

    Parameters
    ----------
    storage
        Tables of shape (ny, nx, n).
    depth_m
        Volume over the area of the cell, shape (ny, nx), float32 [m].
    surfaces
        Receives the surfaces, arrays of shape (ny, nx).
    """
    ny, nx = depth_m.shape
    for j in range(ny):
        for i in range(nx):
            level, share = surface_m(storage, j, i, depth_m[j, i])
            surfaces.above_bed_m[j, i] = level
            surfaces.wet_share[j, i] = share
            surfaces.face_area_m[j, i], surfaces.least_share[j, i] = _ZERO, _NO_LIMIT
            surfaces.highest_m[j, i] = max(surfaces.highest_m[j, i], level)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _put_section(
    faces: FaceSections,
    now: Sections,
    j: int,
    i: int,
    depth_m: np.float32,
    dry_depth_m: np.float32,
) -> np.float32:
    """Look up the section of a face; return its area."""
    if not depth_m > dry_depth_m:
        now.depth_m[j, i] = dry_depth_m
        now.area_m[j, i] = now.wave[j, i] = now.rough[j, i] = _ZERO
        return _ZERO
    area: np.float32
    area, surface, rough = section_at(faces, j, i, depth_m)
    now.depth_m[j, i], now.area_m[j, i] = depth_m, area
    now.wave[j, i], now.rough[j, i] = np.sqrt(area / surface), rough
    return area


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _fill_lower(
    storage: CellStorage,
    surfaces: Surfaces,
    depth_m: Field,
    high: tuple[int, int],
    low: tuple[int, int],
) -> None:
    """Note which shares of two cells a wave between them empties and fills.

    Of the lower one it is the mean between their levels: a pit of a few fine cells fills at once,
    and what follows spreads.
    """
    above, wet, least = surfaces.above_bed_m, surfaces.wet_share, surfaces.least_share
    least[high] = min(wet[high], least[high])
    rise = (above[high] - above[low]) + (storage.bed_m[high] - storage.bed_m[low])
    share = wet[low]
    # What is wholly wet already has no smaller share above.
    if rise > _LEVEL_M and share < storage.open_share[low]:
        full = held_m(storage, low[0], low[1], above[low] + rise)
        share = (full - depth_m[low]) / rise
    least[low] = min(share, least[low])


@njit(cache=True, nogil=True, error_model="numpy")
def find_sections(
    storage: CellStorage,
    surfaces: Surfaces,
    depth_m: Field,
    faces: FaceSections,
    now: Sections,
    down: int,
    dry_depth_m: np.float32,
) -> None:
    """Find the water in every face across one direction, and what it means for the cells.

    Parameters
    ----------
    storage, surfaces
        Of the cells, arrays of shape (ny, nx) and (ny, nx, n); `face_area_m` and `least_share` are
        brought up.
    depth_m
        Volume over the area of the cell, shape (ny, nx), float32 [m].
    faces
        Tables of shape (ny, nx + 1, n) or (ny + 1, nx, n).
    now
        Receives the water, arrays of shape (ny, nx + 1) or (ny + 1, nx).
    down
        0 for the faces in the west and east of cells, 1 for those in the north and south.
    dry_depth_m
        Depth at and below which a face is closed [m].
    """
    bed, above = storage.bed_m, surfaces.above_bed_m
    ny, nx = bed.shape
    for j in range(ny + down):
        for i in range(nx + 1 - down):
            # Of the cells before and behind the face the one that is there, at the edges.
            row, col = max(j - down, 0), max(i - 1 + down, 0)
            next_row, next_col = min(j, ny - 1), min(i, nx - 1)
            sill = faces.sill_m[j, i]
            from_first = above[row, col] - (sill - bed[row, col])
            from_second = above[next_row, next_col] - (sill - bed[next_row, next_col])
            deep = max(from_first, from_second)
            area = _put_section(faces, now, j, i, deep, dry_depth_m)
            if area > _ZERO and (row < next_row or col < next_col):
                surfaces.face_area_m[row, col] += area
                surfaces.face_area_m[next_row, next_col] += area
                if from_first >= from_second:
                    _fill_lower(storage, surfaces, depth_m, (row, col), (next_row, next_col))
                else:
                    _fill_lower(storage, surfaces, depth_m, (next_row, next_col), (row, col))


@njit(cache=True, nogil=True, error_model="numpy")
def effective_depth(surfaces: Surfaces) -> np.float32:
    """Return the depth on level beds whose waves limit the time step as much as those now.

    Parameters
    ----------
    surfaces
        Arrays of shape (ny, nx), after `find_sections` for both directions.

    Returns
    -------
    numpy.float32
        Depth [m], >= 0.

    Notes
    -----
    Waves between cells of storage s and faces of area A have frequencies of at most sqrt(2 g sum(A) /
    s) / dx (circles of Gershgorin), which is sqrt(8 g h) / dx on level beds.
    """
    most = np.float32(0.0)
    ny, nx = surfaces.least_share.shape
    for j in range(ny):
        for i in range(nx):
            most = max(most, surfaces.face_area_m[j, i] / surfaces.least_share[j, i])
    return _QUARTER * most


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _over_edge(now: Sections, j: int, i: int, slope: np.float32) -> np.float32:
    """Outflow over the edge of the grid: normal flow, at most critical flow."""
    area, depth = now.area_m[j, i], now.depth_m[j, i]
    if not (area > _ZERO and slope > _ZERO):
        return _ZERO
    conveys = np.sqrt(area / (depth * now.rough[j, i]))
    normal = slope * conveys * (depth * depth) * inverse_cube_root(depth)
    return min(_CRITICAL_SPEED * area * now.wave[j, i], normal)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def _through(
    now: Sections,
    j: int,
    i: int,
    climb: np.float32,
    nearby: NearbyDischarge,
    numbers: StepNumbers,
) -> np.float32:
    """New discharge of a face."""
    rough = _FOUR * now.rough[j, i]  # of twice the n, exactly
    section = FlowSection(now.depth_m[j, i], now.area_m[j, i], now.wave[j, i], rough)
    discharge: np.float32 = moved_discharge(section, climb, nearby, numbers)
    return discharge


@njit(cache=True, nogil=True, error_model="numpy")
def find_discharge(
    state: FlowState,
    ground: Ground,
    surfaces: Surfaces,
    sections: tuple[Sections, Sections],
    new: tuple[Field, Field],
    numbers: StepNumbers,
) -> None:
    """Find the discharge of every face at the end of the step, not yet limited.

    Parameters
    ----------
    state
        Water at the start of the step; not changed.
    ground
        Lowest ground of the cells, shape (ny, nx), and at the edges slope outwards over the root of
        the whole slope, shape (nx,) and (ny,).
    surfaces
        Of the cells, shape (ny, nx).
    sections
        Of the faces across x and y, shape (ny, nx + 1) and (ny + 1, nx).
    new
        Receives the discharge per width of the faces across x and y, the same shapes [m2/s].
    numbers
        Scalars of the step.
    """
    bed, above = ground.bed_m, surfaces.above_bed_m
    x, y = state.x_discharge, state.y_discharge
    x_now, y_now = sections
    x_new, y_new = new
    ny, nx = bed.shape
    for j in range(ny):
        x_new[j, 0] = -_over_edge(x_now, j, 0, ground.west[j])
        x_new[j, nx] = _over_edge(x_now, j, nx, ground.east[j])
        for i in range(1, nx):
            climb = (above[j, i] - above[j, i - 1]) + (bed[j, i] - bed[j, i - 1])
            across = (y[j, i - 1] + y[j, i]) + (y[j + 1, i - 1] + y[j + 1, i])
            nearby = NearbyDischarge(x[j, i - 1], x[j, i], x[j, i + 1], across)
            x_new[j, i] = _through(x_now, j, i, climb, nearby, numbers)
    for i in range(nx):
        y_new[0, i] = -_over_edge(y_now, 0, i, ground.north[i])
        y_new[ny, i] = _over_edge(y_now, ny, i, ground.south[i])
    for j in range(1, ny):
        for i in range(nx):
            climb = (above[j, i] - above[j - 1, i]) + (bed[j, i] - bed[j - 1, i])
            across = (x[j - 1, i] + x[j, i]) + (x[j - 1, i + 1] + x[j, i + 1])
            nearby = NearbyDischarge(y[j - 1, i], y[j, i], y[j + 1, i], across)
            y_new[j, i] = _through(y_now, j, i, climb, nearby, numbers)


@njit(cache=True, nogil=True, error_model="numpy")
def _limit(new: tuple[Field, Field], depth_m: Field, share: Field, scale: np.float32) -> None:
    """Let no cell give more than it holds."""
    x, y = new
    ny, nx = depth_m.shape
    limited = False
    for j in range(ny):
        faces = CellFaces(x[j, :nx], x[j, 1:], y[j], y[j + 1])
        limited |= donor_share(share[j], depth_m[j], faces, scale)
    if not limited:
        return
    for j in range(ny):
        limit_discharge(x[j, 1:nx], share[j, : nx - 1], share[j, 1:])
        limit_discharge(x[j, :1], share[j, :1], share[j, :1])
        limit_discharge(x[j, nx:], share[j, nx - 1 :], share[j, nx - 1 :])
    for j in range(ny + 1):
        limit_discharge(y[j], share[max(j - 1, 0)], share[min(j, ny - 1)])


@njit(cache=True, nogil=True, error_model="numpy")
def _drain(state: FlowState, wet_share: Field, loss_m: np.float32) -> int:
    """Let drains take from the wet part of each cell; return what they took [2^-46 m]."""
    depth, residual = state.depth_m, state.residual_m
    total = 0
    for j in range(depth.shape[0]):
        for i in range(depth.shape[1]):
            most = _KEEPS * depth[j, i]
            loss = min(most, loss_m * wet_share[j, i])
            depth[j, i], residual[j, i] = changed_depth(depth[j, i], residual[j, i], -loss)
            total += units(np.float64(loss))
        largest(depth[j], state.row_depth_m[j : j + 1])
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def move_water(
    state: FlowState,
    ground: Ground,
    wet_share: Field,
    new: tuple[Field, Field],
    share: Field,
    numbers: StepNumbers,
    loss_m: np.float32,
) -> int:
    """Bring depth and discharge to the end of the step.

    Parameters
    ----------
    state
        Water, arrays of shape (ny, nx), (ny, nx + 1), (ny + 1, nx) and (ny,), changed in place.
    ground
        Shares of the rain, shape (ny, nx).
    wet_share
        Part of each cell on which drains find water, shape (ny, nx), float32 [-].
    new
        Discharge of `find_discharge`; limited in place.
    share
        Work space, shape (ny, nx), float32.
    numbers
        Scalars of the step, without drains.
    loss_m
        Depth that drains can take from the wet part [m], >= 0.

    Returns
    -------
    int
        Sum of the depths taken by drains [units of 2^-46 m, see `exact_sums`].
    """
    _limit(new, state.depth_m, share, numbers.dt_per_cell)
    state.x_discharge[:] = new[0]
    state.y_discharge[:] = new[1]
    for j in range(state.depth_m.shape[0]):
        balance_row(state, ground, j, share[j], numbers)
    return _drain(state, wet_share, loss_m) if loss_m > _ZERO else 0
