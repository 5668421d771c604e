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

_SIDE_M = 128.0
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
    order, begin = by_square(walls.foot, _SIDE_M)
    for square in np.split(order, begin[1:-1]) if len(order) else ():
        standing[square] = city.figures.stands(_digest(digests, walls, names, square, suns))
    before = city.before() if standing.any() else None
    if before is None:
        return storey_hours(walls, casters, suns)
    hours, known = _as_they_stand(before, walls, names, standing)
    anew = np.flatnonzero(~known)
    hours[_storeys_of(walls, anew)] = storey_hours(_taken(walls, anew), casters, suns)
    return hours


def _digest(
    digests: ShadingDigests,
    walls: Walls,
    names: NDArray[np.object_],
    square: NDArray[np.intp],
    suns: Suns,
) -> str:
    """Digest of all that the hours of some walls follow from, and of what they are called."""
    named = square[np.argsort(names[square])]  # in whatever order they are listed
    some = _taken(walls, named)
    total = hashlib.sha256("\0".join(names[named]).encode())
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
    row = index.get_indexer(pd.Index(names))
    known = standing & (row >= 0)
    known[known] = np.diff(first)[row[known]] == np.diff(walls.first)[known]
    from_row = row[known]
    begin, sizes = first[:-1][from_row], np.diff(first)[from_row]
    hours[_storeys_of(walls, np.flatnonzero(known))] = values[_ranges(begin, sizes)]
    return hours, known


def _storeys_of(walls: Walls, some: NDArray[np.intp]) -> NDArray[np.int64]:
    """Places of the storeys of some walls among those of all."""
    return _ranges(walls.first[:-1][some], np.diff(walls.first)[some])


def _ranges(begin: NDArray[np.int64], sizes: NDArray[np.int64]) -> NDArray[np.int64]:
    """Whole numbers from each beginning on, one range after the other."""
    first = offsets_of(sizes)
    return np.asarray(np.arange(first[-1]) + np.repeat(begin - first[:-1], sizes))


def _taken(walls: Walls, some: NDArray[np.intp]) -> Walls:
    """Some walls, in the order given."""
    return Walls(
        foot=walls.foot[some],
        normal=walls.normal[some],
        base_m=walls.base_m[some],
        storey_m=walls.storey_m[some],
        first=offsets_of(np.diff(walls.first)[some]),
        covered_m=walls.covered_m[some],
    )
