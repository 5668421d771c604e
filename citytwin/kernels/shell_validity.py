"""Checks shells made of polygons: closed, manifold, in one piece, turned outwards.

Edges are found by the vertices at their ends after snapping; in a sound shell each is passed
once in either direction (Hoffmann 1989; codes as in val3dity 2.6, Ledoux 2018).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from citytwin.kernels.face_planes import area_vector

OPEN_EDGES, CROWDED_EDGES, PINCHED_VERTICES, PIECES, TURNED, INSIDE_OUT = range(6)
"""Columns of the counts of a shell, see :func:`check_shells`."""
COUNTS = 6


@njit(cache=True, nogil=True)
def check_shells(
    xyz: np.ndarray,
    same_as: np.ndarray,
    rings: np.ndarray,
    polygons: np.ndarray,
    shells: np.ndarray,
    wanted: np.ndarray,
    counts: np.ndarray,
    at: np.ndarray,
) -> None:
    """Count what is wrong with the shells of some buildings.

    Columns of `counts`: edges of one polygon only; edges of more than two; vertices whose
    polygons form several fans (looked for in closed shells); pieces connected by edges; polygons
    that are turned inwards while others are not; whether the whole shell is turned inwards.

    Parameters
    ----------
    xyz
        Shape (n_vertex, 3): coordinates, closing vertices left out [m].
    same_as
        Shape (n_vertex,): vertex that stands for each after snapping (int64).
    rings, polygons, shells
        Shape (n_ring + 1,), (n_polygon + 1,), (n_shell + 1,): first vertex of each ring, first
        ring of each polygon, first polygon of each shell (int64).
    wanted
        Shape (n_shell,), bool: shells whose polygons are all sound; the others are left out.
    counts
        Shape (n_shell, 6): filled for the shells wanted (int64).
    at
        Shape (n_shell,): vertex at the first fault (int64); filled where there is one.
    """
    most_vertices, most_polygons = 1, 1
    for s in range(len(shells) - 1):
        begin, end = rings[polygons[shells[s]]], rings[polygons[shells[s + 1]]]
        most_vertices = max(most_vertices, end - begin)
        most_polygons = max(most_polygons, shells[s + 1] - shells[s])
    slots = np.empty(4 * most_vertices, dtype=np.int64)
    following = np.empty(most_vertices, dtype=np.int64)
    polygon_of = np.empty(most_vertices, dtype=np.int64)
    edges = np.empty((most_vertices, 3), dtype=np.int64)
    fans = np.empty(most_vertices, dtype=np.int64)
    pieces = np.empty(most_polygons, dtype=np.int64)
    turned = np.empty(most_polygons, dtype=np.int8)
    for s in range(len(shells) - 1):
        counts[s] = 0
        if not wanted[s]:
            continue
        first = rings[polygons[shells[s]]]
        ids = same_as[first : rings[polygons[shells[s + 1]]]]
        number = len(ids)
        corners = (ids, following[:number], polygon_of[:number])
        _lay_out(rings, polygons, shells[s], shells[s + 1], corners)
        found = edges[: _find_edges(corners, slots, edges)]
        place = _count_edges(found, counts[s])
        if counts[s, CROWDED_EDGES] == 0:
            faces = shells[s + 1] - shells[s]
            joined = (pieces[:faces], turned[:faces])
            _join(corners, found, fans[:number], joined)
            inward = _turn(xyz, same_as, rings, polygons, shells[s], joined, counts[s])
            if inward >= 0 and place < 0:
                place = rings[polygons[shells[s] + inward]] - first
            if counts[s, OPEN_EDGES] == 0:
                pinch = _pinched(ids, first, fans[:number], slots, counts[s])
                place = pinch if pinch >= 0 else place
        at[s] = first + max(place, 0)


@njit(cache=True, nogil=True, forceinline=True)
def _lay_out(
    rings: np.ndarray,
    polygons: np.ndarray,
    begin: int,
    end: int,
    corners: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    """Number the corners of a shell: which one follows in the ring, which polygon each is of."""
    _, following, polygon_of = corners
    first = rings[polygons[begin]]
    for p in range(begin, end):
        for r in range(polygons[p], polygons[p + 1]):
            for v in range(rings[r], rings[r + 1]):
                following[v - first] = (v + 1 if v + 1 < rings[r + 1] else rings[r]) - first
                polygon_of[v - first] = p - begin


@njit(cache=True, nogil=True, forceinline=True)
def _find_edges(
    corners: tuple[np.ndarray, np.ndarray, np.ndarray], slots: np.ndarray, edges: np.ndarray
) -> int:
    """List edges: first and second corner that run along each, number of all."""
    ids, following, _ = corners
    size = 2
    while size < 2 * len(ids):
        size *= 2
    slots[:size] = -1
    mask = size - 1
    number = 0
    for c in range(len(ids)):
        a, b = ids[c], ids[following[c]]
        low, high = min(a, b), max(a, b)
        mixed = low * 73856093 ^ high * 19349663
        slot = (mixed ^ (mixed >> 15)) & mask
        while slots[slot] >= 0:
            other = edges[slots[slot], 0]
            x, y = ids[other], ids[following[other]]
            if min(x, y) == low and max(x, y) == high:
                break
            slot = (slot + 1) & mask
        e = slots[slot]
        if e < 0:
            slots[slot] = number
            edges[number, 0], edges[number, 1], edges[number, 2] = c, -1, 1
            number += 1
        else:
            edges[e, 1] = c
            edges[e, 2] += 1
    return number


@njit(cache=True, nogil=True, forceinline=True)
def _count_edges(edges: np.ndarray, counts: np.ndarray) -> int:
    """Count open and crowded edges; a corner at the first, -1 where there is none."""
    place = -1
    for e in range(len(edges)):
        if edges[e, 2] != 2:
            counts[OPEN_EDGES if edges[e, 2] == 1 else CROWDED_EDGES] += 1
            place = edges[e, 0] if place < 0 else place
    return place


@njit(cache=True, nogil=True, forceinline=True)
def _root(parents: np.ndarray, item: int) -> int:
    while parents[item] != item:
        parents[item] = parents[parents[item]]
        item = parents[item]
    return item


@njit(cache=True, nogil=True, forceinline=True)
def _join(
    corners: tuple[np.ndarray, np.ndarray, np.ndarray],
    edges: np.ndarray,
    fans: np.ndarray,
    joined: tuple[np.ndarray, np.ndarray],
) -> None:
    """Unite corners into fans and polygons into pieces; turn polygons until neighbours agree."""
    ids, following, polygon_of = corners
    pieces, turned = joined
    for c in range(len(ids)):
        fans[c] = c
        pieces[polygon_of[c]] = polygon_of[c]
        turned[polygon_of[c]] = 0
    for e in range(len(edges)):
        if edges[e, 2] != 2:
            continue
        c, d = edges[e, 0], edges[e, 1]
        along = ids[c] == ids[d]
        fans[_root(fans, c)] = _root(fans, d if along else following[d])
        fans[_root(fans, following[c])] = _root(fans, following[d] if along else d)
        f, odd_f = _root_and_turn(pieces, turned, polygon_of[c])
        g, odd_g = _root_and_turn(pieces, turned, polygon_of[d])
        if f != g:
            low, high = min(f, g), max(f, g)
            pieces[high] = low
            turned[high] = odd_f ^ odd_g ^ along
    for f in range(polygon_of[len(ids) - 1] + 1):
        pieces[f], turned[f] = _root_and_turn(pieces, turned, f)


@njit(cache=True, nogil=True, forceinline=True)
def _root_and_turn(parents: np.ndarray, turned: np.ndarray, item: int) -> tuple[int, int]:
    """Root of a polygon, and whether it is turned against it; shortens the way on its passage."""
    odd = 0
    while parents[item] != item:
        above = parents[item]
        turned[item] ^= turned[above]
        parents[item] = parents[above]
        odd ^= turned[item]
        item = parents[item]
    return item, odd


@njit(cache=True, nogil=True, forceinline=True)
def _turn(
    xyz: np.ndarray,
    same_as: np.ndarray,
    rings: np.ndarray,
    polygons: np.ndarray,
    begin: int,
    joined: tuple[np.ndarray, np.ndarray],
    counts: np.ndarray,
) -> int:
    """Count pieces, and polygons that face inwards; the first of them, -1 where there is none or all do.

    Outwards is where the volume of a piece is positive. In an open shell it is where most
    polygons face, as a volume is not to be had.
    """
    pieces, turned = joined
    faces = len(pieces)
    weight = np.zeros(faces)
    vector = np.empty(3)
    origin = same_as[rings[polygons[begin]]]
    for f in range(faces):
        counts[PIECES] += pieces[f] == f
        sign = -1.0 if turned[f] else 1.0
        if counts[OPEN_EDGES]:
            weight[pieces[f]] += sign
            continue
        for r in range(polygons[begin + f], polygons[begin + f + 1]):
            ring = same_as[rings[r] : rings[r + 1]]
            area_vector(xyz, ring, vector)
            for k in range(3):
                weight[pieces[f]] += sign * (xyz[ring[0], k] - xyz[origin, k]) * vector[k]
    first, inward = -1, 0
    for f in range(faces):
        sign = -1.0 if turned[f] else 1.0
        if sign * weight[pieces[f]] < 0.0:
            inward += 1
            first = f if first < 0 else first
    if inward == faces:
        counts[INSIDE_OUT] = 1
        return 0
    counts[TURNED] = inward
    return first


@njit(cache=True, nogil=True, forceinline=True)
def _pinched(
    ids: np.ndarray, first: int, fans: np.ndarray, slots: np.ndarray, counts: np.ndarray
) -> int:
    """Count vertices whose polygons form several fans; a corner at the first, else -1."""
    place = -1
    slots[: len(ids)] = -1
    for c in range(len(ids)):
        vertex, fan = ids[c] - first, _root(fans, c)
        if slots[vertex] == -1:
            slots[vertex] = fan
        elif slots[vertex] >= 0 and slots[vertex] != fan:
            slots[vertex] = -2
            counts[PINCHED_VERTICES] += 1
            place = c if place < 0 else place
    return place
