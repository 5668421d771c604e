"""What can shade some places, as a digest: hours of sun of another night are those of this one.

An edge throws its shadow no farther than its height above the lowest place allows at the lowest sun.
What stands beyond changes no bit of whether a sun reaches a place. Edges are looked at by squares of
the city: a city has millions of them, and thousands of places that ask for those around them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.facade_sunlight import Casters
from citytwin.kernels.sun_bundle import Suns
from citytwin.model.grid import GridSpec

Float64Array = NDArray[np.float64]
_SQUARE_M = 48.0
"""Side of the squares whose edges share a digest: some houses [m]."""
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
        self._ground = hashlib.sha256(repr(grid).encode() + np.ascontiguousarray(ground).tobytes())
        ends = casters.edges.ends
        middle = (ends[:, :2] + ends[:, 3:5]) / 2
        order, begin = by_square(middle, _SQUARE_M)
        ends = np.ascontiguousarray(ends[order])
        both = ends.reshape(-1, 2, 3)
        low, high = both.min(axis=1), both.max(axis=1)
        self._low = _of_groups(np.minimum, low[:, :2], begin)
        self._high = _of_groups(np.maximum, high[:, :2], begin)
        self._top_m = _of_groups(np.maximum, high[:, 2], begin)
        said = [hashlib.sha256(part.tobytes()).digest() for part in np.split(ends, begin[1:-1])]
        self._digests = np.array(said if len(begin) > 1 else [], dtype="V32")

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
        total.update(self._digests[self._that_may_shade(places, days)].tobytes())
        return total.hexdigest()

    def _that_may_shade(self, places: Float64Array, days: Sequence[Suns]) -> NDArray[np.intp]:
        """Numbers of squares, ascending."""
        up = np.concatenate([suns.altitude_rad[suns.altitude_rad > 0.0] for suns in days])
        if not up.size:
            return np.empty(0, dtype=np.intp)
        low, high = places[:, :2].min(axis=0), places[:, :2].max(axis=0)
        gap = np.maximum(np.maximum(self._low - high, low - self._high), 0.0)
        throw_m = (self._top_m - places[:, 2].min()) / np.tan(up.min())
        return np.flatnonzero(np.hypot(gap[:, 0], gap[:, 1]) <= throw_m + _SLACK_M)


def by_square(xy: Float64Array, side_m: float) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Sort places by the squares they lie in, each in its order.

    Parameters
    ----------
    xy
        Shape (n, 2): east and north [m].
    side_m
        Of the squares [m].

    Returns
    -------
    order : array
        Shape (n,): numbers of the places, square by square.
    begin : array
        Shape (n_square + 1,): first of each square within `order`; its length at the end.
    """
    square = np.floor(xy / side_m).astype(np.int64)
    order = np.lexsort((square[:, 0], square[:, 1]))
    beside = square[order]
    new = np.flatnonzero((beside[1:] != beside[:-1]).any(axis=1)) + 1
    first = [0] if len(xy) else []
    return order, np.concatenate([first, new, [len(xy)]]).astype(np.intp)


def _of_groups(how: np.ufunc, values: Float64Array, begin: NDArray[np.intp]) -> Float64Array:
    """Smallest or largest value of each group, along the first axis."""
    if len(begin) < 2:
        return values
    return np.asarray(how.reduceat(values, begin[:-1], axis=0))
