"""Streamlines of a plane flow, evenly spaced.

Jobard & Lefer (1997), Creating evenly-spaced streamlines of arbitrary density, Visualization in
Scientific Computing '97, 43-55: a new line begins at the wanted distance beside one that stands, and
ends where another is nearer than half of it. The order is fixed, so the lines are always the same.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit
from numpy.typing import NDArray

from citytwin.errors import ConfigError

Plane = NDArray[np.float32]
Points = NDArray[np.float64]
Numbers = NDArray[np.int64]

ENDS_AT = 0.5
"""A line ends where another is nearer than this share of the spacing."""
STEP_CELLS = 0.5
"""Length of a step along a line."""
_TOUCHING = 1.0 - 1e-6
"""A seed at the spacing from its line is not too near to it, whatever the rounding."""
_LINE, _ORDER, _NEXT = 0, 1, 2


class Streamlines(NamedTuple):
    """Points of all lines, one line after the other, each downstream."""

    points: Points
    """Shape (n, 2): x and y from the north-west corner of the plane, y towards the south, in cells."""
    start: Numbers
    """First point of each line, and the number of points; shape (n_lines + 1,)."""


class _Plane(NamedTuple):
    """What lines follow, and how."""

    u: Plane
    v: Plane
    still: float
    spacing: float
    shortest: int
    """Fewest points of a line."""


class _Store(NamedTuple):
    """Points so far, found by the square of one spacing in which they lie."""

    points: Points
    tags: Numbers
    """Line, place along it from the seed (upstream below 0), next point in the square."""
    head: Numbers
    """Last point of each square, -1 where there is none, shape (squares along y, along x)."""


@njit(cache=True, nogil=True)
def _direction(plane: _Plane, x: float, y: float) -> tuple[float, float]:
    """Unit vector of the flow, bilinear between the cells of air; (0, 0) where there is none."""
    u, v = plane.u, plane.v
    ny, nx = u.shape
    if not (0.0 <= x < nx and 0.0 <= y < ny) or np.isnan(u[int(y), int(x)]):
        return 0.0, 0.0
    left, top = math.floor(x - 0.5), math.floor(y - 0.5)
    along, across, weight = 0.0, 0.0, 0.0
    for j in range(max(top, 0), min(top + 2, ny)):
        for i in range(max(left, 0), min(left + 2, nx)):
            if not np.isnan(u[j, i]):
                share = (1.0 - abs(x - 0.5 - i)) * (1.0 - abs(y - 0.5 - j))
                along += share * u[j, i]
                across += share * v[j, i]
                weight += share
    speed = math.sqrt(along * along + across * across)
    if speed <= plane.still * weight:
        return 0.0, 0.0
    return along / speed, across / speed


@njit(cache=True, nogil=True)
def _is_free(
    store: _Store, spacing: float, x: float, y: float, limit: float, line: int, order: int
) -> bool:
    """Whether no point is nearer than a limit; of the own line those just passed do not count."""
    rows, cols = store.head.shape
    row, col = int(y / spacing), int(x / spacing)
    behind = 2.0 * spacing / STEP_CELLS
    for j in range(max(row - 1, 0), min(row + 2, rows)):
        for i in range(max(col - 1, 0), min(col + 2, cols)):
            k = store.head[j, i]
            while k >= 0:
                dx, dy = store.points[k, 0] - x, store.points[k, 1] - y
                passed = (
                    store.tags[k, _LINE] == line and abs(store.tags[k, _ORDER] - order) <= behind
                )
                if not passed and dx * dx + dy * dy < limit * limit:
                    return False
                k = store.tags[k, _NEXT]
    return True


@njit(cache=True, nogil=True)
def _follow(
    store: _Store, plane: _Plane, x: float, y: float, free: int, line: int, side: int
) -> int:
    """Keep the points of a line from a seed on, downstream (side 1) or up (-1); the next free one.

    Steps by the midpoint rule.
    """
    order, step, spacing = 0, side * STEP_CELLS, plane.spacing
    while free < len(store.points):
        if order != 0 or side > 0:
            row, col = int(y / spacing), int(x / spacing)
            store.points[free, 0], store.points[free, 1] = x, y
            store.tags[free, _LINE], store.tags[free, _ORDER] = line, order
            store.tags[free, _NEXT] = store.head[row, col]
            store.head[row, col] = free
            free += 1
        a, b = _direction(plane, x, y)
        c, d = _direction(plane, x + 0.5 * step * a, y + 0.5 * step * b)
        x, y, order = x + step * c, y + step * d, order + side
        e, f = _direction(plane, x, y)
        if (c == 0.0 and d == 0.0) or (e == 0.0 and f == 0.0):
            break
        if not _is_free(store, spacing, x, y, ENDS_AT * spacing, line, order):
            break
    return free


@njit(cache=True, nogil=True)
def _begin(store: _Store, plane: _Plane, x: float, y: float, free: int, line: int) -> int:
    """Draw a line from a seed where there is room for it; the next free point, the same if none."""
    a, b = _direction(plane, x, y)
    if a == 0.0 and b == 0.0:
        return free
    if not _is_free(store, plane.spacing, x, y, _TOUCHING * plane.spacing, -1, 0):
        return free
    end: int = _follow(store, plane, x, y, free, line, 1)
    end = _follow(store, plane, x, y, end, line, -1)
    if end - free >= plane.shortest or end == len(store.points):
        return end
    for k in range(end - 1, free - 1, -1):
        row, col = int(store.points[k, 1] / plane.spacing), int(store.points[k, 0] / plane.spacing)
        store.head[row, col] = store.tags[k, _NEXT]
    return free


@njit(cache=True, nogil=True)
def _draw(store: _Store, plane: _Plane) -> int:
    """Draw all lines; the number of points, that of the store where it is too small."""
    ny, nx = plane.u.shape
    free, lines, cell, k = 0, 0, 0, 0
    while cell < ny * nx and free < len(store.points):
        # Beside the lines that stand first; where these leave nothing, from the next open cell.
        if k < free:
            x, y = store.points[k, 0], store.points[k, 1]
            a, b = _direction(plane, x, y)
            for side in (-1.0, 1.0):
                reach = side * plane.spacing
                end = _begin(store, plane, x - reach * b, y + reach * a, free, lines)
                lines += 1 if end > free else 0
                free = end
            k += 1
        else:
            end = _begin(store, plane, cell % nx + 0.5, cell // nx + 0.5, free, lines)
            lines += 1 if end > free else 0
            free = end
            cell += 1
    return free


def evenly_spaced_streamlines(
    u: Plane, v: Plane, spacing_cells: float, still: float, shortest_cells: float
) -> Streamlines:
    """Draw streamlines over the whole plane.

    Parameters
    ----------
    u, v
        Velocity along x and along y (towards the south) in cells, shape (ny, nx), float32 [m/s, or
        any other unit]; NaN where no air is.
    spacing_cells
        Distance between lines, 1 or more; they come nearer to each other down to half of it [cells].
    still
        Speed up to which air has no direction, in the unit of u, 0 or more: lines end there.
    shortest_cells
        Length below which a line is left out [cells].

    Returns
    -------
    Streamlines
        Points half a cell apart. None where there is no air.

    Raises
    ------
    ConfigError
        If the spacing is less than a cell.
    """
    if not spacing_cells >= 1.0:
        msg = f"streamlines {spacing_cells:g} cells apart"
        raise ConfigError(msg, hint="put them a cell apart at least, or make the cells smaller")
    shortest = max(2, math.ceil(shortest_cells / STEP_CELLS))
    plane = _Plane(
        np.ascontiguousarray(u, dtype=np.float32),
        np.ascontiguousarray(v, dtype=np.float32),
        float(still),
        float(spacing_cells),
        shortest,
    )
    squares = tuple(int(n / spacing_cells) + 1 for n in u.shape)
    room = 64 + int(2 * u.size / (STEP_CELLS * spacing_cells))
    while True:
        store = _Store(
            np.empty((room, 2)),
            np.empty((room, 3), dtype=np.int64),
            np.full(squares, -1, dtype=np.int64),
        )
        number = _draw(store, plane)
        if number < room:
            break
        room *= 2
    lines, order = store.tags[:number, _LINE], store.tags[:number, _ORDER]
    downstream = np.lexsort((order, lines))
    start = np.searchsorted(lines[downstream], np.arange(lines.max(initial=-1) + 2))
    return Streamlines(store.points[:number][downstream], start.astype(np.int64))
