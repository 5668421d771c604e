"""What of a building casts shadow: the edges of its faces, and the faces themselves."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.kernels.caster_edges import edges_of_faces
from citytwin.model.building_faces import afloat_faces, placed_faces
from citytwin.model.ragged import Faces, joined, taken

Float64Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CastingFaces:
    """Faces of buildings, sorted by building."""

    faces: Faces
    first_face: NDArray[np.int64]
    """Shape (n_building + 1,): first polygon of each building."""

    def edges_of(self, building: int) -> Float64Array:
        """Return the edges of a building that no other edge of it hides.

        Parameters
        ----------
        building
            Its row.

        Returns
        -------
        array
            Shape (n, 6): east, north and height of both ends [m].
        """
        faces, first, last = self.faces, self.first_face[building], self.first_face[building + 1]
        rings = faces.ring_offsets[faces.polygon_offsets[first] : faces.polygon_offsets[last] + 1]
        return np.asarray(edges_of_faces(faces.xyz[rings[0] : rings[-1]], rings - rings[0]))

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
) -> CastingFaces:
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
    both = joined(placed_faces(buildings, own), standing)
    faces = taken(both, np.argsort(both.owners, kind="stable"))
    first = np.searchsorted(faces.owners, np.arange(len(buildings) + 1))
    return CastingFaces(faces, first)


def _owner_of_vertex(faces: Faces) -> NDArray[np.int64]:
    rings = np.repeat(faces.owners.astype(np.int64), np.diff(faces.polygon_offsets))
    return np.repeat(rings, np.diff(faces.ring_offsets))
