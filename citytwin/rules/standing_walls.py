"""Hours of sun on walls that an earlier run has found, where nothing that can shade them has changed."""

from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from citytwin.kernels.facade_sunlight import Casters, Walls, storey_hours
from citytwin.kernels.sun_bundle import Suns
from citytwin.model.ragged import flattened, offsets_of
from citytwin.model.steps import CityState
from citytwin.rules.shading_digest import ShadingDigests, by_square

_SIDE_M = 160.0
"""Of the squares whose walls are found anew together [m]."""


def storey_hours_once(
    city: CityState,
    ground: NDArray[np.float32],
    walls: Walls,
    names: NDArray[np.object_],
    casters: Casters,
    suns: Suns,
) -> NDArray[np.float64]:
    """Hours of sun of each storey, of walls in squares that see nothing new as they stand.

    Parameters
    ----------
    city
        With the table that was made before, of which ``facade_id`` and ``storey_hours`` are read.
    ground
        What casts beside the edges, shape (ny, nx) [m].
    walls
        Where the sun is looked for.
    names
        Shape (n,): ``facade_id`` of each wall.
    casters, suns
        As of :func:`citytwin.kernels.facade_sunlight.storey_hours`, whose bits these are.

    Returns
    -------
    ndarray
        Shape (walls.first[-1],) [h].
    """
    standing = np.zeros(len(names), dtype=np.bool_)
    digests = ShadingDigests(city.grid, ground, casters)
    sizes = np.diff(walls.first)
    order, begin = by_square(walls.foot, _SIDE_M)
    for square in np.split(order, begin[1:-1]) if len(order) else ():
        named = square[np.argsort(names[square])]  # in whatever order they are listed
        digest = _digest(digests, _taken(walls, sizes, named), names[named], suns)
        standing[square] = city.figures.stands(digest)
    before = city.before(("facade_id", "storey_hours")) if standing.any() else None
    if before is None:
        return storey_hours(walls, casters, suns)
    hours, known = _as_they_stand(before, walls, names, standing)
    anew = np.flatnonzero(~known)
    found = storey_hours(_taken(walls, sizes, anew), casters, suns)
    hours[_ranges(walls.first[anew], sizes[anew])] = found
    return hours


def _digest(digests: ShadingDigests, some: Walls, names: NDArray[np.object_], suns: Suns) -> str:
    """Digest of all that the hours of some walls follow from, and of what they are called."""
    total = hashlib.sha256("\0".join(names).encode())
    for part in some[1:]:
        total.update(np.ascontiguousarray(part).tobytes())
    # A wall whose base is not known has no hours, whatever stands around it.
    known = np.abs(some.base_m) < np.inf
    places = np.column_stack([some.foot, some.base_m])[known]
    if len(places):
        total.update(digests.digest(places, [suns]).encode())
    return total.hexdigest()


def _as_they_stand(
    before: pd.DataFrame, walls: Walls, names: NDArray[np.object_], standing: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Hours of walls that stand in a table, and of which walls they are known; others 0."""
    hours = np.zeros(walls.first[-1])
    index = pd.Index(before["facade_id"])
    if not index.is_unique:
        return hours, np.zeros(len(names), dtype=np.bool_)
    values, first = flattened(before["storey_hours"])
    row, sizes = index.get_indexer(pd.Index(names)), np.diff(walls.first)
    known = standing & (row >= 0)
    known[known] = np.diff(first)[row[known]] == sizes[known]
    from_row, their = first[row[known]], sizes[known]
    hours[_ranges(walls.first[:-1][known], their)] = values[_ranges(from_row, their)]
    return hours, known


def _ranges(begin: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Whole numbers from each beginning on, one range after the other."""
    first = offsets_of(sizes)
    return np.asarray(np.arange(first[-1]) + np.repeat(begin - first[:-1], sizes))


def _taken(walls: Walls, sizes: NDArray[np.int64], some: NDArray[np.intp]) -> Walls:
    """Some walls, in the order given; `sizes` are the storeys of all."""
    return Walls(
        foot=walls.foot[some],
        normal=walls.normal[some],
        base_m=walls.base_m[some],
        storey_m=walls.storey_m[some],
        first=offsets_of(sizes[some]),
        covered_m=walls.covered_m[some],
    )
