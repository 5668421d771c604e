"""Ends of a road on the raster: where it goes on, and the tips of its dead ends."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

MAX_ENDS = 62
"""Ends are bits of an int64."""
_COMPACT = 0.6
"""16 area / perimeter^2 is 1 for a square and 0.64 for a road four times as long as wide."""
_DIAGONAL = np.sqrt(2.0)


@njit(cache=True, nogil=True)
def road_pieces(inside: NDArray[np.uint8]) -> NDArray[np.int32]:
    """Number the connected pieces of a road; cells that touch at a corner are connected.

    Parameters
    ----------
    inside
        Shape (ny, nx), uint8: 1 on the cells of the road.

    Returns
    -------
    array
        Shape (ny, nx), int32: 0, 1, ... in the order of the first cells, -1 beside the road.
    """
    ny, nx = inside.shape
    piece = np.full((ny, nx), -1, dtype=np.int32)
    stack = np.empty((inside.size, 2), dtype=np.int64)
    number = 0
    for row in range(ny):
        for col in range(nx):
            if inside[row, col] == 0 or piece[row, col] >= 0:
                continue
            piece[row, col] = number
            stack[0, 0], stack[0, 1] = row, col
            size = 1
            while size > 0:
                size -= 1
                y, x = stack[size, 0], stack[size, 1]
                for v in range(max(0, y - 1), min(ny, y + 2)):
                    for u in range(max(0, x - 1), min(nx, x + 2)):
                        if inside[v, u] != 0 and piece[v, u] < 0:
                            piece[v, u] = number
                            stack[size, 0], stack[size, 1] = v, u
                            size += 1
            number += 1
    return piece


@njit(cache=True, nogil=True)
def road_ends(inside: NDArray[np.uint8], contacts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Mark the ends of one connected piece of road.

    An end is a contact with another road, unless it is longer than the road is wide: that is a
    lane or a pavement alongside. Where a stretch leads away from all ends by more than twice the
    width, its tip is an end as well. The width is 2 area / perimeter, which is right for a long
    road along the rows or columns, and up to a third too small for a slanting one.

    Parameters
    ----------
    inside
        Shape (ny, nx), uint8: 1 on the cells of the piece.
    contacts
        Shape (ny, nx), int64: bit k is set on the cells that touch the k-th road beside it.

    Returns
    -------
    array
        Shape (ny, nx), int64: bit k is set on the cells of the k-th end; at least one end, at
        most 62.
    """
    ends = np.zeros(inside.shape, dtype=np.int64)
    on_way = np.zeros(inside.shape, dtype=np.uint8)
    width, compact = _width(inside)
    number = _mark_contacts(
        inside, contacts, np.inf if compact else 2.0 * width + 2.0, ends, on_way
    )
    if number == 0:
        number = _mark_first_tip(inside, width, ends, on_way)
    while number < MAX_ENDS:
        away = _distances(inside, on_way)
        y, x = _farthest(inside, away)
        if away[y, x] <= 0.0 or (number > 1 and away[y, x] <= 2.0 * width + 1.0):
            break
        _mark_tip(inside, away, y, x, width, ends, number)
        _trace(away, y, x, on_way)
        number += 1
    return ends


@njit(cache=True, nogil=True)
def _mark_contacts(
    inside: NDArray[np.uint8],
    contacts: NDArray[np.int64],
    longest: float,
    ends: NDArray[np.int64],
    on_way: NDArray[np.uint8],
) -> int:
    """Mark the contacts up to a length [cells] and the ways between them; return their number."""
    number = 0
    for bit in range(MAX_ENDS):
        touched = (((contacts >> bit) & 1) * inside).astype(np.uint8)
        extent = _extent(touched)
        if extent < 0.0 or extent > longest:
            continue
        away = _distances(inside, on_way)
        y, x = _farthest(touched, -away)
        if number > 0:
            _trace(away, y, x, on_way)
        ends |= touched.astype(np.int64) << number
        on_way |= touched
        number += 1
    return number


@njit(cache=True, nogil=True)
def _mark_first_tip(
    inside: NDArray[np.uint8], width: float, ends: NDArray[np.int64], on_way: NDArray[np.uint8]
) -> int:
    """Mark one of two cells that lie farthest apart along the road; return 1 end."""
    y, x = _first(inside)
    on_way[y, x] = 1
    start_y, start_x = _farthest(inside, _distances(inside, on_way))
    on_way[y, x] = 0
    on_way[start_y, start_x] = 1
    away = _distances(inside, on_way)
    y, x = _farthest(inside, away)
    _mark_tip(inside, away, y, x, width, ends, 0)
    on_way[start_y, start_x] = 0
    on_way[y, x] = 1
    return 1


@njit(cache=True, nogil=True)
def _width(inside: NDArray[np.uint8]) -> tuple[float, bool]:
    """Width [cells], and whether the piece is hardly longer than wide."""
    ny, nx = inside.shape
    area, perimeter = 0.0, 0.0
    for y in range(ny):
        for x in range(nx):
            if inside[y, x] != 0:
                area += 1.0
                perimeter += y == 0 or inside[y - 1, x] == 0
                perimeter += y == ny - 1 or inside[y + 1, x] == 0
                perimeter += x == 0 or inside[y, x - 1] == 0
                perimeter += x == nx - 1 or inside[y, x + 1] == 0
    return 2.0 * area / perimeter, 16.0 * area / perimeter**2 >= _COMPACT


@njit(cache=True, nogil=True)
def _extent(chosen: NDArray[np.uint8]) -> float:
    """Diagonal of the box around the centres of some cells [cells]; -1 where there are none."""
    ny, nx = chosen.shape
    top, bottom, left, right = ny, -1, nx, -1
    for y in range(ny):
        for x in range(nx):
            if chosen[y, x] != 0:
                top, bottom = min(top, y), max(bottom, y)
                left, right = min(left, x), max(right, x)
    return np.hypot(bottom - top, right - left) if bottom >= 0 else -1.0


@njit(cache=True, nogil=True)
def _first(inside: NDArray[np.uint8]) -> tuple[int, int]:
    for y in range(inside.shape[0]):
        for x in range(inside.shape[1]):
            if inside[y, x] != 0:
                return y, x
    return 0, 0


@njit(cache=True, nogil=True)
def _farthest(chosen: NDArray[np.uint8], away: NDArray[np.float64]) -> tuple[int, int]:
    best_y, best_x = -1, -1
    for y in range(chosen.shape[0]):
        for x in range(chosen.shape[1]):
            if chosen[y, x] != 0 and (best_y < 0 or away[y, x] > away[best_y, best_x]):
                best_y, best_x = y, x
    return best_y, best_x


@njit(cache=True, nogil=True)
def _distances(inside: NDArray[np.uint8], seeds: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Length of the shortest way along the road from any seed [cells]; inf where there is none."""
    ny, nx = inside.shape
    away = np.full((ny, nx), np.inf)
    waiting = np.zeros((ny, nx), dtype=np.uint8)
    ring = np.empty((inside.size + 1, 2), dtype=np.int64)
    head, tail = 0, 0
    for y in range(ny):
        for x in range(nx):
            if seeds[y, x] != 0:
                away[y, x] = 0.0
                waiting[y, x] = 1
                ring[tail, 0], ring[tail, 1] = y, x
                tail += 1
    while head != tail:
        y, x = ring[head, 0], ring[head, 1]
        head = (head + 1) % len(ring)
        waiting[y, x] = 0
        for v in range(max(0, y - 1), min(ny, y + 2)):
            for u in range(max(0, x - 1), min(nx, x + 2)):
                if inside[v, u] == 0:
                    continue
                step = _DIAGONAL if v != y and u != x else 1.0
                if away[y, x] + step < away[v, u] - 1e-9:
                    away[v, u] = away[y, x] + step
                    if waiting[v, u] == 0:
                        waiting[v, u] = 1
                        ring[tail, 0], ring[tail, 1] = v, u
                        tail = (tail + 1) % len(ring)
    return away


@njit(cache=True, nogil=True)
def _mark_tip(
    inside: NDArray[np.uint8],
    away: NDArray[np.float64],
    tip_y: int,
    tip_x: int,
    width: float,
    ends: NDArray[np.int64],
    number: int,
) -> None:
    """Mark the last half width of a dead end, so that its whole breadth counts, not one corner."""
    for y in range(inside.shape[0]):
        for x in range(inside.shape[1]):
            near = np.hypot(y - tip_y, x - tip_x) <= 2.0 * width + 1.0
            if inside[y, x] != 0 and near and away[y, x] >= away[tip_y, tip_x] - width / 2.0:
                ends[y, x] |= np.int64(1) << number


@njit(cache=True, nogil=True)
def _trace(away: NDArray[np.float64], y: int, x: int, on_way: NDArray[np.uint8]) -> None:
    """Mark the way down the distances to where they are zero."""
    ny, nx = away.shape
    on_way[y, x] = 1
    while away[y, x] > 0.0:
        next_y, next_x = y, x
        for v in range(max(0, y - 1), min(ny, y + 2)):
            for u in range(max(0, x - 1), min(nx, x + 2)):
                if away[v, u] < away[next_y, next_x]:
                    next_y, next_x = v, u
        if next_y == y and next_x == x:
            return
        y, x = next_y, next_x
        on_way[y, x] = 1
