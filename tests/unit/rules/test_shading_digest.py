"""What may shade a place, found by squares and blocks of the city."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from citytwin.kernels.sun_bundle import Suns
from citytwin.model.grid import GridSpec
from citytwin.rules import shading_digest
from citytwin.rules.city_shadows import city_casters
from citytwin.rules.shading_digest import ShadingDigests

GROUND = np.zeros((4, 4), dtype=np.float32)
GRID = GridSpec("EPSG:6677", 0.0, 0.0, 5.0, 4, 4)
CASTERS = city_casters(GRID, GROUND, None)
SUNS = Suns(np.array([3.0]), np.array([np.radians(5.0)]), np.array([1.0]))


def digests_of(ends: NDArray[np.float64]) -> ShadingDigests:
    """Of edges over level ground."""
    return ShadingDigests(GRID, GROUND, CASTERS._replace(edges=CASTERS.edges._replace(ends=ends)))


def roofs(side_m: float, seed: int = 1) -> NDArray[np.float64]:
    """Level edges of 10 m in a city of so many metres, 6 m high, each hundredth 60 m; one for 400 m2."""
    rng = np.random.default_rng(seed)
    number = int(side_m**2 / 400.0)
    start = np.column_stack([rng.uniform(0.0, side_m, (number, 2)), np.full(number, 6.0)])
    start[::100, 2] = 60.0
    return np.concatenate([start, start + [10.0, 0.0, 0.0]], axis=1)


def test_only_edges_whose_shadow_may_reach_a_place_count() -> None:
    """Wherever an edge is lifted by a centimetre: the digest is another where its shadow may come, and only near there."""
    ends, place = roofs(3000.0), np.array([[1500.0, 1500.0, 1.5]])
    before = digests_of(ends).digest(place, [SUNS])
    rng = np.random.default_rng(2)
    numbers = rng.choice(len(ends), 60, replace=False).tolist() + [0, 100, 200, 300]
    for number in numbers:
        lifted = ends.copy()
        lifted[number, [2, 5]] += 0.01
        is_other = digests_of(lifted).digest(place, [SUNS]) != before
        east_m, north_m = np.abs(lifted[number, :2] + [5.0, 0.0] - 1500.0)
        away_m = float(np.hypot(max(east_m - 5.0, 0.0), north_m))
        throw_m = (lifted[number, 2] - 1.5) / np.tan(np.radians(5.0))
        if away_m <= throw_m:
            assert is_other
        # others of its square are 60 m high at most
        if away_m > 58.51 / np.tan(np.radians(5.0)) + 60.0:
            assert not is_other


def test_what_is_looked_at_does_not_grow_with_the_city(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of squares, only those around a place: its walls ask for each part of a city."""
    seen: list[int] = []
    plain = shading_digest.np.hypot

    def counted(east: NDArray[np.float64], north: NDArray[np.float64]) -> NDArray[np.float64]:
        seen.append(len(east))
        return plain(east, north)

    looked_at = []
    for side_m in (4000.0, 8000.0):
        digests = digests_of(roofs(side_m))
        seen.clear()
        with monkeypatch.context() as patched:
            patched.setattr(shading_digest.np, "hypot", counted)
            digests.digest(np.array([[2000.0, 2000.0, 1.5]]), [SUNS])
        looked_at.append(sum(seen))
    assert looked_at[1] < 1.2 * looked_at[0], looked_at


def test_a_city_without_edges() -> None:
    """It has a digest, and so has a place under one edge."""
    place = np.array([[10.0, 10.0, 1.5]])
    nothing = digests_of(np.empty((0, 6))).digest(place, [SUNS])
    assert digests_of(roofs(20.0)).digest(place, [SUNS]) != nothing
