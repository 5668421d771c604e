"""What can shade some places, as a digest: hours of sun of another night are those of this one.

An edge throws its shadow no farther than its height above the lowest place allows at the lowest sun.
What stands beyond changes no bit of whether a sun reaches a place. Edges are looked at by squares of
the city, and squares by blocks: a city has millions of edges, and its walls ask a hundred thousand times
for those around them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from citytwin.kernels.facade_sunlight import Casters
from citytwin.kernels.sun_bundle import Suns
from citytwin.model.grid import GridSpec

Float64Array = NDArray[np.float64]
_SQUARE_M = 48.0
"""Side of the squares whose edges share a digest: some houses [m]."""
_BLOCK_M = 1024.0
"""Side of the blocks of squares that are looked at first: about as far as the shadow of a tower [m]."""
_SLACK_M = 1.0
"""Far more than rounding moves the end of a shadow [m]."""


@dataclass(frozen=True, eq=False)
class _Boxes:
    """Boxes around groups of edges."""

    low: Float64Array
    """Shape (n, 2): least east and north [m]."""
    high: Float64Array
    """Shape (n, 2): greatest east and north [m]."""
    top_m: Float64Array
    """Shape (n,) [m]."""

    def joined(self, order: NDArray[np.intp], begin: NDArray[np.intp]) -> Self:
        """Return the boxes around groups of them, as `by_square` gives these."""
        return type(self)(
            _of_groups(np.minimum, self.low[order], begin),
            _of_groups(np.maximum, self.high[order], begin),
            _of_groups(np.maximum, self.top_m[order], begin),
        )

    def that_may_shade(
        self, some: NDArray[np.intp], places: Float64Array, rise: float
    ) -> NDArray[np.intp]:
        """Return those of some boxes from which a shadow may reach places, by the tangent of the lowest sun."""
        low, high = places[:, :2].min(axis=0), places[:, :2].max(axis=0)
        gap = np.maximum(np.maximum(self.low[some] - high, low - self.high[some]), 0.0)
        throw_m = (self.top_m[some] - places[:, 2].min()) / rise
        return np.asarray(some[np.hypot(gap[:, 0], gap[:, 1]) <= throw_m + _SLACK_M])


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
        both = ends.reshape(-1, 2, 3)
        low, high = both.min(axis=1), both.max(axis=1)
        self._squares = _Boxes(low[:, :2], high[:, :2], high[:, 2]).joined(order, begin)
        parts = np.split(order, begin[1:-1])
        said = [hashlib.sha256(ends[part].tobytes()).digest() for part in parts]
        self._digests = np.array(said if len(begin) > 1 else [], dtype="V32")
        middle = (self._squares.low + self._squares.high) / 2
        order, begin = by_square(middle, _BLOCK_M)
        self._blocks = self._squares.joined(order, begin)
        self._of_block = np.split(order, begin[1:-1]) if len(begin) > 1 else []

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
        rise = float(np.tan(up.min()))
        blocks = self._blocks.that_may_shade(np.arange(len(self._of_block)), places, rise)
        if not blocks.size:
            return blocks
        near = np.sort(np.concatenate([self._of_block[block] for block in blocks]))
        return self._squares.that_may_shade(near, places, rise)


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
