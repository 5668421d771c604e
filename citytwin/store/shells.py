"""Which shells are solids: every edge shared by two faces that run along it in opposite ways."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
LEAST_FACES = 4


@dataclass(frozen=True, eq=False)
class Rings:
    """Rings of many shells, those of one face and of one shell together."""

    xyz: IntArray
    """Shape (n_vertex, 3): whole steps of the grid of coordinates, closing vertex left out."""
    offsets: IntArray
    """Shape (n_ring + 1,): first vertex of each ring."""
    face: IntArray
    """Shape (n_ring,): face of each, rising."""
    shell: IntArray
    """Shape (n_face,): shell of each face, rising."""


def solid_shells(rings: Rings, shells: int) -> BoolArray:
    """Tell which shells are closed, connected, and turned outwards.

    Parameters
    ----------
    rings
        Rings of all shells.
    shells
        Number of shells.

    Returns
    -------
    array
        Shape (shells,).
    """
    face, lo, hi, along = _edges(rings)
    whole = np.bincount(rings.shell, minlength=shells) >= LEAST_FACES
    order = np.lexsort((hi, lo, rings.shell[face]))
    face, lo, hi, along = face[order], lo[order], hi[order], along[order]
    owner = rings.shell[face]
    new = np.ones(len(face), dtype=np.bool_)
    new[1:] = (owner[1:] != owner[:-1]) | (lo[1:] != lo[:-1]) | (hi[1:] != hi[:-1])
    starts = np.flatnonzero(new)
    if not len(starts):
        return whole & False
    counts = np.diff(np.append(starts, len(face)))
    sound = (counts == 2) & (np.add.reduceat(along, starts) == 0)
    whole[owner[starts[~sound]]] = False
    pairs = starts[sound]
    whole &= _connected(rings.shell, face[pairs], face[pairs + 1], shells)
    return whole & (_volumes(rings, shells) > 0)


def _edges(rings: Rings) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Face, lower and upper end, and direction of each edge; equal vertices have equal numbers."""
    _, vertex = np.unique(rings.xyz, axis=0, return_inverse=True)
    following = np.arange(1, len(vertex) + 1)
    following[rings.offsets[1:] - 1] = rings.offsets[:-1]
    a, b = vertex.ravel(), vertex.ravel()[following]
    face = np.repeat(rings.face, np.diff(rings.offsets))
    return face, np.minimum(a, b), np.maximum(a, b), np.where(a < b, 1, -1)


def _connected(shell: IntArray, first: IntArray, second: IntArray, shells: int) -> BoolArray:
    """Whether the faces of each shell hang together by shared edges."""
    label = np.arange(len(shell))
    while True:
        low = np.minimum(label[first], label[second])
        new = label.copy()
        np.minimum.at(new, first, low)
        np.minimum.at(new, second, low)
        new = new[new]
        if np.array_equal(new, label):
            break
        label = new
    roots = label == np.arange(len(shell))
    return np.asarray(np.bincount(shell[roots], minlength=shells) == 1)


def _volumes(rings: Rings, shells: int) -> NDArray[np.float64]:
    """Six times the volume within each shell by the divergence theorem; positive outwards."""
    starts = rings.offsets[:-1]
    shell = rings.shell[rings.face]
    first = np.searchsorted(shell, np.arange(shells))  # shells without rings are not asked for
    origin = rings.xyz[starts[np.minimum(first, len(starts) - 1)]]
    sizes = np.diff(rings.offsets)
    local = (rings.xyz - np.repeat(origin[shell], sizes, axis=0)).astype(np.float64)
    following = np.arange(1, len(local) + 1)
    following[rings.offsets[1:] - 1] = starts
    area = np.add.reduceat(np.cross(local, local[following]), starts, axis=0)
    # the plane of a hole is that of its face, so that any vertex of the ring will do
    parts = np.einsum("ij,ij->i", local[starts], area)
    return np.asarray(np.bincount(shell, weights=parts, minlength=shells), dtype=np.float64)
