"""Which shells are solids, so that a file may say so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.shell_validity import COUNTS, PIECES, check_shells

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]
_LEAST_FACES = 4


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
    """Tell which shells are closed, manifold, in one piece, and turned outwards.

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
    faces = np.searchsorted(rings.shell, np.arange(shells + 1))
    polygons = np.searchsorted(rings.face, np.arange(len(rings.shell) + 1))
    wanted = np.diff(faces) >= _LEAST_FACES
    counts = np.zeros((shells, COUNTS), dtype=np.int64)
    at = np.zeros(shells, dtype=np.int64)
    shell = np.repeat(rings.shell[rings.face], np.diff(rings.offsets))
    xyz = rings.xyz.astype(np.float64)
    check_shells(
        xyz, _same_as(rings.xyz, shell), rings.offsets, polygons, faces, wanted, counts, at
    )
    single = counts[:, PIECES] == 1
    faults = counts.sum(axis=1) - counts[:, PIECES]
    return np.asarray(wanted & single & (faults == 0))


def _same_as(xyz: IntArray, shell: IntArray) -> IntArray:
    """First vertex of the shell in the same place, for each vertex."""
    order = np.lexsort((xyz[:, 2], xyz[:, 1], xyz[:, 0], shell))
    new = np.ones(len(order), dtype=np.bool_)
    same = (xyz[order][1:] == xyz[order][:-1]).all(axis=1)
    new[1:] = ~same | (shell[order][1:] != shell[order][:-1])
    first = np.empty(len(order), dtype=np.int64)
    first[order] = order[np.flatnonzero(new)[np.cumsum(new) - 1]]
    return first
