"""How high the shadow of roofs stands at a place, from the edges of their faces.

Seen along a ray, a city of plane faces is a row of straight pieces, and the shadow that a piece
throws is highest from one of its ends: where the ray crosses an edge of the face. So the edges
of all faces are enough, they are true to the vertices of the model, and no raster comes between.
Edges are kept in square bins (a uniform grid: Fujimoto, Tanaka and Iwata 1986, ARTS: Accelerated
ray-tracing system, IEEE CG&A 6(4), 16-26), the highest of each bin first.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.scanline import MAX_COORDINATE_M
from citytwin.kernels.shadow_height import BlockGrid, Sunbeam, block_grid, next_higher

BIN_M = 16.0
"""Edge of a bin: two or three houses [m]."""

SLACK_M = 1e-6
"""Edges belong to bins that they miss by this, more than all rounding [m]."""

SAME_M = 1e-3
"""Ends nearer than this are one place: the same wall in several faces [m]."""


class CasterEdges(NamedTuple):
    """Edges of faces, in bins.

    Parameters
    ----------
    bins
        Highest edge of each bin as a raster of blocks.
    first
        First entry of each bin in ``edge``, row by row, shape (n_bin + 1,), int64.
    edge
        Edges of each bin, the highest first, shape (n_entry,), int64.
    ends
        Shape (n_edge, 6), float64: x y z of both ends [m].
    """

    bins: BlockGrid
    first: np.ndarray
    edge: np.ndarray
    ends: np.ndarray


def edges_of_faces(xyz: np.ndarray, ring_offsets: np.ndarray) -> np.ndarray:
    """Edges of rings; of edges above each other only those that no other hides.

    Parameters
    ----------
    xyz
        Vertices, shape (n_vertex, 3), float64 [m]; the closing vertex of a ring is left out.
    ring_offsets
        Offsets of rings into ``xyz``, shape (n_ring + 1,), int64.

    Returns
    -------
    numpy.ndarray
        Shape (n_edge, 6), float64: x y z of both ends [m]. Vertical edges are left out, and so
        is what has no finite number, or none within 1e9 m.
    """
    after = np.arange(1, len(xyz) + 1)
    sizes = np.diff(ring_offsets)
    after[ring_offsets[1:][sizes > 0] - 1] = ring_offsets[:-1][sizes > 0]
    ends = np.column_stack([xyz, xyz[after]])
    known = (np.abs(ends) <= MAX_COORDINATE_M).all(axis=1)
    known &= np.hypot(ends[:, 3] - ends[:, 0], ends[:, 4] - ends[:, 1]) > SAME_M
    ends = ends[known]
    key = np.rint(ends / SAME_M).astype(np.int64)
    swapped = (key[:, 0] > key[:, 3]) | ((key[:, 0] == key[:, 3]) & (key[:, 1] > key[:, 4]))
    ends[swapped] = ends[swapped][:, [3, 4, 5, 0, 1, 2]]
    key[swapped] = key[swapped][:, [3, 4, 5, 0, 1, 2]]
    order = np.lexsort((-ends[:, 5], -ends[:, 2], key[:, 4], key[:, 3], key[:, 1], key[:, 0]))
    ends, place = ends[order], key[order][:, [0, 1, 3, 4]]
    new = np.ones(len(ends), dtype=np.bool_)
    new[1:] = (place[1:] != place[:-1]).any(axis=1)
    # The first of each place is the highest at its beginning: it hides all that end lower too.
    leader = np.maximum.accumulate(np.where(new, np.arange(len(ends)), 0))
    return np.asarray(ends[new | (ends[:, 5] > ends[leader, 5])])


@njit(cache=True, nogil=True)
def _rows_met(
    ends: np.ndarray, west: float, east: float, y_max: float, bin_m: float
) -> tuple[int, int]:
    """First and last row of bins that an edge meets between two eastings."""
    x0, y0, x1, y1 = ends[0], ends[1], ends[3], ends[4]
    low, high = min(y0, y1), max(y0, y1)
    if abs(x1 - x0) > SLACK_M:
        slope = (y1 - y0) / (x1 - x0)
        a = y0 + slope * (max(west, min(x0, x1)) - x0)
        b = y0 + slope * (min(east, max(x0, x1)) - x0)
        low, high = max(low, min(a, b)), min(high, max(a, b))
    return (
        math.floor((y_max - high - SLACK_M) / bin_m),
        math.floor((y_max - low + SLACK_M) / bin_m),
    )


@njit(cache=True, nogil=True)
def _bins_met(
    ends: np.ndarray,
    order: np.ndarray,
    corner: tuple[float, float],
    shape: tuple[int, int],
    bin_m: float,
    first: np.ndarray,
    edge: np.ndarray,
) -> None:
    """Count the edges of each bin into ``first``, or, where ``edge`` has room, fill them in."""
    ny, nx = shape
    x_min, y_max = corner
    for e in order:
        row = ends[e]
        west, east = min(row[0], row[3]) - SLACK_M, max(row[0], row[3]) + SLACK_M
        col0 = max(math.floor((west - x_min) / bin_m), 0)
        col1 = min(math.floor((east - x_min) / bin_m), nx - 1)
        for col in range(col0, col1 + 1):
            left = x_min + col * bin_m
            top, bottom = _rows_met(row, left - SLACK_M, left + bin_m + SLACK_M, y_max, bin_m)
            for line in range(max(top, 0), min(bottom, ny - 1) + 1):
                number = line * nx + col
                if edge.size:
                    edge[first[number]] = e
                first[number] += 1


def caster_edges(ends: np.ndarray, bounds: tuple[float, float, float, float]) -> CasterEdges:
    """Put edges into bins over an area.

    Parameters
    ----------
    ends
        Shape (n_edge, 6), float64: x y z of both ends [m].
    bounds
        West, south, east and north edge of the area [m]; what lies outside casts nothing.

    Returns
    -------
    CasterEdges
    """
    west, south, east, north = bounds
    shape = max(1, math.ceil((north - south) / BIN_M)), max(1, math.ceil((east - west) / BIN_M))
    top = np.maximum(ends[:, 2], ends[:, 5])
    order = np.argsort(-top, kind="stable")
    count = np.zeros(shape[0] * shape[1], dtype=np.int64)
    _bins_met(ends, order, (west, north), shape, BIN_M, count, np.empty(0, dtype=np.int64))
    first = np.concatenate([np.zeros(1, dtype=np.int64), np.cumsum(count)])
    edge = np.empty(first[-1], dtype=np.int64)
    if edge.size:
        _bins_met(ends, order, (west, north), shape, BIN_M, first[:-1].copy(), edge)
    highest = np.full(count.size, -np.inf)
    filled = count > 0
    highest[filled] = top[edge[first[:-1][filled]]]
    # Single precision, and never lower than the edges.
    blocks = np.nextafter(highest.astype(np.float32), np.float32(np.inf)).reshape(shape)
    return CasterEdges(block_grid(blocks, (west, north), (BIN_M, BIN_M), (0, 0)), first, edge, ends)


@njit(cache=True, nogil=True)
def shadow_of_edges(casters: CasterEdges, beam: Sunbeam, lowest_m: float, enough_m: float) -> float:
    """Height of the shadow that faces throw onto a place.

    Parameters
    ----------
    casters
        Edges of the faces.
    beam
        From the place towards the sun. What lies behind it casts nothing.
    lowest_m
        Shadows below it are of no interest [m].
    enough_m
        Nor are shadows above it told apart [m].

    Returns
    -------
    float
        Height below which all is shaded, >= ``lowest_m`` [m].
    """
    shadow_m, t = lowest_m, 0.0
    nx = casters.bins.blocks.top_m.shape[1]
    while shadow_m < enough_m:
        enter, t, row, col = next_higher(casters.bins, beam, t, shadow_m)
        if row < 0:
            break
        number = row * nx + col
        for place in range(casters.first[number], casters.first[number + 1]):
            e = casters.ends[casters.edge[place]]
            if max(e[2], e[5]) - enter * beam.rise <= shadow_m:
                break  # those after it are lower still
            ax, ay, bx, by = e[0] - beam.x, e[1] - beam.y, e[3] - beam.x, e[4] - beam.y
            a = ay * beam.to_x - ax * beam.to_y
            b = by * beam.to_x - bx * beam.to_y
            if (a > 0.0) == (b > 0.0):
                continue
            share = a / (a - b)
            along = ax * beam.to_x + ay * beam.to_y
            d = along + share * (bx * beam.to_x + by * beam.to_y - along)
            if d > 0.0:
                shadow_m = max(shadow_m, e[2] + share * (e[5] - e[2]) - d * beam.rise)
    return shadow_m
