"""What can shade some places, as a digest: hours of sun of another night are those of this one.

An edge throws its shadow no farther than its height above the lowest place allows at the lowest sun.
What stands beyond changes no bit of whether a sun reaches a place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from citytwin.kernels.facade_sunlight import Casters
from citytwin.kernels.sun_bundle import Suns
from citytwin.model.grid import GridSpec

Float64Array = NDArray[np.float64]
_SLACK_M = 1.0
"""Far more than rounding moves the end of a shadow [m]."""


class ShadingDigests:
    """Digests of what the sun at places follows from.

    Parameters
    ----------
    grid, ground
        Of the city, and the ground that casts as well, shape (ny, nx) [m].
    casters
        Made of them and of faces.
    """

    def __init__(self, grid: GridSpec, ground: NDArray[np.float32], casters: Casters) -> None:
        self._ends = casters.edges.ends
        self._ground = hashlib.sha256(repr(grid).encode() + np.ascontiguousarray(ground).tobytes())
        both = self._ends.reshape(-1, 2, 3)
        self._low, self._high = both.min(axis=1)[:, :2], both.max(axis=1)[:, :2]
        self._top_m = both[:, :, 2].max(axis=1)
        # A city has millions of edges and thousands of places that ask for those around them.
        self._boxes = shapely.STRtree(shapely.box(*self._low.T, *self._high.T))

    def digest(self, places: Float64Array, days: Sequence[Suns]) -> str:
        """Digest of places, suns, the whole ground, and the edges that may shade the places.

        Parameters
        ----------
        places
            Shape (n, 3), at least one: east, north and height [m].
        days
            Positions of the sun; those at or below the horizon reach nothing.
        """
        total = self._ground.copy()
        total.update(places.tobytes())
        for suns in days:
            for part in suns:
                total.update(np.ascontiguousarray(part).tobytes())
        total.update(self._ends[self._that_may_shade(places, days)].tobytes())
        return total.hexdigest()

    def _that_may_shade(self, places: Float64Array, days: Sequence[Suns]) -> NDArray[np.intp]:
        """Numbers of edges, ascending."""
        up = np.concatenate([suns.altitude_rad[suns.altitude_rad > 0.0] for suns in days])
        if not up.size or not len(self._ends):
            return np.empty(0, dtype=np.intp)
        per_m, lowest_m = 1.0 / np.tan(up.min()), places[:, 2].min()
        low, high = places[:, :2].min(axis=0), places[:, :2].max(axis=0)
        farthest_m = max((self._top_m.max() - lowest_m) * per_m, 0.0) + _SLACK_M
        near = np.sort(self._boxes.query(shapely.box(*(low - farthest_m), *(high + farthest_m))))
        gap = np.maximum(np.maximum(self._low[near] - high, low - self._high[near]), 0.0)
        throw_m = (self._top_m[near] - lowest_m) * per_m
        return np.asarray(near[np.hypot(gap[:, 0], gap[:, 1]) <= throw_m + _SLACK_M])
