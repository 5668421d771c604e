"""What of a building casts shadow: the edges of its faces, and the faces themselves."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.model.building_faces import afloat_faces, placed_faces
from citytwin.model.ragged import Faces, joined, offsets_of

Float64Array = NDArray[np.float64]
_FLAT_M = 1e-6
"""Edges whose plan is shorter stand upright [m]."""


@dataclass(frozen=True, eq=False)
class Casters:
    """Faces of buildings, sorted by building, with the edges that their shadows come from."""

    faces: Faces
    first_face: NDArray[np.int64]
    """Shape (n_building + 1,): first polygon of each building."""
    edges: Float64Array
    """Shape (n_edge, 6): east, north and height of both ends [m]; none upright, none twice."""
    first_edge: NDArray[np.int64]
    """Shape (n_building + 1,)."""

    def edges_of(self, building: int) -> Float64Array:
        """Return the edges of a building.

        Parameters
        ----------
        building
            Its row.
        """
        return self.edges[self.first_edge[building] : self.first_edge[building + 1]]

    def rings_of(self, building: int) -> list[list[Float64Array]]:
        """Return the faces of a building, each as a list of rings, the outer one first.

        Parameters
        ----------
        building
            Its row.

        Returns
        -------
        list
            Rings of shape (n, 3), not closed [m].
        """
        faces = self.faces
        return [
            [
                faces.xyz[faces.ring_offsets[ring] : faces.ring_offsets[ring + 1]]
                for ring in range(faces.polygon_offsets[face], faces.polygon_offsets[face + 1])
            ]
            for face in range(self.first_face[building], self.first_face[building + 1])
        ]


def casters_of(
    buildings: gpd.GeoDataFrame, surfaces: pd.DataFrame, ground_z_m: Float64Array
) -> Casters:
    """Collect what buildings cast their shadows with.

    The faces of the chosen level of detail; the footprint at roof height where there are none.

    Parameters
    ----------
    buildings
        Rows of the buildings table; the index counts from 0.
    surfaces
        Rows of the surfaces table; those of other buildings are left out.
    ground_z_m
        Shape (n_building,): ground on which a building stands whose elevation is unknown [m].
    """
    own = surfaces[surfaces["building_id"].isin(set(buildings["building_id"]))]
    afloat = afloat_faces(buildings, own)
    lifted = afloat.xyz.copy()
    lifted[:, 2] += ground_z_m[_owner_of_vertex(afloat)]
    standing = Faces(lifted, afloat.ring_offsets, afloat.polygon_offsets, afloat.owners)
    faces = _sorted_by_owner(joined(placed_faces(buildings, own), standing))
    edges, owners = _distinct_edges(faces)
    number = len(buildings)
    return Casters(
        faces=faces,
        first_face=np.searchsorted(faces.owners, np.arange(number + 1)),
        edges=edges,
        first_edge=np.searchsorted(owners, np.arange(number + 1)),
    )


def _owner_of_vertex(faces: Faces) -> NDArray[np.int64]:
    rings = np.repeat(faces.owners.astype(np.int64), np.diff(faces.polygon_offsets))
    return np.repeat(rings, np.diff(faces.ring_offsets))


def _sorted_by_owner(faces: Faces) -> Faces:
    """Bring the polygons of each building together, in the order they had."""
    order = np.argsort(faces.owners, kind="stable")
    rings_per_face = np.diff(faces.polygon_offsets)[order]
    rings = _ranges(faces.polygon_offsets[:-1][order], rings_per_face)
    sizes = np.diff(faces.ring_offsets)[rings]
    vertices = _ranges(faces.ring_offsets[:-1][rings], sizes)
    return Faces(
        faces.xyz[vertices], offsets_of(sizes), offsets_of(rings_per_face), faces.owners[order]
    )


def _ranges(begin: NDArray[np.int64], size: NDArray[np.int64]) -> NDArray[np.int64]:
    """Numbers begin, begin + 1, ... of every range, one range after the other."""
    shift = np.repeat(begin - offsets_of(size)[:-1], size)
    return np.arange(int(size.sum()), dtype=np.int64) + shift


def _distinct_edges(faces: Faces) -> tuple[Float64Array, NDArray[np.int64]]:
    """Edges that are not upright, each once per building, with their owners in order."""
    sizes = np.diff(faces.ring_offsets)
    following = np.arange(len(faces.xyz), dtype=np.int64) + 1
    following[faces.ring_offsets[1:][sizes > 0] - 1] = faces.ring_offsets[:-1][sizes > 0]
    begin, end = faces.xyz, faces.xyz[following]
    owners = _owner_of_vertex(faces)
    lying = np.hypot(*(end - begin)[:, :2].T) > _FLAT_M
    begin, end, owners = begin[lying], end[lying], owners[lying]
    turned = (begin[:, 0] > end[:, 0]) | ((begin[:, 0] == end[:, 0]) & (begin[:, 1] > end[:, 1]))
    begin, end = np.where(turned[:, None], end, begin), np.where(turned[:, None], begin, end)
    keyed = np.unique(np.column_stack([owners.astype(np.float64), begin, end]), axis=0)
    return keyed[:, 1:].copy(), keyed[:, 0].astype(np.int64)
