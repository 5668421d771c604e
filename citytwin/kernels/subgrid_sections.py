"""What the faces of coarse cells let through at each level, from the fine ground between them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.kernels.face_discharge import Row, inverse_cube_root
from citytwin.kernels.inertial_state import CLOSED_BED_M
from citytwin.kernels.shallow_water import Field
from citytwin.kernels.subgrid_storage import CellStorage

SECTION_STEPS = 20
"""Levels of the table of a face, above its sill in the ratio of their squares."""

_ONE = np.float32(1.0)
_STEPS = np.float32(SECTION_STEPS)
_PER_STEP = np.float32(1.0 / SECTION_STEPS)
_SMOOTHEST = 1e-6  # Manning's n at least: what has no friction would have no finite conveyance
# The table of a face ends at so many times its relief; then the last part falls as 1 / depth.
_TOP = 2.0


class FaceSections(NamedTuple):
    """Sections of the faces across one direction; n x m faces.

    Parameters
    ----------
    sill_m
        Level from which water passes, shape (n, m), float32 [m]; CLOSED_BED_M where never.
    top_m
        Height of the table above the sill, shape (n, m), float32 [m]; 0 where the bed is level.
    width
        Area of flow over depth above the sill and over the width of the face, at top (k /
        SECTION_STEPS)^2 above the sill, shape (n, m, SECTION_STEPS + 1), float32 [-].
    conveyance
        Conveyance over depth^(5/3) and over the width of the face, at the same levels, shape
        (n, m, SECTION_STEPS + 1), float32 [m^(1/3)/s].
    full_width, full_conveyance
        Both in water far above all ground, shape (n, m), float32 [- and m^(1/3)/s].
    """

    sill_m: Field
    top_m: Field
    width: NDArray[np.float32]
    conveyance: NDArray[np.float32]
    full_width: Field
    full_conveyance: Field


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def section_at(
    faces: FaceSections, j: int, i: int, depth_m: np.float32
) -> tuple[np.float32, np.float32, np.float32]:
    """Return the section of a face.

    Parameters
    ----------
    faces
        Tables of shape (n, m, k).
    j, i
        The face.
    depth_m
        Water level above its sill [m], > 0.

    Returns
    -------
    tuple of numpy.float32
        Area of flow per width of the face [m], share of that width that is wet [-], and n^2 of the
        level bed with the same friction, see `FlowSection`.
    """
    top, width, conveyance = faces.top_m[j, i], faces.width, faces.conveyance
    if depth_m >= top:
        rest, full = top / depth_m, faces.full_width[j, i]
        most = faces.full_conveyance[j, i]
        wide = full - (full - width[j, i, SECTION_STEPS]) * rest
        conveys = most - (most - conveyance[j, i, SECTION_STEPS]) * rest
        return wide * depth_m, full, wide / (conveys * conveys)
    low = min(int(np.sqrt(depth_m / top) * _STEPS), SECTION_STEPS - 1)
    begin = top * (np.float32(low * low) * (_PER_STEP * _PER_STEP))
    span = top * (np.float32(2 * low + 1) * (_PER_STEP * _PER_STEP))
    along, widens = (depth_m - begin) / span, width[j, i, low + 1] - width[j, i, low]
    wide = width[j, i, low] + along * widens
    more = conveyance[j, i, low + 1] - conveyance[j, i, low]
    conveys = conveyance[j, i, low] + along * more
    # Of a widening section; the mean of several may narrow by rounding.
    surface = max(wide, wide + depth_m * (widens / span))
    return wide * depth_m, surface, wide / (conveys * conveys)


@njit(cache=True, nogil=True, error_model="numpy")
def _lowest(
    bed_m: Field, rows: tuple[int, int], cols: tuple[int, int], low: Row
) -> tuple[np.float32, np.float32]:
    """Find the lowest open ground of each cross section, the highest of these, and the relief."""
    sill, relief = -CLOSED_BED_M, np.float32(0.0)
    for c in range(cols[0], cols[1]):
        least, most = CLOSED_BED_M, -CLOSED_BED_M
        for r in range(rows[0], rows[1]):
            z = bed_m[r, c]
            least = min(least, z)
            most = max(most, z) if z < CLOSED_BED_M else most
        low[c - cols[0]] = least
        sill = max(sill, least)
        relief = max(relief, most - least)
    return sill, relief


@njit(cache=True, nogil=True, error_model="numpy")
def _spill_level(
    bed_m: Field,
    rows: tuple[int, int],
    cols: tuple[int, int],
    first: tuple[int, int],
    last: tuple[int, int],
    level: Field,
) -> np.float32:
    """Find the lowest level at which water in a window gets from one fine cell to another.

    Sweeps in turn from both corners (Planchon and Darboux 2002).
    """
    ny, nx = rows[1] - rows[0], cols[1] - cols[0]
    level[:ny, :nx] = CLOSED_BED_M
    level[first[0] - rows[0], first[1] - cols[0]] = bed_m[first]
    falls, sweep = 2, 0
    while falls > 0:
        falls, sweep = falls - 1, 1 - sweep
        for k in range(ny * nx):
            at = k if sweep == 1 else ny * nx - 1 - k
            r, c = at // nx, at % nx
            around = level[r, c]
            around = min(around, level[r - 1, c]) if r > 0 else around
            around = min(around, level[r + 1, c]) if r + 1 < ny else around
            around = min(around, level[r, c - 1]) if c > 0 else around
            around = min(around, level[r, c + 1]) if c + 1 < nx else around
            around = max(around, bed_m[rows[0] + r, cols[0] + c])
            if around < level[r, c]:
                level[r, c], falls = around, 2
    spill: np.float32 = level[last[0] - rows[0], last[1] - cols[0]]
    return spill


@njit(cache=True, nogil=True, error_model="numpy")
def _in_series(
    bed_m: Field,
    manning: Field,
    rows: tuple[int, int],
    cols: tuple[int, int],
    low: Row,
    depth: np.float32,
) -> tuple[float, float]:
    """Area of flow and conveyance of cross sections in series, summed over their cells."""
    area_resists, friction = 0.0, 0.0
    for c in range(cols[0], cols[1]):
        area, conveyance = 0.0, 0.0
        floor = low[c - cols[0]]
        for r in range(rows[0], rows[1]):
            deep = depth - (bed_m[r, c] - floor)
            if deep > 0:
                area += deep
                power = deep * deep * inverse_cube_root(deep)
                conveyance += power / max(np.float64(manning[r, c]), _SMOOTHEST)
        area_resists += 1.0 / area
        friction += 1.0 / (conveyance * conveyance)
    count = cols[1] - cols[0]
    return count / area_resists, np.sqrt(count / friction)


@njit(cache=True, nogil=True, error_model="numpy")
def _full(
    bed_m: Field, manning: Field, rows: tuple[int, int], cols: tuple[int, int]
) -> tuple[float, float]:
    """Open width and sum of 1 / n, of cross sections in series."""
    narrow, friction = 0.0, 0.0
    for c in range(cols[0], cols[1]):
        width, conveys = 0.0, 0.0
        for r in range(rows[0], rows[1]):
            if bed_m[r, c] < CLOSED_BED_M:
                width += 1.0
                conveys += 1.0 / max(np.float64(manning[r, c]), _SMOOTHEST)
        narrow += 1.0 / width
        friction += 1.0 / (conveys * conveys)
    count = cols[1] - cols[0]
    return count / narrow, np.sqrt(count / friction)


@njit(cache=True, nogil=True, error_model="numpy")
def _tabulate(
    bed_m: Field,
    manning: Field,
    lowest: tuple[NDArray[np.int64], NDArray[np.int64]],
    cells: int,
    sections: FaceSections,
) -> None:
    """Fill the tables of the faces between the columns of coarse cells."""
    fine_rows, fine_cols = bed_m.shape
    lowest_row, lowest_col = lowest
    ny, nx = lowest_col.shape
    low = np.empty(2 * cells + 1, dtype=np.float32)
    level = np.empty((cells, 2 * cells), dtype=np.float32)
    per_face = 1.0 / cells
    for j in range(ny):
        rows = (j * cells, min((j + 1) * cells, fine_rows))
        for i in range(nx + 1):
            first = 0 if i == 0 else lowest_col[j, i - 1]
            last = fine_cols - 1 if i == nx else lowest_col[j, i]
            sections.sill_m[j, i] = CLOSED_BED_M
            if first < 0 or last < 0:
                continue
            cols = (first, last + 1)
            sill, relief = _lowest(bed_m, rows, cols, low)
            if 0 < i < nx:
                around = ((i - 1) * cells, min((i + 1) * cells, fine_cols))
                begin, end = (lowest_row[j, i - 1], first), (lowest_row[j, i], last)
                sill = max(sill, _spill_level(bed_m, rows, around, begin, end, level))
            if sill >= CLOSED_BED_M:
                continue
            sections.sill_m[j, i] = sill
            top = np.float32(_TOP * relief)
            sections.top_m[j, i] = top
            wide, conveys = _full(bed_m, manning, rows, cols)
            sections.full_width[j, i] = np.float32(wide * per_face)
            sections.full_conveyance[j, i] = np.float32(conveys * per_face)
            for k in range(SECTION_STEPS + 1):
                # The limit at the sill is taken close above it.
                depth = top * np.float32(max(k, 0.1) ** 2 / SECTION_STEPS**2)
                if depth > 0:
                    wide, conveys = _in_series(bed_m, manning, rows, cols, low, depth)
                    wide /= depth
                    conveys /= depth * depth * inverse_cube_root(depth)
                sections.width[j, i, k] = np.float32(wide * per_face)
                sections.conveyance[j, i, k] = np.float32(conveys * per_face)


def _sections(
    bed_m: Field, manning: Field, lowest: tuple[NDArray[np.int64], NDArray[np.int64]], cells: int
) -> FaceSections:
    shape = (lowest[0].shape[0], lowest[0].shape[1] + 1)
    sections = FaceSections(
        np.zeros(shape, dtype=np.float32),
        np.zeros(shape, dtype=np.float32),
        np.zeros((*shape, SECTION_STEPS + 1), dtype=np.float32),
        np.zeros((*shape, SECTION_STEPS + 1), dtype=np.float32),
        np.zeros(shape, dtype=np.float32),
        np.zeros(shape, dtype=np.float32),
    )
    _tabulate(bed_m, manning, lowest, cells, sections)
    return sections


def face_sections(
    bed_m: Field, manning: Field, storage: CellStorage, cells: int
) -> tuple[FaceSections, FaceSections]:
    """Tabulate the faces of coarse cells.

    Parameters
    ----------
    bed_m
        Fine ground, shape (m, n), float32 [m]; CLOSED_BED_M where no water can be.
    manning
        Manning's n, shape (m, n), float32 [s/m^(1/3)], >= 0.
    storage
        Of the coarse cells.
    cells
        Fine cells along a side of a coarse one.

    Returns
    -------
    tuple of FaceSections
        Of the west and east faces, shape (ny, nx + 1), and of the north and south faces, shape
        (ny + 1, nx); those at the edges of the grid lead from the cell to the edge.

    Notes
    -----
    Water goes from the lowest ground of one cell to that of the next. Every row or column of fine
    cells across this way is a cross section with the conveyance of its cells side by side, sum of
    h^(5/3) / n (divided channel method, Lotter 1933); sections behind each other share the
    discharge, so their friction slopes Q^2 / K^2 add up, and for the inertia so do 1 / A. The sill is
    the level at which water gets from one lowest ground to the other over the fine cells of both,
    or through every section if that is higher: a wall or row of houses between them closes the face
    up to its crest, wherever and however it lies. Each section is taken with its lowest ground at
    the sill: water that runs down a slope is not deeper below than where it comes over.
    """
    lowest = storage.lowest_row, storage.lowest_col
    x = _sections(bed_m, manning, lowest, cells)
    bed_t, manning_t = np.ascontiguousarray(bed_m.T), np.ascontiguousarray(manning.T)
    row_t, col_t = (np.ascontiguousarray(array.T) for array in lowest)
    y = _sections(bed_t, manning_t, (col_t, row_t), cells)
    return x, FaceSections(*(np.ascontiguousarray(np.swapaxes(table, 0, 1)) for table in y))
