"""Planes that faces of a building lie in together: their area, their lean, their cells on a grid."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numba import njit

from citytwin.kernels.face_planes import area_vector
from citytwin.kernels.plane_raster import BURNABLE, fit_plane
from citytwin.kernels.scanline import GridWindow, flag_edges

SAME_PLANE_RAD = math.radians(2.0)
"""Faces with an edge in common that lean no more than this apart are one roof plane."""

WELD_M = 0.001
"""Vertices are the same place when they round to the same millimetre."""

MAX_FACE_CELLS = 4_000_000
"""A face with a larger box is no roof; its cells are not counted."""


class RoofPlanes(NamedTuple):
    """Planes of many buildings.

    Parameters
    ----------
    plane_of_face
        Shape (n_face,), int64: plane that each face lies in; -1 for walls and broken faces.
    vector
        Shape (n_plane, 3), float64: upward normal whose length is the area of the plane [m2].
    """

    plane_of_face: np.ndarray
    vector: np.ndarray


def roof_planes(
    xyz: np.ndarray, ring_offsets: np.ndarray, polygon_offsets: np.ndarray, owners: np.ndarray
) -> RoofPlanes:
    """Join faces of one building that share an edge and lean alike.

    Models often cut a roof into triangles; a plane is what carries modules. Sets are united as by
    Tarjan (1975), Efficiency of a good but not linear set union algorithm, J. ACM 22(2), 215-225.

    Parameters
    ----------
    xyz
        Vertices, shape (n_vertex, 3), float64 [m]; the closing vertex of a ring is left out.
    ring_offsets
        Offsets of rings into ``xyz``, shape (n_ring + 1,), int64.
    polygon_offsets
        Offsets of faces into the rings, shape (n_face + 1,), int64; the first ring is the outer.
    owners
        Building of each face, shape (n_face,), int32.

    Returns
    -------
    RoofPlanes
        Planes in the order of their first faces.
    """
    vectors = _upward_vectors(xyz, ring_offsets, polygon_offsets)
    length = np.linalg.norm(vectors, axis=1)
    leans = length > 0.0
    normals = vectors / np.where(leans, length, 1.0)[:, None]
    root = np.arange(owners.size)
    face = np.repeat(
        np.repeat(np.arange(owners.size), np.diff(polygon_offsets)), np.diff(ring_offsets)
    )
    edges, of_edge = _edges(xyz, ring_offsets, face, leans[face])
    _join(edges, of_edge, owners, normals, math.cos(SAME_PLANE_RAD), root)
    first, plane = np.unique(root[leans], return_inverse=True)
    plane_of_face = np.full(owners.size, -1, dtype=np.int64)
    plane_of_face[leans] = plane
    vector = np.stack([np.bincount(plane, part, first.size) for part in vectors[leans].T], axis=1)
    return RoofPlanes(plane_of_face, vector)


@njit(cache=True, nogil=True)
def _upward_vectors(
    xyz: np.ndarray, ring_offsets: np.ndarray, polygon_offsets: np.ndarray
) -> np.ndarray:
    """Upward normal of each face as long as its area without holes; zeros for walls."""
    vectors = np.zeros((polygon_offsets.size - 1, 3))
    ring = np.empty(3)
    for p in range(vectors.shape[0]):
        rings = ring_offsets[polygon_offsets[p] : polygon_offsets[p + 1] + 1]
        if fit_plane(xyz, rings).kind != BURNABLE:
            continue
        area_vector(xyz, np.arange(rings[0], rings[1]), ring)
        area = math.sqrt((ring**2).sum())
        upward = ring / area if ring[2] > 0.0 else -ring / area
        for hole in range(1, rings.size - 1):
            if rings[hole + 1] - rings[hole] > 2:
                area_vector(xyz, np.arange(rings[hole], rings[hole + 1]), ring)
                area -= math.sqrt((ring**2).sum())
        vectors[p] = upward * max(area, 0.0)
    return vectors


def _edges(
    xyz: np.ndarray, ring_offsets: np.ndarray, face: np.ndarray, kept: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Number of the edge that begins at each vertex, sorted, and the face it belongs to."""
    # A place beyond what millimetres in int64 can say belongs to a broken face, which is not kept.
    places = np.where(kept[:, None], xyz, 0.0)
    welded = np.rint(places / WELD_M).astype(np.int64)
    _, vertex = np.unique(welded, axis=0, return_inverse=True)
    vertex = vertex.reshape(-1)
    following = np.arange(1, vertex.size + 1)
    filled = np.diff(ring_offsets) > 0
    following[ring_offsets[1:][filled] - 1] = ring_offsets[:-1][filled]
    low, high = np.minimum(vertex, vertex[following]), np.maximum(vertex, vertex[following])
    number = low * np.int64(vertex.size) + high
    order = np.argsort(number, kind="stable")
    order = order[kept[order] & (low != high)[order]]
    return number[order], face[order]


@njit(cache=True, nogil=True)
def _root(parents: np.ndarray, item: int) -> int:
    while parents[item] != item:
        parents[item] = parents[parents[item]]
        item = parents[item]
    return item


@njit(cache=True, nogil=True)
def _join(
    edges: np.ndarray,
    of_edge: np.ndarray,
    owners: np.ndarray,
    normals: np.ndarray,
    least_cosine: float,
    root: np.ndarray,
) -> None:
    """Let each face point at the first of its plane, in place."""
    for e in range(1, edges.size):
        a, b = of_edge[e - 1], of_edge[e]
        if edges[e - 1] != edges[e] or owners[a] != owners[b]:
            continue
        cosine = 0.0
        for k in range(3):
            cosine += normals[a, k] * normals[b, k]
        if cosine >= least_cosine:
            a, b = _root(root, a), _root(root, b)
            root[max(a, b)] = min(a, b)
    for p in range(root.size):
        root[p] = _root(root, p)


@njit(cache=True, nogil=True)
def cells_of_faces(
    xyz: np.ndarray,
    ring_offsets: np.ndarray,
    polygon_offsets: np.ndarray,
    wanted: np.ndarray,
    window: GridWindow,
) -> np.ndarray:
    """Count the cells of a grid without end whose centres lie in each face.

    Parameters
    ----------
    xyz
        Vertices, shape (n_vertex, 3), float64 [m]; the closing vertex of a ring is left out.
    ring_offsets
        Offsets of rings into ``xyz``, shape (n_ring + 1,), int64.
    polygon_offsets
        Offsets of faces into the rings, shape (n_face + 1,), int64.
    wanted
        Which faces to count, shape (n,), int64.
    window
        Any window of the grid.

    Returns
    -------
    numpy.ndarray
        Shape (n,), int64; -1 where the box of the face holds more than `MAX_FACE_CELLS`.
    """
    counts = np.zeros(wanted.size, dtype=np.int64)
    cell_m = window.cell_m
    for k in range(wanted.size):
        p = wanted[k]
        rings = ring_offsets[polygon_offsets[p] : polygon_offsets[p + 1] + 1]
        x, y = xyz[rings[0] : rings[-1], 0], xyz[rings[0] : rings[-1], 1]
        col0 = math.floor((x.min() - window.x_min) / cell_m) - 1
        row0 = math.floor((window.y_max - y.max()) / cell_m) - 1
        nx = math.floor((x.max() - window.x_min) / cell_m) + 2 - col0
        ny = math.floor((window.y_max - y.min()) / cell_m) + 2 - row0
        if nx > MAX_FACE_CELLS or ny > MAX_FACE_CELLS or nx * ny > MAX_FACE_CELLS:
            counts[k] = -1
            continue
        flags = np.zeros((ny, nx + 1), dtype=np.uint8)
        around = GridWindow(window.x_min, window.y_max, cell_m, row0, col0)
        flag_edges(xyz[:, 0], xyz[:, 1], rings, around, flags)
        for i in range(ny):
            inside = 0
            for j in range(nx):
                inside ^= flags[i, j]
                counts[k] += inside
    return counts
