"""A city of blocks under rain: volume, positivity, symmetry, closed walls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from citytwin.kernels.inundation import (
    EdgeKind,
    Edges,
    Forcing,
    Inflow,
    Inundation,
    RainSeries,
    Scheme,
    SolverOptions,
    simulate_inundation,
)

F = np.float32
CELL_M = 2.0
BLOCK_HEIGHT_M = 8.0


@dataclass(frozen=True)
class City:
    """Rasters and an inflow point of a synthetic city."""

    terrain: np.ndarray
    blocked: np.ndarray
    manning: np.ndarray
    depth: np.ndarray
    inflow: tuple[int, int]
    edges: Edges

    def turned(self, turn: Callable[[np.ndarray], np.ndarray], edges: Edges) -> City:
        """The same city mirrored or rotated."""
        mark = np.zeros(self.terrain.shape, dtype=bool)
        mark[self.inflow] = True
        row, col = np.argwhere(turn(mark))[0]
        return City(
            turn(self.terrain),
            turn(self.blocked),
            turn(self.manning),
            turn(self.depth),
            (int(row), int(col)),
            edges,
        )


def wall_city(ny: int = 48, nx: int = 63, edges: Edges | None = None) -> City:
    """Blocks of 9 x 11 cells, 8 m high, streets of 3 cells, sloping ground, a hole in the map."""
    rng = np.random.default_rng(20)
    rows, cols = np.mgrid[:ny, :nx]
    blocked = (rows % 12 >= 3) & (cols % 14 >= 3)
    # Courtyards, and gaps one cell wide between some houses.
    blocked[(rows % 12 == 7) & (cols % 14 == 8)] = False
    blocked[(cols % 14 == 10) & (rows < 24)] = False
    terrain = 3 + 0.01 * rows + 0.004 * cols + rng.normal(0, 0.03, (ny, nx))
    terrain[:9, 51:] = np.nan
    depth = np.where(rng.random((ny, nx)) < 0.3, rng.uniform(0, 0.4, (ny, nx)), 0)
    manning = rng.uniform(0.015, 0.06, (ny, nx))
    return City(
        terrain.astype(F),
        blocked,
        manning.astype(F),
        depth.astype(F),
        (25, 15),
        edges or Edges(),
    )


Numbers = dict[str, object]
SCHEMES: dict[str, Numbers] = {
    "inertial": {},
    "full, first order": {"scheme": Scheme.FULL, "order": 1},
    "full, second order": {"scheme": Scheme.FULL},
}
every_scheme = pytest.mark.parametrize("numbers", SCHEMES.values(), ids=SCHEMES)


def flood(city: City, duration_s: float = 240.0, **more: object) -> Inundation:
    """Rain of 70 mm/h, a burst main of 0.8 m3/s, drains of 20 mm/h."""
    row, col = city.inflow
    time = np.array([20.0, 60.0, 400.0])
    inflow = Inflow(np.array([row]), np.array([col]), time, np.array([0.0, 0.8, 0.3]))
    rain = RainSeries(np.array([0.0, 90.0]), np.array([60.0, 300.0]), np.array([70.0, 120.0]))
    forcing = Forcing(rain, (inflow,), 20.0, city.depth)
    return simulate_inundation(
        city.terrain,
        city.blocked,
        city.manning,
        CELL_M,
        duration_s,
        forcing,
        replace(SolverOptions(edges=city.edges), **more),  # type: ignore[arg-type],
    )


ALL_FREE = Edges(
    EdgeKind.NORMAL_DEPTH, EdgeKind.CRITICAL, EdgeKind.CLOSED, EdgeKind.NORMAL_DEPTH, 2e-3
)


@every_scheme
@pytest.mark.parametrize("edges", [Edges(), ALL_FREE])
def test_no_water_is_made_or_lost_among_walls(edges: Edges, numbers: Numbers) -> None:
    """Rain, inflow, drains, edges and storage balance to 1e-7; no depth is negative."""
    city = wall_city(edges=edges)
    result = flood(city, **numbers)
    depth = result.final_depth_m
    assert np.nanmin(depth) >= 0
    ledger = result.ledger
    assert ledger.relative_error < 1e-7
    inside = int((~np.isnan(city.terrain)).sum())
    fallen_m = (70 * 60 + 120 * 150) / 3.6e6
    assert ledger.rain_m3 == pytest.approx(inside * CELL_M**2 * fallen_m, rel=1e-12)
    assert ledger.inflow_m3 == pytest.approx(0.5 * 0.8 * 40 + 180 * 0.8 - 0.5 * 180**2 / 680)
    assert ledger.drained_m3 > 0
    assert (ledger.outflow.total_m3 > 0) == (edges is ALL_FREE)
    assert ledger.outflow.west_m3 == 0


@every_scheme
def test_eight_metre_walls_in_the_terrain_lose_nothing_either(numbers: Numbers) -> None:
    """Blocks as terrain, with rain that falls from the roofs: the waterfall of other solvers."""
    city = wall_city()
    walls = replace(
        city,
        terrain=np.where(city.blocked, city.terrain + F(BLOCK_HEIGHT_M), city.terrain),
        blocked=np.zeros_like(city.blocked),
    )
    result = flood(walls, maxima_every_steps=5, **numbers)
    assert np.nanmin(result.final_depth_m) >= 0
    assert result.ledger.relative_error < 1e-7
    # Water has indeed run off the roofs.
    roofs = city.blocked & ~np.isnan(city.terrain)
    assert result.final_depth_m[roofs].mean() < 0.5 * city.depth[roofs].mean()


@every_scheme
def test_walls_hold(numbers: Numbers) -> None:
    """A full courtyard keeps its water and the street beside it stays dry."""
    terrain = np.zeros((9, 13), dtype=F)
    blocked = np.zeros((9, 13), dtype=bool)
    blocked[2:7, 3:8] = True
    blocked[3:6, 4:7] = False
    depth = np.zeros((9, 13), dtype=F)
    depth[3:6, 4:7] = 5
    depth[4, 5] = 6
    result = simulate_inundation(
        terrain,
        blocked,
        np.full((9, 13), 0.03, dtype=F),
        1.5,
        120.0,
        Forcing(initial_depth_m=depth),
        replace(SolverOptions(), **numbers),  # type: ignore[arg-type]
    )
    yard = np.zeros((9, 13), dtype=bool)
    yard[3:6, 4:7] = True
    assert (result.max_depth_m[~yard & ~blocked] == 0).all()
    assert np.isnan(result.max_depth_m[blocked]).all()
    assert result.final_depth_m[yard].sum(dtype=float) == pytest.approx(46, rel=1e-7)


def edges_of(north: str, south: str, west: str, east: str) -> Edges:
    """The edges of ALL_FREE, put at other sides; each argument names the side it comes from."""
    return Edges(*(getattr(ALL_FREE, side) for side in (north, south, west, east)), 2e-3)


TURNS = {
    "mirror in x": (np.fliplr, edges_of("north", "south", "east", "west")),
    "mirror in y": (np.flipud, edges_of("south", "north", "west", "east")),
    "half turn": (lambda a: np.rot90(a, 2), edges_of("south", "north", "east", "west")),
    # A turn to the left brings the east side to the north.
    "quarter turn": (np.rot90, edges_of("east", "west", "north", "south")),
    "transpose": (np.transpose, edges_of("west", "east", "north", "south")),
}


@every_scheme
@pytest.mark.parametrize("name", TURNS)
def test_a_turned_city_has_the_turned_flood_bit_by_bit(name: str, numbers: Numbers) -> None:
    """No direction is preferred, not even in the last digit."""
    turn, edges = TURNS[name]
    city = wall_city(edges=ALL_FREE)
    straight = flood(city, 120.0, **numbers)
    turned = flood(city.turned(turn, edges), 120.0, **numbers)
    assert straight.steps == turned.steps
    for field in (
        "max_depth_m",
        "max_speed_m_s",
        "max_depth_speed_m2_s",
        "arrival_s",
        "final_depth_m",
    ):
        np.testing.assert_array_equal(turn(getattr(straight, field)), getattr(turned, field))


@every_scheme
def test_the_same_run_twice_gives_the_same_bits(numbers: Numbers) -> None:
    """Nothing depends on what memory held before."""
    first, second = (flood(wall_city(), 60.0, **numbers) for _ in range(2))
    np.testing.assert_array_equal(first.final_depth_m, second.final_depth_m)
    assert first.ledger == second.ledger


@every_scheme
def test_height_above_the_sea_does_not_matter(numbers: Numbers) -> None:
    """The city on a plateau at 1024 m floods as the city at 0 m does."""
    city = wall_city()
    # A grid of 1/1024 m, so that the raised terrain is exact in single precision.
    low = replace(city, terrain=np.round(city.terrain * 1024) / F(1024))
    high = replace(low, terrain=low.terrain + F(1024))
    a, b = (flood(place, 120.0, **numbers) for place in (low, high))
    np.testing.assert_array_equal(a.final_depth_m, b.final_depth_m)
    assert b.ledger.relative_error < 1e-7
